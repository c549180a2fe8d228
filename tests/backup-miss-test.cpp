// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/backup-test.hpp"

#include "support/complaints.hpp"

using namespace memo_test;

namespace {

// What a backup does not have, or fails to give, and what of all that is counted.
class BackupMissTest : public BackupTest
{
protected:
  bool contains (const char *key) { return memo_cache_contains (cache (), key); }

  ScriptedLoader loader_;
};

// --- errors and misses ---

TEST_F (BackupMissTest, Rule08ARememberedErrorReachesNoBackup)
{
  memo_loader_set_error_ttl (loader_, 10.0);
  auto got = get ("key", loader_);
  turn ();
  loader_.fail (make_error ("no"));
  turn ();
  got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_EQ (backend_.asked (Ask::load), 1);
  EXPECT_EQ (backend_.asked (Ask::store), 0);
  EXPECT_EQ (backend_.asked (Ask::remove), 0);

  restart ();
  got = get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 2);
}

TEST_F (BackupMissTest, Rule24AReadThatFailsIsAMissAndSaidOnce)
{
  backend_.fail_next (Ask::load, make_error ("broken"));
  backend_.fail_next (Ask::load, make_error ("broken"));
  std::shared_ptr<Got> one, two;
  const auto complaints = complaints_of ([&] {
    one = get ("one", loader_);
    two = get ("two");
    turn ();
  });
  EXPECT_THAT (complaints, ::testing::ElementsAre (::testing::HasSubstr ("broken")));
  EXPECT_THAT (two, GotMiss ());
  loader_.answer ("value");
  turn ();
  EXPECT_THAT (one, GotText ("value"));
  EXPECT_EQ (metrics ()->backup_failures, 2u);
  EXPECT_EQ (metrics ()->load_failures, 0u);
}

TEST_F (BackupMissTest, Rule24ATokenThatCannotBeReadIsAMiss)
{
  set ("key", entry ("value", MEMO_TTL_DEFAULT, { "tag" }));
  restart ();
  backend_.hold (Ask::load);
  auto got = get ("key");
  backend_.let_go (1);
  ASSERT_EQ (backend_.held (), 1u);
  const auto complaints = complaints_of ([&] {
    memo_call_return_error (backend_.take ().get (), make_error ("broken").release ());
    turn ();
  });
  EXPECT_EQ (complaints.size (), 1u);
  EXPECT_THAT (got, GotMiss ());
  backend_.hold_no_more ();
  got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value")) << "it is still there";
}

TEST_F (BackupMissTest, Rule24ACallThatTheBackendDropsIsAMiss)
{
  set ("key", "value");
  restart ();
  backend_.hold (Ask::load);
  auto got = get ("key", loader_);
  const auto complaints = complaints_of ([&] {
    backend_.take ();
    turn ();
  });
  EXPECT_EQ (complaints.size (), 1u);
  EXPECT_EQ (loader_.count (), 1);
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
}

// --- what is counted ---

TEST_F (BackupMissTest, Rule23WhatIsReadIsCounted)
{
  set ("there", "value");
  restart ();
  memo_cache_reset_metrics (cache ());
  get ("there", loader_);
  get ("missing", loader_);
  turn ();
  loader_.answer ("loaded");
  turn ();
  refresh ("there", loader_);
  turn ();
  loader_.answer ("refreshed");
  turn ();
  get ("there", loader_);
  turn ();

  auto counted = metrics ();
  EXPECT_EQ (counted->hits, 1u);
  EXPECT_EQ (counted->misses, 3u);
  EXPECT_EQ (counted->backup_hits, 1u);
  EXPECT_EQ (counted->loads, 2u);
  EXPECT_EQ (counted->coalesced, 0u);
  EXPECT_EQ (counted->backup_failures, 0u);
}

TEST_F (BackupMissTest, Rule23WhoIsCancelledWhileItIsReadIsAMiss)
{
  auto cancellable = adopt (g_cancellable_new ());
  set ("key", "value");
  restart ();
  backend_.hold (Ask::load);
  auto got = get ("key", loader_, cancellable.get ());
  g_cancellable_cancel (cancellable.get ());
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  backend_.let_go ();
  turn ();
  EXPECT_EQ (metrics ()->misses, 1u);
  EXPECT_EQ (metrics ()->backup_hits, 0u);
  EXPECT_EQ (metrics ()->loads, 0u);
  EXPECT_EQ (loader_.count (), 0);
}

// --- warm-up ---

TEST_F (BackupMissTest, Rule14WarmUpTakesWhatTheBackupHas)
{
  set ("there", "value");
  restart ();
  auto warmup = adopt (memo_warmup_new ());
  memo_warmup_add (warmup.get (), "there", loader_);
  memo_warmup_add (warmup.get (), "missing", loader_);
  bool done = false;
  memo_cache_warmup_async (cache (), warmup.get (), nullptr, [] (GObject *source, GAsyncResult *result, gpointer data) {
    EXPECT_TRUE (memo_cache_warmup_finish (MEMO_CACHE (source), result, nullptr));
    *static_cast<bool *> (data) = true;
  }, &done);
  turn ();
  EXPECT_EQ (loader_.count (), 1);
  loader_.answer ("loaded");
  turn ();
  EXPECT_TRUE (done);
  EXPECT_TRUE (contains ("there"));
  EXPECT_TRUE (contains ("missing"));
  EXPECT_EQ (metrics ()->misses, 0u);
  EXPECT_EQ (metrics ()->backup_hits, 1u);
}

TEST_F (BackupMissTest, Rule12ALoaderThatAsksForItsOwnKeyIsToldSo)
{
  std::shared_ptr<Got> inner;
  loader_.on_call = [&] (MemoCall *call) {
    inner = get ("key");
    memo_call_return_entry (call, entry ("value").release ());
  };
  auto got = get ("key", loader_);
  turn ();
  EXPECT_THAT (inner, GotError (MEMO_ERROR, MEMO_ERROR_RECURSION));
  EXPECT_THAT (got, GotText ("value"));
}

} // namespace
