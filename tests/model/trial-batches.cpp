// SPDX-License-Identifier: LGPL-2.1-or-later
#include "trial.hpp"

#include <algorithm>
#include <array>

#include "../support/complaints.hpp"

namespace model {

using namespace memo_test;

static constexpr Time second = 1000000;

// --- the loaders ---

void
Trial::make_batch_sources ()
{
  const std::vector<Loader> all = {
    { 10, unsaid, never, 0, Tags (), false, true, false },
    { 11, 2 * second, second, 2 * second, Tags (0b00010), false, true, true },
    { 12, unsaid, never, 0, Tags (0b00100), false, true, true },
    { 13, unsaid, never, 3 * second, Tags (), false, true, false },
  };

  for (const Loader &traits : all)
    {
      auto source = std::make_unique<Source> ();
      MemoLoader *loader = memo_loader_new_batch (batch_func, source.get (), nullptr);

      source->trial = this;
      source->traits = traits;
      source->loader.reset (loader);
      memo_loader_set_ttl (loader, seconds (traits.ttl));
      if (traits.timeout != never)
        memo_loader_set_timeout (loader, seconds (traits.timeout));
      memo_loader_set_error_ttl (loader, seconds (traits.error_ttl));
      memo_loader_set_tags (loader, tag_names (traits.tags).data ());
      memo_loader_set_accept_extra (loader, traits.accept_extra);
      batch_sources_.push_back (source.get ());
      sources_.push_back (std::move (source));
    }
}

void
Trial::batch_func (MemoCall *call, gpointer data)
{
  auto *source = static_cast<Source *> (data);
  Trial *self = source->trial;
  OpenBatch batch { source->traits.number, share (call), 0, {}, {} };

  self->calls_++;
  for (const char * const *key = memo_call_get_keys (call); *key != nullptr; key++)
    for (int number = 0; number < n_keys; number++)
      if (g_str_equal (*key, key_name (number)))
        batch.keys.push_back (number);
  batch.left = batch.keys;
  self->batch_questions_.push_back (std::move (batch));
}

// --- what is compared ---

static std::string
list (std::vector<int> keys, bool sorted)
{
  std::string words;

  if (sorted)
    std::sort (keys.begin (), keys.end ());
  for (int key : keys)
    words += (words.empty () ? "" : " ") + std::to_string (key);

  return words;
}

// Which keys are in one call, and in which order, is said; of batches that leave in one turn, which comes first
// is not.
void
Trial::compare_batch_calls ()
{
  for (const ReferenceCache::CalledBatch &called : model_.called_batches)
    {
      auto place = std::find_if (batch_questions_.begin (), batch_questions_.end (), [&] (const OpenBatch &batch) {
        return batch.loader == called.loader && list (batch.keys, called.any_order) == list (called.keys, called.any_order);
      });

      if (place == batch_questions_.end ())
        {
          std::string words = "batch loader " + std::to_string (called.loader) + " was not called for the keys " +
                              list (called.keys, false);

          for (const OpenBatch &batch : batch_questions_)
            words += "; " + std::to_string (batch.loader) + " was for " + list (batch.keys, false);
          throw Mismatch (words);
        }

      place->batch = called.batch;
      open_batches_.push_back (std::move (*place));
      batch_questions_.erase (place);
    }
  model_.called_batches.clear ();

  if (!batch_questions_.empty ())
    throw Mismatch ("batch loader " + std::to_string (batch_questions_.front ().loader) + " was called for the keys " +
                    list (batch_questions_.front ().keys, false) + ", and should not have been");
}

void
Trial::compare_batches ()
{
  for (const OpenBatch &batch : open_batches_)
    {
      GCancellable *cancellable = memo_call_get_cancellable (batch.call.get ());

      expect_same ("the call for the keys " + list (batch.keys, false),
                   g_cancellable_is_cancelled (cancellable) ? "cancelled" : "wanted",
                   model_.is_batch_cancelled (batch.batch) ? "cancelled" : "wanted");
    }
}

// --- what is asked ---

// Now and then a key is deleted and asked for again before the window closes.
void
Trial::step_get_many ()
{
  Source *source = batch_sources_[below (batch_sources_.size ())];
  int key = 0;

  tally_.add (Event::asked_for_many);
  for (int n = 2 + below (5); n > 0; n--)
    {
      key = draw_key ();
      take_get (key, chance (30), false, source);
    }

  if (chance (16))
    {
      note ("delete " + quoted (key));
      memo_cache_delete (cache (), key_name (key));
      model_.remove (key);
      take_get (key, false, false, source);
    }
}

// None of these ends together with anything else, and what has expired goes every quarter of a second.
void
Trial::step_set_batch_window ()
{
  static const std::array<guint, 5> windows = { 0, 0, 250, 750, 1250 };
  const guint window = windows[below (windows.size ())];

  note ("windows of " + std::to_string (window) + " ms");
  tally_.add (Event::window_changed);
  memo_async_cache_set_batch_window_ms (cache_.get (), window);
  model_.set_batch_window (window * Time (1000));
}

void
Trial::step_set_max_batch_size ()
{
  static const std::array<guint, 8> sizes = { 1, 2, 3, 3, 4, 5, 7, 100 };
  const guint size = sizes[below (sizes.size ())];

  note ("batches of at most " + std::to_string (size));
  tally_.add (Event::batch_size_changed);
  memo_async_cache_set_max_batch_size (cache_.get (), size);
  model_.set_max_batch_size (size);
}

// --- what batch loaders do ---

void
Trial::step_answer_batch ()
{
  if (open_batches_.empty ())
    return;

  while (open_batches_.size () > 4)
    end_batch (open_batches_.front ());

  OpenBatch &batch = open_batches_[below (open_batches_.size ())];
  const int roll = below (100);

  if (roll < 15)
    answer_extra_key (batch);
  else if (roll < 30 && batch.left.size () == batch.keys.size ())
    answer_by_array (batch);
  else if (roll < 80 && !batch.left.empty ())
    answer_one_key (batch);
  else
    end_batch (batch);
}

void
Trial::answer_one_key (OpenBatch &batch)
{
  const auto place = batch.left.begin () + below (batch.left.size ());
  const int key = *place;
  const Answer answer = draw_answer ();

  if (answer.kind == Answer::Kind::dropped)
    return;

  batch.left.erase (place);
  note ("of batch " + std::to_string (batch.batch) + ", answer " + quoted (key) + " " + in_words (answer));
  if (answer.kind == Answer::Kind::error)
    memo_call_answer_error (batch.call.get (), key_name (key), make_error (answer.error).release ());
  else
    memo_call_answer (batch.call.get (), key_name (key),
                      answer.kind == Answer::Kind::value ? new_entry (answer.value) : nullptr);
  model_.answer_key (batch.batch, key, answer);
}

void
Trial::answer_extra_key (OpenBatch &batch)
{
  const Value value = draw_value ();
  int key = draw_key ();

  for (int tries = 4; tries > 0 && model_.peek (key) != miss; tries--)
    key = draw_key ();
  if (std::find (batch.keys.begin (), batch.keys.end (), key) != batch.keys.end ())
    return;

  const bool accepted = batch.loader == 11 || batch.loader == 12;

  note ("to batch " + std::to_string (batch.batch) + " add " + quoted (key) + ": " + in_words (value));

  const auto complaints = complaints_of ([&] {
    memo_call_answer (batch.call.get (), key_name (key), new_entry (value));
  });

  expect_same ("the warnings of it", std::to_string (complaints.size ()), accepted ? "0" : "1");
  model_.answer_extra (batch.batch, key, value);
}

// All of it at once, or some of it.
void
Trial::answer_by_array (OpenBatch &batch)
{
  const bool is_short = chance (50);
  const std::size_t n = is_short ? below (batch.keys.size ()) : batch.keys.size ();
  std::vector<Entry> entries;
  std::vector<MemoEntry *> array;
  std::vector<Answer> answers;

  tally_.add (is_short ? Event::answered_by_short_array : Event::answered_by_array);
  note ("answer " + std::to_string (n) + " keys of batch " + std::to_string (batch.batch));
  while (answers.size () < n)
    {
      const Answer answer = chance (15) ? Answer { Answer::Kind::none, {}, "" }
                                        : Answer { Answer::Kind::value, draw_value (), "" };

      note ("  " + quoted (batch.keys[answers.size ()]) + " " + in_words (answer));
      entries.emplace_back (answer.kind == Answer::Kind::value ? new_entry (answer.value) : nullptr);
      array.push_back (entries.back ().get ());
      answers.push_back (answer);
    }

  memo_call_return_entries (batch.call.get (), array.data (), n);
  for (std::size_t i = 0; i < n; i++)
    model_.answer_key (batch.batch, batch.keys[i], answers[i]);
  close_batch (batch, not_found);
}

void
Trial::end_batch (OpenBatch &batch)
{
  const int roll = below (10);

  if (roll < 4)
    {
      note ("finish batch " + std::to_string (batch.batch));
      memo_call_finish_batch (batch.call.get ());
      close_batch (batch, not_found);
    }
  else if (roll < 7)
    {
      const std::string error = "error: e" + std::to_string (++last_value_);

      note ("end batch " + std::to_string (batch.batch) + " with " + error);
      memo_call_return_error (batch.call.get (), make_error (error).release ());
      close_batch (batch, error);
    }
  else
    {
      note ("drop batch " + std::to_string (batch.batch));
      batch.call.reset ();
      close_batch (batch, abandoned);
    }
}

// The library was told; now the model is.
void
Trial::close_batch (const OpenBatch &batch, const std::string &words)
{
  const int number = batch.batch;

  model_.end_batch (number, words);
  open_batches_.erase (std::find_if (open_batches_.begin (), open_batches_.end (),
                                     [number] (const OpenBatch &open) { return open.batch == number; }));
}

void
Trial::step_add_tags_to_batch ()
{
  const Tags tags = draw_own_tags ();

  if (open_batches_.empty ())
    return;

  const OpenBatch &batch = open_batches_[below (open_batches_.size ())];

  note ("to the call of batch " + std::to_string (batch.batch) + " add" + in_words (tags));
  memo_call_add_tags (batch.call.get (), tag_names (tags).data ());
  model_.add_tags_to_batch (batch.batch, tags);
}

} // namespace model
