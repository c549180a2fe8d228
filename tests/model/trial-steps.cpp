// SPDX-License-Identifier: LGPL-2.1-or-later
#include "trial.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace model {

using namespace memo_test;

static constexpr Time half_second = 500000;

const std::vector<Trial::Choice> Trial::choices = {
  // even, slow, none, batches, changes
  { { 270, 320, 150,  70, 150 }, &Trial::step_get },
  { {  50,  40, 100,  20,  30 }, &Trial::step_lookup },
  { {  10,   8,  10,   8,   8 }, &Trial::step_peek },
  { {  10,   8,  10,   8,   8 }, &Trial::step_contains },
  { { 100,  20, 200,  30,  80 }, &Trial::step_set },
  { {  50,  16,  60,  25,  25 }, &Trial::step_delete },
  { {   8,   7,   8,   7,   7 }, &Trial::step_clear },
  { {  45,  95,  45,  45,  20 }, &Trial::step_invalidate_tags },
  { {  96,  25,  60, 110,  60 }, &Trial::step_cancel },
  { { 170, 120, 170,  40, 120 }, &Trial::step_answer },
  { { 110, 150,  10,  20,  80 }, &Trial::step_add_tags },
  { {  56,  54, 160,  38,  42 }, &Trial::step_advance },
  { { 130,  80,  25,  90, 130 }, &Trial::step_turn },
  { {   8,   8,   8,   6,   6 }, &Trial::step_set_maxsize },
  { {   8,   8,   8,   6,   6 }, &Trial::step_set_default_ttl },
  { {   7,   7,   7,   5,   5 }, &Trial::step_trim },
  { {   7,   7,   7,   5,   5 }, &Trial::step_reset_metrics },
  { {   9,   9,   6,   7,   7 }, &Trial::step_warm_up },
  { {   7,   7,   7,   7,   7 }, &Trial::step_compare_order },
  { {   8,   5,   1, 130,   5 }, &Trial::step_get_many },
  { {  30,  15,   6, 180,  20 }, &Trial::step_answer_batch },
  { {   4,   6,   2,  14,   4 }, &Trial::step_add_tags_to_batch },
  { {   4,   4,   2,  10,   4 }, &Trial::step_set_batch_window },
  { {   4,   4,   2,  20,   4 }, &Trial::step_set_max_batch_size },
  { {  30,  10,  10,  10,  80 }, &Trial::step_call },
  { {   5,   2,   5,   2,  10 }, &Trial::step_forget_call },
  { {   3,   2,   3,   2,   8 }, &Trial::step_clear_function },
  { {   8,   2,   4,   8,  50 }, &Trial::step_begin_mutation },
  { {  20,   6,  12,  20,  90 }, &Trial::step_end_mutation },
  { {   3,   1,   2,   3,  12 }, &Trial::step_drop_mutation },
  { {   8,   2,   4,   6,  60 }, &Trial::step_change },
  { {  20,   6,  12,  15, 110 }, &Trial::step_answer_change },
};

void
Trial::take_step ()
{
  if (n_steps_++ % 250 == 0)
    mood_ = chance (20) ? Mood::changes : chance (28) ? Mood::batches :
            chance (36) ? Mood::even : chance (72) ? Mood::slow_loaders : Mood::no_loaders;

  const auto mood = static_cast<std::size_t> (mood_);
  const int sum = std::accumulate (choices.begin (), choices.end (), 0, [mood] (int sum, const Choice &choice) {
    return sum + choice.weights[mood];
  });
  int roll = below (sum);
  auto choice = choices.begin ();

  while (roll >= choice->weights[mood])
    roll -= choice++->weights[mood];

  (this->*choice->take) ();

  // Rule 11: nothing is called back from inside a function.
  expect_same ("callbacks and calls of loaders outside the loop", std::to_string (callbacks_ + calls_), "0");
}

// --- what is asked ---

// What can be cancelled, and whether it is, before it is asked.
void
Trial::set_out (Asked &asked, bool cancellable, bool cancelled)
{
  asked.number = ++last_asked_;
  asked.reply = std::make_shared<Reply> ();
  asked.reply->trial = this;
  if (cancellable || cancelled)
    asked.cancellable.reset (g_cancellable_new ());
  if (cancelled)
    g_cancellable_cancel (asked.cancellable.get ());
}

std::shared_ptr<Trial::Reply> *
Trial::listen (const Asked &asked)
{
  return new std::shared_ptr<Reply> (asked.reply);
}

void
Trial::take_get (int key, bool refresh, bool warmup, Source *source)
{
  const bool cancellable = chance (60);
  const bool cancelled = cancellable && chance (5);
  Asked asked {};

  set_out (asked, cancellable, cancelled);
  asked.key = key;
  asked.source = source;
  note ("get " + std::to_string (asked.number) + ": " + quoted (key) +
        (source != nullptr ? " from loader " + std::to_string (source->traits.number) : " without a loader") +
        (refresh ? ", refresh" : "") + (warmup ? ", warming up" : "") + (cancelled ? ", cancelled before" : ""));

  memo_cache_get_async (cache (), key_name (key),
                        static_cast<MemoGetFlags> ((refresh ? MEMO_GET_REFRESH : 0) | (warmup ? MEMO_GET_WARMUP : 0)),
                        source != nullptr ? source->loader.get () : nullptr, asked.cancellable.get (),
                        got_cb, listen (asked));
  model_.get (asked.number, key, { refresh, warmup, cancelled }, source != nullptr ? &source->traits : nullptr);

  if (cancelled)
    asked.cancellable.reset ();
  asked_.push_back (std::move (asked));
}

void
Trial::step_get ()
{
  const int key = draw_key ();
  const bool refresh = chance (model_.peek (key) != miss ? 60 : 10);
  const bool warmup = chance (4);
  Source *source = chance (mood_ == Mood::no_loaders ? 10 : 85) ? draw_source (refresh) : nullptr;

  take_get (key, refresh, warmup, source);
}

void
Trial::step_lookup ()
{
  const int key = draw_key ();

  note ("look up " + quoted (key));
  tally_.add (Event::looked_up);

  Entry entry (memo_cache_lookup (cache (), key_name (key)));

  expect_same ("the look-up", words_of (entry.get (), nullptr), model_.lookup (key));
}

void
Trial::step_peek ()
{
  const int key = draw_key ();

  note ("peek at " + quoted (key));
  tally_.add (Event::peeked);

  Entry entry (memo_cache_peek (cache (), key_name (key)));

  expect_same ("the peek", words_of (entry.get (), nullptr), model_.peek (key));
}

void
Trial::step_contains ()
{
  const int key = draw_key ();

  note ("ask whether there is " + quoted (key));
  tally_.add (Event::contained);
  expect_same ("whether it is there", memo_cache_contains (cache (), key_name (key)) ? "yes" : "no",
               model_.peek (key) != miss ? "yes" : "no");
}

void
Trial::step_warm_up ()
{
  Asked asked {};
  std::vector<std::pair<int, Source *>> list;
  std::string words;

  tally_.add (Event::warmed_up);
  set_out (asked, false, false);
  asked.kind = Asked::Kind::warm_up;
  asked.warmup = memo_warmup_new ();
  // As many as are loaded side by side.
  for (int n = 1 + below (std::min<std::size_t> (4, model_.max_batch_size ())); n > 0; n--)
    {
      list.emplace_back (draw_key (), draw_source (false));
      memo_warmup_add (asked.warmup, key_name (list.back ().first), list.back ().second->loader.get ());
      words += std::string (words.empty () ? " " : ", ") + quoted (list.back ().first) + " from loader " +
               std::to_string (list.back ().second->traits.number);
    }
  note ("warm-up " + std::to_string (asked.number) + ":" + words);

  memo_cache_warmup_async (cache (), asked.warmup, nullptr, warmed_cb, listen (asked));

  // What is fresh is skipped.
  for (const auto &[key, source] : list)
    {
      if (model_.peek (key) != miss)
        continue;

      asked.askers.push_back (++last_asked_);
      model_.get (asked.askers.back (), key, { false, true, false }, &source->traits);
    }

  asked_.push_back (std::move (asked));
}

void
Trial::cancel (Asked &asked)
{
  note ("cancel " + std::to_string (asked.number));
  g_cancellable_cancel (asked.cancellable.get ());
  model_.cancel (asked.number);
  asked.cancellable.reset ();
}

// Often those who asked last, whose loads have not begun or have no other callers.  They may ask again.
void
Trial::step_cancel ()
{
  std::vector<Asked *> some;

  for (Asked &asked : asked_)
    if (asked.cancellable != nullptr)
      some.push_back (&asked);
  if (some.empty ())
    return;

  if (chance (60))
    {
      cancel (*some[below (some.size ())]);
      return;
    }

  const int key = some.back ()->key;
  Source *source = some.back ()->source;

  for (int n = 1 + below (3); n > 0 && !some.empty (); n--)
    {
      cancel (*some.back ());
      some.pop_back ();
    }

  if (key >= 0 && chance (25))
    take_get (key, true, false, source);
}

// --- what loaders do ---

void
Trial::answer_one ()
{
  const int place = below (held_.size ());
  Question question = std::move (held_[place]);
  const Answer answer = draw_answer ();

  held_.erase (held_.begin () + place);
  note ("answer loader " + std::to_string (question.loader) + ", asked for “" + question.key + "”, " + in_words (answer));
  give (question.call.get (), answer);
  question.call.reset ();
  model_.answer (question.flight, answer);
}

// Sooner or later each is answered.
void
Trial::step_answer ()
{
  const std::size_t most = mood_ == Mood::slow_loaders ? 30 : 12;

  if (!held_.empty ())
    answer_one ();
  while (held_.size () > most)
    answer_one ();
}

void
Trial::step_add_tags ()
{
  const Tags tags = draw_own_tags ();

  if (held_.empty ())
    return;

  const Question &question = held_[below (held_.size ())];

  note ("to the call of loader " + std::to_string (question.loader) + " for “" + question.key + "” add" + in_words (tags));
  memo_call_add_tags (question.call.get (), tag_names (tags).data ());
  model_.add_tags (question.flight, tags);
}

// --- what is changed ---

void
Trial::step_set ()
{
  const int key = draw_key ();
  const Value value = draw_value ();

  note ("set " + quoted (key) + " to " + in_words (value));
  tally_.add (value.ttl == 0 ? Event::set_in_vain : Event::set);
  memo_cache_set (cache (), key_name (key), new_entry (value));
  model_.set (key, value);
}

void
Trial::step_delete ()
{
  int key = draw_key ();

  for (int tries = 3; tries > 0 && model_.peek (key) == miss; tries--)
    key = draw_key ();
  note ("delete " + quoted (key));

  const bool there = model_.remove (key);

  tally_.add (there ? Event::deleted : Event::deleted_in_vain);
  expect_same ("whether it was there", memo_cache_delete (cache (), key_name (key)) ? "yes" : "no", there ? "yes" : "no");
}

void
Trial::step_clear ()
{
  note ("clear");
  tally_.add (Event::cleared);
  memo_cache_clear (cache ());
  model_.clear ();
}

void
Trial::step_invalidate_tags ()
{
  const Tags tags = draw_tags (2);

  note ("invalidate" + in_words (tags));
  last_invalidated_ = tags;
  tally_.add (Event::tags_invalidated);
  memo_cache_invalidate_tags (cache (), tag_names (tags).data ());
  model_.invalidate_tags (tags);
}

void
Trial::set_maxsize (guint maxsize)
{
  note ("at most " + std::to_string (maxsize) + " entries");
  memo_async_cache_set_maxsize (cache_.get (), maxsize);
  model_.set_maxsize (maxsize == MEMO_UNLIMITED ? SIZE_MAX : maxsize);
}

void
Trial::step_set_maxsize ()
{
  static const std::array<guint, 12> sizes = { 0, 1, 2, 4, 5, 5, 6, 6, 6, 7, 9, MEMO_UNLIMITED };

  tally_.add (Event::resized);
  set_maxsize (sizes[below (sizes.size ())]);
}

void
Trial::step_set_default_ttl ()
{
  static const std::array<Time, 8> ttls = {
    0, 4 * half_second, 10 * half_second, 20 * half_second, 40 * half_second, never, never, never
  };
  const Time ttl = ttls[below (ttls.size ())];

  note ("by default keep" + in_words (ttl));
  tally_.add (Event::default_changed);
  memo_async_cache_set_default_ttl (cache_.get (), seconds (ttl));
  model_.set_default_ttl (ttl);
}

// --- the loop, and what wants it to have turned ---

// The library is told in seconds, and rounds up.
void
Trial::move_clock (Time by)
{
  memo_manual_clock_advance (clock_.get (), std::nextafter (seconds (by), 0.0));
  model_.advance (by);
}

// Before time moves, loaders have to be called: in one turn with the call, a time-out could come first.  For the same
// reason the loop turns whenever something happens to a window.
void
Trial::step_advance ()
{
  static const std::array<int, 8> halves = { 1, 1, 1, 1, 2, 2, 3, 8 };
  const Time by = halves[below (halves.size ())] * half_second;
  const Time end = model_.now () + by;

  if (model_.wants_to_call ())
    settle ();
  note ("advance by " + std::to_string (by) + " µs");
  tally_.add (Event::advanced);

  for (Time next = model_.next_in_windows (end); next != never; next = model_.next_in_windows (end))
    {
      // Not where entries expire, too: the expired go a quarter of a second after others at the earliest.
      if (chance (20) && next % half_second != 0 && next - model_.now () > 1)
        {
          move_clock (next - model_.now () - 1);
          if (model_.values ().size () == model_.live ())
            {
              tally_.add (Event::a_microsecond_early);
              turn ();
            }
        }
      move_clock (next - model_.now ());
      settle ();
    }

  if (end > model_.now ())
    move_clock (end - model_.now ());

  // Before the expired are swept.
  if (chance (30))
    step_set ();
}

void
Trial::step_turn ()
{
  note ("turn the loop");
  turn ();
}

void
Trial::settle ()
{
  note ("turn the loop, since the next step wants it");
  turn ();
}

void
Trial::step_trim ()
{
  const unsigned percent = chance (10) ? 100 : below (60);

  settle ();
  note ("trim by " + std::to_string (percent) + " %");
  tally_.add (Event::trimmed);
  memo_async_cache_trim (cache_.get (), percent);
  model_.trim (percent);
}

void
Trial::step_reset_metrics ()
{
  settle ();
  note ("reset the metrics");
  tally_.add (Event::reset);
  memo_cache_reset_metrics (cache ());
  model_.reset_metrics ();
}

// Room for ever fewer: who goes first shows who is the least recent.
void
Trial::step_compare_order ()
{
  const guint maxsize = memo_async_cache_get_maxsize (cache_.get ());

  tally_.add (Event::order_compared);
  for (std::size_t left = model_.live (); left > 0; left--)
    {
      set_maxsize (left - 1);
      compare_contents ();
    }
  set_maxsize (maxsize);
}

// At the end everybody gets an answer, and nothing is left behind.
void
Trial::wind_up ()
{
  step_turn ();
  while (!mutations_.empty ())
    step_end_mutation ();
  while (!held_.empty () || !open_batches_.empty () || !open_changes_.empty () || model_.has_windows ())
    {
      step_answer ();
      step_answer_batch ();
      step_answer_change ();
      step_advance ();
      step_turn ();
    }
  step_turn ();
  if (!asked_.empty ())
    throw Mismatch ("somebody still waits");

  note ("advance by two thousand years");
  for (int i = 0; i < 2; i++)
    {
      const Time by = Time (1000) * 366 * 24 * 3600 * 1000000;

      memo_manual_clock_advance (clock_.get (), seconds (by));
      model_.advance (by);
    }
  step_turn ();
  compare_contents ();
  step_compare_order ();
  changers_.clear ();
  functions_.clear ();

  gpointer gone = cache_.get ();

  note ("drop the last reference");
  g_object_add_weak_pointer (G_OBJECT (gone), &gone);
  cache_.reset ();
  expect_same ("whether the cache is gone", gone == nullptr ? "yes" : "no", "yes");
}

} // namespace model
