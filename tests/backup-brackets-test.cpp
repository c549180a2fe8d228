// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/backup-test.hpp"

#include "support/batch-test.hpp"
#include "support/mutation-test.hpp"

using namespace memo_test;

namespace {

// Changes of the source in front of a backup: rule 18.
class BackupBracketsTest : public BackupTest
{
protected:
  Ref<MemoMutation> mutation (std::initializer_list<const char *> keys, std::initializer_list<const char *> tags = {})
  {
    auto made = adopt (memo_mutation_new (cache ()));

    for (auto key : keys)
      memo_mutation_add_key (made.get (), key);
    for (auto tag : tags)
      memo_mutation_add_tag (made.get (), tag);

    return made;
  }

  static Entry tagged (const char *text) { return entry (text, MEMO_TTL_DEFAULT, { "tag" }); }
  bool contains (const char *key) { return memo_cache_contains (cache (), key); }

  ScriptedLoader loader_;
};

TEST_F (BackupBracketsTest, Rule18TheRemoveIsDoneBeforeTheChangeMayBegin)
{
  set ("key", "old");
  flush ();
  backend_.hold (Ask::remove);
  auto change = mutation ({ "key" });
  auto begun = begin (change);
  turn ();
  EXPECT_EQ (begun->callbacks, 0);
  backend_.let_go ();
  turn ();
  EXPECT_EQ (begun->callbacks, 1);
  EXPECT_TRUE (begun->success);
  EXPECT_FALSE (is_stored ("key"));

  auto ended = end (change);
  turn ();
  EXPECT_EQ (ended->callbacks, 0) << "and once more before it is over";
  EXPECT_EQ (backend_.asked (Ask::remove), 2);
  backend_.let_go ();
  turn ();
  EXPECT_EQ (ended->callbacks, 1);
}

TEST_F (BackupBracketsTest, Rule18AChangeCountsForTheBackupThoughTheCacheIsClosed)
{
  auto later = new_cache_over (backend_);

  set ("key", "old");
  set ("tagged", tagged ("old"));
  flush ();
  memo_cache_close_async (cache (), nullptr, nullptr, nullptr);
  turn ();
  ASSERT_TRUE (is_stored ("key"));

  auto change = mutation ({ "key" }, { "tag" });
  auto begun = begin (change);
  turn ();
  EXPECT_TRUE (begun->success);
  auto ended = end (change);
  turn ();
  EXPECT_EQ (ended->callbacks, 1);
  EXPECT_FALSE (is_stored ("key"));

  auto got = AsyncTest::get (MEMO_CACHE (later.get ()), "tagged");
  turn ();
  EXPECT_THAT (got, GotMiss ());
}

TEST_F (BackupBracketsTest, Rule18TheRemovesAreDurable)
{
  struct Actor : BackendActor
  {
    void ask (Ask what, const std::string &, Ref<MemoCall> call) override
    {
      if (what == Ask::remove || what == Ask::clear)
        durable.push_back (memo_call_get_durable (call.get ()));
      memo_call_return_nothing (call.get ());
    }
    std::vector<bool> durable;
  };
  auto actor = std::make_shared<Actor> ();
  auto backend = new_backend (actor);

  cache_ = new_cache_over (backend.get ());
  auto change = mutation ({ "key" }, { "tag" });
  begin (change);
  end (change);
  turn ();
  EXPECT_EQ (actor->durable, std::vector<bool> (4, true));
}

TEST_F (BackupBracketsTest, Rule18WhileItIsOpenTheBackupIsNeitherReadNorWritten)
{
  set ("key", "old");
  auto change = mutation ({ "key" });
  begin (change);
  turn ();
  const int loads = backend_.asked (Ask::load), stores = backend_.asked (Ask::store);

  auto got = get ("key", loader_);
  turn ();
  loader_.answer ("during");
  turn ();
  EXPECT_THAT (got, GotText ("during"));
  set ("key", "set");
  auto without = get ("key");
  turn ();
  EXPECT_THAT (without, GotMiss ());
  EXPECT_EQ (backend_.asked (Ask::load), loads);
  EXPECT_EQ (backend_.asked (Ask::store), stores);

  get ("another", loader_);
  turn ();
  EXPECT_EQ (backend_.asked (Ask::load), loads + 1) << "of others it is";
  loader_.answer ("value");
  turn ();
  EXPECT_TRUE (is_stored ("another"));

  end (change);
  turn ();
  got = get ("key", loader_);
  turn ();
  loader_.answer ("after");
  turn ();
  EXPECT_THAT (got, GotText ("after"));
  EXPECT_TRUE (is_stored ("key"));
}

TEST_F (BackupBracketsTest, Rule18TheTagsThatTheRecordTellsOfCount)
{
  set ("key", tagged ("old"));
  flush ();
  const std::string token = backend_.place ().get ("t:tag").value ();
  restart ();
  auto change = mutation ({}, { "tag" });
  begin (change);
  turn ();

  // Another process makes the tag what it was: even so nothing of it is taken now.
  backend_.place ().put ("t:tag", token);
  auto got = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 1);
  loader_.answer (tagged ("during"));
  turn ();
  EXPECT_THAT (got, GotText ("during"));
  EXPECT_FALSE (contains ("key"));
  EXPECT_FALSE (is_stored ("key")) << "nor is it stored, and what was there is older";
  end (change);
}

TEST_F (BackupBracketsTest, Rule18AReadThatBeganBeforeAnswersWhoWaitedAndIsNotKept)
{
  for (bool by_tag : { false, true })
    {
      set ("key", tagged ("old"));
      restart ();
      backend_.hold (Ask::load);
      auto before = get ("key", loader_);
      auto change = by_tag ? mutation ({}, { "tag" }) : mutation ({ "key" });
      begin (change);
      turn ();
      auto during = get ("key", loader_);
      backend_.hold_no_more ();
      backend_.let_go ();
      turn ();
      while (loader_.pending () > 0)
        {
          loader_.answer (tagged ("during"));
          turn ();
        }
      EXPECT_THAT (during, GotText ("during"));
      EXPECT_EQ (before->callbacks, 1);
      EXPECT_FALSE (contains ("key"));
      end (change);
      turn ();
      EXPECT_FALSE (contains ("key"));
      auto after = get ("key");
      turn ();
      EXPECT_THAT (after, GotMiss ());
    }
}

TEST_F (BackupBracketsTest, Rule18AQueuedStoreDoesNotOutliveTheBegin)
{
  backend_.hold (Ask::store);
  set ("key", "first");
  set ("key", "second");
  auto change = mutation ({ "key" });
  auto begun = begin (change);
  backend_.let_go ();
  turn ();
  EXPECT_EQ (begun->callbacks, 1);
  EXPECT_FALSE (is_stored ("key"));
  end (change);
  turn ();
  EXPECT_FALSE (is_stored ("key"));
}

TEST_F (BackupBracketsTest, Rule18OverlappingChangesLetNothingInUntilTheLast)
{
  auto one = mutation ({ "key" }), two = mutation ({ "key" });
  begin (one);
  begin (two);
  turn ();
  end (one);
  turn ();
  get ("key", loader_);
  turn ();
  EXPECT_EQ (backend_.asked (Ask::load), 0);
  loader_.answer ("value");
  turn ();
  EXPECT_EQ (backend_.asked (Ask::store), 0);
  end (two);
  turn ();
  get ("key", loader_);
  turn ();
  EXPECT_EQ (backend_.asked (Ask::load), 1);
  loader_.answer ("value");
  turn ();
  EXPECT_TRUE (is_stored ("key"));
}

TEST_F (BackupBracketsTest, Rule18ARemoveThatFailsKeepsTheOldOneFromBeingRead)
{
  set ("key", "old");
  flush ();
  backend_.fail_next (Ask::remove, make_error ("broken"));
  backend_.fail_next (Ask::remove, make_error ("broken"));
  auto change = mutation ({ "key" });
  auto begun = begin (change);
  turn ();
  EXPECT_TRUE (begun->success) << "it goes on even so";
  auto ended = end (change);
  turn ();
  EXPECT_EQ (ended->callbacks, 1);
  EXPECT_TRUE (is_stored ("key"));
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ());

  advance (60.0);
  turn ();
  EXPECT_FALSE (is_stored ("key"));
}

// In a bracket the backup is not read, but who has no loader and who has one wait for the same.
TEST_F (BackupBracketsTest, Rule08ALoaderIsGivenInABracketToo)
{
  auto change = mutation ({ "key" });
  begin (change);
  turn ();

  ScriptedBatch batch;
  auto without = get ("key"), with = get ("key", batch);
  turn ();
  advance (0.005);
  turn ();
  ASSERT_EQ (batch.count (), 1);
  EXPECT_EQ (metrics ()->batches, 1u) << "it was gathered as one";
  batch.answer_all ();
  turn ();
  EXPECT_THAT (without, GotText ("key"));
  EXPECT_THAT (with, GotText ("key"));

  std::atomic<GThread *> called_by { nullptr };
  auto threaded = loader_of ([&] (MemoCall *call) {
    called_by = g_thread_self ();
    memo_call_return_entry (call, entry ("value").release ());
  }, {}, true);
  without = get ("key");
  with = get ("key", threaded.get ());
  wait_until ([&] { return with->callbacks > 0 && without->callbacks > 0; });
  EXPECT_NE (called_by, g_thread_self ());
  EXPECT_THAT (without, GotText ("value"));
  end (change);
}

TEST_F (BackupBracketsTest, Rule09ALoaderThatWasGivenInABracketMovesToWhoGaveIt)
{
  auto change = mutation ({ "key" });
  begin (change);
  turn ();

  ScriptedBatch batch;
  auto threaded = loader_of ([] (MemoCall *call) {
    memo_call_return_entry (call, entry ("key").release ());
  }, {}, true);
  for (MemoLoader *loader : { static_cast<MemoLoader *> (loader_), batch.get (), threaded.get () })
    {
      Context starters;
      auto cancellable = adopt (g_cancellable_new ());
      starters.within ([&] { get_by_closure (cache (), "key", nullptr, cancellable.get ()); });
      auto staying = get ("key", loader);
      g_cancellable_cancel (cancellable.get ());
      turn ();
      advance (0.005);
      turn ();
      if (loader_.pending () > 0)
        loader_.answer ("key");
      if (batch.pending () > 0)
        batch.answer_all ();
      if (loader == threaded.get ())
        wait_until ([&] { return staying->callbacks > 0; });
      turn ();
      EXPECT_THAT (staying, GotText ("key"));
    }
  end (change);
}

// --- decorated functions with a backup ---

class BackupFunctionsTest : public BackupTest
{
protected:
  // A decorated function as a process has it.
  struct Process
  {
    Process (BackupFunctionsTest &test, const char *name)
    {
      auto loader = adopt (memo_loader_new (ScriptedFunction::call, &function, nullptr));

      decorated = adopt (MEMO_ASYNC_FUNCTION (g_object_new (MEMO_TYPE_ASYNC_LRU, "name", name, "loader", loader.get (),
                                                            "backup", static_cast<MemoBackend *> (test.backend_),
                                                            "clock", test.clock_.get (), nullptr)));
    }

    std::shared_ptr<Got> ask (int number)
    {
      auto got = std::make_shared<Got> ();

      memo_decorator_call_async (MEMO_DECORATOR (decorated.get ()), args (number), MEMO_GET_NONE, nullptr,
                                 [] (GObject *source, GAsyncResult *result, gpointer data) {
        std::unique_ptr<std::shared_ptr<Got>> mine (static_cast<std::shared_ptr<Got> *> (data));

        (*mine)->callbacks++;
        (*mine)->entry.reset (memo_decorator_call_finish (MEMO_DECORATOR (source), result, ErrorOut ((*mine)->error)));
      }, new std::shared_ptr<Got> (got));

      return got;
    }

    ScriptedFunction       function;
    Ref<MemoAsyncFunction> decorated;
  };

  void load (Process &process, int number, const char *text)
  {
    auto got = process.ask (number);

    turn ();
    process.function.answer (text);
    turn ();
    EXPECT_THAT (got, GotText (text));
  }

  std::shared_ptr<Got> ask (Process &process, int number)
  {
    auto got = process.ask (number);

    turn ();
    return got;
  }
};

TEST_F (BackupFunctionsTest, WhatAFunctionAnsweredIsThereInTheNextProcess)
{
  {
    Process first (*this, "get_user");
    load (first, 1, "one");
  }
  Process second (*this, "get_user");
  EXPECT_THAT (ask (second, 1), GotText ("one"));
  EXPECT_EQ (second.function.count (), 0);
}

TEST_F (BackupFunctionsTest, ToClearAFunctionLeavesAnothersAnswers)
{
  {
    Process users (*this, "get_user"), orders (*this, "get_order");
    load (users, 1, "user");
    load (orders, 1, "order");
    memo_decorator_clear (MEMO_DECORATOR (users.decorated.get ()));
    turn ();
  }
  Process users (*this, "get_user"), orders (*this, "get_order");
  EXPECT_THAT (ask (orders, 1), GotText ("order"));
  ask (users, 1);
  EXPECT_EQ (users.function.count (), 1);
}

TEST_F (BackupFunctionsTest, ToInvalidateACallIsToDoSoInTheBackup)
{
  {
    Process users (*this, "get_user");
    load (users, 1, "one");
    load (users, 2, "two");
    memo_decorator_invalidate (MEMO_DECORATOR (users.decorated.get ()), args (1));
    turn ();
  }
  Process users (*this, "get_user");
  EXPECT_THAT (ask (users, 2), GotText ("two"));
  ask (users, 1);
  EXPECT_EQ (users.function.count (), 1);
}

TEST_F (BackupFunctionsTest, Rule18AnInvalidatorForgetsInTheBackupBeforeAndAfter)
{
  Process users (*this, "get_user");
  load (users, 1, "one");
  ScriptedFunction update;
  auto change = adopt (MEMO_INVALIDATOR (memo_async_lru_invalidator_new (MEMO_ASYNC_LRU (users.decorated.get ()),
                                                                         ScriptedFunction::call, &update, nullptr)));
  auto changed = std::make_shared<Got> ();

  backend_.hold (Ask::remove);
  memo_invalidator_call_async (change.get (), args (1), nullptr, [] (GObject *source, GAsyncResult *result, gpointer data) {
    std::unique_ptr<std::shared_ptr<Got>> mine (static_cast<std::shared_ptr<Got> *> (data));

    (*mine)->callbacks++;
    (*mine)->entry.reset (memo_invalidator_call_finish (MEMO_INVALIDATOR (source), result, ErrorOut ((*mine)->error)));
  }, new std::shared_ptr<Got> (changed));
  turn ();
  EXPECT_EQ (update.count (), 0) << "the old answer is still on the disk";
  backend_.let_go ();
  turn ();
  ASSERT_EQ (update.count (), 1);
  update.answer ("done");
  turn ();
  EXPECT_THAT (changed, IsPending ());
  backend_.let_go ();
  turn ();
  EXPECT_THAT (changed, GotText ("done"));

  Process next (*this, "get_user");
  ask (next, 1);
  EXPECT_EQ (next.function.count (), 1);
}

} // namespace
