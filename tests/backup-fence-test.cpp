// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/backup-test.hpp"

#include "support/batch-test.hpp"

using namespace memo_test;

namespace {

// What is invalidated at each point of a read never comes up after it: rules 15 to 17.
class BackupFenceTest : public BackupTest
{
protected:
  struct Way
  {
    const char            *name;
    std::function<void ()> invalidate;
    bool                   leaves_a_value = false;
  };

  // All ways in which a value can be made out of date.
  std::vector<Way> ways ()
  {
    return {
      { "delete", [this] { remove ("key"); } },
      { "clear", [this] { clear (); } },
      { "tag", [this] { invalidate ("tag"); } },
      { "set", [this] { set ("key", tagged ("set")); }, true },
      { "set for no time", [this] { set ("key", entry ("no time", 0.0)); } },
    };
  }

  static Entry tagged (const char *text) { return entry (text, MEMO_TTL_DEFAULT, { "tag" }); }
  bool contains (const char *key) { return memo_cache_contains (cache (), key); }

  // At rest: what is asked for now is not the old one, here and in another process.
  void expect_gone (const Way &way)
  {
    backend_.hold_no_more ();
    backend_.let_go ();
    turn ();
    for (bool other_process : { false, true })
      {
        if (other_process)
          restart ();
        auto got = get ("key");
        turn ();
        if (way.leaves_a_value)
          EXPECT_THAT (got, GotText ("set")) << way.name << other_process;
        else
          EXPECT_THAT (got, GotMiss ()) << way.name << other_process;
      }
    clear ();
    flush ();
  }

  void begin ()
  {
    set ("key", tagged ("old"));
    restart ();
  }

  ScriptedLoader loader_;
};

TEST_F (BackupFenceTest, Rule17WhileTheBackendLooks)
{
  for (auto &way : ways ())
    {
      begin ();
      backend_.hold (Ask::load);
      auto before = get ("key");
      way.invalidate ();
      auto after = get ("key");
      backend_.let_go ();
      backend_.let_go ();
      turn ();
      EXPECT_EQ (before->callbacks, 1) << way.name;
      if (way.leaves_a_value)
        EXPECT_THAT (after, GotText ("set"));
      else
        EXPECT_THAT (after, GotMiss ()) << way.name;
      expect_gone (way);
    }
}

TEST_F (BackupFenceTest, Rule17WhileTheTokensAreRead)
{
  for (auto &way : ways ())
    {
      begin ();
      backend_.hold (Ask::load);
      auto before = get ("key");
      backend_.let_go (1);
      ASSERT_EQ (backend_.held (), 1u) << "the token";
      way.invalidate ();
      auto after = get ("key");
      backend_.let_go ();
      backend_.let_go ();
      turn ();
      EXPECT_EQ (before->callbacks, 1) << way.name;
      if (way.leaves_a_value)
        EXPECT_THAT (after, GotText ("set"));
      else
        EXPECT_THAT (after, GotMiss ()) << way.name;
      expect_gone (way);
    }
}

TEST_F (BackupFenceTest, Rule17WhenTheAnswerIsThereAndHadNoTurn)
{
  for (auto &way : ways ())
    {
      begin ();
      auto before = get ("key");
      way.invalidate ();
      auto after = get ("key");
      turn ();
      EXPECT_THAT (before, GotText ("old")) << "it was asked for before; " << way.name;
      if (way.leaves_a_value)
        EXPECT_THAT (after, GotText ("set"));
      else
        EXPECT_THAT (after, GotMiss ()) << way.name;
      expect_gone (way);
    }
}

TEST_F (BackupFenceTest, Rule17WhileTheLoaderRunsAfterAMiss)
{
  for (auto &way : ways ())
    {
      auto before = get ("key", loader_);
      turn ();
      ASSERT_EQ (loader_.pending (), 1u);
      way.invalidate ();
      loader_.answer (tagged ("old"));
      turn ();
      EXPECT_THAT (before, GotText ("old")) << way.name;
      expect_gone (way);
    }
}

TEST_F (BackupFenceTest, Rule17WhileTheStoreIsQueuedOrRuns)
{
  for (bool running : { false, true })
    {
      for (auto &way : ways ())
        {
          if (!running)
            {
              backend_.hold (Ask::store);
              set ("key", "in its way");
            }
          else
            {
              set ("another", tagged ("so that there is a token"));
              backend_.hold (Ask::store);
            }
          set ("key", tagged ("old"));
          way.invalidate ();
          auto after = get ("key");
          turn ();
          if (way.leaves_a_value)
            EXPECT_THAT (after, GotText ("set"));
          else
            EXPECT_THAT (after, GotMiss ()) << way.name << running;
          expect_gone (way);
        }
    }
}

TEST_F (BackupFenceTest, Rule17WhileTheInvalidationIsOnItsWay)
{
  for (auto &way : ways ())
    {
      begin ();
      backend_.hold (Ask::remove);
      backend_.hold (Ask::clear);
      backend_.hold (Ask::store);
      way.invalidate ();
      memo_async_cache_trim (cache_.get (), 100);
      auto after = get ("key");
      turn ();
      if (way.leaves_a_value)
        EXPECT_THAT (after, GotText ("set"));
      else
        EXPECT_THAT (after, GotMiss ()) << way.name;
      expect_gone (way);
    }
}

TEST_F (BackupFenceTest, Rule17WhatIsStoredBehindABarrierAnswers)
{
  begin ();
  backend_.hold (Ask::remove);
  backend_.hold (Ask::clear);
  invalidate ("tag");
  clear ();
  set ("key", tagged ("new"));
  memo_async_cache_trim (cache_.get (), 100);
  ASSERT_FALSE (contains ("key"));
  auto got = get ("key"), other = get ("other");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
  EXPECT_THAT (other, GotMiss ());
  EXPECT_EQ (backend_.asked (Ask::load), 1) << "the token of what was stored first, and nothing behind a clear";

  backend_.hold_no_more ();
  backend_.let_go ();
  turn ();
  restart ();
  got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
}

TEST_F (BackupFenceTest, Rule17ATagThatIsBeingDroppedLeavesOthersReadable)
{
  begin ();
  set ("other", entry ("value", MEMO_TTL_DEFAULT, { "other tag" }));
  restart ();
  backend_.hold (Ask::remove);
  invalidate ("tag");
  auto other = get ("other"), key = get ("key");
  turn ();
  EXPECT_THAT (other, GotText ("value"));
  EXPECT_THAT (key, GotMiss ());
}

TEST_F (BackupFenceTest, Rule15WhoComesAfterATagIsInvalidatedMovesOnceAndGetsTheNewOne)
{
  begin ();
  backend_.hold (Ask::load);
  auto before = get ("key", loader_);
  invalidate ("tag");
  auto after = get ("key", loader_);
  EXPECT_EQ (backend_.held (), 1u) << "nobody knows of the tag yet";
  backend_.hold_no_more ();
  backend_.let_go ();
  turn ();
  while (loader_.pending () > 0)
    {
      loader_.answer (tagged ("new"));
      turn ();
    }
  EXPECT_EQ (before->callbacks, 1);
  EXPECT_THAT (after, GotText ("new"));
  EXPECT_TRUE (contains ("key"));
}

TEST_F (BackupFenceTest, Rule15AReadWhoseTagWasKnownIsNotJoined)
{
  begin ();
  memo_loader_set_tags (loader_, Tags { "tag" });
  backend_.hold (Ask::load);
  auto before = get ("key", loader_);
  invalidate ("tag");
  auto after = get ("key", loader_);
  EXPECT_EQ (backend_.held (), 2u);
  backend_.hold_no_more ();
  backend_.let_go ();
  turn ();
  while (loader_.pending () > 0)
    {
      loader_.answer ("new");
      turn ();
    }
  EXPECT_EQ (before->callbacks, 1);
  EXPECT_THAT (after, GotText ("new"));
}

TEST_F (BackupFenceTest, Rule16AReadThatEndsLateTouchesNothingNewer)
{
  begin ();
  backend_.hold (Ask::load);
  auto before = get ("key");
  set ("key", "new");
  backend_.let_go ();
  backend_.let_go ();
  turn ();
  EXPECT_EQ (before->callbacks, 1);
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
}

TEST_F (BackupFenceTest, Rule16AReadThatFailsLateTouchesNothingNewer)
{
  begin ();
  backend_.hold (Ask::load);
  get ("key");
  set ("key", "new");
  backend_.fail_next (Ask::load, make_error ("broken"));
  backend_.hold_no_more ();
  backend_.let_go ();
  turn ();
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
  restart ();
  got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
}

TEST_F (BackupFenceTest, Rule17ABatchBehindABackup)
{
  for (auto &way : ways ())
    {
      ScriptedBatch batch;
      auto before = get ("key", batch);
      turn ();
      advance (0.005);
      turn ();
      ASSERT_EQ (batch.count (), 1);
      way.invalidate ();
      auto call = batch.next ();
      memo_call_answer (call.get (), "key", tagged ("old").release ());
      memo_call_finish_batch (call.get ());
      turn ();
      EXPECT_THAT (before, GotText ("old"));
      expect_gone (way);
    }
}

// Another process has invalidated the tag: nothing tells this one, but what it reads from then on is right.
TEST_F (BackupFenceTest, Rule15WhatAnotherProcessInvalidatedDoesNotComeUp)
{
  begin ();
  auto other = new_cache_over (backend_);
  memo_cache_invalidate_tags (MEMO_CACHE (other.get ()), Tags { "tag" });
  auto got = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 1);
  loader_.answer (tagged ("new"));
  turn ();
  EXPECT_THAT (got, GotText ("new"));

  restart ();
  got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotText ("new")) << "and what is stored then has the new token";
  EXPECT_EQ (loader_.count (), 1);
}

} // namespace
