// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <bitset>
#include <cstdint>
#include <list>
#include <string>

#include "tally.hpp"

namespace model {

using Time = std::int64_t;                // microseconds

constexpr Time never = INT64_MAX;         // a deadline that does not come, a time to live without end
constexpr Time unsaid = -1;               // a time to live that leaves it to the next in line

constexpr int n_plain_keys = 12;
constexpr int n_keys = 20;                // with those of decorated calls
constexpr int n_plain_tags = 5;
constexpr int n_tags = 8;                 // with those that tell the answers of functions apart

using Tags = std::bitset<n_tags>;

struct Held
{
  int         key;
  std::string words;
  Tags        tags;
  Time        deadline;

  bool lives (Time now) const { return now < deadline; }
};

// What is remembered: a list, the most recent first, that is walked for everything.
//
// An expired entry is in nobody's way and seen by nobody, so it makes no difference when it goes,
// save for the counters.  One that is hit by a clear or a tag before it went may be
// counted as expired or as invalidated.
class ReferenceMemory
{
public:
  explicit ReferenceMemory (Tally *tally) : tally_ (tally) {}

  const Held *find (int key, Time now) const;
  void touch (int key);
  void put (Held held, std::size_t maxsize, Time now);
  bool drop (int key, Time now);
  void invalidate (Tags tags, Time now);
  void clear (Time now);
  void shrink (std::size_t maxsize, Time now);
  void bury (Time now);

  std::size_t live (Time now) const;
  std::size_t size () const { return held_.size (); }
  const std::list<Held> &all () const { return held_; }

  long evictions = 0;
  long expirations = 0;
  long invalidations = 0;
  long expirations_or_invalidations = 0;

private:
  using Place = std::list<Held>::iterator;

  Place place_of (int key);
  Place expire (Place place);
  void count (Event event) { if (tally_ != nullptr) tally_->add (event); }

  std::list<Held> held_;
  Tally          *tally_;
};

} // namespace model
