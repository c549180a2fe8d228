// SPDX-License-Identifier: LGPL-2.1-or-later
#include <atomic>

#include "support/contexts.hpp"

using namespace memo_test;

// An invalidation is never undone by a load that began before it: by a tag
// that only the answer brings.
class FenceAnswerTest : public CacheTest
{
protected:
  void invalidate (const char *tag = "tag") { memo_cache_invalidate_tags (cache (), Tags { tag }); }

  static Entry tagged (const char *text) { return entry (text, MEMO_TTL_DEFAULT, { "tag" }); }

  ScriptedLoader loader_;
};

TEST_F (FenceAnswerTest, Rule15ATagOfTheAnswerDoomsIt)
{
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  loader_.answer (tagged ("old"));
  turn ();

  EXPECT_THAT (early, GotText ("old"));
  EXPECT_FALSE (contains ("key"));
  EXPECT_EQ (loader_.count (), 1) << "nobody asked for more";
}

TEST_F (FenceAnswerTest, Rule15WhoJoinedAfterwardsGetsOneNewLoad)
{
  auto starter = get ("key", loader_);
  auto before = get ("key", loader_);
  turn ();
  invalidate ();
  auto after = get ("key", loader_);
  auto after_too = get ("key");
  turn ();
  ASSERT_EQ (loader_.count (), 1) << "nothing is known of the tag yet";

  loader_.answer (tagged ("old"));
  turn ();
  EXPECT_THAT (starter, GotText ("old"));
  EXPECT_THAT (before, GotText ("old"));
  EXPECT_THAT (after, IsPending ());
  EXPECT_THAT (after_too, IsPending ());
  EXPECT_FALSE (contains ("key"));
  ASSERT_EQ (loader_.count (), 2);

  loader_.answer (tagged ("new"));
  turn ();
  EXPECT_THAT (after, GotText ("new"));
  EXPECT_THAT (after_too, GotText ("new"));
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
  EXPECT_EQ (loader_.count (), 2);
}

TEST_F (FenceAnswerTest, Rule15WhoAsksMeanwhileJoinsTheNewLoad)
{
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = get ("key", loader_);
  loader_.answer (tagged ("old"));
  auto later = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2);
  loader_.answer (tagged ("new"));
  turn ();

  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (later, GotText ("new"));
  EXPECT_EQ (loader_.count (), 2);
}

// Between two invalidations of a tag: later than the first is late enough.
TEST_F (FenceAnswerTest, Rule15WhoJoinedBetweenTwoInvalidationsGetsANewLoadToo)
{
  auto before = get ("key", loader_);
  turn ();
  invalidate ();
  auto between = get ("key", loader_);
  turn ();
  invalidate ();
  auto after = get ("key", loader_);
  turn ();
  loader_.answer (tagged ("old"));
  turn ();

  EXPECT_THAT (before, GotText ("old"));
  EXPECT_THAT (between, IsPending ());
  EXPECT_THAT (after, IsPending ());
  loader_.answer (tagged ("new"));
  turn ();
  EXPECT_THAT (between, GotText ("new"));
  EXPECT_THAT (after, GotText ("new"));
}

TEST_F (FenceAnswerTest, Rule15WhoJoinedBetweenTheInvalidationsOfTwoTagsGetsANewLoadToo)
{
  auto before = get ("key", loader_);
  turn ();
  invalidate ("first");
  auto between = get ("key", loader_);
  turn ();
  invalidate ("second");
  loader_.answer (entry ("old", MEMO_TTL_DEFAULT, { "second", "first" }));
  turn ();

  EXPECT_THAT (before, GotText ("old"));
  EXPECT_THAT (between, IsPending ());
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (between, GotText ("new"));
}

TEST_F (FenceAnswerTest, Rule15WhoJoinedBetweenTheInvalidationsOfItsTagAndOfTheLoadersGetsANewLoadToo)
{
  memo_loader_set_tags (loader_, Tags { "loader's" });
  auto before = get ("key", loader_);
  turn ();
  invalidate ();
  auto between = get ("key", loader_);
  turn ();
  invalidate ("loader's");
  loader_.answer (tagged ("old"));
  turn ();

  EXPECT_THAT (before, GotText ("old"));
  EXPECT_THAT (between, IsPending ());
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (between, GotText ("new"));
}

TEST_F (FenceAnswerTest, Rule15WhoJoinedBeforeTheInvalidationIsAnsweredWhateverElseWasInvalidated)
{
  auto starter = get ("key", loader_);
  turn ();
  invalidate ("of something else");
  auto before = get ("key", loader_);
  invalidate ();
  auto after = get ("key", loader_);
  turn ();
  loader_.answer (tagged ("old"));
  turn ();

  EXPECT_THAT (starter, GotText ("old"));
  EXPECT_THAT (before, GotText ("old"));
  EXPECT_THAT (after, IsPending ());
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (after, GotText ("new"));
}

TEST_F (FenceAnswerTest, Rule15EachWaiterMovesOnceAtMost)
{
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = get ("key", loader_);
  turn ();
  loader_.answer (tagged ("old"));
  turn ();
  ASSERT_EQ (loader_.count (), 2);

  // Once more: the second load began after it asked, so its answer will do.
  invalidate ();
  auto later = get ("key", loader_);
  loader_.answer (tagged ("newer"));
  turn ();
  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (late, GotText ("newer"));
  EXPECT_THAT (later, IsPending ());
  EXPECT_FALSE (contains ("key"));

  ASSERT_EQ (loader_.count (), 3);
  loader_.answer (tagged ("newest"));
  turn ();
  EXPECT_THAT (later, GotText ("newest"));
  EXPECT_THAT (lookup ("key"), HoldsText ("newest"));
}

// The load that it moves to may have been outdated itself by then, and began late enough.
TEST_F (FenceAnswerTest, Rule15WhoMovesToALoadThatRunsAlreadyMovesOnceAtMost)
{
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto moving = get ("key", loader_);
  memo_cache_delete (cache (), "key");
  auto second = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2);
  invalidate ();

  loader_.answer (tagged ("old"));
  turn ();
  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (moving, IsPending ());
  EXPECT_EQ (loader_.count (), 2) << "there is a load already";

  loader_.answer (tagged ("newer"));
  turn ();
  EXPECT_THAT (second, GotText ("newer"));
  EXPECT_THAT (moving, GotText ("newer"));
  EXPECT_EQ (loader_.count (), 2);
  EXPECT_FALSE (contains ("key"));
}

TEST_F (FenceAnswerTest, Rule15ACallerWhoMovedMayBeCancelled)
{
  auto cancellable = adopt (g_cancellable_new ());
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = get ("key", loader_, cancellable.get ());
  loader_.answer (tagged ("old"));
  turn ();
  ASSERT_EQ (loader_.count (), 2);
  g_cancellable_cancel (cancellable.get ());
  turn ();

  EXPECT_THAT (late, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_TRUE (g_cancellable_is_cancelled (memo_call_get_cancellable (loader_.front ())));
  loader_.answer (tagged ("too late"));
  turn ();
  EXPECT_FALSE (contains ("key"));
}

TEST_F (FenceAnswerTest, Rule15ACallerWhoIsGoneIsNotLoadedForAgain)
{
  auto cancellable = adopt (g_cancellable_new ());
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = get ("key", loader_, cancellable.get ());
  g_cancellable_cancel (cancellable.get ());
  loader_.answer (tagged ("old"));
  turn ();

  EXPECT_THAT (late, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (loader_.count (), 1);
}

TEST_F (FenceAnswerTest, Rule15TheNewLoadIsMadeWhereSomebodyWaitsForIt)
{
  Context others;
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = others.within ([&] { return get ("key"); });
  loader_.answer (tagged ("old"));
  turn ();
  EXPECT_THAT (early, GotText ("old"));
  EXPECT_EQ (loader_.count (), 1) << "nobody here waits any more";

  others.turn ();
  ASSERT_EQ (loader_.count (), 2);
  loader_.answer (tagged ("new"));
  others.turn ();
  EXPECT_THAT (late, GotText ("new"));
}

TEST_F (FenceAnswerTest, Rule15ATagAddedToTheCallLateIsAsGoodAsOneOfTheAnswer)
{
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 1);
  auto call = loader_.next ();
  memo_call_add_tags (call.get (), Tags { "tag" });
  auto later = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2) << "who asks now knows better";

  memo_call_return_entry (call.get (), entry ("old").release ());
  turn ();
  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (late, IsPending ());
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (later, GotText ("new"));
  EXPECT_EQ (loader_.count (), 2);
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
}

TEST_F (FenceAnswerTest, Rule16WhatWasSetMeanwhileStays)
{
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  set ("key", "set");
  loader_.answer (tagged ("old"));
  turn ();

  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (lookup ("key"), HoldsText ("set"));
}

TEST_F (FenceAnswerTest, Rule17ATagOfTheAnswerDoomsARefreshToo)
{
  set ("key", "before");
  auto early = refresh ("key", loader_);
  turn ();
  invalidate ();
  auto late = refresh ("key", loader_);
  loader_.answer (tagged ("old"));
  turn ();
  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (late, IsPending ());
  EXPECT_THAT (peek ("key"), HoldsText ("before")) << "it did not carry the tag";

  loader_.answer (tagged ("new"));
  turn ();
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (peek ("key"), HoldsText ("new"));
}

TEST_F (FenceAnswerTest, Rule17ATagOfTheAnswerDoomsAWarmUpToo)
{
  auto warmup = adopt (memo_warmup_new ());
  int warmed = 0;

  memo_warmup_add (warmup.get (), "key", loader_);
  memo_cache_warmup_async (cache (), warmup.get (), nullptr, [] (GObject *, GAsyncResult *, gpointer data) {
    ++*static_cast<int *> (data);
  }, &warmed);
  turn ();
  invalidate ();
  loader_.answer (tagged ("old"));
  turn ();

  EXPECT_EQ (warmed, 1);
  EXPECT_FALSE (contains ("key"));
}

TEST_F (FenceAnswerTest, Rule17ATagOfTheAnswerDoomsAnInThreadLoadToo)
{
  Gate gate;
  std::atomic<int> calls { 0 };
  auto threaded = loader_of ([&] (MemoCall *call) {
    if (++calls == 1)
      {
        gate.pass ();
        memo_call_return_entry (call, tagged ("old").release ());
      }
    else
      {
        memo_call_return_entry (call, tagged ("new").release ());
      }
  }, {}, true);
  auto early = get ("key", threaded.get ());
  gate.wait_for_somebody ();
  invalidate ();
  auto late = get ("key", threaded.get ());
  gate.open ();
  wait_until ([&] { return late->done () && early->done (); });

  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
  EXPECT_EQ (calls, 2);
}
