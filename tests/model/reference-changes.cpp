// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reference-cache.hpp"

namespace model {

// Rule 18: a change of the source is a bracket.  Its start and its end invalidate, and while it is open nothing
// of it is kept.

void
ReferenceCache::invalidate (const Touch &touch)
{
  for (int key = 0; key < n_keys; key++)
    if (touch.keys[key])
      remove (key);
  if (touch.tags.any ())
    invalidate_tags (touch.tags);
  if (touch.everything)
    clear ();
}

bool
ReferenceCache::is_held (int key, Tags tags) const
{
  bool held = held_all_ > 0 || held_keys_[key] > 0;

  for (int tag = 0; tag < n_tags; tag++)
    held = held || (tags[tag] && held_tags_[tag] > 0);

  return held;
}

void
ReferenceCache::begin_mutation (const Touch &touch)
{
  bool overlaps = held_all_ > 0 && touch.everything;

  invalidate (touch);
  for (int key = 0; key < n_keys; key++)
    {
      overlaps = overlaps || (touch.keys[key] && held_keys_[key] > 0);
      held_keys_[key] += touch.keys[key];
    }
  for (int tag = 0; tag < n_tags; tag++)
    {
      overlaps = overlaps || (touch.tags[tag] && held_tags_[tag] > 0);
      held_tags_[tag] += touch.tags[tag];
    }
  held_all_ += touch.everything;
  tally_.add (Event::bracket_opened);
  if (overlaps)
    tally_.add (Event::bracket_overlaps);
}

void
ReferenceCache::end_mutation (const Touch &touch)
{
  invalidate (touch);
  for (int key = 0; key < n_keys; key++)
    held_keys_[key] -= touch.keys[key];
  for (int tag = 0; tag < n_tags; tag++)
    held_tags_[tag] -= touch.tags[tag];
  held_all_ -= touch.everything;
  tally_.add (Event::bracket_closed);
}

// --- the calls of an invalidator ---

// Where there is no key function TOUCH is known at once; NULL: the arguments name no call.
void
ReferenceCache::change (int asker, const std::string &words, bool has_key_function, const Touch *touch)
{
  tally_.add (Event::changed);
  if (!has_key_function && touch == nullptr)
    {
      tally_.add (Event::change_unnamed);
      decide (asker, unnamed);
      return;
    }

  Change &change = changes_[++last_change_];

  change.number = last_change_;
  change.asker = asker;
  change.words = words;
  function_starts_.push_back (change.number);
  if (!has_key_function)
    {
      change.named = true;
      change.touch = *touch;
      begin_mutation (*touch);
    }
}

void
ReferenceCache::turn_changes ()
{
  while (!function_starts_.empty ())
    {
      auto place = changes_.find (function_starts_.front ());

      function_starts_.pop_front ();
      if (place == changes_.end ())
        continue;

      Change &change = place->second;

      change.running = true;
      tally_.add (change.named ? Event::function_called : Event::key_function_called);
      called_functions.push_back ({ change.number, !change.named });
    }
}

// The key function has answered, with an error where TOUCH is NULL.
void
ReferenceCache::name_changed (int number, const Touch *touch, const std::string &error)
{
  Change &change = changes_.at (number);

  if (touch == nullptr || !change.waits)
    {
      tally_.add (touch == nullptr ? Event::key_function_failed : Event::key_function_in_vain);
      if (change.waits)
        decide (change.asker, error);
      changes_.erase (number);
      return;
    }

  change.named = true;
  change.running = false;
  change.touch = *touch;
  begin_mutation (*touch);
  function_starts_.push_back (number);
}

// The function has answered: the bracket closes, and whoever still waits is told.
void
ReferenceCache::answer_change (int number, const std::string &words)
{
  end_change (changes_.at (number), words);
}

void
ReferenceCache::end_change (Change &change, const std::string &words)
{
  end_mutation (change.touch);
  if (change.waits)
    decide (change.asker, words);
  else
    tally_.add (Event::change_answered_in_vain);
  changes_.erase (change.number);
}

// Its caller is cancelled.  Once the function runs, the change goes on.
void
ReferenceCache::withdraw (Change &change)
{
  decide (change.asker, cancelled);
  change.waits = false;
  tally_.add (change.running ? Event::change_cancelled_running : Event::change_cancelled_before);
  if (change.running)
    return;

  if (change.named)
    end_mutation (change.touch);
  changes_.erase (change.number);
}

} // namespace model
