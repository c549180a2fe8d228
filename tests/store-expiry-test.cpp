// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/store-test.hpp"

#include <list>
#include <map>
#include <random>
#include <set>
#include <unordered_map>

extern "C" {
#include "memo-time-private.h"
}

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

using StoreExpiryTest = StoreTest;

TEST_F (StoreExpiryTest, Rule05ExpiryIsExactAtTheDeadline)
{
  put ("key", 1'000'000);

  now_ = 999'999;
  EXPECT_TRUE (has ("key")) << "a microsecond before";
  EXPECT_FALSE (sweep ());
  EXPECT_EQ (size (), 1u);

  now_ = 1'000'000;
  EXPECT_FALSE (has ("key")) << "at the deadline";
  EXPECT_EQ (size (), 1u) << "held until it is swept";
  EXPECT_FALSE (sweep ());
  EXPECT_EQ (size (), 0u);
  EXPECT_EQ (store_->expirations, 1u);
}

TEST_F (StoreExpiryTest, Rule05SpansBecomeDeadlines)
{
  const gint64 year = 365 * G_TIME_SPAN_DAY;

  EXPECT_EQ (memo_time_after (0, 1e-6), 1);
  EXPECT_EQ (memo_time_after (5, 1e-9), 6) << "what is to last at all lasts a microsecond";
  EXPECT_EQ (memo_time_after (5, 1.5), 1'500'005);
  EXPECT_EQ (memo_time_after (5, 0.0000015), 7) << "rounded up";
  EXPECT_EQ (memo_time_after (7, 1000.0 * 365 * 24 * 3600), 7 + 1000 * year);
  EXPECT_EQ (memo_time_after (7, MEMO_TTL_FOREVER), MEMO_NEVER);
  EXPECT_EQ (memo_time_after (7, G_MAXDOUBLE), MEMO_NEVER);
}

TEST_F (StoreExpiryTest, Rule05ADeadlinePastTheEndOfTimeIsNever)
{
  EXPECT_EQ (memo_time_after (G_MAXINT64 - 1, 60.0), MEMO_NEVER);
  EXPECT_EQ (memo_time_after (G_MAXINT64 - 1, 1e-6), MEMO_NEVER);
}

TEST_F (StoreExpiryTest, Rule07NoLiveOneIsEvictedWhileAnExpiredOneIsHeld)
{
  maxsize_ = 4;
  put ("live and oldest");
  put ("expires first", 10);
  put ("expires second", 20);
  put ("live");
  now_ = 20;

  put ("new");
  EXPECT_THAT (dropped (), ElementsAre ("expires first", "expires second"));
  EXPECT_EQ (store_->evictions, 0u);
  EXPECT_EQ (store_->expirations, 2u);

  put ("newer");
  EXPECT_THAT (dropped (), IsEmpty ());
  put ("newest");
  EXPECT_THAT (dropped (), ElementsAre ("live and oldest"));
}

TEST_F (StoreExpiryTest, Rule07NoLiveOneIsEvictedWhileManyExpiredOnesAreInTheWay)
{
  put ("live and oldest");
  for (int i = 0; i < 12; i++)
    put (std::to_string (i), 10);
  now_ = 10;

  maxsize_ = 2;     // one put has to make room for all of these
  put ("new");
  EXPECT_EQ (dropped ().size (), 12u);
  EXPECT_THAT (keys (), ElementsAre ("new", "live and oldest"));
  EXPECT_EQ (store_->evictions, 0u);
}

TEST_F (StoreExpiryTest, Rule06AStoreThatNobodySweepsBuriesAFewWithEveryPut)
{
  for (int i = 0; i < 100; i++)
    put (std::to_string (i), 10);
  now_ = 10;

  put ("new");
  const gsize at_once = dropped ().size ();
  EXPECT_GE (at_once, 1u);
  EXPECT_LE (at_once, 4u) << "not all at once";

  for (int i = 0; i < 100; i++)
    put ("new");
  EXPECT_EQ (size (), 1u);
  EXPECT_EQ (store_->expirations, 100u);
}

TEST_F (StoreExpiryTest, Failure14TheExpiredGoUnasked)
{
  for (int i = 0; i < 1'000; i++)
    put (std::to_string (i), 10 + i / 100);
  put ("for ever");

  EXPECT_EQ (next_sweep (), 10);
  now_ = 10 + 4;
  EXPECT_FALSE (sweep ());
  EXPECT_EQ (size (), 501u);
  EXPECT_EQ (store_->expirations, 500u);
  EXPECT_EQ (next_sweep (), 15);

  now_ = 1'000;
  EXPECT_FALSE (sweep ());
  EXPECT_THAT (keys (), ElementsAre ("for ever"));
  EXPECT_EQ (next_sweep (), MEMO_NEVER);
}

TEST_F (StoreExpiryTest, Rule06TheExpiredGoInSlices)
{
  for (int i = 0; i < 1'000; i++)
    put (std::to_string (i), 10);
  now_ = 10;

  for (int slice = 1; slice <= 10; slice++)
    {
      EXPECT_EQ (sweep (100), slice < 10) << "slice " << slice;
      EXPECT_EQ (dropped ().size (), 100u);
    }
  EXPECT_EQ (size (), 0u);
  EXPECT_FALSE (sweep (0));
}

TEST_F (StoreExpiryTest, Failure17TheDeadlineOfAReplacedOneDeletesNothing)
{
  put ("later", 10);
  put ("later", 100);
  put ("never", 10);
  put ("never");
  EXPECT_EQ (next_sweep (), 100);

  now_ = 99;
  EXPECT_FALSE (sweep ());
  EXPECT_TRUE (has ("later"));
  EXPECT_TRUE (has ("never"));
  EXPECT_EQ (store_->expirations, 0u);

  now_ = 100;
  sweep ();
  EXPECT_FALSE (has ("later"));
  EXPECT_TRUE (has ("never"));
}

TEST_F (StoreExpiryTest, Failure17TheDeadlineOfARemovedOneDeletesNothing)
{
  put ("key", 10);
  remove ("key");
  put ("key", 20);

  now_ = 19;
  sweep ();
  EXPECT_TRUE (has ("key"));
}

TEST_F (StoreExpiryTest, ReplacedDeadlinesDoNotPileUp)
{
  for (int i = 0; i < 10'000; i++)
    put (std::to_string (i % 7), 1'000 + i);
  EXPECT_EQ (store_->heap.length, 7u);

  put ("0");
  EXPECT_EQ (store_->heap.length, 6u) << "what never expires has no place among what does";
}

TEST_F (StoreExpiryTest, DeadlinesAreKeptInOrderAsInAMultimap)
{
  std::multimap<gint64, std::string> order;
  std::map<std::string, std::multimap<gint64, std::string>::iterator> model;
  std::mt19937 random (5);
  guint64 inserts = 0, replacements = 0, removals = 0, expirations = 0;

  for (int step = 0; step < 150'000; step++)
    {
      const std::string key = std::to_string (random () % 3'000);
      auto known = model.find (key);

      switch (random () % 16)
        {
        default:      // put
          {
            const gint64 deadline = now_ + 1 + random () % 500;

            (known != model.end () ? replacements : inserts)++;
            if (known != model.end ())
              order.erase (known->second);
            model[key] = order.emplace (deadline, key);
            put (key, deadline);
          }
          break;

        case 0: case 1: case 2: case 3:     // remove
          ASSERT_EQ (remove (key), known != model.end ());
          if (known != model.end ())
            {
              order.erase (known->second);
              model.erase (known);
              removals++;
            }
          break;

        case 4:       // let time go on
          {
            std::multiset<std::string> due;
            gint64 last = 0;

            dropped ();
            now_ += random () % 4;
            for (; !order.empty () && order.begin ()->first <= now_; order.erase (order.begin ()))
              {
                due.insert (order.begin ()->second);
                model.erase (order.begin ()->second);
                expirations++;
              }

            ASSERT_FALSE (sweep ());
            for (MemoNode *node = garbage_; node != nullptr; node = reinterpret_cast<MemoNode *> (node->item.chain))
              {
                if (node != garbage_)
                  {
                    ASSERT_LE (node->deadline, last) << "the first to expire goes first";
                  }
                last = node->deadline;
              }
            const auto gone = dropped ();
            ASSERT_EQ (std::multiset<std::string> (gone.begin (), gone.end ()), due) << "at step " << step;
          }
          break;
        }

      ASSERT_EQ (next_sweep (), order.empty () ? MEMO_NEVER : order.begin ()->first) << "at step " << step;
      ASSERT_EQ (size (), model.size ());
    }

  EXPECT_EQ (store_->expirations, expirations);
  EXPECT_EQ (store_->invalidations, removals);
  for (guint64 count : { inserts, replacements, removals, expirations })
    EXPECT_GT (count, 1'000u);
}

// Everything at a time.  The model knows what may leave a store, and why; which of several that
// are dead already goes first is the store's own affair.
class StoreModelTest : public StoreTest
{
protected:
  struct Known
  {
    std::string                     key;
    gint64                          deadline;
    std::set<std::string>           tags;
    bool                            dead;
    std::list<MemoNode *>::iterator place;
  };

  enum Outcome { REPLACED, EVICTED, EXPIRED, INVALIDATED, HIT, MISS, TOUCHED, N_OUTCOMES };

  bool is_alive (const Known &known) const { return !known.dead && now_ < known.deadline; }

  MemoNode *known_under (const std::string &key)
  {
    auto found = by_key_.find (key);

    return found != by_key_.end () ? found->second : nullptr;
  }

  // Looks at what left the store.  TARGET went since it was removed or replaced, as OTHERWISE says if it was alive.
  void account (MemoNode *target, Outcome otherwise, gsize room)
  {
    std::vector<MemoNode *> gone;

    for (MemoNode *node = garbage_; node != nullptr; node = reinterpret_cast<MemoNode *> (node->item.chain))
      gone.push_back (node);
    std::reverse (gone.begin (), gone.end ());
    ASSERT_LE (gone.size (), 1u + 2 + 16) << "a bounded number";

    for (MemoNode *node : gone)
      {
        if (held_.count (node) == 0)
          {
            ASSERT_EQ (maxsize_, 0u) << "it was never in";
            continue;
          }

        const Known known = held_[node];
        if (known.dead)
          outcomes_[INVALIDATED]++;
        else if (!is_alive (known))
          outcomes_[EXPIRED]++;
        else if (node == target)
          outcomes_[otherwise]++;
        else
          {
            outcomes_[EVICTED]++;
            ASSERT_EQ (node, recency_.back ()) << known.key << " was not the least recent";
            ASSERT_GT (held_.size (), room) << known.key << " was not in the way";
            for (auto &[other, its] : held_)
              ASSERT_TRUE (is_alive (its)) << known.key << " went before " << its.key;
          }

        recency_.erase (known.place);
        by_key_.erase (known.key);
        held_.erase (node);
      }
    dropped ();
    ASSERT_FALSE (target != nullptr && held_.count (target) > 0) << "it should have gone";
  }

  void check ()
  {
    gint64 next = held_.size () > maxsize_ ? G_MININT64 : MEMO_NEVER;

    for (auto &[node, known] : held_)
      next = std::min (next, known.dead ? G_MININT64 : known.deadline);
    ASSERT_EQ (next_sweep (), next);
    ASSERT_EQ (size (), held_.size ());
    ASSERT_EQ (store_->evictions, outcomes_[EVICTED]);
    ASSERT_EQ (store_->expirations, outcomes_[EXPIRED]);
    ASSERT_EQ (store_->invalidations, outcomes_[INVALIDATED]);
  }

  void step_put (const std::string &key)
  {
    const gint64 deadline = random_ () % 3 == 0 ? MEMO_NEVER : now_ + 1 + random_ () % 60;
    const std::string tags[] = { "tag:" + std::to_string (random_ () % 20), "tag:" + std::to_string (random_ () % 20) };
    const int n_tags = random_ () % 3;
    MemoNode *old = known_under (key);
    MemoNode *node = n_tags == 0 ? put (key, deadline)
                   : n_tags == 1 ? put (key, deadline, { tags[0].c_str () })
                                 : put (key, deadline, { tags[0].c_str (), tags[1].c_str () });

    ASSERT_NO_FATAL_FAILURE (account (old, REPLACED, maxsize_ - 1));
    if (maxsize_ == 0)
      return;
    recency_.push_front (node);
    by_key_[key] = node;
    held_[node] = { key, deadline, std::set<std::string> (tags, tags + n_tags), false, recency_.begin () };
  }

  void step_sweep ()
  {
    const guint budget = random_ () % 8;
    const gsize before = size ();
    const bool more = sweep (budget);

    ASSERT_LE (before - size (), budget);
    ASSERT_NO_FATAL_FAILURE (account (nullptr, REPLACED, maxsize_));
    ASSERT_NO_FATAL_FAILURE (check ());
    ASSERT_EQ (more, next_sweep () <= now_);
  }

  void step ()
  {
    const std::string key = std::to_string (random_ () % 150);
    MemoNode *known = known_under (key);
    const bool alive = known != nullptr && is_alive (held_[known]);

    ASSERT_EQ (find (key), alive ? known : nullptr) << key;
    outcomes_[alive ? HIT : MISS]++;

    switch (random_ () % 20)
      {
      case 0: case 1:
        ASSERT_EQ (remove (key), alive);
        ASSERT_NO_FATAL_FAILURE (account (known, INVALIDATED, G_MAXUINT));
        break;

      case 2: case 3: case 4: case 5:
        if (alive)
          {
            memo_store_touch (store_, known);
            recency_.splice (recency_.begin (), recency_, held_[known].place);
            outcomes_[TOUCHED]++;
          }
        break;

      case 6:
        {
          const std::string tag = "tag:" + std::to_string (random_ () % 20);

          kill (tag);
          for (auto &[node, each] : held_)
            each.dead = each.dead || each.tags.count (tag) > 0;
        }
        break;

      case 7: case 8:
        now_ += random_ () % 4;
        break;

      case 9: case 10:
        ASSERT_NO_FATAL_FAILURE (step_sweep ());
        break;

      case 11:
        if (random_ () % 50 == 0)
          maxsize_ = std::vector<guint> { 0, 1, 20, 60, 100, MEMO_UNLIMITED }[random_ () % 6];
        break;

      default:
        ASSERT_NO_FATAL_FAILURE (step_put (key));
      }
  }

  std::unordered_map<MemoNode *, Known>       held_;
  std::unordered_map<std::string, MemoNode *> by_key_;
  std::list<MemoNode *>                       recency_;   // the most recent first
  guint64                                     outcomes_[N_OUTCOMES] = {};
  std::mt19937                                random_ { 17 };
};

TEST_F (StoreModelTest, RandomOperationsAgreeWithTheModel)
{
  maxsize_ = 60;
  for (int i = 0; i < 200'000; i++)
    {
      ASSERT_NO_FATAL_FAILURE (step ()) << "at step " << i;
      if (i % 10 == 0)
        {
          ASSERT_NO_FATAL_FAILURE (check ()) << "at step " << i;
        }
      if (i % 1'000 == 0)
        {
          std::vector<std::string> expected;

          for (MemoNode *node : recency_)
            expected.push_back (held_[node].key);
          ASSERT_EQ (keys (), expected) << "at step " << i;
        }
    }

  EXPECT_THAT (outcomes_, ::testing::Each (::testing::Ge (1'000u)));
}

} // namespace
