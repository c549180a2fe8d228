// SPDX-License-Identifier: LGPL-2.1-or-later
#include "trial.hpp"

namespace model {

using namespace memo_test;

Trial::Trial (std::uint64_t seed, Tally &tally) :
  random_ (seed),
  script_random_ (~seed),
  tally_ (tally),
  model_ ([this] { return scripted (n_modelled_); }, tally),
  seed_ (seed)
{
  context_ = g_main_context_new ();
  g_main_context_push_thread_default (context_);
  clock_.reset (memo_manual_clock_new ());
  cache_.reset (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock_.get (), nullptr)));
  make_sources ();
  make_batch_sources ();
  make_functions ();
  make_changers ();
  set_maxsize (6);
  memo_async_cache_set_batch_window_ms (cache_.get (), 250);
  model_.set_batch_window (250000);
}

// After a mismatch anything may be under way, and functions may still be called.
Trial::~Trial ()
{
  for (auto &changer : changers_)
    changer->object.reset ();
  for (auto &function : functions_)
    function->object.reset ();
  mutations_.clear ();
  cache_.reset ();

  do
    {
      held_.clear ();
      questions_.clear ();
      open_batches_.clear ();
      batch_questions_.clear ();
      open_changes_.clear ();
      change_questions_.clear ();
      while (g_main_context_iteration (context_, FALSE))
        ;
    }
  while (!questions_.empty () || !batch_questions_.empty () || !change_questions_.empty ());

  changers_.clear ();
  functions_.clear ();
  sources_.clear ();
  g_main_context_pop_thread_default (context_);
  g_main_context_unref (context_);
}

void
Trial::run (long steps)
{
  while (n_steps_ < steps)
    {
      take_step ();
      if (n_steps_ % 4 == 0)
        {
          compare_contents ();
          compare_metrics (false);
        }
    }

  wind_up ();
}

// --- what was done ---

void
Trial::note (std::string words)
{
  notes_.push_back ("  " + std::to_string (n_steps_) + ": " + std::move (words));
  if (notes_.size () > 40)
    notes_.pop_front ();
}

std::string
Trial::last_steps () const
{
  std::string all = "seed " + std::to_string (seed_) + ", step " + std::to_string (n_steps_) + "; the last steps:\n";

  for (const std::string &words : notes_)
    all += words + "\n";

  return all;
}

// --- what the library calls ---

// All of it may only happen in a turn of the loop.
void
Trial::loader_func (MemoCall *call, gpointer data)
{
  auto *source = static_cast<Source *> (data);
  Trial *self = source->trial;
  MemoEntry *previous = memo_call_get_previous (call);

  self->calls_++;
  self->questions_.push_back ({ source->traits.number, memo_call_get_key (call), words_of (previous, nullptr),
                                source->traits.at_once ? nullptr : share (call), 0,
                                in_words (memo_call_get_args (call)) });
  if (source->traits.at_once)
    give (call, self->scripted (self->n_scripted_));
}

std::string
Trial::words_of (MemoEntry *entry, GError *error)
{
  if (entry != nullptr && error != nullptr)
    return "an entry and an error";
  if (entry != nullptr)
    return memo_entry_get_value (entry) != nullptr ? memo_entry_get_string (entry) : nothing;
  if (error == nullptr)
    return miss;
  if (g_error_matches (error, MEMO_ERROR, MEMO_ERROR_ABANDONED))
    return abandoned;
  if (g_error_matches (error, MEMO_ERROR, MEMO_ERROR_NOT_FOUND))
    return not_found;
  if (g_error_matches (error, MEMO_ERROR, MEMO_ERROR_FAILED))
    return unnamed;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return cancelled;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return timed_out;

  return error->message;
}

void
Trial::reply_with (gpointer data, const std::string &words)
{
  std::unique_ptr<std::shared_ptr<Reply>> mine (static_cast<std::shared_ptr<Reply> *> (data));
  Reply &reply = **mine;

  reply.trial->callbacks_++;
  reply.callbacks++;
  reply.words = words;
}

void
Trial::got_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Error error;
  Entry entry (memo_cache_get_finish (MEMO_CACHE (source), result, ErrorOut (error)));

  reply_with (data, words_of (entry.get (), error.get ()));
}

void
Trial::warmed_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Error error;

  reply_with (data, memo_cache_warmup_finish (MEMO_CACHE (source), result, ErrorOut (error)) ? "warm" : "not warm");
}

// --- what is compared ---

void
Trial::expect_same (const std::string &what, const std::string &library, const std::string &model)
{
  if (library != model)
    throw Mismatch (what + ": the library says “" + library + "”, the model “" + model + "”");
}

// Lets the loop turn until nothing is left to do, and looks at all that came of it.
void
Trial::turn ()
{
  tally_.add (Event::turned);

  while (g_main_context_iteration (context_, FALSE))
    ;
  model_.turn ();

  compare_calls ();
  compare_batch_calls ();
  compare_change_calls ();
  compare_replies ();
  compare_metrics (true);

  script_.clear ();
  n_scripted_ = 0;
  n_modelled_ = 0;
}

// The loaders were called that had to be, in that order.
void
Trial::compare_calls ()
{
  for (const ReferenceCache::Called &called : model_.called)
    {
      if (questions_.empty ())
        throw Mismatch ("loader " + std::to_string (called.loader) + " was not called for " + quoted (called.key));

      Question question = std::move (questions_.front ());

      questions_.pop_front ();
      expect_same ("the key that a loader is asked for", question.key, key_name (called.key));
      expect_same ("the loader that is called", std::to_string (question.loader), std::to_string (called.loader));
      expect_same ("the previous entry of " + question.key, question.previous, called.previous);
      expect_same ("the arguments of " + question.key, question.args, called.args);
      question.flight = called.flight;
      if (question.call != nullptr)
        held_.push_back (std::move (question));
    }
  model_.called.clear ();

  if (!questions_.empty ())
    throw Mismatch ("loader " + std::to_string (questions_.front ().loader) + " was called for " +
                    questions_.front ().key + ", and should not have been");
}

// What comes of a get or a warm-up by the model; empty when it has to wait.
std::string
Trial::outcome_of (const Asked &asked)
{
  auto &decided = model_.decided;
  int failures = 0;

  if (!asked.expected.empty ())
    return asked.expected;

  if (asked.warmup == nullptr)
    {
      auto place = decided.find (asked.number);
      std::string words = place != decided.end () ? place->second : "";

      if (place != decided.end ())
        decided.erase (place);
      return words;
    }

  for (int asker : asked.askers)
    {
      if (decided.count (asker) == 0)
        return "";
      failures += is_error (decided[asker]);
    }
  for (int asker : asked.askers)
    decided.erase (asker);

  return failures == 0 ? "warm" : "not warm, " + std::to_string (failures) + " failed";
}

// Whoever can have an answer has it, once, and nobody else has.
void
Trial::compare_replies ()
{
  static const std::array<std::string, 5> kinds = { "get ", "call ", "warm-up ", "change ", "mutation " };
  std::vector<Asked> waiting;

  for (Asked &asked : asked_)
    {
      const std::string what = kinds[static_cast<std::size_t> (asked.kind)] + std::to_string (asked.number);
      const std::string outcome = outcome_of (asked);
      std::string words = asked.reply->words;

      expect_same ("the callbacks of " + what, std::to_string (asked.reply->callbacks), outcome.empty () ? "0" : "1");
      if (outcome.empty ())
        {
          waiting.push_back (std::move (asked));
          continue;
        }

      if (asked.warmup != nullptr)
        {
          g_auto(GStrv) failed = memo_warmup_dup_failed_keys (asked.warmup);

          if (failed[0] != nullptr)
            words += ", " + std::to_string (g_strv_length (failed)) + " failed";
          g_object_unref (asked.warmup);
        }
      expect_same ("the outcome of " + what, words, outcome);
    }

  asked_ = std::move (waiting);
  callbacks_ = 0;
  calls_ = 0;
}

// What is there, and nothing of it is changed by looking.
void
Trial::compare_contents ()
{
  for (int key = 0; key < n_keys; key++)
    {
      Entry entry (memo_cache_peek (cache (), key_name (key)));

      expect_same (std::string ("what is under ") + key_name (key), words_of (entry.get (), nullptr), model_.peek (key));
    }

  for (const Question &question : held_)
    {
      GCancellable *cancellable = memo_call_get_cancellable (question.call.get ());

      expect_same ("the call for " + question.key, g_cancellable_is_cancelled (cancellable) ? "cancelled" : "wanted",
                   model_.is_cancelled (question.flight) ? "cancelled" : "wanted");
    }
  compare_batches ();
}

// SETTLED: right after a turn of the loop, when nothing expired may be held any more.  Before, it
// may or may not be.
void
Trial::compare_metrics (bool settled)
{
  memo_test::Metrics library (memo_cache_get_metrics (cache ()));
  ReferenceMemory &values = model_.values ();
  const auto same = [this] (const char *what, guint64 count, long expected) {
    if (count != static_cast<guint64> (expected))
      expect_same (what, std::to_string (count), std::to_string (expected));
  };
  const auto between = [] (const char *what, guint64 count, long least, long most) {
    if (count < static_cast<guint64> (least) || count > static_cast<guint64> (most))
      throw Mismatch (std::string (what) + ": " + std::to_string (count) + " is not between " +
                      std::to_string (least) + " and " + std::to_string (most));
  };
  const long asked = model_.metrics.hits + model_.metrics.misses;
  const double rate = asked > 0 ? static_cast<double> (model_.metrics.hits) / asked : 0.0;
  const long open = settled ? 0 : static_cast<long> (values.size () - model_.live ());

  same ("hits", library->hits, model_.metrics.hits);
  same ("misses", library->misses, model_.metrics.misses);
  same ("coalesced", library->coalesced, model_.metrics.coalesced);
  same ("loads", library->loads, model_.metrics.loads);
  same ("load failures", library->load_failures, model_.metrics.load_failures);
  same ("batches", library->batches, model_.metrics.batches);
  same ("evictions", library->evictions, values.evictions);
  if (library->hit_rate != rate)
    expect_same ("hit rate", std::to_string (library->hit_rate), std::to_string (rate));

  between ("size", library->size, model_.live (), model_.live () + open);
  between ("expirations", library->expirations, values.expirations,
           values.expirations + values.expirations_or_invalidations + open);
  between ("invalidations", library->invalidations, values.invalidations,
           values.invalidations + values.expirations_or_invalidations);
  same ("size, expirations and invalidations", library->size + library->expirations + library->invalidations,
        static_cast<long> (values.size ()) + values.expirations + values.invalidations +
        values.expirations_or_invalidations);

  if (settled)
    {
      values.expirations = library->expirations;
      values.invalidations = library->invalidations;
      values.expirations_or_invalidations = 0;
    }
}

} // namespace model
