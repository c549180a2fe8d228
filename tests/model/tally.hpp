// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstddef>

namespace model {

// What happens in a run, how often it has to in 200,000 steps, and the words that are printed.  A
// run in which one of these hardly ever happens has shown little.
#define MODEL_EVENTS(E) \
  E (turned,                 1000, "turns of the loop") \
  E (advanced,               1000, "moves of the clock") \
  E (looked_up,              1000, "look-ups") \
  E (peeked,                 1000, "peeks") \
  E (contained,              1000, "questions whether a key is there") \
  E (set,                    1000, "sets") \
  E (set_in_vain,            1000, "sets with a time to live of 0") \
  E (deleted,                1000, "deletes of a live entry") \
  E (deleted_in_vain,        1000, "deletes of what was not there") \
  E (cleared,                1000, "clears") \
  E (tags_invalidated,       1000, "invalidations of tags") \
  E (resized,                1000, "changes of maxsize") \
  E (default_changed,        1000, "changes of the default time to live") \
  E (trimmed,                1000, "trims") \
  E (reset,                  1000, "resets of the metrics") \
  E (order_compared,         1000, "comparisons of the whole order of recency") \
  E (warmed_up,              1000, "warm-ups") \
  E (hit,                    1000, "gets that hit") \
  E (hit_nothing,            1000, "gets and look-ups that hit the cached nothing") \
  E (missed_for_good,        1000, "gets without a loader that missed") \
  E (joined,                 1000, "gets that joined a load") \
  E (joined_without_loader,  1000, "gets without a loader that joined a load") \
  E (began,                  1000, "loads begun") \
  E (began_beside,           1000, "loads begun beside an outdated one of the key") \
  E (began_in_refresh,       1000, "loads begun over a live entry") \
  E (called,                 1000, "calls of a loader") \
  E (error_given_again,      1000, "gets that were given a remembered error") \
  E (brought_value,          1000, "answers with a value") \
  E (brought_nothing,        1000, "answers with the cached nothing") \
  E (brought_none,           1000, "answers that there is none") \
  E (brought_unkept,         1000, "answers with a time to live of 0") \
  E (failed,                 1000, "answers with an error") \
  E (dropped,                1000, "calls dropped") \
  E (timed_out,              1000, "time-outs") \
  E (late,                   1000, "answers after the end of a load") \
  E (tagged,                 1000, "tags added to a call") \
  E (error_remembered,       1000, "errors remembered") \
  E (error_kept_out,          100, "errors not remembered, since there was a live entry") \
  E (outdated_by_set,        1000, "loads outdated by a set") \
  E (outdated_by_delete,     1000, "loads outdated by a delete") \
  E (outdated_by_clear,      1000, "loads outdated by a clear") \
  E (outdated_by_tag,        1000, "loads outdated by a tag that was known") \
  E (outdated_by_call,       1000, "loads outdated by a tag added to the call") \
  E (outdated_by_answer,     1000, "loads outdated by a tag that the answer brought") \
  E (doomed,                 1000, "answers not stored, of outdated loads") \
  E (moved,                  1000, "callers moved to a newer load") \
  E (moved_to_running,        300, "of these, to one that was running already") \
  E (cancelled_before,       1000, "gets cancelled before they began") \
  E (cancelled_waiting,      1000, "gets cancelled while they waited") \
  E (cancelled_too_late,     1000, "gets cancelled when they had their answer") \
  E (abandoned_unstarted,    1000, "loads abandoned before the loader was called") \
  E (abandoned_running,      1000, "loads abandoned while they ran") \
  E (evicted,                1000, "evictions") \
  E (expired,                1000, "expirations") \
  E (invalidated,            1000, "entries invalidated") \
  E (replaced,               1000, "entries replaced") \
  E (room_from_expired,       100, "entries that took the place of an expired one while there were older live ones")

enum class Event : std::size_t
{
#define E(name, least, words) name,
  MODEL_EVENTS (E)
#undef E
  count
};

constexpr std::size_t n_events = static_cast<std::size_t> (Event::count);

class Tally
{
public:
  void add (Event event) { counts_[static_cast<std::size_t> (event)]++; }
  long of (std::size_t event) const { return counts_[event]; }

  static long least_of (std::size_t event, long steps)
  {
    static const long all[] = {
#define E(name, least, words) least,
      MODEL_EVENTS (E)
#undef E
    };

    return all[event] * steps / 200000;
  }

  static const char *words (std::size_t event)
  {
    static const char *const all[] = {
#define E(name, least, words) words,
      MODEL_EVENTS (E)
#undef E
    };

    return all[event];
  }

private:
  std::array<long, n_events> counts_ {};
};

} // namespace model
