// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/contexts.hpp"

using namespace memo_test;

// An invalidation is never undone by a load that began before it: by key.
struct Invalidation
{
  const char *name;
  void      (*act) (MemoCache *cache);
  bool        leaves_a_value;
};

static void
PrintTo (const Invalidation &invalidation, std::ostream *os)
{
  *os << invalidation.name;
}

static const Invalidation invalidations[] = {
  { "Delete", [] (MemoCache *cache) { memo_cache_delete (cache, "key"); }, false },
  { "DeleteAsync", [] (MemoCache *cache) { memo_cache_delete_async (cache, "key", nullptr, nullptr, nullptr); }, false },
  { "Set", [] (MemoCache *cache) { memo_cache_set (cache, "key", entry ("set").release ()); }, true },
  { "SetAsync", [] (MemoCache *cache) {
      memo_cache_set_async (cache, "key", entry ("set").release (), nullptr, nullptr, nullptr);
    }, true },
  { "SetOfWhatIsNotKept", [] (MemoCache *cache) { memo_cache_set (cache, "key", entry ("set", 0.0).release ()); }, false },
  { "Clear", [] (MemoCache *cache) { memo_cache_clear (cache); }, false },
  { "ClearAsync", [] (MemoCache *cache) { memo_cache_clear_async (cache, nullptr, nullptr, nullptr); }, false },
  { "InvalidateTheLoadersTag", [] (MemoCache *cache) {
      memo_cache_invalidate_tags (cache, Tags { "loader's" });
    }, false },
  { "InvalidateTheTagAsync", [] (MemoCache *cache) {
      memo_cache_invalidate_tags_async (cache, Tags { "another", "loader's" }, nullptr, nullptr, nullptr);
    }, false },
};

class FenceTest : public CacheTest, public ::testing::WithParamInterface<Invalidation>
{
protected:
  FenceTest () { memo_loader_set_tags (loader_, Tags { "loader's" }); }

  void invalidate () { GetParam ().act (cache ()); }

  // What the invalidation itself left.
  void expect_only_what_was_set ()
  {
    if (GetParam ().leaves_a_value)
      EXPECT_THAT (peek ("key"), HoldsText ("set"));
    else
      EXPECT_THAT (peek ("key"), IsMiss ());
  }

  ScriptedLoader loader_;
};

TEST_P (FenceTest, Failure02WhatWasLoadedBeforeIsNotStoredAfter)
{
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  loader_.answer ("old");
  turn ();

  EXPECT_THAT (early, GotText ("old")) << "those who wait get the answer they waited for";
  expect_only_what_was_set ();
}

TEST_P (FenceTest, Rule15BeforeTheLoaderWasCalledItIsOutdatedAllTheSame)
{
  auto early = get ("key", loader_);
  invalidate ();
  turn ();
  ASSERT_EQ (loader_.count (), 1);
  loader_.answer ("old");
  turn ();

  EXPECT_THAT (early, GotText ("old"));
  expect_only_what_was_set ();
}

TEST_P (FenceTest, Rule15WhoAsksAfterwardsIsNotServedByTheOldLoad)
{
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = get ("key", loader_);
  turn ();

  if (GetParam ().leaves_a_value)
    {
      EXPECT_THAT (late, GotText ("set"));
      EXPECT_EQ (loader_.count (), 1);
    }
  else
    {
      EXPECT_THAT (late, IsPending ());
      EXPECT_EQ (loader_.count (), 2);
    }

  loader_.answer ("old");
  turn ();
  EXPECT_THAT (early, GotText ("old"));
  expect_only_what_was_set ();

  if (!GetParam ().leaves_a_value)
    {
      EXPECT_THAT (late, IsPending ());
      loader_.answer ("new");
      turn ();
      EXPECT_THAT (late, GotText ("new"));
      EXPECT_THAT (peek ("key"), HoldsText ("new"));
    }
}

TEST_P (FenceTest, Rule15WhoAsksAfterwardsWithoutALoaderMissesOrHits)
{
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = get ("key");
  turn ();

  if (GetParam ().leaves_a_value)
    EXPECT_THAT (late, GotText ("set"));
  else
    EXPECT_THAT (late, GotMiss ());
  EXPECT_THAT (early, IsPending ());
  loader_.answer ("old");
}

TEST_P (FenceTest, Rule15EveryInvalidationOutdatesAnew)
{
  std::vector<std::shared_ptr<Got>> all;

  for (int i = 0; i < 4; i++)
    {
      all.push_back (refresh ("key", loader_));
      turn ();
      ASSERT_EQ (loader_.count (), i + 1);
      invalidate ();
    }

  // They end in the order in which they do the most harm.
  std::vector<Ref<MemoCall>> calls;
  while (loader_.pending () > 0)
    calls.push_back (loader_.next ());
  for (int i = 3; i >= 0; i--)
    memo_call_return_entry (calls[i].get (), entry (std::to_string (i).c_str ()).release ());
  turn ();

  for (int i = 0; i < 4; i++)
    EXPECT_THAT (all[i], GotText (std::to_string (i)));
  expect_only_what_was_set ();
}

TEST_P (FenceTest, Rule16AnOldLoadDoesNotTouchWhatANewerOnePut)
{
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = refresh ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2);
  auto old = loader_.next ();
  loader_.answer ("new");
  memo_call_return_entry (old.get (), entry ("old").release ());
  turn ();

  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (peek ("key"), HoldsText ("new"));
}

TEST_P (FenceTest, Rule16AnOldLoadThatFindsNoneDoesNotRemoveWhatANewerOnePut)
{
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = refresh ("key", loader_);
  turn ();
  auto old = loader_.next ();
  loader_.answer ("new");
  memo_call_return_nothing (old.get ());
  turn ();

  EXPECT_THAT (early, GotMiss ());
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (peek ("key"), HoldsText ("new"));
}

TEST_P (FenceTest, Rule16AnOldLoadWhoseAnswerIsNotKeptDoesNotRemoveWhatANewerOnePut)
{
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = refresh ("key", loader_);
  turn ();
  auto old = loader_.next ();
  loader_.answer ("new");
  memo_call_return_entry (old.get (), entry ("old", 0.0).release ());
  turn ();

  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (peek ("key"), HoldsText ("new"));
}

TEST_P (FenceTest, Rule16AnOldErrorDoesNotTouchWhatANewerOnePut)
{
  memo_loader_set_error_ttl (loader_, 60.0);
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = refresh ("key", loader_);
  turn ();
  auto old = loader_.next ();
  loader_.answer ("new");
  memo_call_return_error (old.get (), make_error ("old").release ());
  turn ();

  EXPECT_THAT (early, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (peek ("key"), HoldsText ("new"));
}

TEST_P (FenceTest, Rule16AnOldErrorIsNotRemembered)
{
  memo_loader_set_error_ttl (loader_, 60.0);
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  loader_.fail (make_error ("old"));
  turn ();
  EXPECT_THAT (early, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));

  auto late = get ("key");
  turn ();
  if (GetParam ().leaves_a_value)
    EXPECT_THAT (late, GotText ("set"));
  else
    EXPECT_THAT (late, GotMiss ());
}

TEST_P (FenceTest, Rule16AnOldTimeoutDoesNotTouchWhatANewerOnePut)
{
  memo_loader_set_error_ttl (loader_, 60.0);
  memo_loader_set_timeout (loader_, 1.0);
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  advance (0.5);
  auto late = refresh ("key", loader_);
  turn ();
  advance (0.5);
  turn ();
  EXPECT_THAT (early, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_THAT (late, IsPending ()) << "its own time is not over";

  loader_.drop ();
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (peek ("key"), HoldsText ("new"));
}

TEST_P (FenceTest, Rule15AnErrorThatWasRememberedGoes)
{
  memo_loader_set_error_ttl (loader_, 60.0);
  auto first = get ("key", loader_);
  turn ();
  loader_.fail (make_error ("busy"));
  turn ();
  auto second = get ("key", loader_);
  turn ();
  EXPECT_THAT (second, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  ASSERT_EQ (loader_.count (), 1);

  invalidate ();
  auto third = refresh ("key", loader_);
  auto fourth = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2);
  loader_.answer ("value");
  turn ();
  EXPECT_THAT (third, GotText ("value"));
  EXPECT_EQ (fourth->error, nullptr);
}

TEST_P (FenceTest, Rule17ARefreshIsOutdatedToo)
{
  set ("key", entry ("before", MEMO_TTL_DEFAULT, { "loader's" }));
  auto early = refresh ("key", loader_);
  turn ();
  invalidate ();
  loader_.answer ("old");
  turn ();

  EXPECT_THAT (early, GotText ("old"));
  expect_only_what_was_set ();
}

TEST_P (FenceTest, Rule17AWarmUpIsOutdatedToo)
{
  auto warmup = adopt (memo_warmup_new ());
  int warmed = 0;

  memo_warmup_add (warmup.get (), "key", loader_);
  memo_cache_warmup_async (cache (), warmup.get (), nullptr, [] (GObject *source, GAsyncResult *result, gpointer data) {
    EXPECT_TRUE (memo_cache_warmup_finish (MEMO_CACHE (source), result, nullptr));
    ++*static_cast<int *> (data);
  }, &warmed);
  turn ();
  invalidate ();
  loader_.answer ("old");
  turn ();

  EXPECT_EQ (warmed, 1);
  expect_only_what_was_set ();
}

TEST_P (FenceTest, Rule17AnInThreadLoadIsOutdatedToo)
{
  Gate gate;
  auto threaded = loader_of ([&] (MemoCall *call) {
    gate.pass ();
    memo_call_return_entry (call, entry ("old").release ());
  }, {}, true);
  memo_loader_set_tags (threaded.get (), Tags { "loader's" });
  auto early = get ("key", threaded.get ());
  gate.wait_for_somebody ();
  invalidate ();
  gate.open ();
  wait_until ([&] { return early->done (); });

  EXPECT_THAT (early, GotText ("old"));
  expect_only_what_was_set ();
}

TEST_P (FenceTest, Rule17AnInvalidationFromAnotherThreadCountsToo)
{
  auto early = get ("key", loader_);
  turn ();
  in_thread ([&] { invalidate (); });
  auto late = refresh ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2);
  loader_.answer ("old");
  turn ();
  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (late, IsPending ());
  expect_only_what_was_set ();
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (late, GotText ("new"));
}

TEST_P (FenceTest, Rule15AnInvalidationInsideTheLoaderCountsToo)
{
  loader_.on_call = [&] (MemoCall *call) {
    invalidate ();
    memo_call_return_entry (call, entry ("old").release ());
  };
  auto got = get ("key", loader_);
  turn ();

  EXPECT_THAT (got, GotText ("old"));
  expect_only_what_was_set ();
}

TEST_P (FenceTest, Rule15AnInvalidationAfterTheAnswerRemovesWhatWasStored)
{
  auto got = get ("key", loader_);
  turn ();
  loader_.answer ("value");
  invalidate ();
  turn ();

  EXPECT_THAT (got, GotText ("value")) << "answered before it was invalidated";
  expect_only_what_was_set ();
}

INSTANTIATE_TEST_SUITE_P (By, FenceTest, ::testing::ValuesIn (invalidations),
                          [] (const auto &info) { return std::string (info.param.name); });

class FenceLimitsTest : public CacheTest
{
protected:
  ScriptedLoader loader_;
};

TEST_F (FenceLimitsTest, Rule15InvalidatingOneKeyLeavesTheLoadsOfOthersCurrent)
{
  auto here = get ("key", loader_);
  turn ();
  memo_cache_delete (cache (), "another key");
  set ("a third key", "value");
  memo_cache_invalidate_tags (cache (), Tags { "of something else" });
  auto joined = get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 1);
  loader_.answer ("value");
  turn ();

  EXPECT_THAT (here, GotText ("value"));
  EXPECT_THAT (joined, GotText ("value"));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}

TEST_F (FenceLimitsTest, Rule15ClearingOneCacheLeavesTheLoadsOfAnotherCurrent)
{
  auto other = new_cache ();
  auto there = AsyncTest::get (MEMO_CACHE (other.get ()), "key", loader_);
  turn ();
  memo_cache_clear (cache ());
  memo_cache_delete (cache (), "key");
  loader_.answer ("value");
  turn ();

  EXPECT_THAT (there, GotText ("value"));
  EXPECT_TRUE (memo_cache_contains (MEMO_CACHE (other.get ()), "key"));
}

TEST_F (FenceLimitsTest, Rule15EvictionAndTrimmingOutdateNothing)
{
  set ("full", "value");
  auto got = get ("key", loader_);
  turn ();
  memo_async_cache_trim (cache_.get (), 100);
  memo_async_cache_set_maxsize (cache_.get (), 1);
  turn ();
  loader_.answer ("value");
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}

TEST_F (FenceLimitsTest, Rule15ACancelledInvalidationOutdatesNothing)
{
  auto cancellable = adopt (g_cancellable_new ());
  auto got = get ("key", loader_);
  turn ();
  g_cancellable_cancel (cancellable.get ());
  memo_cache_delete_async (cache (), "key", cancellable.get (), nullptr, nullptr);
  memo_cache_clear_async (cache (), cancellable.get (), nullptr, nullptr);
  memo_cache_set_async (cache (), "key", entry ("set").release (), cancellable.get (), nullptr, nullptr);
  loader_.answer ("value");
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}
