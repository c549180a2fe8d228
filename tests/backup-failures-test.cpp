// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/complaints.hpp"
#include "support/scripted-backend.hpp"

using namespace memo_test;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

// A backend that fails: once, for as long as it lasts, or by not answering.

class BackupFailuresTest : public WritingTest
{
protected:
  // Does what complains, which is looked at elsewhere.
  template <typename What>
  void quietly (What what) { complaints_of (what); }
};

inline auto
IsOutage ()
{
  return ElementsAre (HasSubstr ("goes on without its MemoTestCppBackend"));
}

// --- what becomes of what failed ---

TEST_F (BackupFailuresTest, Rule28ARemoveThatFailedIsTriedAgain)
{
  set ("key", "value");
  break_down ({ Ask::remove });
  quietly ([&] { remove ("key"); });
  EXPECT_EQ (after_restart ("key"), "value");

  repair ();
  advance (1.0);
  turn ();
  EXPECT_EQ (after_restart ("key"), "-");
}

TEST_F (BackupFailuresTest, Rule28AStoreThatFailedBecomesARemove)
{
  set ("key", "old");
  log ();
  break_down ({ Ask::store });
  quietly ([&] { set ("key", "new"); });
  EXPECT_THAT (log (), ElementsAre ("store d:key durable"));
  EXPECT_EQ (after_restart ("key"), "old") << "it could not be helped yet";

  advance (1.0);
  turn ();
  EXPECT_THAT (log (), ElementsAre ("remove d:key"));
  EXPECT_EQ (after_restart ("key"), "-");
  EXPECT_EQ (in_memory ("key"), "new");
}

TEST_F (BackupFailuresTest, Rule28AClearThatFailedIsTriedAgain)
{
  set ("key", "value");
  break_down ({ Ask::clear });
  quietly ([&] { clear (); });
  EXPECT_THAT (get ("key"), IsPending ());
  set ("later", "value");
  turn ();
  EXPECT_EQ (after_restart ("later"), "-") << "it overtook a clear";

  repair ();
  advance (1.0);
  turn ();
  EXPECT_EQ (after_restart ("key"), "-");
  EXPECT_EQ (after_restart ("later"), "value");
}

TEST_F (BackupFailuresTest, Rule28AnInvalidationThatFailedIsTriedAgain)
{
  set_tagged ("key", "value", { "tag" });
  break_down ({ Ask::remove });
  quietly ([&] { invalidate ("tag"); });
  EXPECT_EQ (after_restart ("key"), "value");

  repair ();
  advance (1.0);
  turn ();
  EXPECT_EQ (after_restart ("key"), "-");
}

TEST_F (BackupFailuresTest, ItIsTriedAgainEverMoreSeldom)
{
  set ("key", "value");
  break_down ({ Ask::remove });
  quietly ([&] {
    remove ("key");
    turn ();
    int attempts = actor ().asked[Ask::remove];

    for (double delay : { 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0 })
      {
        advance (delay - 0.001);
        turn ();
        EXPECT_EQ (actor ().asked[Ask::remove], attempts) << delay << " s were not over";
        advance (0.001);
        turn ();
        EXPECT_EQ (actor ().asked[Ask::remove], ++attempts) << "after " << delay << " s";
      }
  });

  repair ();
  advance (60.0);
  turn ();
  EXPECT_EQ (after_restart ("key"), "-");

  // The next outage begins from the start.
  set ("key", "value");
  break_down ({ Ask::remove });
  quietly ([&] { remove ("key"); });
  repair ();
  advance (1.0);
  turn ();
  EXPECT_EQ (after_restart ("key"), "-");
}

TEST_F (BackupFailuresTest, WhatWorksAgainHasTheRestTriedAtOnce)
{
  set ("one", "value");
  set ("two", "value");
  break_down ({ Ask::remove });
  quietly ([&] { remove ("one"); });
  repair ();
  remove ("two");
  turn ();
  EXPECT_EQ (after_restart ("one"), "-") << "without any time going by";
}

TEST_F (BackupFailuresTest, Rule27ANewerStoreTakesThePlaceOfWhatFailed)
{
  set ("key", "old");
  break_down ({ Ask::remove });
  quietly ([&] { remove ("key"); });
  set ("key", "new");
  turn ();
  EXPECT_EQ (after_restart ("key"), "new");
  repair ();
  advance (100.0);
  turn ();
  EXPECT_EQ (after_restart ("key"), "new") << "the old remove came late";
}

TEST_F (BackupFailuresTest, Rule27WhatFailsWhileANewerWaitsGivesWayToThat)
{
  hold ();
  set ("key", "one");
  set ("key", "two");
  hold_no_more ();
  quietly ([&] { fail (0); });
  turn ();
  EXPECT_EQ (after_restart ("key"), "two");
  advance (100.0);
  turn ();
  EXPECT_EQ (after_restart ("key"), "two");
}

TEST_F (BackupFailuresTest, Rule28WhatWasDeletedIsAMissUntilItIsGone)
{
  set ("key", "value");
  break_down ({ Ask::remove });
  quietly ([&] { remove ("key"); });
  for (int i = 0; i < 3; i++)
    {
      auto got = get ("key");
      quietly ([&] { turn (); });
      EXPECT_THAT (got, GotMiss ());
      quietly ([&] { advance (10.0); turn (); });
    }
  EXPECT_EQ (after_restart ("key"), "value");
}

TEST_F (BackupFailuresTest, Rule28WhatWasOverwrittenInVainIsAMissOnceItLeftMemory)
{
  cache_ = new_cache_over (backend_.get (), "maxsize", 1u);
  set ("key", "old");
  break_down ({ Ask::store, Ask::remove });
  quietly ([&] { set ("key", "new"); set ("other", "value"); turn (); });
  EXPECT_EQ (in_memory ("key"), "-");
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ()) << "the old value";
}

TEST_F (BackupFailuresTest, Rule28WhatATagMadeInvalidIsAMissUntilTheTagIsGone)
{
  set_tagged ("key", "value", { "tag" });
  set_tagged ("other", "value", { "other" });
  restart ();
  break_down ({ Ask::remove });
  quietly ([&] { invalidate ("tag"); });
  auto got = get ("key"), other = get ("other");
  turn ();
  EXPECT_THAT (got, GotMiss ());
  EXPECT_THAT (other, GotText ("value"));

  repair ();
  advance (1.0);
  turn ();
  set_tagged ("key", "new", { "tag" });
  turn ();
  EXPECT_EQ (after_restart ("key"), "new");
}

TEST_F (BackupFailuresTest, Rule28EverythingIsAMissUntilAClearSucceeded)
{
  set ("key", "value");
  break_down ({ Ask::clear });
  quietly ([&] { clear (); });
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ());
  EXPECT_EQ (actor ().asked[Ask::load], 0);
}

// --- what is said of it ---

TEST_F (BackupFailuresTest, Rule24AnOutageIsSaidOnce)
{
  EXPECT_THAT (complaints_of ([&] {
    break_down ({ Ask::store, Ask::remove, Ask::load });
    for (int i = 0; i < 5; i++)
      {
        set (std::to_string (i).c_str (), "value");
        get ("nowhere");
        turn ();
        advance (60.0);
        turn ();
      }
  }), IsOutage ());
  EXPECT_GT (metrics ()->backup_failures, 10u);

  repair ();
  advance (60.0);
  turn ();
  get ("nowhere");
  set ("key", "value");
  turn ();
  memo_cache_reset_metrics (cache ());
  EXPECT_EQ (metrics ()->backup_failures, 0u);

  EXPECT_THAT (complaints_of ([&] {
    break_down ({ Ask::store });
    set ("key", "value");
    turn ();
  }), IsOutage ()) << "another outage";
  EXPECT_EQ (metrics ()->backup_failures, 1u);
}

TEST_F (BackupFailuresTest, Rule24ASetThatItsTierDidNotTakeIsASet)
{
  break_down ({ Ask::store });
  quietly ([&] { set ("key", "value"); turn (); });
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (BackupFailuresTest, Rule24ALoadThatItsTierDidNotTakeIsALoad)
{
  break_down ({ Ask::load, Ask::store, Ask::remove });
  quietly ([&] { fill ("key", "value"); });
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (BackupFailuresTest, Rule28WhoWaitsForWhatFailedIsToldAndNobodyElse)
{
  hold ();
  auto one = set_async ("one", "value"), two = set_async ("two", "value"), three = delete_async ("three");
  quietly ([&] { fail (1); });
  turn ();
  EXPECT_THAT (one, IsWaiting ());
  EXPECT_THAT (two, IsBroken ());
  EXPECT_THAT (three, IsWaiting ());
  let_all_go ();
  EXPECT_THAT (one, Succeeded ());
  EXPECT_THAT (three, Succeeded ());
}

TEST_F (BackupFailuresTest, Rule28EachKindOfChangeTellsThatItFailed)
{
  break_down ({ Ask::store, Ask::remove, Ask::clear });
  quietly ([&] {
    auto set = set_async ("key", "value");
    auto remove = delete_async ("other");
    turn ();
    EXPECT_THAT (set, IsBroken ());
    EXPECT_THAT (remove, IsBroken ());
    auto tags = invalidate_async ("tag");
    repair ();
    advance (1.0);
    turn ();
    EXPECT_THAT (tags, AnyOf (IsBroken (), Succeeded ()));
    break_down ({ Ask::clear });
    auto clear = clear_async ();
    turn ();
    EXPECT_THAT (clear, IsBroken ());
  });
}

// --- a backend that does not answer ---

TEST_F (BackupFailuresTest, Rule10ACallThatIsDroppedFails)
{
  hold ();
  auto done = set_async ("key", "value");
  quietly ([&] { drop (0); turn (); });
  EXPECT_THAT (done, FailedWith (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  hold_no_more ();
  advance (1.0);
  turn ();
  EXPECT_EQ (actor ().asked[Ask::remove], 1);
}

TEST_F (BackupFailuresTest, Rule10ACallThatIsAnsweredTwiceKeepsItsFirstAnswer)
{
  hold ();
  auto done = set_async ("key", "value");
  auto wish = take (0);
  auto again = share (wish.call.get ());

  actor ().perform (wish);
  EXPECT_THAT (complaints_of ([&] {
    memo_call_return_error (again.get (), make_error ("second thoughts").release ());
  }), ElementsAre (HasSubstr ("answered twice")));
  turn ();
  EXPECT_THAT (done, Succeeded ());
  EXPECT_EQ (after_restart ("key"), "value");
}

TEST_F (BackupFailuresTest, AKeyWhoseWriteIsNeverAnsweredHoldsUpNoOther)
{
  hold ();
  set ("key", "one");
  hold_no_more ();
  set ("key", "two");
  set ("other", "value");
  turn ();
  EXPECT_EQ (after_restart ("other"), "value");
  EXPECT_EQ (after_restart ("key"), "-");
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("two"));
}

TEST_F (BackupFailuresTest, ACacheWhoseBackendNeverAnswersEnds)
{
  hold ();
  set ("key", "one");
  set ("key", "two");
  set_tagged ("other", "value", { "tag" });
  invalidate ("tag");
  clear ();
  set ("later", "value");
  Watch watch (cache_.get ());
  cache_.reset ();
  turn ();
  EXPECT_TRUE (watch.gone ());
  let_all_go ();
  EXPECT_EQ (after_restart ("key"), "one") << "what was begun ends, and nothing else begins";
}

TEST_F (BackupFailuresTest, Rule09WhoWasCancelledHoldsNoCacheWhoseBackendNeverAnswers)
{
  hold ();
  auto cancellable = adopt (g_cancellable_new ());
  auto one = set_async ("one", entry ("value"), cancellable.get ());
  auto two = delete_async ("two", cancellable.get ());
  auto three = clear_async (cancellable.get ());
  auto four = invalidate_async ("tag", cancellable.get ());
  auto five = flush_async (cancellable.get ());

  g_cancellable_cancel (cancellable.get ());
  turn ();
  for (const auto &done : { one, two, three, four, five })
    EXPECT_THAT (done, FailedWith (G_IO_ERROR, G_IO_ERROR_CANCELLED));

  Watch watch (cache_.get ());
  cache_.reset ();
  turn ();
  EXPECT_TRUE (watch.gone ());
}

} // namespace
