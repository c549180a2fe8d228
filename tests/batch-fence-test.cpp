// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/batch-test.hpp"

using namespace memo_test;
using ::testing::ElementsAre;

// What is invalidated while a batch is gathered or under way.
class BatchFenceTest : public BatchTest
{
protected:
  // Asks for some keys, has their batch leave, and gives its call.
  Ref<MemoCall> call_for (std::initializer_list<const char *> keys)
  {
    all_ = leave (keys);
    return batch_.next ();
  }

  std::shared_ptr<Got> ask_refreshed (const char *key) { return refresh (key, batch_); }

  std::vector<std::shared_ptr<Got>> all_;
};

// --- while the batch is under way ---

TEST_F (BatchFenceTest, Rule17AKeyThatIsDeletedDuringTheLoadIsNotStored)
{
  auto call = call_for ({ "a", "b" });
  memo_cache_delete (cache (), "a");
  ScriptedBatch::answer_all (call.get ());
  turn ();

  EXPECT_THAT (all_[0], GotText ("a")) << "who waited already gets the answer";
  EXPECT_THAT (all_[1], GotText ("b"));
  EXPECT_FALSE (contains ("a"));
  EXPECT_TRUE (contains ("b")) << "the other keys are none of its business";
}

TEST_F (BatchFenceTest, Rule17WhoAsksAfterADeleteIsInANewBatch)
{
  auto old = call_for ({ "a", "b" });
  memo_cache_delete (cache (), "a");
  auto later = ask ("a");
  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" }, Keys { "a" }));
  auto fresh = batch_.next ();

  answer (old.get (), "a", "old");
  turn ();
  EXPECT_THAT (all_[0], GotText ("old"));
  EXPECT_THAT (later, IsPending ());
  EXPECT_FALSE (contains ("a"));
  answer (fresh.get (), "a", "new");
  turn ();
  EXPECT_THAT (later, GotText ("new"));
  EXPECT_THAT (lookup ("a"), HoldsText ("new"));
}

TEST_F (BatchFenceTest, Rule16AnOldBatchThatEndsLateTouchesNothing)
{
  memo_loader_set_error_ttl (batch_, 10.0);
  auto old = call_for ({ "a", "b" });
  memo_cache_delete (cache (), "a");
  memo_cache_delete (cache (), "b");
  auto later = leave ({ "a", "b" });
  batch_.answer_all ();
  answer (old.get (), "a", "old");
  fail (old.get (), "b");
  turn ();

  EXPECT_THAT (later[0], GotText ("a"));
  EXPECT_THAT (all_[0], GotText ("old"));
  EXPECT_THAT (lookup ("a"), HoldsText ("a"));
  EXPECT_THAT (lookup ("b"), HoldsText ("b"));
}

TEST_F (BatchFenceTest, Rule17AKeyThatIsSetDuringTheLoadKeepsWhatWasSet)
{
  auto call = call_for ({ "a", "b" });
  set ("a", "set");
  ScriptedBatch::answer_all (call.get ());
  turn ();

  EXPECT_THAT (all_[0], GotText ("a"));
  EXPECT_THAT (lookup ("a"), HoldsText ("set"));
}

TEST_F (BatchFenceTest, Rule17AClearOutdatesAllKeys)
{
  auto old = call_for ({ "a", "b" });
  memo_cache_clear (cache ());
  auto later = leave ({ "b", "a" });
  ASSERT_EQ (batch_.count (), 2);
  ScriptedBatch::answer_all (old.get ());
  turn ();

  EXPECT_THAT (all_[0], GotText ("a"));
  EXPECT_THAT (later[0], IsPending ());
  EXPECT_EQ (metrics ()->size, 0u);
  batch_.answer_all ();
  turn ();
  EXPECT_THAT (later[0], GotText ("b"));
  EXPECT_EQ (metrics ()->size, 2u);
}

TEST_F (BatchFenceTest, Rule15TheLoadersTagsAreThoseOfEveryKey)
{
  memo_loader_set_tags (batch_, Tags { "shop" });
  auto old = call_for ({ "a", "b" });
  answer (old.get (), "a", "value");
  EXPECT_TRUE (contains ("a"));
  invalidate ({ "shop" });
  EXPECT_FALSE (contains ("a"));
  auto later = ask ("b");
  close_window ();
  EXPECT_EQ (batch_.count (), 2) << "who asks afterwards starts a new load";
  answer (old.get (), "b", "old");
  turn ();

  EXPECT_THAT (all_[1], GotText ("old"));
  EXPECT_THAT (later, IsPending ());
  EXPECT_FALSE (contains ("b"));
}

TEST_F (BatchFenceTest, Rule15TagsThatAreAddedAreThoseOfEveryKey)
{
  auto old = call_for ({ "a", "b", "c" });
  memo_call_add_tags (old.get (), Tags { "shop" });
  answer (old.get (), "a", "value");
  EXPECT_TRUE (contains ("a"));
  invalidate ({ "shop" });
  EXPECT_FALSE (contains ("a"));
  auto later = ask ("b");
  close_window ();
  EXPECT_EQ (batch_.count (), 2);
  answer (old.get (), "b", "old");
  answer (old.get (), "c", "old");
  turn ();

  EXPECT_THAT (later, IsPending ());
  EXPECT_FALSE (contains ("b"));
  EXPECT_FALSE (contains ("c"));
}

TEST_F (BatchFenceTest, Rule15ATagThatOneAnswerBringsIsThatKeysAlone)
{
  auto call = call_for ({ "a", "b" });
  invalidate ({ "red" });
  auto late_a = ask ("a");
  auto late_b = ask ("b");
  answer (call.get (), "a", entry ("old", MEMO_TTL_DEFAULT, { "red" }));
  answer (call.get (), "b", entry ("good", MEMO_TTL_DEFAULT, { "green" }));
  turn ();

  EXPECT_THAT (all_[0], GotText ("old")) << "who joined before the invalidation";
  EXPECT_THAT (late_a, IsPending ()) << "who joined after it waits for a new load";
  EXPECT_THAT (late_b, GotText ("good"));
  EXPECT_FALSE (contains ("a"));
  EXPECT_TRUE (contains ("b"));

  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" }, Keys { "a" }));
  invalidate ({ "red" });
  answer (batch_.next ().get (), "a", entry ("newer", MEMO_TTL_DEFAULT, { "red" }));
  turn ();
  EXPECT_THAT (late_a, GotText ("newer")) << "nobody is moved twice";
}

TEST_F (BatchFenceTest, Rule15ThoseWhoAreMovedShareABatch)
{
  auto call = call_for ({ "a", "b" });
  invalidate ({ "red" });
  auto late_a = ask ("a");
  auto late_b = ask ("b");
  auto c = ask ("c");
  answer (call.get (), "a", entry ("old", MEMO_TTL_DEFAULT, { "red" }));
  answer (call.get (), "b", entry ("old", MEMO_TTL_DEFAULT, { "red" }));
  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" }, Keys { "c", "a", "b" }));

  batch_.answer_all ();
  turn ();
  EXPECT_THAT (late_a, GotText ("a"));
  EXPECT_THAT (late_b, GotText ("b"));
  EXPECT_THAT (c, GotText ("c"));
}

// --- while it is gathered ---

TEST_F (BatchFenceTest, Rule17AKeyThatIsDeletedInTheWindowIsStillInTheBatch)
{
  auto a = ask ("a");
  memo_cache_delete (cache (), "a");
  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a" })) << "somebody waits for it";
  batch_.answer_all ();
  turn ();

  EXPECT_THAT (a, GotText ("a"));
  EXPECT_FALSE (contains ("a")) << "the load began before the delete";
}

TEST_F (BatchFenceTest, Rule17AKeyThatIsAskedForAgainAfterADeleteIsInTheBatchOnce)
{
  auto before = ask ("a");
  ask ("b");
  memo_cache_delete (cache (), "a");
  auto after = ask ("a");
  memo_cache_delete (cache (), "a");
  auto last = ask ("a");
  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" }));
  batch_.answer_all ();
  turn ();

  EXPECT_THAT (before, GotText ("a"));
  EXPECT_THAT (after, GotText ("a"));
  EXPECT_THAT (last, GotText ("a"));
  EXPECT_THAT (lookup ("a"), HoldsText ("a")) << "the last of the loads is current";
  EXPECT_EQ (metrics ()->loads, 2u);
}

TEST_F (BatchFenceTest, Rule17AKeyThatIsSetInTheWindowIsAHitForWhoAsksThen)
{
  auto before = ask ("a");
  set ("a", "set");
  auto after = ask ("a");
  turn ();
  EXPECT_THAT (after, GotText ("set"));
  close_window ();
  batch_.answer_all ();
  turn ();

  EXPECT_THAT (before, GotText ("a"));
  EXPECT_THAT (lookup ("a"), HoldsText ("set"));
}

TEST_F (BatchFenceTest, Rule17AClearInTheWindowOutdatesAllKeysOfIt)
{
  auto a = ask ("a");
  ask ("b");
  memo_cache_clear (cache ());
  auto b = ask ("b");
  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" }));
  batch_.answer_all ();
  turn ();

  EXPECT_THAT (a, GotText ("a"));
  EXPECT_THAT (b, GotText ("b"));
  EXPECT_FALSE (contains ("a"));
  EXPECT_TRUE (contains ("b"));
}

TEST_F (BatchFenceTest, Rule17ATagOfTheLoaderInTheWindowOutdatesAllKeysOfIt)
{
  memo_loader_set_tags (batch_, Tags { "shop" });
  auto a = ask ("a");
  ask ("b");
  invalidate ({ "shop" });
  auto b = ask ("b");
  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" }));
  batch_.answer_all ();
  turn ();

  EXPECT_THAT (a, GotText ("a"));
  EXPECT_THAT (b, GotText ("b"));
  EXPECT_FALSE (contains ("a"));
  EXPECT_TRUE (contains ("b"));
}

TEST_F (BatchFenceTest, Rule22AKeyStaysAsLongAsAnOutdatedOrANewCallerWantsIt)
{
  auto one = new_cancellable ();
  auto two = new_cancellable ();
  auto before = ask ("a", one.get ());
  memo_cache_delete (cache (), "a");
  auto after = ask ("a", two.get ());
  ask ("b", two.get ());
  cancel (two);
  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a" }));
  EXPECT_THAT (after, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_FALSE (is_cancelled (batch_.front ()));

  cancel (one);
  EXPECT_TRUE (is_cancelled (batch_.front ()));
  turn ();
  EXPECT_THAT (before, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

// --- refreshing ---

TEST_F (BatchFenceTest, Rule13ARefreshIsInABatchLikeAnyKey)
{
  set ("a", "old");
  auto a = ask_refreshed ("a");
  auto again = ask_refreshed ("a");
  auto b = ask ("b");
  auto reader = ask ("a");
  close_window ();
  ASSERT_THAT (batch_.asked (), ElementsAre (Keys { "a", "b" }));
  EXPECT_THAT (reader, GotText ("old")) << "it stays until the new one is in";

  batch_.answer_all ();
  turn ();
  EXPECT_THAT (a, GotText ("a"));
  EXPECT_THAT (again, GotText ("a"));
  EXPECT_THAT (b, GotText ("b"));
  EXPECT_THAT (lookup ("a"), HoldsText ("a"));
}

TEST_F (BatchFenceTest, Rule13ARefreshThatFailsLeavesTheOldEntry)
{
  set ("a", "old a");
  set ("b", "old b");
  set ("c", "old c");
  auto a = ask_refreshed ("a");
  auto b = ask_refreshed ("b");
  auto c = ask_refreshed ("c");
  close_window ();
  auto call = batch_.next ();
  fail (call.get (), "a");
  answer (call.get (), "c", Entry ());
  memo_call_finish_batch (call.get ());
  turn ();

  EXPECT_THAT (a, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_THAT (b, GotError (MEMO_ERROR, MEMO_ERROR_NOT_FOUND));
  EXPECT_THAT (c, GotMiss ());
  EXPECT_THAT (lookup ("a"), HoldsText ("old a"));
  EXPECT_THAT (lookup ("b"), HoldsText ("old b"));
  EXPECT_THAT (lookup ("c"), IsMiss ()) << "the source says that there is none";
}

TEST_F (BatchFenceTest, Rule13ARefreshJoinsABatchUnderWay)
{
  auto call = call_for ({ "a" });
  auto refreshed = ask_refreshed ("a");
  close_window ();
  EXPECT_EQ (batch_.count (), 1);
  answer (call.get (), "a", "value");
  turn ();
  EXPECT_THAT (refreshed, GotText ("value"));
}

TEST_F (BatchFenceTest, Rule15TheTagsOfWhatIsRefreshedOutdateIt)
{
  set ("a", entry ("old", MEMO_TTL_DEFAULT, { "red" }));
  auto a = ask_refreshed ("a");
  close_window ();
  invalidate ({ "red" });
  answer (batch_.next ().get (), "a", "untagged");
  turn ();

  EXPECT_THAT (a, GotText ("untagged"));
  EXPECT_FALSE (contains ("a"));
}
