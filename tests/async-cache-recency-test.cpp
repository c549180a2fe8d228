// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"
#include "support/tracking.hpp"

#include <algorithm>

using namespace memo_test;
using ::testing::ElementsAre;

// Rule 7: what makes an entry recent, and which goes first.
class RecencyTest : public CacheTest
{
protected:
  void use_cache (guint maxsize) { cache_ = new_cache (maxsize); }

  // Whether ACTION makes "least", the least recent of three, the most recent.
  bool makes_recent (const std::function<void ()> &action)
  {
    use_cache (3);
    set ("least", "value");
    set ("middle", "value");
    set ("most", "value");
    action ();
    set ("one", "more");
    EXPECT_EQ (metrics ()->evictions, 1u);

    return contains ("least");
  }
};

TEST_F (RecencyTest, Rule07ASetMakesRecent)
{
  EXPECT_TRUE (makes_recent ([this] { set ("least", "new value"); }));
}

TEST_F (RecencyTest, Rule07ALookupMakesRecent)
{
  EXPECT_TRUE (makes_recent ([this] { EXPECT_NE (lookup ("least"), nullptr); }));
}

TEST_F (RecencyTest, Rule07AGetThatHitsMakesRecent)
{
  EXPECT_TRUE (makes_recent ([this] {
    auto got = get ("least");
    turn ();
    EXPECT_THAT (got, GotText ("value"));
  }));
}

TEST_F (RecencyTest, Rule07ALoadMakesRecent)
{
  EXPECT_TRUE (makes_recent ([this] {
    ScriptedLoader loader;
    auto got = refresh ("least", loader);
    turn ();
    loader.answer ("refreshed");
    turn ();
    EXPECT_THAT (got, GotText ("refreshed"));
  }));
}

TEST_F (RecencyTest, Rule07APeekLeavesNoTrace)
{
  EXPECT_FALSE (makes_recent ([this] { EXPECT_NE (peek ("least"), nullptr); }));
}

TEST_F (RecencyTest, Rule07ContainsLeavesNoTrace)
{
  EXPECT_FALSE (makes_recent ([this] { EXPECT_TRUE (contains ("least")); }));
}

TEST_F (RecencyTest, Rule07TheCheckOfAWarmUpLeavesNoTrace)
{
  EXPECT_FALSE (makes_recent ([this] {
    ScriptedLoader loader;
    Done done;
    auto warmup = adopt (memo_warmup_new ());

    memo_warmup_add (warmup.get (), "least", loader);
    memo_cache_warmup_async (cache (), warmup.get (), nullptr, done_cb<memo_cache_warmup_finish>, done.keep ());
    turn ();
    EXPECT_THAT (done, Succeeded ());
    EXPECT_EQ (loader.count (), 0);
  }));
}

TEST_F (RecencyTest, Rule07AGetForAWarmUpLeavesNoTrace)
{
  EXPECT_FALSE (makes_recent ([this] {
    auto got = get ("least", nullptr, nullptr, MEMO_GET_WARMUP);
    turn ();
    EXPECT_THAT (got, GotText ("value"));
  }));
}

TEST_F (RecencyTest, Rule07ARefreshThatFailsLeavesTheOrderAsItIs)
{
  EXPECT_FALSE (makes_recent ([this] {
    ScriptedLoader loader;
    auto got = refresh ("least", loader);
    turn ();
    loader.fail (make_error ("down"));
    turn ();
    EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  }));
}

TEST_F (RecencyTest, Rule07TheLeastRecentGoOneByOne)
{
  std::vector<std::string> gone;

  use_cache (5);
  for (auto key : { "a", "b", "c", "d", "e" })
    set (key, "value");
  lookup ("c");
  set ("a", "again");
  lookup ("c");
  lookup ("e");

  for (guint size = 5; size-- > 0;)
    {
      memo_async_cache_set_maxsize (cache_.get (), size);
      for (auto key : { "a", "b", "c", "d", "e" })
        if (!contains (key) && std::find (gone.begin (), gone.end (), key) == gone.end ())
          gone.push_back (key);
    }

  EXPECT_THAT (gone, ElementsAre ("b", "d", "a", "c", "e"));
}

TEST_F (RecencyTest, Rule07NoLiveEntryIsEvictedWhileAnExpiredOneIsHeld)
{
  use_cache (20);
  for (int i = 0; i < 5; i++)
    set (("live " + std::to_string (i)).c_str (), "value");
  for (int i = 0; i < 15; i++)
    set (("short " + std::to_string (i)).c_str (), entry ("value", 1.0));

  // The loop does not turn, so all of them are held.
  advance (1.0);
  for (int i = 0; i < 15; i++)
    set (("new " + std::to_string (i)).c_str (), "value");

  EXPECT_EQ (metrics ()->evictions, 0u);
  for (int i = 0; i < 5; i++)
    EXPECT_TRUE (contains (("live " + std::to_string (i)).c_str ()));

  set ("one", "more");
  EXPECT_EQ (metrics ()->evictions, 1u);
  EXPECT_FALSE (contains ("live 0"));
}

TEST_F (RecencyTest, Rule07ALowerSizeTakesTheExpiredBeforeTheLive)
{
  use_cache (20);
  for (int i = 0; i < 10; i++)
    set (("live " + std::to_string (i)).c_str (), "value");
  for (int i = 0; i < 10; i++)
    set (("short " + std::to_string (i)).c_str (), entry ("value", 1.0));

  advance (1.0);
  memo_async_cache_set_maxsize (cache_.get (), 10);

  EXPECT_EQ (metrics ()->evictions, 0u);
  EXPECT_EQ (metrics ()->expirations, 10u);
  EXPECT_TRUE (contains ("live 0"));
}

TEST_F (RecencyTest, Rule07ASetTakesTheExpiredBeforeTheLiveWhileALowerSizeIsBeingReached)
{
  Tracker live, expired;

  use_cache (MEMO_UNLIMITED);
  live.fill (cache (), "live", 1000);
  expired.fill (cache (), "short", 1000, 1.0);
  advance (1.0);

  // A slice goes at once, and without a turn of the loop the sets have to do the rest.
  memo_async_cache_set_maxsize (cache_.get (), 1100);
  ASSERT_GT (expired.alive (), 300);
  for (int i = 0; i < 15; i++)
    set (("new " + std::to_string (i)).c_str (), "value");

  EXPECT_GT (expired.alive (), 0);
  EXPECT_EQ (live.alive (), 1000);
  EXPECT_EQ (metrics ()->evictions, 0u);
}

TEST_F (RecencyTest, Rule07NoLiveEntryIsEvictedWhileOneOfAnInvalidTagIsHeld)
{
  use_cache (3000);
  set ("live", "value");
  for (int i = 0; i < 2999; i++)
    set (std::to_string (i).c_str (), entry ("value", MEMO_TTL_DEFAULT, { "tag" }));

  memo_cache_invalidate_tags (cache (), Tags ({ "tag" }));
  for (int i = 0; i < 2999; i++)
    set (("new " + std::to_string (i)).c_str (), "value");

  EXPECT_TRUE (contains ("live"));
  EXPECT_EQ (metrics ()->evictions, 0u);
}
