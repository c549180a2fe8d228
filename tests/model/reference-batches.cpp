// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reference-cache.hpp"

#include <algorithm>

namespace model {

// The loads of this batch and key that are not over, the oldest first.
std::vector<int>
ReferenceCache::waiting_for (int batch, int key) const
{
  std::vector<int> all;

  for (const auto &[number, flight] : flights_)
    if (flight.batch == batch && flight.key == key && !flight.over)
      all.push_back (number);

  return all;
}

// The keys that somebody waits for.
std::vector<int>
ReferenceCache::wanted (const Batch &batch) const
{
  std::vector<int> keys;

  std::copy_if (batch.keys.begin (), batch.keys.end (), std::back_inserter (keys),
                [&] (int key) { return !waiting_for (batch.number, key).empty (); });

  return keys;
}

// --- the window ---

bool
ReferenceCache::has_windows () const
{
  return std::any_of (batches_.begin (), batches_.end (), [] (const auto &pair) { return !pair.second.left; });
}

bool
ReferenceCache::wants_to_call () const
{
  return !starts_.empty () || !function_starts_.empty () ||
         std::any_of (batches_.begin (), batches_.end (), [this] (const auto &pair) {
           const Batch &batch = pair.second;

           return !batch.left && (!batch.open || batch.deadline == at_idle || now_ >= batch.deadline);
         });
}

// When something happens to a window, not later than BEFORE, or `never`: it closes, or somebody in it has waited too long.
Time
ReferenceCache::next_in_windows (Time before) const
{
  Time next = never;

  for (const auto &[number, batch] : batches_)
    if (!batch.left)
      {
        next = std::min (next, batch.deadline);
        for (const auto &[flight_number, flight] : flights_)
          if (flight.batch == number)
            next = std::min (next, flight.deadline);
      }

  return next <= before ? next : never;
}

// Rules 19 and 20: the first key opens a window of its loader, and a full one takes no more.
void
ReferenceCache::gather (Flight &flight)
{
  auto place = std::find_if (batches_.begin (), batches_.end (), [&] (const auto &pair) {
    return pair.second.open && pair.second.loader == flight.loader;
  });

  // The limit was lowered meanwhile.
  if (place != batches_.end () && wanted (place->second).size () >= max_batch_size_)
    {
      tally_.add (Event::window_outgrown);
      place->second.open = false;
      place = batches_.end ();
    }

  if (place == batches_.end ())
    {
      const Time deadline = batch_window_ == 0 ? at_idle : now_ + batch_window_;
      const int number = ++last_batch_;

      tally_.add (Event::window_opened);
      place = batches_.emplace (number, Batch { number, flight.loader, deadline }).first;
    }

  Batch &batch = place->second;
  const bool known = std::find (batch.keys.begin (), batch.keys.end (), flight.key) != batch.keys.end ();

  if (!known)
    {
      batch.keys.push_back (flight.key);
    }
  else if (waiting_for (batch.number, flight.key).empty ())
    {
      tally_.add (Event::came_back);
      batch.came_back = true;
    }
  else
    {
      tally_.add (Event::gathered_again);
    }

  flight.batch = batch.number;
  if (wanted (batch).size () >= max_batch_size_)
    {
      tally_.add (Event::window_full);
      batch.open = false;
    }
}

void
ReferenceCache::leave (Batch &batch)
{
  tally_.add (Event::batch_left);
  tally_.add (!batch.open ? Event::batch_left_full :
              batch.deadline == at_idle ? Event::batch_left_idle : Event::batch_left_in_time);
  batch.open = false;
  batch.left = true;
  batch.left_at = moment_;
  batch.keys = wanted (batch);
  if (batch.keys.size () > 1)
    tally_.add (Event::batch_of_many);
  for (auto &[number, flight] : flights_)
    if (flight.batch == batch.number)
      flight.started = true;

  metrics.batches++;
  metrics.loads += batch.keys.size ();
  called_batches.push_back ({ batch.number, batch.loader->number, batch.keys, batch.came_back });
}

void
ReferenceCache::turn_batches ()
{
  for (auto &[number, batch] : batches_)
    if (!batch.left && (!batch.open || batch.deadline == at_idle || now_ >= batch.deadline))
      leave (batch);
}

// A load of a batch is over.  Rule 22: a window that nobody wants is none.  Rule 9: a call whose last waiters
// have GIVEN_UP is cancelled.
void
ReferenceCache::desert (const Flight &flight, bool given_up)
{
  if (flight.batch == 0)
    return;

  Batch &batch = batches_.at (flight.batch);

  if (!wanted (batch).empty ())
    {
      if (given_up && !batch.left && waiting_for (batch.number, flight.key).empty ())
        tally_.add (Event::taken_out);
      return;
    }

  if (!batch.left)
    {
      tally_.add (Event::window_deserted);
      batches_.erase (batch.number);
    }
  else if (given_up)
    {
      tally_.add (Event::batch_deserted);
      batch.cancelled = true;
    }
}

// --- the answers ---

// Rule 21: each key by itself.
void
ReferenceCache::answer_key (int batch, int key, const Answer &answer)
{
  const std::vector<int> all = waiting_for (batch, key);

  moment_++;
  tally_.add (all.empty () ? Event::key_answered_late : Event::key_answered);
  if (all.size () > 1)
    tally_.add (Event::key_answered_for_many);

  for (int number : all)
    {
      Flight &flight = flights_.at (number);

      if (answer.kind == Answer::Kind::error)
        fail (flight, answer.error);
      else
        deliver (flight, answer);
      flights_.erase (number);
    }
}

// What was not answered gets the error.
void
ReferenceCache::end_batch (int number, const std::string &words)
{
  Batch &batch = batches_.at (number);

  moment_++;
  tally_.add (words == not_found ? Event::batch_finished :
              words == abandoned ? Event::batch_dropped : Event::batch_failed);
  for (int key : wanted (batch))
    for (int flight : waiting_for (number, key))
      {
        tally_.add (Event::key_left_over);
        fail (flights_.at (flight), words);
        flights_.erase (flight);
      }

  batches_.erase (number);
}

// An answer that was not asked for is ignored, or stored where nothing speaks against it.
void
ReferenceCache::answer_extra (int number, int key, const Value &value)
{
  const Batch &batch = batches_.at (number);
  const Tags tags = value.tags | batch.loader->tags | batch.tags;
  bool changed = key_changed_[key] > batch.left_at;

  for (int tag = 0; tag < n_tags; tag++)
    changed = changed || (tags[tag] && tag_changed_[tag] > batch.left_at);

  if (!batch.loader->accept_extra)
    {
      tally_.add (Event::extra_ignored);
    }
  else if (values_.find (key, now_) != nullptr || current (key) != nullptr)
    {
      tally_.add (Event::extra_kept_out);
    }
  else if (changed)
    {
      tally_.add (Event::extra_outdated);
    }
  else
    {
      tally_.add (Event::extra_stored);
      keep (key, &value, batch.loader->ttl, tags);
    }
}

void
ReferenceCache::add_tags_to_batch (int number, Tags tags)
{
  Batch &batch = batches_.at (number);

  tally_.add (Event::batch_tagged);
  batch.tags |= tags;
  for (auto &[flight_number, flight] : flights_)
    if (flight.batch == number && !flight.over)
      {
        flight.known |= tags;
        if (flight.current && first_invalidated (flight, flight.known) != 0)
          outdate (flight, Event::outdated_by_batch);
      }
}

} // namespace model
