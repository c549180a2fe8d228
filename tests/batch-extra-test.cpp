// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/batch-test.hpp"

using namespace memo_test;
using ::testing::ElementsAre;

// A batch loader that may bring more than it was asked for.
class ExtraTest : public BatchTest
{
protected:
  ExtraTest () { memo_loader_set_accept_extra (batch_, TRUE); }

  // A batch of "a" under way.
  Ref<MemoCall> call_for_a ()
  {
    a_ = leave ({ "a" })[0];
    return batch_.next ();
  }

  static void bring (const Ref<MemoCall> &call, Entry extra = entry ("extra")) { answer (call.get (), "extra", std::move (extra)); }

  std::shared_ptr<Got> a_;
};

TEST_F (ExtraTest, Rule21WhatNobodyAskedForIsStored)
{
  auto call = call_for_a ();
  bring (call);
  EXPECT_THAT (peek ("extra"), HoldsText ("extra"));
  auto got = ask ("extra");
  turn ();
  EXPECT_THAT (got, GotText ("extra"));
  EXPECT_THAT (a_, IsPending ());

  answer (call.get (), "a", "value");
  turn ();
  EXPECT_THAT (a_, GotText ("value"));
  EXPECT_EQ (metrics ()->loads, 1u) << "nobody asked for it";
}

TEST_F (ExtraTest, Rule21ItIsOnlyStoredByALoaderThatSaysSo)
{
  Complaints complaints;

  memo_loader_set_accept_extra (batch_, FALSE);
  bring (call_for_a ());
  EXPECT_THAT (complaints.take (), IsOne ("warning", "“extra”"));
  EXPECT_FALSE (contains ("extra"));
}

TEST_F (ExtraTest, Rule21ItLivesAsLongAsAnyAnswer)
{
  memo_loader_set_ttl (batch_, 10.0);
  auto call = call_for_a ();
  bring (call);
  answer (call.get (), "short", entry ("value", 5.0));
  answer (call.get (), "not at all", entry ("value", 0.0));
  EXPECT_FALSE (contains ("not at all"));
  EXPECT_TRUE (contains ("short"));
  advance (5.0);
  EXPECT_FALSE (contains ("short"));
  advance (4.999999);
  EXPECT_TRUE (contains ("extra"));
  advance (0.000001);
  EXPECT_FALSE (contains ("extra"));
}

TEST_F (ExtraTest, Rule21NoEntryAndErrorsForItAreIgnored)
{
  Complaints complaints;
  auto call = call_for_a ();

  memo_loader_set_error_ttl (batch_, 10.0);
  bring (call, Entry ());
  fail (call.get (), "extra");
  auto got = ask ("extra");
  turn ();
  EXPECT_THAT (got, IsPending ()) << "neither a miss nor a failure is kept";
}

TEST_F (ExtraTest, Rule21NothingIsStoredLikeAnyValue)
{
  bring (call_for_a (), Entry (memo_entry_new (nullptr)));
  EXPECT_THAT (lookup ("extra"), IsNothing ());
}

TEST_F (ExtraTest, Rule21ItDoesNotReplaceALiveEntry)
{
  auto call = call_for_a ();
  set ("before", "live");
  batch_.on_call ([] (MemoCall *call) { answer (call, "extra", "loaded by itself"); });
  leave ({ "extra" });

  bring (call);
  answer (call.get (), "before", "extra");
  answer (call.get (), "a", "value");
  EXPECT_THAT (lookup ("extra"), HoldsText ("loaded by itself"));
  EXPECT_THAT (lookup ("before"), HoldsText ("live"));
}

TEST_F (ExtraTest, Rule21ItReplacesWhatHasExpired)
{
  set ("extra", entry ("old", 1.0));
  auto call = call_for_a ();
  advance (1.0);
  bring (call);
  EXPECT_THAT (lookup ("extra"), HoldsText ("extra"));
}

TEST_F (ExtraTest, Rule21ItDoesNotAnswerALoadOfItsKey)
{
  ScriptedLoader single;
  auto call = call_for_a ();
  auto loading = get ("extra", single);
  turn ();
  bring (call);
  turn ();
  EXPECT_THAT (loading, IsPending ());
  EXPECT_FALSE (contains ("extra"));

  single.answer ("its own");
  turn ();
  EXPECT_THAT (loading, GotText ("its own"));
  EXPECT_THAT (lookup ("extra"), HoldsText ("its own"));
}

TEST_F (ExtraTest, Rule21ItDoesNotAnswerAKeyOfTheNextWindow)
{
  auto call = call_for_a ();
  auto gathered = ask ("extra");
  bring (call);
  turn ();
  EXPECT_THAT (gathered, IsPending ());
  close_window ();
  EXPECT_THAT (batch_.asked (), ElementsAre (Keys { "a" }, Keys { "extra" }));
}

TEST_F (ExtraTest, Rule21ItIsNotStoredWhenItsKeyWasDeletedSinceTheBatchLeft)
{
  auto call = call_for_a ();
  memo_cache_delete (cache (), "extra");
  bring (call);
  answer (call.get (), "another", "value");
  EXPECT_FALSE (contains ("extra"));
  EXPECT_TRUE (contains ("another"));
}

TEST_F (ExtraTest, Rule21ItIsNotStoredWhenItsKeyWasSetSinceTheBatchLeft)
{
  auto call = call_for_a ();
  set ("extra", entry ("set", 1.0));
  advance (1.0);
  bring (call);
  EXPECT_FALSE (contains ("extra")) << "though what was set has expired";
}

TEST_F (ExtraTest, Rule21ItIsNotStoredWhenTheCacheWasClearedSinceTheBatchLeft)
{
  auto call = call_for_a ();
  memo_cache_clear (cache ());
  bring (call);
  EXPECT_FALSE (contains ("extra"));
}

TEST_F (ExtraTest, Rule21ItIsNotStoredWhenATagOfItWasInvalidatedSinceTheBatchLeft)
{
  auto call = call_for_a ();
  invalidate ({ "red" });
  bring (call, entry ("extra", MEMO_TTL_DEFAULT, { "red" }));
  answer (call.get (), "green", entry ("extra", MEMO_TTL_DEFAULT, { "green" }));
  EXPECT_FALSE (contains ("extra"));
  EXPECT_TRUE (contains ("green"));
}

TEST_F (ExtraTest, Rule21ItIsNotStoredWhenATagOfTheLoaderWasInvalidatedSinceTheBatchLeft)
{
  memo_loader_set_tags (batch_, Tags { "shop" });
  auto call = call_for_a ();
  bring (call);
  EXPECT_TRUE (contains ("extra"));
  invalidate ({ "shop" });
  EXPECT_FALSE (contains ("extra")) << "it carries the tags of the loader";
  bring (call);
  EXPECT_FALSE (contains ("extra"));
}

TEST_F (ExtraTest, Rule21WhatWasInvalidatedBeforeTheBatchLeftSpeaksForNothing)
{
  ask ("a");
  memo_cache_delete (cache (), "extra");
  memo_cache_clear (cache ());
  invalidate ({ "red" });
  close_window ();
  bring (batch_.next (), entry ("extra", MEMO_TTL_DEFAULT, { "red" }));
  EXPECT_TRUE (contains ("extra"));
}

TEST_F (ExtraTest, Rule21EachBatchHasABeginningOfItsOwn)
{
  auto first = call_for_a ();
  memo_cache_delete (cache (), "extra");
  leave ({ "b" });
  auto second = batch_.next ();

  bring (first);
  EXPECT_FALSE (contains ("extra"));
  bring (second);
  EXPECT_TRUE (contains ("extra"));
}

// The fence holds as long as the batch may bring something, and not only while somebody waits.
TEST_F (ExtraTest, Rule21ItIsNotStoredWhenItsKeyWasDeletedAfterAllOthersWereAnswered)
{
  auto call = call_for_a ();
  answer (call.get (), "a", "value");
  turn ();
  memo_cache_delete (cache (), "extra");
  bring (call);
  EXPECT_FALSE (contains ("extra"));
}

TEST_F (ExtraTest, Rule21ItIsNotStoredWhenATagOfItWasInvalidatedAfterAllOthersWereAnswered)
{
  auto call = call_for_a ();
  answer (call.get (), "a", "value");
  turn ();
  invalidate ({ "red" });
  bring (call, entry ("extra", MEMO_TTL_DEFAULT, { "red" }));
  EXPECT_FALSE (contains ("extra"));
}

TEST_F (ExtraTest, Rule15ItCarriesTheTagsThatWereAddedToTheCall)
{
  auto call = call_for_a ();
  memo_call_add_tags (call.get (), Tags { "shop" });
  bring (call);
  EXPECT_TRUE (contains ("extra"));
  invalidate ({ "shop" });
  EXPECT_FALSE (contains ("extra"));
}

TEST_F (ExtraTest, Rule15ItIsNotStoredWhenATagThatWasAddedIsInvalidated)
{
  auto call = call_for_a ();
  memo_call_add_tags (call.get (), Tags { "shop" });
  invalidate ({ "shop" });
  bring (call);
  EXPECT_FALSE (contains ("extra"));
}

TEST_F (ExtraTest, Rule21AKeyThatNobodyWantedWhenTheBatchLeftMayBeBroughtToo)
{
  auto one = new_cancellable ();
  ask ("a");
  ask ("extra", one.get ());
  cancel (one);
  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a" }));
  bring (batch_.next ());
  EXPECT_THAT (lookup ("extra"), HoldsText ("extra"));
}

TEST_F (ExtraTest, Rule21ALaterAnswerToWhatWasBroughtIsNoSecondAnswer)
{
  Complaints complaints;
  auto call = call_for_a ();
  bring (call);
  bring (call, entry ("again"));
  EXPECT_THAT (lookup ("extra"), HoldsText ("extra")) << "it is a live entry";
}

TEST_F (ExtraTest, Rule10ItIsAMistakeAfterTheBatchIsFinished)
{
  Complaints complaints;
  auto call = call_for_a ();
  memo_call_finish_batch (call.get ());
  bring (call);
  EXPECT_THAT (complaints.take (), IsOne ("critical", "after its batch was finished"));
  EXPECT_FALSE (contains ("extra"));
}

TEST_F (ExtraTest, Rule08ItEndsAFailureThatIsRemembered)
{
  ScriptedLoader single;
  memo_loader_set_error_ttl (single, 100.0);
  get ("extra", single);
  turn ();
  single.fail (make_error ("no"));
  turn ();
  auto call = call_for_a ();
  bring (call);
  auto got = get ("extra");
  turn ();
  EXPECT_THAT (got, GotText ("extra"));
}

TEST_F (ExtraTest, Rule28AClosedCacheKeepsNoneOfIt)
{
  Done done;
  auto call = call_for_a ();
  memo_cache_close_async (cache (), nullptr, done_cb<memo_cache_close_finish>, done.keep ());
  bring (call);
  turn ();
  EXPECT_THAT (done, Succeeded ());
  EXPECT_EQ (metrics ()->size, 0u);
  EXPECT_FALSE (contains ("extra"));
}

TEST_F (ExtraTest, ItIsAPropertyOfTheLoader)
{
  int notified = 0;
  gboolean accept = TRUE;
  ScriptedBatch other;

  g_object_get (other.get (), "accept-extra", &accept, nullptr);
  EXPECT_FALSE (accept);
  g_signal_connect_swapped (other.get (), "notify::accept-extra", G_CALLBACK (+[] (int *n) { ++*n; }), &notified);
  g_object_set (other.get (), "accept-extra", FALSE, nullptr);
  EXPECT_EQ (notified, 0);
  g_object_set (other.get (), "accept-extra", TRUE, nullptr);
  memo_loader_set_accept_extra (other, 17);
  EXPECT_EQ (notified, 1);
  EXPECT_TRUE (memo_loader_get_accept_extra (other));
}
