// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstddef>

namespace model {

// What happens in a run, how often it has to in 200,000 steps, and the words that are printed.  A
// run in which one of these hardly ever happens has shown little.
#define MODEL_BATCH_EVENTS(E) \
  E (window_changed,          300, "changes of the batch window") \
  E (batch_size_changed,      300, "changes of the size of a batch") \
  E (asked_for_many,         1000, "bursts of gets from a batch loader") \
  E (window_opened,          1000, "windows opened") \
  E (window_outgrown,          50, "windows that were too full for a lower limit") \
  E (window_full,            1000, "windows that were full") \
  E (window_deserted,         300, "windows that everybody left") \
  E (taken_out,               300, "keys taken out of a window") \
  E (came_back,                70, "keys taken out of a window that came back") \
  E (gathered_again,          100, "keys in a window whose load was outdated, asked for again") \
  E (abandoned_in_window,    1000, "loads abandoned in a window") \
  E (timed_out_in_window,     100, "time-outs in a window") \
  E (a_microsecond_early,     300, "windows still open a microsecond before their time") \
  E (batch_left,             1000, "batches that left") \
  E (batch_left_full,         300, "of these, full ones") \
  E (batch_left_idle,         300, "of these, when the loop was idle") \
  E (batch_left_in_time,      300, "of these, when the time was over") \
  E (batch_of_many,          1000, "of these, for more than one key") \
  E (key_answered,           1000, "answers to a key of a batch") \
  E (key_answered_late,       300, "answers to a key of a batch that nobody waits for") \
  E (key_answered_for_many,    50, "answers to a key of a batch with outdated and new callers") \
  E (key_left_over,          1000, "loads left over at the end of a batch") \
  E (batch_finished,         1000, "batches finished") \
  E (batch_failed,            300, "batches answered with an error") \
  E (batch_dropped,           300, "batches dropped") \
  E (answered_by_array,       300, "batches answered by an array") \
  E (answered_by_short_array, 300, "batches answered by an array that is too short") \
  E (batch_deserted,          300, "batches that everybody left") \
  E (abandoned_in_batch,     1000, "loads abandoned in a batch that had left") \
  E (timed_out_in_batch,      300, "time-outs in a batch that had left") \
  E (batch_tagged,            300, "tags added to the call of a batch") \
  E (outdated_by_batch,       100, "loads outdated by a tag added to the call of a batch") \
  E (extra_ignored,           300, "answers not asked for, ignored") \
  E (extra_kept_out,          100, "answers not asked for, kept out by an entry or a load") \
  E (extra_outdated,          100, "answers not asked for, outdated since the batch left") \
  E (extra_stored,            100, "answers not asked for, stored")

#define MODEL_CHANGE_EVENTS(E) \
  E (function_called_on,     1000, "calls of a decorated function") \
  E (call_forgotten,          300, "calls forgotten") \
  E (function_cleared,        300, "functions cleared") \
  E (bracket_opened,         1000, "brackets opened") \
  E (bracket_overlaps,        100, "of these, while another of the same was open") \
  E (bracket_closed,         1000, "brackets closed") \
  E (mutation_cancelled,       30, "mutations cancelled before they began") \
  E (mutation_dropped,        100, "mutations dropped while open") \
  E (held,                    300, "values not kept, since their source was being changed") \
  E (error_held,               30, "errors not kept, since their source was being changed") \
  E (changed,                1000, "calls of an invalidator") \
  E (change_unnamed,          100, "of these, with arguments that name no call") \
  E (function_called,        1000, "calls of a changing function") \
  E (key_function_called,     100, "calls of a key function") \
  E (key_function_failed,     30, "key functions that failed") \
  E (key_function_in_vain,     10, "key functions whose caller was cancelled") \
  E (change_cancelled_before,  30, "changes cancelled before their function was called") \
  E (change_cancelled_running, 30, "changes cancelled while their function ran") \
  E (change_answered_in_vain,  30, "changes answered when nobody waited")

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
  E (cleared,                 800, "clears") \
  E (tags_invalidated,       1000, "invalidations of tags") \
  E (resized,                 800, "changes of maxsize") \
  E (default_changed,         800, "changes of the default time to live") \
  E (trimmed,                 800, "trims") \
  E (reset,                   800, "resets of the metrics") \
  E (order_compared,          800, "comparisons of the whole order of recency") \
  E (warmed_up,              1000, "warm-ups") \
  E (hit,                    1000, "gets that hit") \
  E (hit_nothing,             700, "gets and look-ups that hit the cached nothing") \
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
  E (brought_none,            700, "answers that there is none") \
  E (brought_unkept,          700, "answers with a time to live of 0") \
  E (failed,                 1000, "answers with an error") \
  E (dropped,                 800, "calls dropped") \
  E (timed_out,               800, "time-outs") \
  E (late,                   1000, "answers after the end of a load") \
  E (tagged,                 1000, "tags added to a call") \
  E (error_remembered,       1000, "errors remembered") \
  E (error_kept_out,           60, "errors not remembered, since there was a live entry") \
  E (outdated_by_set,        1000, "loads outdated by a set") \
  E (outdated_by_delete,     1000, "loads outdated by a delete") \
  E (outdated_by_clear,      1000, "loads outdated by a clear") \
  E (outdated_by_tag,        1000, "loads outdated by a tag that was known") \
  E (outdated_by_call,        700, "loads outdated by a tag added to the call") \
  E (outdated_by_answer,      800, "loads outdated by a tag that the answer brought") \
  E (doomed,                 1000, "answers not stored, of outdated loads") \
  E (moved,                   800, "callers moved to a newer load") \
  E (moved_to_running,        200, "of these, to one that was running already") \
  E (cancelled_before,       1000, "gets cancelled before they began") \
  E (cancelled_waiting,      1000, "gets cancelled while they waited") \
  E (cancelled_too_late,     1000, "gets cancelled when they had their answer") \
  E (abandoned_unstarted,     700, "loads abandoned before the loader was called") \
  E (abandoned_running,      1000, "loads abandoned while they ran") \
  E (evicted,                1000, "evictions") \
  E (expired,                1000, "expirations") \
  E (invalidated,            1000, "entries invalidated") \
  E (replaced,               1000, "entries replaced") \
  E (room_from_expired,        40, "entries that took the place of an expired one while there were older live ones") \
  MODEL_BATCH_EVENTS (E) \
  MODEL_CHANGE_EVENTS (E)

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
