// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/mutation-test.hpp"

using namespace memo_test;

// How an invalidator is called, from where, and who may go meanwhile.
class InvalidatorCallsTest : public InvalidatorTest
{
protected:
  bool keeps_user () { return keeps (get_user_, args (1)); }

  static void finished_cb (GObject *source, GAsyncResult *result, gpointer data)
  {
    auto got = static_cast<Got *> (data);

    got->callbacks++;
    got->entry.reset (memo_invalidator_call_finish (MEMO_INVALIDATOR (source), result, ErrorOut (got->error)));
  }

  Read   get_user_ { "get_user", clock_.get () };
  Change update_user_ { get_user_ };
};

// --- arguments and instances ---

TEST_F (InvalidatorCallsTest, TheFunctionGetsTheArguments)
{
  update_user_.call (args (1, "name"));
  turn ();
  auto call = update_user_.function.next ();
  EXPECT_EQ (print (memo_call_get_args (call.get ())), "(1, 'name')");
  EXPECT_EQ (memo_call_get_instance (call.get ()), nullptr);
  EXPECT_EQ (memo_call_get_key (call.get ()), nullptr);
  EXPECT_EQ (memo_call_get_previous (call.get ()), nullptr);
  EXPECT_EQ (memo_call_get_cancellable (call.get ()), nullptr);
  memo_call_return_nothing (call.get ());
}

TEST_F (InvalidatorCallsTest, NoArgumentsAreAnEmptyTuple)
{
  Got got;

  remember (get_user_, args ());
  memo_invalidator_call_async (update_user_, nullptr, nullptr, finished_cb, &got);
  EXPECT_FALSE (get_user_.remembers (nullptr));
  turn ();
  EXPECT_EQ (update_user_.function.asked (), (std::vector<std::string> { "()" }));
  update_user_.function.answer ("done");
  turn ();
  EXPECT_THAT (&got, GotText ("done"));
}

TEST_F (InvalidatorCallsTest, FloatingArgumentsAreTakenAndOthersAreNot)
{
  GVariant *floating = g_variant_ref (args (1));
  Variant owned (g_variant_ref_sink (args (1)));

  ASSERT_TRUE (g_variant_is_floating (floating));
  for (auto value : { floating, owned.get () })
    {
      Got got;

      memo_invalidator_call_async (update_user_, value, nullptr, finished_cb, &got);
      EXPECT_FALSE (g_variant_is_floating (value));
      turn ();
      update_user_.function.answer ("done");
      turn ();
      EXPECT_THAT (&got, GotText ("done"));
      EXPECT_EQ (print (value), "(1,)");
    }
  g_variant_unref (floating);
}

TEST_F (InvalidatorCallsTest, FloatingArgumentsAreTakenWhenItWasCancelledBefore)
{
  auto cancellable = adopt (g_cancellable_new ());
  GVariant *floating = g_variant_ref (args (1));
  Got got;

  g_cancellable_cancel (cancellable.get ());
  memo_invalidator_call_async (update_user_, floating, cancellable.get (), finished_cb, &got);
  EXPECT_FALSE (g_variant_is_floating (floating));
  turn ();
  EXPECT_THAT (&got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  g_variant_unref (floating);
}

TEST_F (InvalidatorCallsTest, ArgumentsAreATuple)
{
  Criticals criticals;
  Variant number (g_variant_ref_sink (g_variant_new_int32 (1)));

  memo_invalidator_call_async (update_user_, number.get (), nullptr, nullptr, nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("are_args"));
  turn ();
  EXPECT_EQ (update_user_.function.count (), 0);
}

TEST_F (InvalidatorCallsTest, TheInstanceReachesTheFunctionAndIsNoPartOfTheKey)
{
  auto instance = adopt (G_OBJECT (g_object_new (G_TYPE_OBJECT, nullptr)));
  Got got;

  remember (get_user_, args (1));
  remember (get_user_, args (2));
  memo_invalidator_call_on_async (update_user_, instance.get (), args (1), nullptr, finished_cb, &got);
  EXPECT_FALSE (get_user_.remembers (args (1)));
  EXPECT_TRUE (get_user_.remembers (args (2)));
  turn ();
  EXPECT_EQ (memo_call_get_instance (update_user_.function.front ()), instance.get ());
  Watch watch (instance.get ());
  instance.reset ();
  EXPECT_FALSE (watch.gone ()) << "the call holds it";
  update_user_.function.answer ("done");
  turn ();
  EXPECT_THAT (&got, GotText ("done"));
  EXPECT_TRUE (watch.gone ());

  auto other = adopt (G_OBJECT (g_object_new (G_TYPE_OBJECT, nullptr)));
  auto by_closure = update_user_.call (args (1), nullptr, other.get ());
  turn ();
  EXPECT_EQ (memo_call_get_instance (update_user_.function.front ()), other.get ());
  update_user_.function.answer ("done");
  turn ();
  EXPECT_THAT (by_closure, GotText ("done"));
}

TEST_F (InvalidatorCallsTest, AResultOfSomebodyElseIsNotTaken)
{
  Criticals criticals;
  Change other { get_user_ };
  struct { MemoInvalidator *wrong; int callbacks; } data { other, 0 };

  memo_invalidator_call_async (update_user_, args (1), nullptr, [] (GObject *, GAsyncResult *result, gpointer user_data) {
    auto mine = static_cast<decltype (&data)> (user_data);
    Error error;

    EXPECT_THAT (Entry (memo_invalidator_call_finish (mine->wrong, result, ErrorOut (error))), IsMiss ());
    mine->callbacks++;
  }, &data);
  turn ();
  update_user_.function.answer ("done");
  turn ();
  EXPECT_EQ (data.callbacks, 1);
  EXPECT_THAT (criticals.take (), IsCritical ("memo_call_is_result"));
}

TEST_F (InvalidatorCallsTest, AnInvalidatorThatCannotBeCalledSaysSo)
{
  static const GType type = [] {
    const GInterfaceInfo info = { nullptr, nullptr, nullptr };
    GType made = g_type_register_static_simple (G_TYPE_OBJECT, "PlainInvalidator", sizeof (GObjectClass), nullptr,
                                                sizeof (GObject), nullptr, GTypeFlags (0));

    g_type_add_interface_static (made, MEMO_TYPE_INVALIDATOR, &info);
    return made;
  } ();
  auto plain = adopt (MEMO_INVALIDATOR (g_object_new (type, nullptr)));
  Got got;

  memo_invalidator_call_async (plain.get (), nullptr, nullptr, finished_cb, &got);
  turn ();
  EXPECT_THAT (&got, GotError (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
}

TEST_F (InvalidatorCallsTest, AReadThatExpiresHasAnInvalidatorToo)
{
  Read get_session ("get_session", clock_.get (), {}, MEMO_TYPE_ASYNC_TTL);
  ScriptedFunction log_out;
  int destroyed = 0;
  Got got;
  auto tied = adopt (memo_async_ttl_invalidator_new (get_session, ScriptedFunction::call, &log_out, nullptr));

  remember (get_session, args ("alice"));
  memo_invalidator_call_async (MEMO_INVALIDATOR (tied.get ()), args ("alice"), nullptr, finished_cb, &got);
  EXPECT_FALSE (get_session.remembers (args ("alice")));
  turn ();
  EXPECT_FALSE (keeps (get_session, args ("alice")));
  log_out.answer ("good bye");
  turn ();
  EXPECT_THAT (&got, GotText ("good bye"));
  EXPECT_TRUE (keeps (get_session, args ("alice")));

  tied = adopt (memo_async_ttl_invalidator_new (get_session, ScriptedFunction::call, &destroyed, [] (gpointer data) {
    ++*static_cast<int *> (data);
  }));
  EXPECT_EQ (destroyed, 0);
  tied.reset ();
  EXPECT_EQ (destroyed, 1);
}

// --- calls within calls ---

TEST_F (InvalidatorCallsTest, Rule12AFunctionMayReadWhatItChanges)
{
  std::shared_ptr<Got> read;
  update_user_.function.on_call = [&] (MemoCall *call) {
    read = get_user_.ask (args (1));
    update_user_.function.keep (call);
  };

  remember (get_user_, args (1));
  auto changed = update_user_.call (args (1));
  turn ();
  ASSERT_EQ (get_user_.function.pending (), 1u) << "it is loaded, though it was remembered before";
  get_user_.function.answer ("as it is now");
  turn ();
  EXPECT_THAT (read, GotText ("as it is now"));
  EXPECT_FALSE (get_user_.remembers (args (1)));
  update_user_.function.answer ("done");
  turn ();
  EXPECT_THAT (changed, GotText ("done"));
  EXPECT_TRUE (keeps_user ());
}

TEST_F (InvalidatorCallsTest, Rule18AChangeWithinAChangeOfTheSameLeavesItOpen)
{
  Change rename_user { get_user_ };
  std::shared_ptr<Got> renamed;
  update_user_.function.on_call = [&] (MemoCall *call) {
    renamed = rename_user.call (args (1));
    update_user_.function.keep (call);
  };

  auto updated = update_user_.call (args (1));
  turn ();
  rename_user.function.answer ("renamed");
  turn ();
  EXPECT_THAT (renamed, GotText ("renamed"));
  EXPECT_FALSE (keeps_user ()) << "the outer change goes on";
  update_user_.function.answer ("updated");
  turn ();
  EXPECT_THAT (updated, GotText ("updated"));
  EXPECT_TRUE (keeps_user ());
}

TEST_F (InvalidatorCallsTest, Rule18AChangeWithinAnotherMayOutliveIt)
{
  Change rename_user { get_user_ };
  update_user_.function.on_call = [&] (MemoCall *call) {
    rename_user.call (args (1));
    memo_call_return_nothing (call);
  };

  update_user_.call (args (1));
  turn ();
  EXPECT_FALSE (keeps_user ());
  rename_user.function.answer ("renamed");
  EXPECT_TRUE (keeps_user ());
}

TEST_F (InvalidatorCallsTest, Rule18AChangeInTheCallbackOfAChange)
{
  std::shared_ptr<Got> second;
  auto first = update_user_.call (args (1), nullptr, nullptr, [&] { second = update_user_.call (args (1)); });

  turn ();
  update_user_.function.answer ("first");
  turn ();
  EXPECT_THAT (first, GotText ("first"));
  EXPECT_FALSE (keeps_user ());
  update_user_.function.answer ("second");
  turn ();
  EXPECT_THAT (second, GotText ("second"));
  EXPECT_TRUE (keeps_user ());
}

TEST_F (InvalidatorCallsTest, Rule12AReadMayChangeWhatItReads)
{
  std::shared_ptr<Got> changed;
  get_user_.function.on_call = [&] (MemoCall *call) {
    get_user_.function.on_call = nullptr;
    changed = update_user_.call (args (1));
    memo_call_return_entry (call, entry ("read before").release ());
  };

  auto read = get_user_.ask (args (1));
  turn ();
  EXPECT_THAT (read, GotText ("read before"));
  EXPECT_FALSE (get_user_.remembers (args (1)));
  update_user_.function.answer ("done");
  turn ();
  EXPECT_THAT (changed, GotText ("done"));
  EXPECT_TRUE (keeps_user ());
}

// --- who goes meanwhile ---

TEST_F (InvalidatorCallsTest, TheLastReferencesMayGoWhileItRuns)
{
  auto update_user = std::make_unique<Change> (get_user_);
  Watch invalidator (static_cast<MemoAsyncInvalidator *> (*update_user));
  Watch read (static_cast<MemoAsyncFunction *> (get_user_));
  Watch cache (get_user_.cache ());

  auto changed = update_user->call (args (1));
  turn ();
  update_user->forget_reference ();
  get_user_.forget_reference ();
  update_user_.forget_reference ();
  EXPECT_FALSE (invalidator.gone ());
  EXPECT_FALSE (read.gone ());
  EXPECT_FALSE (cache.gone ());
  update_user->function.answer ("done");
  turn ();
  EXPECT_THAT (changed, GotText ("done"));
  EXPECT_TRUE (invalidator.gone ());
  EXPECT_TRUE (read.gone ());
  EXPECT_TRUE (cache.gone ());
}

TEST_F (InvalidatorCallsTest, TheLastReferencesMayGoBeforeTheFunctionIsCalled)
{
  Watch invalidator (static_cast<MemoAsyncInvalidator *> (update_user_));
  Watch cache (get_user_.cache ());
  std::shared_ptr<Got> changed = update_user_.call (args (1));

  update_user_.function.on_call = [] (MemoCall *call) {
    memo_call_return_entry (call, entry ("done").release ());
  };
  update_user_.forget_reference ();
  get_user_.forget_reference ();
  turn ();
  EXPECT_THAT (changed, GotText ("done"));
  EXPECT_TRUE (invalidator.gone ());
  EXPECT_TRUE (cache.gone ());
}

TEST_F (InvalidatorCallsTest, TheLastReferencesMayGoInsideTheFunctionAndInAThread)
{
  Watch invalidator (static_cast<MemoAsyncInvalidator *> (update_user_));
  Watch cache (get_user_.cache ());
  auto changed = update_user_.call (args (1));
  update_user_.function.on_call = [&] (MemoCall *call) {
    update_user_.forget_reference ();
    get_user_.forget_reference ();
    update_user_.function.keep (call);
  };

  turn ();
  auto call = update_user_.function.next ();
  in_thread ([&] {
    memo_call_return_entry (call.get (), entry ("done").release ());
    call.reset ();
  });
  EXPECT_FALSE (invalidator.gone ()) << "the caller is not yet told";
  turn ();
  EXPECT_THAT (changed, GotText ("done"));
  EXPECT_TRUE (invalidator.gone ());
  EXPECT_TRUE (cache.gone ());
}

TEST_F (InvalidatorCallsTest, DroppingEverythingUnansweredTellsTheCaller)
{
  Watch cache (get_user_.cache ());
  auto changed = update_user_.call (args (1));

  turn ();
  update_user_.forget_reference ();
  get_user_.forget_reference ();
  update_user_.function.drop ();
  EXPECT_THAT (changed, IsPending ());
  turn ();
  EXPECT_THAT (changed, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  EXPECT_STREQ (changed->error->message, "The call was dropped without an answer");
  EXPECT_TRUE (cache.gone ());
}

TEST_F (InvalidatorCallsTest, WhatTheFunctionsWereGivenIsGivenBackOnce)
{
  int destroyed = 0, key_destroyed = 0;
  auto count = [] (gpointer data) { ++*static_cast<int *> (data); };
  auto func = [] (MemoCall *call, gpointer) { memo_call_return_nothing (call); };
  auto tied = adopt (MEMO_ASYNC_INVALIDATOR (memo_async_lru_invalidator_new (get_user_, func, &destroyed, count)));

  memo_async_invalidator_set_key_func (tied.get (), func, &key_destroyed, count);
  memo_async_invalidator_set_key_func (tied.get (), func, &key_destroyed, count);
  EXPECT_EQ (key_destroyed, 1);
  memo_async_invalidator_set_key_func (tied.get (), nullptr, nullptr, nullptr);
  EXPECT_EQ (key_destroyed, 2);
  memo_async_invalidator_set_key_func (tied.get (), func, &key_destroyed, count);
  memo_invalidator_call_async (MEMO_INVALIDATOR (tied.get ()), args (1), nullptr, nullptr, nullptr);
  tied.reset ();
  EXPECT_EQ (destroyed, 0);
  turn ();
  EXPECT_EQ (destroyed, 1);
  EXPECT_EQ (key_destroyed, 3);
}

TEST_F (InvalidatorCallsTest, AChangeMayRunInAThread)
{
  static std::atomic<GThread *> thread;
  auto func = [] (MemoCall *call, gpointer) {
    thread = g_thread_self ();
    memo_call_return_entry (call, memo_entry_new_variant (memo_call_get_args (call)));
  };
  auto loader = adopt (memo_loader_new_in_thread (func, nullptr, nullptr));
  auto tied = adopt (MEMO_ASYNC_INVALIDATOR (g_object_new (MEMO_TYPE_ASYNC_LRU_INVALIDATOR, "loader", loader.get (),
                                                           nullptr)));
  Got got;

  memo_async_invalidator_add_read (tied.get (), get_user_);
  EXPECT_EQ (memo_async_invalidator_get_loader (tied.get ()), loader.get ());
  memo_invalidator_call_async (MEMO_INVALIDATOR (tied.get ()), args (1), nullptr, finished_cb, &got);
  while (!got.done ())
    g_main_context_iteration (context_, TRUE);
  EXPECT_NE (thread, g_thread_self ());
  EXPECT_EQ (got.error, nullptr);
  ASSERT_NE (got.entry, nullptr);
  EXPECT_TRUE (g_variant_is_of_type (memo_entry_get_variant (got.entry.get ()), G_VARIANT_TYPE_TUPLE));
  EXPECT_FALSE (get_user_.remembers (args (1)));
}

TEST_F (InvalidatorCallsTest, ABatchLoaderChangesNothing)
{
  auto func = [] (MemoCall *call, gpointer) { memo_call_return_nothing (call); };
  auto loader = adopt (memo_loader_new_batch (func, nullptr, nullptr));

  for (MemoLoader *given : { loader.get (), static_cast<MemoLoader *> (nullptr) })
    {
      auto tied = adopt (MEMO_ASYNC_INVALIDATOR (g_object_new (MEMO_TYPE_ASYNC_TTL_INVALIDATOR, "loader", given,
                                                               nullptr)));
      Got got;

      memo_invalidator_call_async (MEMO_INVALIDATOR (tied.get ()), args (1), nullptr, finished_cb, &got);
      turn ();
      ASSERT_NE (got.error, nullptr);
      EXPECT_TRUE (g_error_matches (got.error.get (), MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
    }
}

// --- closed caches and threads ---

TEST_F (InvalidatorCallsTest, TheSourceIsChangedThoughTheCacheIsClosed)
{
  auto open_before = update_user_.call (args (1));

  turn ();
  memo_cache_close_async (get_user_.cache (), nullptr, nullptr, nullptr);
  turn ();
  auto closed_before = update_user_.call (args (1));
  turn ();
  update_user_.function.answer ("first");
  update_user_.function.answer ("second");
  turn ();
  EXPECT_THAT (open_before, GotText ("first"));
  EXPECT_THAT (closed_before, GotText ("second"));
}

TEST_F (InvalidatorCallsTest, Rule18CallersInTwoThreadsAreTwoChanges)
{
  Context there;
  std::shared_ptr<Got> from_there;
  auto from_here = update_user_.call (args (1));

  in_thread ([&] {
    from_there = there.within ([&] { return update_user_.call (args (1)); });
    there.turn ();
  });
  turn ();
  ASSERT_EQ (update_user_.function.count (), 2);
  EXPECT_FALSE (keeps_user ());
  in_thread ([&] { update_user_.function.answer ("theirs"); });
  EXPECT_FALSE (keeps_user ());
  in_thread ([&] { update_user_.function.answer ("ours"); });
  EXPECT_TRUE (keeps_user ());
  turn ();
  EXPECT_THAT (from_here, GotText ("ours"));
  EXPECT_THAT (from_there, IsPending ());
  in_thread ([&] { there.turn (); });
  EXPECT_THAT (from_there, GotText ("theirs"));
}

// However threads run: a read that begins after a change was answered sees that change, and nothing stays open.
TEST_F (InvalidatorCallsTest, Rule18ThreadsThatChangeAndReadSeeTheirOwnChanges)
{
  std::atomic<int> database { 0 };
  auto func = [] (MemoCall *call, gpointer data) {
    auto version = ++*static_cast<std::atomic<int> *> (data);
    memo_call_return_entry (call, memo_entry_new_int64 (version));
  };
  auto read_func = [] (MemoCall *call, gpointer data) {
    memo_call_return_entry (call, memo_entry_new_int64 (*static_cast<std::atomic<int> *> (data)));
  };
  auto read = adopt (memo_async_lru_new ("get_version", read_func, &database, nullptr));
  auto change = adopt (memo_async_lru_invalidator_new (read.get (), func, &database, nullptr));
  std::atomic<int> stale { 0 }, done { 0 };
  std::vector<std::thread> threads;

  for (int i = 0; i < 4; i++)
    {
      threads.emplace_back ([&] {
        Context context;
        auto wait = [&] (std::shared_ptr<Got> got) {
          while (!got->done ())
            g_main_context_iteration (context, TRUE);
          return static_cast<int> (memo_entry_get_int64 (got->entry.get ()));
        };

        context.within ([&] {
          for (int j = 0; j < 100; j++)
            {
              auto changed = std::make_shared<Got> ();
              memo_invalidator_call_async (MEMO_INVALIDATOR (change.get ()), nullptr, nullptr, finished_cb, changed.get ());
              int version = wait (changed);

              auto got = std::make_shared<Got> ();
              memo_decorator_call_async (MEMO_DECORATOR (read.get ()), nullptr, MEMO_GET_NONE, nullptr,
                                         [] (GObject *source, GAsyncResult *result, gpointer data) {
                auto got = static_cast<Got *> (data);
                got->callbacks++;
                got->entry.reset (memo_decorator_call_finish (MEMO_DECORATOR (source), result, ErrorOut (got->error)));
              }, got.get ());
              stale += wait (got) < version;
              done++;
            }
          return 0;
        });
      });
    }
  for (auto &thread : threads)
    thread.join ();

  EXPECT_EQ (stale, 0);
  EXPECT_EQ (done, 400);
  EXPECT_EQ (database, 400);
  Metrics counted (memo_decorator_get_metrics (MEMO_DECORATOR (read.get ())));
  MemoCache *cache = memo_async_function_get_cache (MEMO_ASYNC_FUNCTION (read.get ()));
  memo_cache_set (cache, "get_version()", entry ("kept").release ());
  EXPECT_TRUE (memo_cache_contains (cache, "get_version()"));
  EXPECT_EQ (counted->hits + counted->misses, 400u);
}
