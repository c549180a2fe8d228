// SPDX-License-Identifier: LGPL-2.1-or-later
#include <array>
#include <atomic>

#include "support/contexts.hpp"

using namespace memo_test;

// Where and when callbacks and loaders run.
class CallbacksTest : public CacheTest
{
protected:
  ScriptedLoader loader_;
};

// --- where ---

TEST_F (CallbacksTest, Rule11ACallbackRunsInTheThreadDefaultContextOfWhoCalled)
{
  std::array<Context, 3> contexts;
  std::vector<GMainContext *> ran_in;

  auto record = [&] (Entry, Error) { ran_in.push_back (g_main_context_get_thread_default ()); };

  get_with (cache (), "key", loader_, nullptr, record);
  for (auto &context : contexts)
    context.within ([&] { get_with (cache (), "key", nullptr, nullptr, record); });
  turn ();
  loader_.answer ("value");
  EXPECT_TRUE (ran_in.empty ());

  for (size_t i = contexts.size (); i > 0; i--)
    contexts[i - 1].turn ();
  turn ();

  const std::vector<GMainContext *> expected = { contexts[2], contexts[1], contexts[0], context_ };
  EXPECT_EQ (ran_in, expected);
}

TEST_F (CallbacksTest, Rule11WithoutAThreadDefaultContextItIsTheDefaultOne)
{
  bool done = false;
  set ("key", "value");
  in_thread ([&] {
    get_with (cache (), "key", nullptr, nullptr, [&] (Entry, Error) { done = true; });
  });
  turn ();
  EXPECT_FALSE (done);

  while (g_main_context_iteration (nullptr, FALSE))
    ;
  EXPECT_TRUE (done);
}

TEST_F (CallbacksTest, Rule11TwoThreadsThatShareACacheGetTheirAnswersInTheirOwn)
{
  struct Side
  {
    Context  context;
    GThread *thread = nullptr;
    GThread *answered_by = nullptr;
    GThread *set_by = nullptr;
  };
  std::array<Side, 2> sides;

  for (auto &side : sides)
    in_thread ([&] {
      side.context.within ([&] {
        get_with (cache (), "key", loader_, nullptr, [&] (Entry entry, Error) {
          EXPECT_THAT (entry, HoldsText ("value"));
          side.answered_by = g_thread_self ();
        });
        memo_cache_set_async (cache (), "another key", entry ("value").release (), nullptr,
                              [] (GObject *source, GAsyncResult *result, gpointer data) {
                                EXPECT_TRUE (memo_cache_set_finish (MEMO_CACHE (source), result, nullptr));
                                *static_cast<GThread **> (data) = g_thread_self ();
                              }, &side.set_by);
      });
    });

  // The loader is the first one's, so it is called there.
  in_thread ([&] { sides[1].context.turn (); });
  EXPECT_EQ (loader_.count (), 0);
  in_thread ([&] { sides[0].context.turn (); });
  ASSERT_EQ (loader_.count (), 1);
  loader_.answer ("value");

  for (auto &side : sides)
    in_thread ([&] {
      side.thread = g_thread_self ();
      EXPECT_EQ (side.answered_by, nullptr);
      side.context.turn ();
      EXPECT_EQ (side.answered_by, side.thread);
      EXPECT_NE (side.set_by, nullptr);
    });
}

TEST_F (CallbacksTest, Rule11TheLoaderRunsInTheContextOfWhoStartedTheLoad)
{
  Context starters;
  GMainContext *called_in = nullptr;
  loader_.on_call = [&] (MemoCall *call) {
    called_in = g_main_context_get_thread_default ();
    memo_call_return_nothing (call);
  };
  auto starter = starters.within ([&] { return get ("key", loader_); });
  auto joiner = get ("key", loader_);
  turn ();
  EXPECT_EQ (called_in, nullptr);
  starters.turn ();
  EXPECT_EQ (called_in, static_cast<GMainContext *> (starters));
  turn ();
  EXPECT_THAT (joiner, GotMiss ());
}

TEST_F (CallbacksTest, Rule11AnInThreadLoaderRunsInAThreadOfItsOwn)
{
  std::atomic<GThread *> called_by { nullptr };
  auto threaded = loader_of ([&] (MemoCall *call) {
    called_by = g_thread_self ();
    memo_call_return_entry (call, entry ("value").release ());
  }, {}, true);
  GThread *answered_by = nullptr;
  get_with (cache (), "key", threaded.get (), nullptr, [&] (Entry, Error) { answered_by = g_thread_self (); });
  wait_until ([&] { return answered_by != nullptr; });

  EXPECT_NE (called_by, g_thread_self ());
  EXPECT_EQ (answered_by, g_thread_self ());
}

// --- when: never before the function has returned ---

TEST_F (CallbacksTest, Rule11NoCallbackBeforeTheAsyncFunctionHasReturned)
{
  auto cancellable = adopt (g_cancellable_new ());
  g_cancellable_cancel (cancellable.get ());
  set ("key", "value");

  // get() itself sees to it that nothing ran inside.
  auto hit = get ("key");
  auto miss = get ("another key");
  auto cancelled = get ("key", nullptr, cancellable.get ());
  int done = 0;
  auto count = [] (GObject *, GAsyncResult *, gpointer data) { ++*static_cast<int *> (data); };
  memo_cache_set_async (cache (), "key", entry ("another value").release (), nullptr, count, &done);
  memo_cache_delete_async (cache (), "key", nullptr, count, &done);
  memo_cache_invalidate_tags_async (cache (), Tags { "tag" }, nullptr, count, &done);
  memo_cache_clear_async (cache (), nullptr, count, &done);
  memo_cache_flush_async (cache (), nullptr, count, &done);
  memo_cache_close_async (cache (), nullptr, count, &done);
  auto closed = get ("key");
  EXPECT_EQ (done, 0);
  turn ();

  EXPECT_EQ (done, 6);
  EXPECT_THAT (hit, GotText ("value"));
  EXPECT_THAT (miss, GotMiss ());
  EXPECT_THAT (cancelled, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (closed, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
}

TEST_F (CallbacksTest, Rule11NoLoaderIsCalledBeforeTheAsyncFunctionHasReturned)
{
  auto got = get ("key", loader_);
  EXPECT_EQ (loader_.count (), 0);
  turn ();
  EXPECT_EQ (loader_.count (), 1);
  loader_.answer ("value");
}

TEST_F (CallbacksTest, Rule11AskingInACallbackOfTheLoopIsAnsweredInALaterTurn)
{
  std::shared_ptr<Got> hit, miss, cancelled;
  auto cancellable = adopt (g_cancellable_new ());
  g_cancellable_cancel (cancellable.get ());
  set ("key", "value");
  in_callback_of (context_, [&] {
    hit = get ("key");
    miss = get ("another key");
    cancelled = get ("key", nullptr, cancellable.get ());
  });

  EXPECT_THAT (hit, IsPending ());
  EXPECT_THAT (miss, IsPending ());
  EXPECT_THAT (cancelled, IsPending ());
  turn ();
  EXPECT_THAT (hit, GotText ("value"));
  EXPECT_THAT (miss, GotMiss ());
  EXPECT_THAT (cancelled, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

TEST_F (CallbacksTest, Rule11AskingInACallbackOfAGetIsAnsweredInALaterTurn)
{
  int depth = 0, turns = 0;
  set ("key", "value");

  std::function<void (Entry, Error)> again = [&] (Entry, Error) {
    if (++depth < 5)
      get_with (cache (), "key", nullptr, nullptr, again);
  };
  get_with (cache (), "key", nullptr, nullptr, again);
  while (g_main_context_iteration (context_, FALSE))
    {
      turns++;
      EXPECT_LE (depth, turns);
    }

  EXPECT_EQ (depth, 5);
}

// --- when: never inside the functions that bring an answer about ---

// Everything that may bring a callback about, by name.
struct Cause
{
  const char *name;
  void      (*act) (MemoCache *cache, MemoCall *call, GCancellable *cancellable);
  bool        ends_the_wait;
};

static const Cause causes[] = {
  { "ReturnEntry", [] (MemoCache *, MemoCall *call, GCancellable *) {
      memo_call_return_entry (call, entry ("value").release ());
    }, true },
  { "ReturnValue", [] (MemoCache *, MemoCall *call, GCancellable *) {
      GValue value = G_VALUE_INIT;
      g_value_init (&value, G_TYPE_INT);
      memo_call_return_value (call, &value);
    }, true },
  { "ReturnNothing", [] (MemoCache *, MemoCall *call, GCancellable *) { memo_call_return_nothing (call); }, true },
  { "ReturnError", [] (MemoCache *, MemoCall *call, GCancellable *) {
      memo_call_return_error (call, make_error ("failed").release ());
    }, true },
  { "Cancel", [] (MemoCache *, MemoCall *, GCancellable *cancellable) { g_cancellable_cancel (cancellable); }, true },
  { "Close", [] (MemoCache *cache, MemoCall *, GCancellable *) {
      memo_cache_close_async (cache, nullptr, nullptr, nullptr);
    }, true },
  { "Set", [] (MemoCache *cache, MemoCall *, GCancellable *) {
      memo_cache_set (cache, "key", entry ("set").release ());
    }, false },
  { "Delete", [] (MemoCache *cache, MemoCall *, GCancellable *) { memo_cache_delete (cache, "key"); }, false },
  { "Clear", [] (MemoCache *cache, MemoCall *, GCancellable *) { memo_cache_clear (cache); }, false },
  { "InvalidateTags", [] (MemoCache *cache, MemoCall *, GCancellable *) {
      memo_cache_invalidate_tags (cache, Tags { "tag" });
    }, false },
};

static void
PrintTo (const Cause &cause, std::ostream *os)
{
  *os << cause.name;
}

class CausesTest : public CallbacksTest, public ::testing::WithParamInterface<Cause>
{
protected:
  // A load with three who wait, and a call to end it with.
  void load ()
  {
    memo_loader_set_tags (loader_, Tags { "tag" });
    for (int i = 0; i < 3; i++)
      all_.push_back (get ("key", loader_, cancellable_.get ()));
    turn ();
    call_ = loader_.next ();
  }

  void act () { GetParam ().act (cache (), call_.get (), cancellable_.get ()); }

  void expect_callbacks (int callbacks)
  {
    for (auto &got : all_)
      EXPECT_EQ (got->callbacks, callbacks);
  }

  std::vector<std::shared_ptr<Got>> all_;
  Ref<MemoCall>                     call_;
  Ref<GCancellable>                 cancellable_ = adopt (g_cancellable_new ());
};

TEST_P (CausesTest, Rule11NoCallbackInsideIt)
{
  load ();
  act ();
  expect_callbacks (0);
  turn ();
  expect_callbacks (GetParam ().ends_the_wait ? 1 : 0);
}

TEST_P (CausesTest, Rule11NoCallbackInTheTurnOfTheLoopThatItIsCalledIn)
{
  load ();
  in_callback_of (context_, [&] {
    act ();
    expect_callbacks (0);
  });
  expect_callbacks (0);
  turn ();
  expect_callbacks (GetParam ().ends_the_wait ? 1 : 0);
}

TEST_P (CausesTest, Rule11NoCallbackInsideItInACallbackOfAGet)
{
  bool acted = false;
  load ();
  get_with (cache (), "another key", nullptr, nullptr, [&] (Entry, Error) {
    act ();
    expect_callbacks (0);
    acted = true;
  });
  turn ();
  EXPECT_TRUE (acted);
  expect_callbacks (GetParam ().ends_the_wait ? 1 : 0);
}

TEST_P (CausesTest, Rule11NoCallbackInsideItInAnotherThread)
{
  load ();
  in_thread ([&] { act (); });
  expect_callbacks (0);
  turn ();
  expect_callbacks (GetParam ().ends_the_wait ? 1 : 0);
}

TEST_P (CausesTest, Rule11NoCallbackInsideItInALoader)
{
  load ();
  ScriptedLoader another;
  another.on_call = [&] (MemoCall *call) {
    act ();
    expect_callbacks (0);
    memo_call_return_nothing (call);
  };
  get ("another key", another);
  turn ();
  EXPECT_EQ (another.count (), 1);
  expect_callbacks (GetParam ().ends_the_wait ? 1 : 0);
}

INSTANTIATE_TEST_SUITE_P (Of, CausesTest, ::testing::ValuesIn (causes),
                          [] (const auto &info) { return std::string (info.param.name); });

// --- main loops inside callbacks ---

TEST_F (CallbacksTest, Rule11AMainLoopInACallbackDeliversTheOtherAnswersOfThatTurn)
{
  std::string order;
  std::vector<std::shared_ptr<Got>> others;

  get_with (cache (), "key", loader_, nullptr, [&] (Entry, Error) {
    order += "(";
    turn ();
    for (auto &got : others)
      EXPECT_THAT (got, GotText ("value"));
    order += ")";
  });
  for (int i = 0; i < 5; i++)
    others.push_back (get ("key"));
  turn ();
  loader_.answer ("value");
  turn ();

  EXPECT_EQ (order, "()");
  for (auto &got : others)
    EXPECT_EQ (got->callbacks, 1);
}

TEST_F (CallbacksTest, Rule11MainLoopsInCallbacksMayBeNestedDeeply)
{
  std::string order;

  for (char name = 'a'; name <= 'e'; name++)
    get_with (cache (), "key", loader_, nullptr, [&, name] (Entry, Error) {
      order += name;
      turn ();
      order += g_ascii_toupper (name);
    });
  turn ();
  loader_.answer ("value");
  turn ();

  EXPECT_EQ (order, "abcdeEDCBA");
}

TEST_F (CallbacksTest, Rule11AMainLoopInACallbackServesWhatIsAskedInIt)
{
  std::string order;

  get_with (cache (), "key", loader_, nullptr, [&] (Entry, Error) {
    auto inner = get ("another key", loader_);
    turn ();
    loader_.answer ("another value");
    turn ();
    EXPECT_THAT (inner, GotText ("another value"));
    order += "1";
  });
  get_with (cache (), "key", loader_, nullptr, [&] (Entry, Error) { order += "2"; });
  turn ();
  loader_.answer ("value");
  turn ();

  EXPECT_EQ (order, "21");
}

TEST_F (CallbacksTest, Rule11AMainLoopInALoaderDeliversAnswers)
{
  set ("present", "value");
  loader_.on_call = [&] (MemoCall *call) {
    auto hit = get ("present");
    turn ();
    EXPECT_THAT (hit, GotText ("value"));
    memo_call_return_entry (call, entry ("loaded").release ());
    turn ();
  };
  auto got = get ("key", loader_);
  turn ();

  EXPECT_THAT (got, GotText ("loaded"));
}

TEST_F (CallbacksTest, Rule11AnswersArriveInTheOrderInWhichTheyWereAskedFor)
{
  std::string order;

  for (char name = 'a'; name <= 'h'; name++)
    get_with (cache (), "key", loader_, nullptr, [&, name] (Entry, Error) { order += name; });
  turn ();
  loader_.answer ("value");
  turn ();

  EXPECT_EQ (order, "abcdefgh");
}

TEST_F (CallbacksTest, Rule11EveryPublicFunctionMayBeCalledFromAnotherThread)
{
  auto got = get ("key", loader_);
  turn ();
  in_thread ([&] {
    set ("set", entry ("value", 60.0, { "tag" }));
    EXPECT_THAT (lookup ("set"), HoldsText ("value"));
    EXPECT_THAT (peek ("set"), HoldsText ("value"));
    EXPECT_TRUE (contains ("set"));
    memo_cache_invalidate_tags (cache (), Tags { "tag" });
    EXPECT_FALSE (memo_cache_delete (cache (), "set"));
    EXPECT_EQ (metrics ()->hits, 1u);
    memo_cache_reset_metrics (cache ());
    memo_async_cache_set_maxsize (cache_.get (), 10);
    memo_async_cache_set_default_ttl (cache_.get (), 10.0);
    memo_async_cache_set_max_batch_size (cache_.get (), 10);
    memo_async_cache_trim (cache_.get (), 50);
    loader_.answer ("value");
  });
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  in_thread ([&] {
    EXPECT_THAT (lookup ("key"), HoldsText ("value"));
    memo_cache_clear (cache ());
  });
  EXPECT_FALSE (contains ("key"));
}
