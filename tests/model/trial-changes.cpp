// SPDX-License-Identifier: LGPL-2.1-or-later
#include "trial.hpp"

#include <algorithm>

namespace model {

using namespace memo_test;

// --- mutations ---

Touch
Trial::draw_touch ()
{
  Touch touch;

  for (int n = below (3); n > 0; n--)
    touch.keys.set (draw_key ());
  touch.tags = draw_tags (1);
  touch.everything = chance (8);

  return touch;
}

std::string
Trial::in_words (const Touch &touch)
{
  std::string words = in_words (touch.tags);

  for (int key = 0; key < n_keys; key++)
    if (touch.keys[key])
      words += ", " + quoted (key);

  return words + (touch.everything ? ", everything" : "");
}

void
Trial::begun_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Error error;
  const bool begun = memo_mutation_begin_finish (MEMO_MUTATION (source), result, ErrorOut (error));

  reply_with (data, begun ? "begun" : words_of (nullptr, error.get ()));
}

void
Trial::ended_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Error error;
  const bool ended = memo_mutation_end_finish (MEMO_MUTATION (source), result, ErrorOut (error));

  reply_with (data, ended ? "ended" : words_of (nullptr, error.get ()));
}

// One that was cancelled before it began may begin later.
void
Trial::step_begin_mutation ()
{
  Mutation mutation { ++last_mutation_, adopt (memo_mutation_new (cache ())), draw_touch () };
  bool cancelled = chance (8);

  if (mutations_.size () > 2)
    return;

  for (int key = n_keys; key-- > 0;)
    if (mutation.touch.keys[key])
      memo_mutation_add_key (mutation.object.get (), key_name (key));
  for (int tag = 0; tag < n_plain_tags; tag++)
    if (mutation.touch.tags[tag])
      memo_mutation_add_tag (mutation.object.get (), tag_names (Tags (1 << tag))[0]);
  if (mutation.touch.everything)
    memo_mutation_add_everything (mutation.object.get ());

  do
    {
      Asked asked {};

      set_out (asked, false, cancelled);
      asked.kind = Asked::Kind::mutation;
      asked.expected = cancelled ? model::cancelled : "begun";
      note ("begin mutation " + std::to_string (mutation.number) + ":" + in_words (mutation.touch) +
            (cancelled ? ", cancelled before" : ""));
      memo_mutation_begin_async (mutation.object.get (), asked.cancellable.get (), begun_cb, listen (asked));
      asked.cancellable.reset ();
      mutation.begun = asked.reply;
      asked_.push_back (std::move (asked));

      if (cancelled)
        tally_.add (Event::mutation_cancelled);
      else
        model_.begin_mutation (mutation.touch);
      expect_same ("the mutation", memo_mutation_is_open (mutation.object.get ()) ? "open" : "not open",
                   cancelled ? "not open" : "open");
      cancelled = !cancelled;
    }
  while (!cancelled);

  mutations_.push_back (std::move (mutation));
}

void
Trial::step_end_mutation ()
{
  if (mutations_.empty ())
    return;

  const auto place = mutations_.begin () + below (mutations_.size ());
  Mutation mutation = std::move (*place);
  Asked asked {};

  mutations_.erase (place);
  set_out (asked, false, false);
  asked.kind = Asked::Kind::mutation;
  asked.expected = "ended";
  note ("end mutation " + std::to_string (mutation.number));
  memo_mutation_end_async (mutation.object.get (), ended_cb, listen (asked));
  asked_.push_back (std::move (asked));
  model_.end_mutation (mutation.touch);
  expect_same ("the mutation", memo_mutation_is_open (mutation.object.get ()) ? "open" : "not open", "not open");
}

// Its first callback holds it.
void
Trial::step_drop_mutation ()
{
  if (mutations_.empty ())
    return;

  const auto place = mutations_.begin () + below (mutations_.size ());

  if (place->begun->callbacks == 0)
    settle ();
  note ("drop mutation " + std::to_string (place->number));
  tally_.add (Event::mutation_dropped);
  place->object.reset ();
  model_.end_mutation (place->touch);
  mutations_.erase (place);
}

// --- invalidators ---

void
Trial::make_changers ()
{
  for (const ChangerTraits &traits : changers)
    {
      auto changer = std::make_unique<Changer> ();
      MemoAsyncFunction *first = functions_[traits.reads.front ()]->object.get ();
      MemoAsyncInvalidator *object;

      changer->trial = this;
      changer->traits = &traits;
      if (MEMO_IS_ASYNC_LRU (first))
        object = MEMO_ASYNC_INVALIDATOR (memo_async_lru_invalidator_new (MEMO_ASYNC_LRU (first), change_func,
                                                                         changer.get (), nullptr));
      else
        object = MEMO_ASYNC_INVALIDATOR (memo_async_ttl_invalidator_new (MEMO_ASYNC_TTL (first), change_func,
                                                                         changer.get (), nullptr));

      for (std::size_t i = 1; i < traits.reads.size (); i++)
        memo_async_invalidator_add_read (object, functions_[traits.reads[i]]->object.get ());
      memo_async_invalidator_set_skip_args (object, traits.skip == as_the_read ? MEMO_AS_THE_READ : traits.skip);
      memo_async_invalidator_set_clear_all (object, traits.clear_all);
      if (traits.has_key_function)
        memo_async_invalidator_set_key_func (object, key_func, changer.get (), nullptr);
      changer->object.reset (object);
      changers_.push_back (std::move (changer));
    }
}

void
Trial::take_change_call (MemoCall *call, const Changer &changer, bool key_function)
{
  calls_++;
  change_questions_.push_back ({ changer.traits->number, key_function, in_words (memo_call_get_args (call)),
                                 share (call), 0 });
}

void
Trial::change_func (MemoCall *call, gpointer data)
{
  const auto *changer = static_cast<const Changer *> (data);

  changer->trial->take_change_call (call, *changer, false);
}

void
Trial::key_func (MemoCall *call, gpointer data)
{
  const auto *changer = static_cast<const Changer *> (data);

  changer->trial->take_change_call (call, *changer, true);
}

void
Trial::changed_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Error error;
  Entry entry (memo_invalidator_call_finish (MEMO_INVALIDATOR (source), result, ErrorOut (error)));

  reply_with (data, words_of (entry.get (), error.get ()));
}

// The functions of changes are called in the order in which they were asked for.
void
Trial::compare_change_calls ()
{
  for (const ReferenceCache::CalledFunction &called : model_.called_functions)
    {
      const std::string change = "change " + std::to_string (called.change);

      if (change_questions_.empty ())
        throw Mismatch ("the function of " + change + " was not called");

      OpenChange open = std::move (change_questions_.front ());

      change_questions_.pop_front ();
      expect_same ("the function that is called for " + change, open.key_function ? "the key function" : "the function",
                   called.key_function ? "the key function" : "the function");
      expect_same ("the function and the arguments of " + change, std::to_string (open.changer) + open.args,
                   model_.words_of (called.change));
      open.change = called.change;
      open_changes_.push_back (std::move (open));
    }
  model_.called_functions.clear ();

  if (!change_questions_.empty ())
    throw Mismatch ("a changing function was called, and should not have been");
}

void
Trial::step_change ()
{
  static const std::vector<Args> some = {
    { Arg::one }, { Arg::text_one }, { Arg::one, Arg::two }, { Arg::number_one, Arg::pairs }, { Arg::pairs },
    { Arg::no_pairs, Arg::one }, {},
  };
  const Changer &changer = *changers_[below (changers_.size ())];
  Args names = some[below (some.size ())];
  Touch touch;
  Asked asked {};

  if (model_.open_changes () > 3)
    return;

  if (changer.traits->skip != 0 && changer.traits->number != 0 && chance (90))
    names.insert (names.begin (), Arg::session);

  g_autoptr(GVariant) args = new_args (names);
  const bool named = touch_by_args (*changer.traits, names, touch);

  set_out (asked, chance (70), false);
  asked.kind = Asked::Kind::change;
  note ("change " + std::to_string (asked.number) + " by " + std::to_string (changer.traits->number) + in_words (args));
  memo_invalidator_call_async (MEMO_INVALIDATOR (changer.object.get ()), args, asked.cancellable.get (), changed_cb,
                               listen (asked));
  model_.change (asked.number, std::to_string (changer.traits->number) + in_words (args),
                 changer.traits->has_key_function, named ? &touch : nullptr);
  asked_.push_back (std::move (asked));
}

// The key function names some calls, none, or fails.
void
Trial::name_changed (OpenChange &open)
{
  static const std::array<Args, 4> calls = { { { Arg::one }, { Arg::text_one }, { Arg::pairs }, {} } };
  const ChangerTraits &traits = *changers_[open.changer]->traits;
  const int roll = below (10);
  Touch touch;

  if (roll < 2)
    {
      const std::string error = "error: e" + std::to_string (++last_value_);

      note ("the key function of change " + std::to_string (open.change) + " fails");
      memo_call_return_error (open.call.get (), make_error (error).release ());
      model_.name_changed (open.change, nullptr, error);
    }
  else if (roll < 3)
    {
      note ("the key function of change " + std::to_string (open.change) + " drops its call");
      open.call.reset ();
      model_.name_changed (open.change, nullptr, abandoned);
    }
  else if (roll < 4)
    {
      note ("the key function of change " + std::to_string (open.change) + " names nothing");
      memo_call_return_nothing (open.call.get ());
      model_.name_changed (open.change, &touch, "");
    }
  else if (roll < 7)
    {
      const Args &args = calls[below (calls.size ())];
      g_autoptr(GVariant) named = new_args (args);

      note ("the key function of change " + std::to_string (open.change) + " names " + in_words (named));
      for (int read : traits.reads)
        add_call (read, args, touch);
      memo_call_return_entry (open.call.get (), memo_entry_new_variant (named));
      model_.name_changed (open.change, &touch, "");
    }
  else
    {
      GVariantBuilder builder;

      g_variant_builder_init (&builder, G_VARIANT_TYPE ("av"));
      for (int n = below (4); n > 0; n--)
        {
          const Args &args = calls[below (calls.size ())];
          g_autoptr(GVariant) one = new_args (args);

          g_variant_builder_add (&builder, "v", one);
          for (int read : traits.reads)
            add_call (read, args, touch);
        }

      note ("the key function of change " + std::to_string (open.change) + " names" + in_words (touch));
      memo_call_return_entry (open.call.get (), memo_entry_new_variant (g_variant_builder_end (&builder)));
      model_.name_changed (open.change, &touch, "");
    }
}

void
Trial::step_answer_change ()
{
  if (open_changes_.empty ())
    return;

  const auto place = open_changes_.begin () + below (open_changes_.size ());
  OpenChange open = std::move (*place);
  std::string words = miss;

  open_changes_.erase (place);
  if (open.key_function)
    {
      name_changed (open);
      return;
    }

  switch (below (4))
    {
    case 0:
      memo_call_return_nothing (open.call.get ());
      break;

    case 1:
      words = "error: e" + std::to_string (++last_value_);
      memo_call_return_error (open.call.get (), make_error (words).release ());
      break;

    case 2:
      words = abandoned;
      open.call.reset ();
      break;

    default:
      words = "v" + std::to_string (++last_value_);
      memo_call_return_entry (open.call.get (), memo_entry_new_string (words.c_str ()));
      break;
    }

  note ("answer change " + std::to_string (open.change) + " with " + words);
  model_.answer_change (open.change, words);
}

} // namespace model
