// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reference-cache.hpp"

#include <algorithm>

namespace model {

static Time
after (Time now, Time ttl)
{
  return ttl == never ? never : now + ttl;
}

// --- the loop ---

// All that the loop has to do: loads that take too long end, loaders are called, the expired go.
void
ReferenceCache::turn ()
{
  std::vector<int> due;

  for (const auto &[number, flight] : flights_)
    if (!flight.over && now_ >= flight.deadline)
      due.push_back (number);

  for (int number : due)
    {
      Flight &flight = flights_.at (number);

      tally_.add (flight.batch == 0 ? Event::timed_out :
                  flight.started ? Event::timed_out_in_batch : Event::timed_out_in_window);
      flight.cancelled = true;
      fail (flight, timed_out);
      desert (flight, true);
      forget (number);
    }

  while (!starts_.empty ())
    {
      int number = starts_.front ();

      starts_.pop_front ();
      start (number);
    }

  turn_batches ();
  turn_changes ();

  values_.bury (now_);
  errors_.bury (now_);
}

// --- what acts on memory alone ---

std::string
ReferenceCache::peek (int key) const
{
  const Held *held = values_.find (key, now_);

  return held != nullptr ? held->words : miss;
}

std::string
ReferenceCache::lookup (int key)
{
  std::string words = peek (key);

  if (words == miss)
    {
      metrics.misses++;
      return words;
    }

  metrics.hits++;
  values_.touch (key);
  if (words == nothing)
    tally_.add (Event::hit_nothing);

  return words;
}

// Rule 5: an entry's own time to live wins, then the loader's, then the cache's.  With 0, when
// there is none, and while its source is being changed, nothing is kept and what was there goes.
void
ReferenceCache::keep (int key, const Value *value, Time loader_ttl, Tags tags)
{
  Time ttl = value != nullptr ? value->ttl : 0;

  if (ttl == unsaid)
    ttl = loader_ttl;
  if (ttl == unsaid)
    ttl = default_ttl_;

  const bool held = is_held (key, tags);

  if (held && ttl != 0)
    tally_.add (Event::held);

  errors_.drop (key, now_);
  if (ttl == 0 || held)
    values_.drop (key, now_);
  else
    values_.put ({ key, value->words, tags, after (now_, ttl) }, maxsize_, now_);
}

void
ReferenceCache::set (int key, const Value &value)
{
  key_changed_[key] = ++moment_;
  if (Flight *flight = current (key))
    outdate (*flight, Event::outdated_by_set);

  keep (key, &value, unsaid, value.tags);
}

bool
ReferenceCache::remove (int key)
{
  key_changed_[key] = ++moment_;
  if (Flight *flight = current (key))
    outdate (*flight, Event::outdated_by_delete);

  errors_.drop (key, now_);

  return values_.drop (key, now_);
}

void
ReferenceCache::clear ()
{
  key_changed_.fill (++moment_);
  for (auto &[number, flight] : flights_)
    {
      if (flight.current)
        outdate (flight, Event::outdated_by_clear);
    }

  values_.clear (now_);
  errors_.clear (now_);
}

// Rule 15: what is known to carry one of the tags is outdated at once, of the rest it is kept in mind.
void
ReferenceCache::invalidate_tags (Tags tags)
{
  moment_++;
  for (int tag = 0; tag < n_tags; tag++)
    if (tags[tag])
      tag_changed_[tag] = moment_;

  for (auto &[number, flight] : flights_)
    {
      for (int tag = 0; tag < n_tags; tag++)
        if (tags[tag] && flight.invalidated[tag] == 0)
          flight.invalidated[tag] = moment_;

      if (flight.current && ((flight.known | flight.previous_tags) & tags).any ())
        outdate (flight, Event::outdated_by_tag);
    }

  values_.invalidate (tags, now_);
  errors_.invalidate (tags, now_);
}

void
ReferenceCache::set_maxsize (std::size_t maxsize)
{
  maxsize_ = maxsize;
  values_.shrink (maxsize, now_);
  errors_.shrink (maxsize, now_);
}

// A flight that nobody can ask for any more.
void
ReferenceCache::forget (int number)
{
  if (flights_.at (number).batch != 0)
    flights_.erase (number);
}

// To be called when nothing expired is held: of those it is not said whether they count.
void
ReferenceCache::trim (unsigned percent)
{
  std::size_t size = values_.size ();

  values_.shrink (size - (size * percent + 99) / 100, now_);
}

void
ReferenceCache::reset_metrics ()
{
  metrics = {};
  values_.evictions = 0;
  values_.expirations = 0;
  values_.invalidations = 0;
  values_.expirations_or_invalidations = 0;
}

// --- loads ---

// The load of KEY that may be joined: there is one at most.
ReferenceCache::Flight *
ReferenceCache::current (int key)
{
  for (auto &[number, flight] : flights_)
    if (flight.key == key && flight.current)
      return &flight;

  return nullptr;
}

ReferenceCache::Flight &
ReferenceCache::begin (int key, const Loader &loader, const std::string &args, Waiter first)
{
  const Held *previous = values_.find (key, now_);
  Flight flight {};

  tally_.add (Event::began);
  if (previous != nullptr)
    tally_.add (Event::began_in_refresh);
  if (std::any_of (flights_.begin (), flights_.end (), [key] (const auto &pair) {
        return pair.second.key == key && !pair.second.over;
      }))
    tally_.add (Event::began_beside);

  flight.number = ++last_flight_;
  flight.key = key;
  flight.loader = &loader;
  flight.deadline = after (now_, loader.timeout);
  flight.known = loader.tags;
  flight.previous_tags = previous != nullptr ? previous->tags : Tags ();
  flight.previous = previous != nullptr ? previous->words : miss;
  flight.args = args;
  flight.waiters.push_back (first);

  Flight &added = flights_.emplace (flight.number, flight).first->second;

  if (loader.batch)
    gather (added);
  else
    starts_.push_back (added.number);

  return added;
}

// Calls the loader, unless nobody waits any more.
void
ReferenceCache::start (int number)
{
  auto place = flights_.find (number);

  if (place == flights_.end ())
    return;

  Flight &flight = place->second;

  tally_.add (Event::called);
  flight.started = true;
  metrics.loads++;
  called.push_back ({ number, flight.loader->number, flight.key, flight.previous, flight.args });

  if (flight.loader->at_once)
    answer (number, script_ ());
}

void
ReferenceCache::get (int asker, int key, Ask how, const Loader *loader)
{
  moment_++;

  if (how.cancelled)
    {
      tally_.add (Event::cancelled_before);
      decide (asker, cancelled);
      if (!how.warmup)
        metrics.misses++;
      return;
    }

  const Held *held = how.refresh ? nullptr : values_.find (key, now_);

  if (held != nullptr)
    {
      tally_.add (held->words == nothing ? Event::hit_nothing : Event::hit);
      decide (asker, held->words);
      if (!how.warmup)
        {
          metrics.hits++;
          values_.touch (key);
        }
      return;
    }

  if (!how.warmup)
    metrics.misses++;

  const Held *error = how.refresh ? nullptr : errors_.find (key, now_);

  if (error != nullptr)
    {
      tally_.add (Event::error_given_again);
      decide (asker, error->words);
    }
  else if (Flight *flight = current (key))
    {
      tally_.add (loader != nullptr ? Event::joined : Event::joined_without_loader);
      flight->waiters.push_back ({ asker, moment_ });
      if (!how.warmup)
        metrics.coalesced++;
    }
  else if (loader != nullptr)
    {
      begin (key, *loader, how.args, { asker, moment_ });
    }
  else
    {
      tally_.add (Event::missed_for_good);
      decide (asker, miss);
    }
}

// Rule 9: ends this wait, and the load only when it was the last one.
bool
ReferenceCache::cancel (int asker)
{
  for (auto &[number, flight] : flights_)
    {
      auto place = std::find_if (flight.waiters.begin (), flight.waiters.end (),
                                 [asker] (const Waiter &waiter) { return waiter.asker == asker; });

      if (place == flight.waiters.end ())
        continue;

      tally_.add (Event::cancelled_waiting);
      decide (asker, cancelled);
      flight.waiters.erase (place);
      if (!flight.waiters.empty ())
        return true;

      flight.current = false;
      flight.over = true;
      flight.cancelled = true;
      if (flight.batch == 0)
        tally_.add (flight.started ? Event::abandoned_running : Event::abandoned_unstarted);
      else
        tally_.add (flight.started ? Event::abandoned_in_batch : Event::abandoned_in_window);
      desert (flight, true);
      if (!flight.started || flight.batch != 0)
        flights_.erase (number);
      return true;
    }

  for (auto &[number, change] : changes_)
    if (change.asker == asker && change.waits)
      {
        withdraw (change);
        return true;
      }

  tally_.add (Event::cancelled_too_late);

  return false;
}

// --- the fence ---

void
ReferenceCache::outdate (Flight &flight, Event why)
{
  tally_.add (why);
  flight.current = false;
}

// When one of TAGS was invalidated for the first time while the load ran, or 0.  The load may have read its
// source before that.
long
ReferenceCache::first_invalidated (const Flight &flight, Tags tags) const
{
  long first = 0;

  for (int tag = 0; tag < n_tags; tag++)
    if (tags[tag] && flight.invalidated[tag] != 0 && (first == 0 || flight.invalidated[tag] < first))
      first = flight.invalidated[tag];

  return first;
}

void
ReferenceCache::add_tags (int number, Tags tags)
{
  Flight &flight = flights_.at (number);

  tally_.add (Event::tagged);
  flight.known |= tags;
  if (flight.current && first_invalidated (flight, flight.known) != 0)
    outdate (flight, Event::outdated_by_call);
}

// Ends a load with an error, for all who wait.
void
ReferenceCache::fail (Flight &flight, const std::string &words)
{
  const bool storable = flight.current;

  flight.over = true;
  flight.current = false;

  // Callers of one load in a batch may be told at different times; it fails once.
  if (flight.started && (flight.batch == 0 || waiting_for (flight.batch, flight.key).empty ()))
    metrics.load_failures++;

  for (const Waiter &waiter : flight.waiters)
    decide (waiter.asker, words);
  flight.waiters.clear ();

  if (!storable)
    {
      tally_.add (Event::doomed);
    }
  else if (flight.loader->error_ttl > 0 && values_.find (flight.key, now_) != nullptr)
    {
      tally_.add (Event::error_kept_out);
    }
  else if (flight.loader->error_ttl > 0 && is_held (flight.key, flight.known))
    {
      tally_.add (Event::error_held);
    }
  else if (flight.loader->error_ttl > 0)
    {
      tally_.add (Event::error_remembered);
      errors_.put ({ flight.key, words, flight.known, after (now_, flight.loader->error_ttl) }, maxsize_, now_);
    }
}

// Ends a load with a value or the knowledge that there is none.  Who joined after it was outdated without
// anybody's knowing waits for another; since that began after they had joined, it outdates for nobody of them again.
void
ReferenceCache::deliver (Flight &flight, const Answer &answer)
{
  const Value *value = answer.kind == Answer::Kind::value ? &answer.value : nullptr;
  const Tags own = value != nullptr ? value->tags : Tags ();
  const long first = first_invalidated (flight, flight.known | flight.previous_tags | own);
  const bool storable = flight.current && first == 0;

  if (flight.current && first != 0)
    tally_.add (Event::outdated_by_answer);
  if (!storable)
    tally_.add (Event::doomed);

  flight.over = true;
  flight.current = false;

  Flight *next = current (flight.key);
  const bool running = next != nullptr;

  for (const Waiter &waiter : flight.waiters)
    {
      if (first == 0 || waiter.joined < first)
        {
          decide (waiter.asker, value != nullptr ? value->words : miss);
          continue;
        }

      tally_.add (Event::moved);
      if (running)
        tally_.add (Event::moved_to_running);
      if (next != nullptr)
        next->waiters.push_back (waiter);
      else
        next = &begin (flight.key, *flight.loader, flight.args, waiter);
    }
  flight.waiters.clear ();

  if (storable)
    keep (flight.key, value, flight.loader->ttl, flight.known | own);
}

// The loader answers; nothing comes of it when the load is over.
void
ReferenceCache::answer (int number, const Answer &answer)
{
  Flight &flight = flights_.at (number);

  moment_++;

  if (flight.over)
    {
      tally_.add (Event::late);
    }
  else if (answer.kind == Answer::Kind::error || answer.kind == Answer::Kind::dropped)
    {
      const bool dropped = answer.kind == Answer::Kind::dropped;

      tally_.add (dropped ? Event::dropped : Event::failed);
      fail (flight, dropped ? abandoned : answer.error);
    }
  else
    {
      tally_.add (answer.kind == Answer::Kind::none ? Event::brought_none :
                  answer.value.ttl == 0 ? Event::brought_unkept :
                  answer.value.words == nothing ? Event::brought_nothing : Event::brought_value);
      deliver (flight, answer);
    }

  flights_.erase (number);
}

} // namespace model
