// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/backup-test.hpp"

using namespace memo_test;

namespace {

// A cache with a remote tier, with and without a backup behind it.
class TwoTiersTest : public BackupTest
{
protected:
  void SetUp () override { cache_ = new_cache (); }

  template <typename... Options>
  Ref<MemoAsyncCache> new_cache (Options... options)
  {
    return new_cache_over (backend_, "remote-cache", static_cast<MemoBackend *> (remote_), options..., nullptr);
  }

  void restart ()
  {
    flush ();
    cache_ = new_cache ();
  }

  bool is_remote (const std::string &key) { return remote_.place ().get ("d:" + key).has_value (); }
  void break_remote () { for (int i = 0; i < 20; i++) remote_.fail_next (Ask::load, make_error ("away")); }

  MemoryBackend remote_ { Answers::at_once, MEMO_CLOCK (clock_.get ()) };
  Complaints    complaints_;
};

TEST_F (TwoTiersTest, WhatIsSetIsInBoth)
{
  set ("key", "value");
  EXPECT_TRUE (is_remote ("key"));
  EXPECT_TRUE (is_stored ("key"));
  remove ("key");
  EXPECT_FALSE (is_remote ("key"));
  EXPECT_FALSE (is_stored ("key"));
}

TEST_F (TwoTiersTest, WhatAnotherProcessHasLoadedIsNotLoadedAgain)
{
  auto other = new_cache ();
  ScriptedLoader loader;
  auto first = AsyncTest::get (MEMO_CACHE (other.get ()), "key", loader);
  turn ();
  loader.answer ("value");
  turn ();
  EXPECT_THAT (first, GotText ("value"));

  auto second = get ("key", loader);
  turn ();
  EXPECT_THAT (second, GotText ("value"));
  EXPECT_EQ (loader.count (), 1);
  EXPECT_EQ (metrics ()->remote_hits, 1u);
  EXPECT_EQ (metrics ()->backup_hits, 0u);
}

TEST_F (TwoTiersTest, TheBackupIsNotReadBesideARemoteTier)
{
  set ("key", "value");
  restart ();
  remote_.place ().clear ();
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ()) << "another process may have deleted it";
  EXPECT_EQ (backend_.asked (Ask::load), 0);
}

TEST_F (TwoTiersTest, Rule24WhileTheRemoteTierFailsTheLoaderIsAsked)
{
  ScriptedLoader loader;
  set ("key", "old");
  restart ();
  break_remote ();
  auto got = get ("key", loader);
  turn ();
  loader.answer ("new");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
  EXPECT_EQ (metrics ()->remote_failures, 1u);
  EXPECT_EQ (backend_.asked (Ask::load), 0);
  EXPECT_THAT (complaints_.take (), IsOne ("warning", "goes on without"));
}

TEST_F (TwoTiersTest, Rule24WhereTheUserSaysSoTheBackupIsReadThen)
{
  set ("key", "value");
  restart ();
  cache_ = new_cache ("stale-if-remote-down", TRUE);
  break_remote ();
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (metrics ()->backup_hits, 1u);
  EXPECT_EQ (metrics ()->remote_hits, 0u);
  complaints_.take ();
}

TEST_F (TwoTiersTest, WhereTheRemoteTierHasNothingTheBackupIsNotReadEvenThen)
{
  cache_ = new_cache ("stale-if-remote-down", TRUE);
  backend_.place ().put ("d:key", "anything");
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ());
  EXPECT_EQ (backend_.asked (Ask::load), 0);
}

TEST_F (TwoTiersTest, WhatComesFromTheRemoteTierGoesToTheBackup)
{
  set ("key", entry ("value", 60.0));
  restart ();
  backend_.place ().clear ();
  advance (20.0);
  get ("key");
  turn ();
  EXPECT_TRUE (is_stored ("key"));
  flush ();

  cache_ = new_cache_over (backend_);
  advance (39.9);
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  advance (0.1);
  EXPECT_FALSE (memo_cache_contains (cache (), "key")) << "for what was left of its life";
}

TEST_F (TwoTiersTest, Rule28AFlushWaitsForBoth)
{
  for (MemoryBackend *slow : { &remote_, &backend_ })
    {
      slow->hold (Ask::store);
      set ("key", "value");
      auto got = flush ();
      EXPECT_THAT (got, IsPending ());
      slow->let_go ();
      turn ();
      EXPECT_EQ (got->callbacks, 1);
      EXPECT_EQ (got->error, nullptr);
      slow->hold_no_more ();
    }
}

TEST_F (TwoTiersTest, Rule15ATagIsDroppedInBoth)
{
  set ("key", entry ("value", MEMO_TTL_DEFAULT, { "tag" }));
  flush ();
  invalidate ("tag");
  restart ();
  auto remote = get ("key");
  turn ();
  EXPECT_THAT (remote, GotMiss ());
  cache_ = new_cache_over (backend_);
  auto backup = get ("key");
  turn ();
  EXPECT_THAT (backup, GotMiss ());
}

// A decorated function has both, too.
TEST_F (TwoTiersTest, AFunctionSharesItsAnswersWithOtherProcesses)
{
  int calls = 0;
  auto func = [] (MemoCall *call, gpointer data) {
    ++*static_cast<int *> (data);
    memo_call_return_entry (call, memo_entry_new_string ("answer"));
  };
  auto loader = adopt (memo_loader_new (func, &calls, nullptr));

  for (int process = 0; process < 2; process++)
    {
      auto lru = adopt (MEMO_DECORATOR (g_object_new (MEMO_TYPE_ASYNC_LRU, "name", "f", "loader", loader.get (),
                                                      "clock", clock_.get (),
                                                      "remote-cache", static_cast<MemoBackend *> (remote_),
                                                      "backup", static_cast<MemoBackend *> (backend_), nullptr)));
      memo_decorator_call_async (lru.get (), nullptr, MEMO_GET_NONE, nullptr, nullptr, nullptr);
      turn ();
      EXPECT_EQ (calls, 1);
      EXPECT_TRUE (is_remote ("f()"));
      EXPECT_TRUE (is_stored ("f()"));
    }
}

TEST_F (TwoTiersTest, TheOptionsAreProperties)
{
  MemoBackend *remote = nullptr;
  gboolean stale = TRUE;

  g_object_get (cache_.get (), "remote-cache", &remote, "stale-if-remote-down", &stale, nullptr);
  EXPECT_EQ (remote, static_cast<MemoBackend *> (remote_));
  EXPECT_EQ (memo_async_cache_get_remote_cache (cache_.get ()), remote);
  EXPECT_FALSE (stale);
  memo_async_cache_set_stale_if_remote_down (cache_.get (), 2);
  EXPECT_TRUE (memo_async_cache_get_stale_if_remote_down (cache_.get ()));
  g_object_unref (remote);
}

} // namespace
