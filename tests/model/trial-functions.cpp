// SPDX-License-Identifier: LGPL-2.1-or-later
#include "trial.hpp"

#include <array>

namespace model {

using namespace memo_test;

static constexpr Time second = 1000000;

// They share the cache, and are loaders like others: what they answer carries a tag of theirs.
void
Trial::make_functions ()
{
  const std::array<Loader, n_functions> all = { {
    { 20 },
    { 21, 2 * second },
    { 22, unsaid, 3 * second / 2, 3 * second, Tags (0b00100) },
  } };

  for (int number = 0; number < n_functions; number++)
    {
      const FunctionTraits &traits = function_traits (number);
      auto function = std::make_unique<Function> ();
      Source &source = function->source;
      const bool forgets = all[number].ttl != unsaid;

      source.trial = this;
      source.traits = all[number];
      source.loader.reset (memo_loader_new (loader_func, &source, nullptr));
      if (source.traits.timeout != never)
        memo_loader_set_timeout (source.loader.get (), seconds (source.traits.timeout));
      memo_loader_set_error_ttl (source.loader.get (), seconds (source.traits.error_ttl));
      memo_loader_set_tags (source.loader.get (), tag_names (source.traits.tags).data ());
      source.traits.tags.set (traits.tag);

      gpointer object = g_object_new (forgets ? MEMO_TYPE_ASYNC_TTL : MEMO_TYPE_ASYNC_LRU, "name", traits.name,
                                      "loader", source.loader.get (), "cache", cache_.get (),
                                      "skip-args", traits.skip, "n-args", traits.n_args, nullptr);

      if (forgets)
        memo_async_ttl_set_time_to_live (MEMO_ASYNC_TTL (object), seconds (source.traits.ttl));
      function->object.reset (MEMO_ASYNC_FUNCTION (object));
      functions_.push_back (std::move (function));
    }
}

// --- arguments ---

// The entries of a dictionary come in any order, and a session is anybody's.
GVariant *
Trial::new_variant (Arg arg)
{
  switch (arg)
    {
    case Arg::one:
      return g_variant_new_int64 (1);

    case Arg::two:
      return g_variant_new_int64 (2);

    case Arg::text_one:
      return g_variant_new_string ("1");

    case Arg::number_one:
      return g_variant_new_double (1.0);

    case Arg::pairs:
      return g_variant_new_parsed (chance (50) ? "{'a': <int64 1>, 'b': <['\\\\']>}" : "{'b': <['\\\\']>, 'a': <int64 1>}");

    case Arg::no_pairs:
      return g_variant_new_parsed ("@a{sv} {}");

    case Arg::session:
      break;
    }

  return g_variant_new_int32 (below (1000));
}

GVariant *
Trial::new_args (const Args &args)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_TUPLE);
  for (Arg arg : args)
    g_variant_builder_add_value (&builder, new_variant (arg));

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

std::string
Trial::in_words (GVariant *args)
{
  g_autofree char *text = args != nullptr ? g_variant_print (args, TRUE) : nullptr;

  return text != nullptr ? text : "";
}

// --- calls ---

void
Trial::called_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Error error;
  Entry entry (memo_decorator_call_finish (MEMO_DECORATOR (source), result, ErrorOut (error)));

  reply_with (data, words_of (entry.get (), error.get ()));
}

static Args
with_session (const KnownCall &call)
{
  Args args (function_traits (call.function).skip, Arg::session);

  args.insert (args.end (), call.args.begin (), call.args.end ());

  return args;
}

void
Trial::step_call ()
{
  const int key = n_plain_keys + below (n_calls);
  const KnownCall &call = known_calls[key - n_plain_keys];
  const Function &function = *functions_[call.function];
  const bool refresh = chance (model_.peek (key) != miss ? 35 : 10);
  const bool warmup = chance (4);
  g_autoptr(GVariant) args = new_args (with_session (call));
  Asked asked {};

  set_out (asked, chance (60), false);
  asked.kind = Asked::Kind::call;
  tally_.add (Event::function_called_on);
  note ("call " + std::to_string (asked.number) + ": " + function_traits (call.function).name + in_words (args) +
        (refresh ? ", refresh" : "") + (warmup ? ", warming up" : ""));

  memo_decorator_call_async (MEMO_DECORATOR (function.object.get ()), args,
                             static_cast<MemoGetFlags> ((refresh ? MEMO_GET_REFRESH : 0) | (warmup ? MEMO_GET_WARMUP : 0)),
                             asked.cancellable.get (), called_cb, listen (asked));
  model_.get (asked.number, key, { refresh, warmup, false, in_words (args) }, &function.source.traits);
  asked_.push_back (std::move (asked));
}

void
Trial::step_forget_call ()
{
  const int key = n_plain_keys + below (n_calls);
  const KnownCall &call = known_calls[key - n_plain_keys];

  note ("forget the call " + quoted (key));
  tally_.add (Event::call_forgotten);
  g_autoptr(GVariant) args = new_args (with_session (call));

  memo_decorator_invalidate (MEMO_DECORATOR (functions_[call.function]->object.get ()), args);
  model_.remove (key);
}

void
Trial::step_clear_function ()
{
  const int number = below (n_functions);
  Tags tags;

  note (std::string ("forget all of ") + function_traits (number).name);
  tally_.add (Event::function_cleared);
  memo_decorator_clear (MEMO_DECORATOR (functions_[number]->object.get ()));
  tags.set (function_traits (number).tag);
  model_.invalidate_tags (tags);
}

} // namespace model
