// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/complaints.hpp"
#include "support/scripted-backend.hpp"

using namespace memo_test;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

// Rule 28: what is acknowledged, when, and to whom.

class BackupFlushTest : public WritingTest
{
protected:
  template <typename What>
  void quietly (What what) { complaints_of (what); }
};

TEST_F (BackupFlushTest, Rule28AFlushOfNothingIsOverAtOnce)
{
  auto flush = flush_async ();
  EXPECT_THAT (flush, IsWaiting ()) << "before it returned";
  turn ();
  EXPECT_THAT (flush, Succeeded ());
  EXPECT_THAT (log (), IsEmpty ());
}

TEST_F (BackupFlushTest, Rule28AFlushWaitsForAllBeforeItAndNothingAfter)
{
  hold ();
  set ("one", "value");
  remove ("two");
  auto flush = flush_async ();
  set ("three", "value");
  EXPECT_EQ (holds (), "store d:one durable, remove d:two, store d:three durable");

  let_go (1);
  turn ();
  EXPECT_THAT (flush, IsWaiting ());
  let_go (0);
  turn ();
  EXPECT_THAT (flush, Succeeded ());
  EXPECT_EQ (held (), 1u);
}

TEST_F (BackupFlushTest, Rule28AFlushWaitsForBarriers)
{
  hold ();
  set ("one", "value");
  clear ();
  auto after_clear = flush_async ();
  invalidate ("tag");
  auto after_tag = flush_async ();
  let_go (0);
  turn ();
  EXPECT_EQ (holds (), "clear");
  EXPECT_THAT (after_clear, IsWaiting ());
  let_all_go ();
  EXPECT_THAT (after_clear, Succeeded ());
  EXPECT_THAT (after_tag, Succeeded ());
}

TEST_F (BackupFlushTest, Rule28WhoWaitsForWhatGaveWayWaitsForTheNewer)
{
  hold ();
  set ("key", "running");
  auto one = set_async ("key", "one");
  auto flush = flush_async ();
  auto two = set_async ("key", "two");
  auto after = flush_async ();
  let_go (0);
  turn ();
  EXPECT_THAT (one, IsWaiting ());
  EXPECT_THAT (flush, IsWaiting ());
  EXPECT_EQ (holds (), "store d:key durable");
  let_go (0);
  turn ();
  for (const auto &done : { one, flush, two, after })
    EXPECT_THAT (done, Succeeded ());
  EXPECT_EQ (after_restart ("key"), "two");
}

TEST_F (BackupFlushTest, Rule28WhoWaitsForWhatAClearTookAwayWaitsForTheClear)
{
  hold ();
  set ("key", "running");
  auto queued = set_async ("key", "queued");
  auto before = flush_async ();
  clear ();
  let_go (0);
  turn ();
  EXPECT_EQ (holds (), "clear");
  EXPECT_THAT (queued, IsWaiting ());
  EXPECT_THAT (before, IsWaiting ());
  let_go (0);
  turn ();
  EXPECT_THAT (queued, Succeeded ());
  EXPECT_THAT (before, Succeeded ());
}

TEST_F (BackupFlushTest, Rule28AFlushWaitsForWhatTookThePlaceOfAFailure)
{
  set ("key", "old");
  hold ();
  remove ("key");
  auto flush = flush_async ();
  set ("key", "new");
  quietly ([&] { fail (0); });
  turn ();
  EXPECT_EQ (after_restart ("key"), "old");
  EXPECT_THAT (flush, IsWaiting ()) << "what was deleted is still there";
  let_all_go ();
  EXPECT_THAT (flush, Succeeded ());
  EXPECT_EQ (after_restart ("key"), "new");
}

TEST_F (BackupFlushTest, Rule28AStoreThatFailedIsNoLossOnceANewerTookItsPlace)
{
  hold ();
  set ("key", "old");
  set ("key", "new");
  quietly ([&] { fail (0); });
  auto flush = flush_async ();
  let_all_go ();
  EXPECT_THAT (flush, Succeeded ());
}

TEST_F (BackupFlushTest, Rule28WhatFailedIsToldOnce)
{
  hold ({ Ask::store });
  set ("key", "value");
  quietly ([&] { fail (0); });
  auto one = flush_async (), two = flush_async ();
  let_all_go ();
  EXPECT_THAT (one, IsBroken ());
  EXPECT_THAT (two, Succeeded ()) << "what could not be stored was removed";
}

TEST_F (BackupFlushTest, Rule28WhatFailedIsToldOnceThoughTheRemoveFailedToo)
{
  break_down ({ Ask::store, Ask::remove });
  quietly ([&] {
    set ("key", "value");
    auto flush = flush_async ();
    turn ();
    EXPECT_THAT (flush, IsBroken ());
    auto again = flush_async ();
    turn ();
    EXPECT_THAT (again, IsBroken ()) << "it is not removed yet";
  });
  repair ();
  auto flush = flush_async ();
  turn ();
  EXPECT_THAT (flush, Succeeded ());
}

TEST_F (BackupFlushTest, Rule28WhatFailedLaterIsNotToldToAnEarlierFlush)
{
  hold ({ Ask::store });
  set ("one", "value");
  auto before = flush_async ();
  set ("two", "value");
  auto after = flush_async ();
  quietly ([&] { fail (1); });
  let_go (0);
  turn ();
  EXPECT_THAT (before, Succeeded ());
  EXPECT_THAT (after, IsBroken ());
}

TEST_F (BackupFlushTest, Rule28WhatFailedEarlierIsToldThoughALaterFailedFirst)
{
  hold ({ Ask::store });
  set ("one", "value");
  auto before = flush_async ();
  set ("two", "value");
  quietly ([&] {
    fail (1);
    fail (0);
  });
  turn ();
  EXPECT_THAT (before, IsBroken ());
}

TEST_F (BackupFlushTest, Rule28AFlushTriesAgainWhatFailed)
{
  set ("key", "value");
  break_down ({ Ask::remove });
  quietly ([&] { remove ("key"); });
  repair ();
  auto flush = flush_async ();
  turn ();
  EXPECT_THAT (flush, Succeeded ());
  EXPECT_EQ (after_restart ("key"), "-");
}

TEST_F (BackupFlushTest, Rule28AFlushDoesNotWaitForWhatWaitsForAFailure)
{
  set_tagged ("key", "value", { "tag" });
  break_down ({ Ask::remove, Ask::clear });
  quietly ([&] {
    for (auto &fails : std::vector<std::function<void ()>> { [&] { remove ("key"); }, [&] { invalidate ("tag"); }, [&] { clear (); } })
      {
        fails ();
        set ("another", "value");
        invalidate ("other");
        set ("later", "value");
        auto flush = flush_async ();
        turn ();
        EXPECT_THAT (flush, IsBroken ());
      }
    auto close = close_async ();
    turn ();
    EXPECT_THAT (close, IsBroken ());
  });
  repair ();
  advance (60.0);
  turn ();
  EXPECT_EQ (after_restart ("key"), "-");
  EXPECT_EQ (after_restart ("later"), "value");
}

// --- what is durable ---

TEST_F (BackupFlushTest, Rule28WhatIsSetIsDurableAndWhatIsLoadedIsNot)
{
  set ("set", "value");
  EXPECT_THAT (log (), ElementsAre ("open", "store d:set durable"));
  fill ("loaded", "value");
  EXPECT_THAT (log (), ElementsAre ("store d:loaded"));
}

TEST_F (BackupFlushTest, Rule28OnlyWhatIsNotDurableIsFlushed)
{
  set ("key", "value");
  remove ("key");
  clear ();
  log ();
  flush_async ();
  turn ();
  EXPECT_THAT (log (), IsEmpty ());

  fill ("key", "value");
  log ();
  auto one = flush_async ();
  turn ();
  EXPECT_THAT (log (), ElementsAre ("flush"));
  EXPECT_THAT (one, Succeeded ());
  auto two = flush_async ();
  turn ();
  EXPECT_THAT (log (), IsEmpty ()) << "it was flushed already";
  EXPECT_THAT (two, Succeeded ());
}

TEST_F (BackupFlushTest, Rule28ATokenIsAsDurableAsItsRecordOnceItIsFlushed)
{
  set_tagged ("key", "value", { "tag" });
  log ();
  flush_async ();
  turn ();
  EXPECT_THAT (log (), ElementsAre ("flush"));
}

TEST_F (BackupFlushTest, Rule28FlushesShareOne)
{
  hold ({ Ask::store, Ask::flush });
  fill ("key", "value");
  std::vector<Done> all;
  for (int i = 0; i < 5; i++)
    all.push_back (flush_async ());
  log ();
  let_go (0);
  turn ();
  EXPECT_THAT (log (), ElementsAre ("flush"));
  EXPECT_THAT (all, Each (IsWaiting ()));
  auto late = flush_async ();
  let_go (0);
  turn ();
  EXPECT_THAT (all, Each (Succeeded ()));
  EXPECT_THAT (late, Succeeded ());
  EXPECT_THAT (log (), IsEmpty ()) << "nothing was stored meanwhile";
}

TEST_F (BackupFlushTest, Rule28WhatIsStoredDuringAFlushIsFlushedByTheNext)
{
  hold ({ Ask::flush });
  fill ("one", "value");
  auto one = flush_async ();
  fill ("two", "value");
  auto two = flush_async ();
  EXPECT_EQ (holds (), "flush");
  let_go (0);
  turn ();
  EXPECT_THAT (one, Succeeded ());
  EXPECT_THAT (two, IsWaiting ());
  EXPECT_EQ (holds (), "flush");
  let_go (0);
  turn ();
  EXPECT_THAT (two, Succeeded ());
}

TEST_F (BackupFlushTest, Rule28AFlushOfTheBackendThatFailsIsToldAndDoneByTheNext)
{
  fill ("key", "value");
  break_down ({ Ask::flush });
  quietly ([&] {
    auto one = flush_async ();
    turn ();
    EXPECT_THAT (one, IsBroken ());
  });
  EXPECT_EQ (metrics ()->backup_failures, 1u);
  repair ();
  auto two = flush_async ();
  turn ();
  EXPECT_THAT (two, Succeeded ());
  EXPECT_EQ (actor ().asked[Ask::flush], 2);
}

// --- the others ---

TEST_F (BackupFlushTest, Rule28EachIsAnsweredWhenTheBackendHasIt)
{
  hold ();
  auto set = set_async ("one", "value"), gone = delete_async ("two");
  turn ();
  EXPECT_THAT (set, IsWaiting ());
  EXPECT_THAT (gone, IsWaiting ());
  EXPECT_EQ (in_memory ("one"), "value") << "the memory has acted";
  let_go (1);
  turn ();
  EXPECT_THAT (gone, Succeeded ());
  EXPECT_THAT (set, IsWaiting ());
  let_go (0);
  turn ();
  EXPECT_THAT (set, Succeeded ());

  auto clear = clear_async ();
  turn ();
  EXPECT_THAT (clear, IsWaiting ());
  let_go (0);
  turn ();
  EXPECT_THAT (clear, Succeeded ());

  auto tags = invalidate_async ("tag");
  turn ();
  EXPECT_THAT (tags, IsWaiting ());
  let_go (0);
  turn ();
  EXPECT_THAT (tags, Succeeded ());
}

TEST_F (BackupFlushTest, Rule28ASetThatATagMadeInvalidIsAnsweredWhenItsKeyIsGone)
{
  hold ();
  set ("key", "running");
  auto done = set_async ("key", entry ("value", MEMO_TTL_DEFAULT, { "tag" }));
  invalidate ("tag");
  let_go (0);
  turn ();
  EXPECT_THAT (done, IsWaiting ());
  EXPECT_EQ (holds (), "remove d:key");
  let_go (0);
  turn ();
  EXPECT_THAT (done, Succeeded ());
  let_all_go ();
  EXPECT_EQ (after_restart ("key"), "-");
}

TEST_F (BackupFlushTest, Rule28ASetWithATtlOfNothingIsAnsweredWhenItsKeyIsGone)
{
  set ("key", "value");
  hold ();
  auto done = set_async ("key", entry ("value", 0.0));
  turn ();
  EXPECT_THAT (done, IsWaiting ());
  EXPECT_EQ (holds (), "remove d:key");
  let_go (0);
  turn ();
  EXPECT_THAT (done, Succeeded ());
}

TEST_F (BackupFlushTest, Rule09ACancelledWaitEndsAndWhatWasAskedIsDone)
{
  auto kinds = std::vector<std::function<Done (GCancellable *)>> {
    [&] (GCancellable *it) { return set_async ("key", entry ("value"), it); },
    [&] (GCancellable *it) { return delete_async ("key", it); },
    [&] (GCancellable *it) { return clear_async (it); },
    [&] (GCancellable *it) { return invalidate_async ("tag", it); },
    [&] (GCancellable *it) { return flush_async (it); },
  };

  for (auto &ask : kinds)
    for (int moment = 0; moment < 4; moment++)
      {
        hold ();
        set ("before", "value");
        auto cancellable = adopt (g_cancellable_new ());
        if (moment == 0)
          g_cancellable_cancel (cancellable.get ());
        auto done = ask (cancellable.get ());
        EXPECT_THAT (done, IsWaiting ()) << "before it returned";
        if (moment == 1)
          g_cancellable_cancel (cancellable.get ());
        turn ();
        if (moment == 2)
          g_cancellable_cancel (cancellable.get ());
        turn ();
        EXPECT_EQ (done->callbacks, moment < 3 ? 1 : 0);
        let_all_go ();
        g_cancellable_cancel (cancellable.get ());
        turn ();
        if (moment < 3)
          EXPECT_THAT (done, FailedWith (G_IO_ERROR, G_IO_ERROR_CANCELLED));
        else
          EXPECT_THAT (done, Succeeded ());
      }
}

TEST_F (BackupFlushTest, Rule28CloseFlushesAndKeepsWhatTheTierHas)
{
  hold ({ Ask::store, Ask::flush });
  set ("set", "value");
  fill ("loaded", "value");
  auto done = close_async ();
  turn ();
  EXPECT_THAT (done, IsWaiting ());
  EXPECT_EQ (in_memory ("set"), "-");
  let_all_go ();
  EXPECT_THAT (done, Succeeded ());
  EXPECT_EQ (after_restart ("set"), "value");
  EXPECT_EQ (after_restart ("loaded"), "value");
  EXPECT_EQ (actor ().asked[Ask::flush], 1);
  EXPECT_EQ (actor ().asked[Ask::close], 0) << "others may use the backend, too";
}

TEST_F (BackupFlushTest, Rule28CloseTellsWhatFailed)
{
  break_down ({ Ask::store });
  quietly ([&] { set ("key", "value"); });
  auto done = close_async ();
  turn ();
  EXPECT_THAT (done, IsBroken ());
}

TEST_F (BackupFlushTest, Rule28AClosedCacheTakesNothing)
{
  close_async ();
  turn ();
  log ();
  auto set = set_async ("key", "value"), gone = delete_async ("key"), all = clear_async (),
       tag = invalidate_async ("tag"), flush = flush_async ();
  turn ();
  for (const auto &done : { set, gone, all, tag, flush })
    EXPECT_THAT (done, FailedWith (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_THAT (log (), IsEmpty ());
}

TEST_F (BackupFlushTest, Rule28WithoutCloseTheQueuedWritesAreGivenUp)
{
  hold ();
  set ("key", "begun");
  set ("key", "queued");
  cache_.reset ();
  let_all_go ();
  EXPECT_EQ (after_restart ("key"), "begun");
}

TEST_F (BackupFlushTest, ManyThatWaitAreAnsweredWithoutRecursion)
{
  constexpr int n = 100000;
  std::vector<Done> all;

  hold ();
  set ("key", "value");
  for (int i = 0; i < n; i++)
    all.push_back (flush_async ());
  let_all_go ();
  EXPECT_THAT (all.front (), Succeeded ());
  EXPECT_THAT (all.back (), Succeeded ());
}

} // namespace
