// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/actors.hpp"

extern "C" {
#include "memo-async-cache-private.h"
}

using namespace memo_test;

namespace {

// Look-ups that got in each other's way, and from then on do not wait for each other any more.
class SharedLookupsTest : public ThreadsTest
{
protected:
  bool is_shared () { return g_atomic_pointer_get (&cache_->readers) != nullptr; }

  // As if they had.
  void share ()
  {
    g_mutex_lock (&cache_->lock);
    memo_level_one_share (cache_.get ());
    g_mutex_unlock (&cache_->lock);
  }

  void use_shared (guint maxsize)
  {
    cache_ = new_cache (maxsize);
    share ();
  }

  void set_many (const char *prefix, int n)
  {
    for (int i = 0; i < n; i++)
      set ((prefix + std::to_string (i)).c_str (), "value");
  }
};

TEST_F (SharedLookupsTest, OneThreadAloneNeverShares)
{
  set ("key", "value");
  for (int i = 0; i < 100 * MEMO_PATIENCE; i++)
    lookup ("key");

  EXPECT_FALSE (is_shared ());
}

TEST_F (SharedLookupsTest, ThreadsInEachOthersWayShare)
{
  set ("key", "value");

  // When a thread gets so far as to wait is left to chance; not that it will once.
  for (int i = 0; i < 100'000 && !is_shared (); i++)
    {
      std::atomic<bool> begun { false };

      cache_->n_waits = MEMO_PATIENCE - 1;
      g_mutex_lock (&cache_->lock);
      std::thread thread ([&] {
        begun = true;
        EXPECT_THAT (lookup ("key"), HoldsText ("value"));
      });
      while (!begun)
        std::this_thread::yield ();
      for (int turn = 0; turn < 10; turn++)
        std::this_thread::yield ();
      g_mutex_unlock (&cache_->lock);
      thread.join ();
    }

  EXPECT_TRUE (is_shared ());
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}

TEST_F (SharedLookupsTest, ALookUpDoesNotWaitForTheLockOfTheCache)
{
  set ("key", "value");
  share ();

  // It would never end if it did.
  g_mutex_lock (&cache_->lock);
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
  EXPECT_THAT (peek ("key"), HoldsText ("value"));
  EXPECT_THAT (lookup ("other key"), IsMiss ());
  g_mutex_unlock (&cache_->lock);
}

TEST_F (SharedLookupsTest, Rule07WhatWasLookedUpStaysBeforeWhatWasNot)
{
  use_shared (6);
  set_many ("hit ", 3);
  set_many ("not hit ", 3);
  for (const char *key : { "hit 2", "hit 0", "hit 1" })
    lookup (key);

  set_many ("more ", 3);
  for (int i = 0; i < 3; i++)
    {
      EXPECT_TRUE (contains (("hit " + std::to_string (i)).c_str ()));
      EXPECT_FALSE (contains (("not hit " + std::to_string (i)).c_str ()));
    }
}

TEST_F (SharedLookupsTest, Rule07WhatIsLookedUpNoMoreGoesInTheEnd)
{
  use_shared (4);
  set_many ("once hit ", 4);
  for (int i = 0; i < 4; i++)
    lookup (("once hit " + std::to_string (i)).c_str ());

  // One round for all of them, and then they go.
  set_many ("more ", 4);
  EXPECT_EQ (metrics ()->size, 4u);
  for (int i = 0; i < 4; i++)
    EXPECT_FALSE (contains (("once hit " + std::to_string (i)).c_str ()));
}

TEST_F (SharedLookupsTest, Rule07APeekLeavesNoTrace)
{
  use_shared (2);
  set ("peeked at", "value");
  set ("not", "value");
  EXPECT_TRUE (contains ("peeked at"));
  set ("more", "value");

  EXPECT_FALSE (contains ("peeked at"));
  EXPECT_EQ (metrics ()->hits + metrics ()->misses, 0u);
}

TEST_F (SharedLookupsTest, Rule07ManyThatWereLookedUpDoNotKeepANewOneOut)
{
  constexpr int n = 5000;

  use_shared (n);
  set_many ("hit ", n);
  for (int i = 0; i < n; i++)
    lookup (("hit " + std::to_string (i)).c_str ());

  set ("new", "value");
  EXPECT_THAT (peek ("new"), HoldsText ("value"));
  EXPECT_EQ (metrics ()->size, static_cast<guint64> (n));
  EXPECT_EQ (metrics ()->evictions, 1u);
}

TEST_F (SharedLookupsTest, Rule05ExpiryIsExact)
{
  cache_ = new_cache (128, 2.0);
  share ();
  set ("key", "value");
  advance (1.999999);
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
  advance (0.000001);
  EXPECT_THAT (lookup ("key"), IsMiss ());
  EXPECT_THAT (peek ("key"), IsMiss ());
}

TEST_F (SharedLookupsTest, WhatIsDroppedIsNotFound)
{
  Entry tagged = entry ("value");

  share ();
  memo_entry_set_tags (tagged.get (), Tags { "tag" });
  set ("tagged", std::move (tagged));
  set ("deleted", "value");
  set ("cleared", "value");

  memo_cache_invalidate_tags (cache (), Tags { "tag" });
  EXPECT_THAT (lookup ("tagged"), IsMiss ());
  EXPECT_TRUE (memo_cache_delete (cache (), "deleted"));
  EXPECT_THAT (lookup ("deleted"), IsMiss ());
  memo_cache_clear (cache ());
  EXPECT_THAT (lookup ("cleared"), IsMiss ());

  // What takes the place of what was cleared is shared, too.
  EXPECT_TRUE (is_shared ());
  set ("cleared", "new value");
  EXPECT_THAT (lookup ("cleared"), HoldsText ("new value"));
}

TEST_F (SharedLookupsTest, Rule23HitsAndMissesAreCountedBeforeAndAfter)
{
  set ("key", "value");
  lookup ("key");
  lookup ("other key");
  share ();
  lookup ("key");
  lookup ("key");
  lookup ("other key");
  EXPECT_EQ (metrics ()->hits, 3u);
  EXPECT_EQ (metrics ()->misses, 2u);

  memo_cache_reset_metrics (cache ());
  EXPECT_EQ (metrics ()->hits + metrics ()->misses, 0u);
}

// Left to chance, but for what must hold: half of the threads write, clear and invalidate while the others look up.
TEST_F (SharedLookupsTest, ThreadsReadWhileOthersWrite)
{
  constexpr int n_threads = 6, n_steps = 3000, n_keys = 40;
  std::atomic<guint64> looked_up { 0 };

  use_shared (n_keys / 2);
  in_threads (n_threads, [&] (Actor &, int which) {
    for (int step = 0; step < n_steps; step++)
      {
        const std::string key = std::to_string ((step * 7 + which) % n_keys);

        if (which % 2 == 0)
          {
            Entry found = lookup (key.c_str ());

            looked_up++;
            if (found != nullptr)
              {
                EXPECT_EQ (memo_entry_get_string (found.get ()), key);
              }
          }
        else if (step % 500 == 0)
          {
            memo_cache_clear (cache ());
          }
        else if (step % 50 == 0)
          {
            memo_cache_invalidate_tags (cache (), Tags { "odd" });
          }
        else if (step % 11 == 0)
          {
            memo_cache_delete (cache (), key.c_str ());
          }
        else
          {
            Entry made = entry (key.c_str ());

            if (step % 2 == 1)
              memo_entry_set_tags (made.get (), Tags { "odd" });
            set (key.c_str (), std::move (made));
          }
      }
  });

  EXPECT_EQ (metrics ()->hits + metrics ()->misses, looked_up);
  EXPECT_LE (metrics ()->size, static_cast<guint64> (n_keys / 2));
}

} // namespace
