// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reference-memory.hpp"

#include <algorithm>

namespace model {

ReferenceMemory::Place
ReferenceMemory::place_of (int key)
{
  return std::find_if (held_.begin (), held_.end (), [key] (const Held &held) { return held.key == key; });
}

ReferenceMemory::Place
ReferenceMemory::expire (Place place)
{
  expirations++;
  count (Event::expired);

  return held_.erase (place);
}

const Held *
ReferenceMemory::find (int key, Time now) const
{
  for (const Held &held : held_)
    if (held.key == key)
      return held.lives (now) ? &held : nullptr;

  return nullptr;
}

void
ReferenceMemory::touch (int key)
{
  held_.splice (held_.begin (), held_, place_of (key));
}

// In place of what is there, as the most recent.  The least recent live one goes when there are too many.
void
ReferenceMemory::put (Held held, std::size_t maxsize, Time now)
{
  auto old = place_of (held.key);

  if (old != held_.end () && !old->lives (now))
    {
      expire (old);
    }
  else if (old != held_.end ())
    {
      held_.erase (old);
      count (Event::replaced);
    }

  if (maxsize == 0)
    return;

  if (held_.size () >= maxsize && live (now) > 0 && live (now) < maxsize)
    count (Event::room_from_expired);
  shrink (maxsize - 1, now);
  held_.push_front (std::move (held));
}

// Says whether there was a live one.
bool
ReferenceMemory::drop (int key, Time now)
{
  auto place = place_of (key);

  if (place == held_.end ())
    return false;

  if (!place->lives (now))
    {
      expire (place);
      return false;
    }

  held_.erase (place);
  invalidations++;
  count (Event::invalidated);

  return true;
}

void
ReferenceMemory::invalidate (Tags tags, Time now)
{
  for (auto place = held_.begin (); place != held_.end ();)
    {
      if ((place->tags & tags).none ())
        {
          place++;
          continue;
        }

      (place->lives (now) ? invalidations : expirations_or_invalidations)++;
      count (Event::invalidated);
      place = held_.erase (place);
    }
}

void
ReferenceMemory::clear (Time now)
{
  for (const Held &held : held_)
    {
      (held.lives (now) ? invalidations : expirations_or_invalidations)++;
      count (Event::invalidated);
    }

  held_.clear ();
}

// The least recent go until no more than MAXSIZE live.
void
ReferenceMemory::shrink (std::size_t maxsize, Time now)
{
  while (live (now) > maxsize)
    {
      auto oldest = std::find_if (held_.rbegin (), held_.rend (),
                                  [now] (const Held &held) { return held.lives (now); });

      held_.erase (std::next (oldest).base ());
      evictions++;
      count (Event::evicted);
    }
}

// The expired go.
void
ReferenceMemory::bury (Time now)
{
  for (auto place = held_.begin (); place != held_.end ();)
    place = place->lives (now) ? std::next (place) : expire (place);
}

std::size_t
ReferenceMemory::live (Time now) const
{
  return std::count_if (held_.begin (), held_.end (), [now] (const Held &held) { return held.lives (now); });
}

} // namespace model
