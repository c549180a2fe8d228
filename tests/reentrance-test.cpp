// SPDX-License-Identifier: LGPL-2.1-or-later
#include <atomic>

#include "support/contexts.hpp"

using namespace memo_test;

// Loaders that call back into the cache, and values that do so when they end.
class ReentranceTest : public CacheTest
{
protected:
  ScriptedLoader loader_;
};

// --- what a loader may do ---

TEST_F (ReentranceTest, Rule12ALoaderMayAskForAnotherKey)
{
  ScriptedLoader names;
  auto greetings = loader_of ([&] (MemoCall *call) {
    get_with (cache (), "name", names, nullptr, [call = std::make_shared<Ref<MemoCall>> (share (call))] (Entry name, Error) {
      std::string greeting = std::string ("Hello ") + memo_entry_get_string (name.get ());
      memo_call_return_entry (call->get (), entry (greeting.c_str ()).release ());
    });
  });
  auto greeting = get ("greeting", greetings.get ());
  turn ();
  names.answer ("Ada");
  turn ();

  EXPECT_THAT (greeting, GotText ("Hello Ada"));
  EXPECT_THAT (lookup ("greeting"), HoldsText ("Hello Ada"));
  EXPECT_THAT (lookup ("name"), HoldsText ("Ada"));
}

TEST_F (ReentranceTest, Rule12ALoaderMayReadAndChangeOtherKeys)
{
  set ("old", "value");
  loader_.on_call = [&] (MemoCall *call) {
    EXPECT_THAT (lookup ("old"), HoldsText ("value"));
    EXPECT_FALSE (contains ("key"));
    EXPECT_TRUE (memo_cache_delete (cache (), "old"));
    set ("new", "value");
    EXPECT_EQ (metrics ()->loads, 1u);
    memo_call_return_entry (call, entry ("loaded").release ());
  };
  auto got = get ("key", loader_);
  turn ();

  EXPECT_THAT (got, GotText ("loaded"));
  EXPECT_THAT (lookup ("key"), HoldsText ("loaded"));
  EXPECT_THAT (lookup ("new"), HoldsText ("value"));
  EXPECT_FALSE (contains ("old"));
}

TEST_F (ReentranceTest, Rule12ALoaderMayDeleteTheKeyThatItLoads)
{
  loader_.on_call = [&] (MemoCall *call) {
    EXPECT_FALSE (memo_cache_delete (cache (), "key"));
    memo_call_return_entry (call, entry ("loaded").release ());
  };
  auto got = get ("key", loader_);
  turn ();

  EXPECT_THAT (got, GotText ("loaded"));
  EXPECT_FALSE (contains ("key")) << "it was deleted after the load began";
}

TEST_F (ReentranceTest, Rule12ALoaderMaySetTheKeyThatItLoads)
{
  loader_.on_call = [&] (MemoCall *call) {
    set ("key", "set");
    memo_call_return_entry (call, entry ("loaded").release ());
  };
  auto got = get ("key", loader_);
  turn ();

  EXPECT_THAT (got, GotText ("loaded"));
  EXPECT_THAT (lookup ("key"), HoldsText ("set"));
}

TEST_F (ReentranceTest, Rule12ALoaderMayClearTheCache)
{
  set ("another key", "value");
  loader_.on_call = [&] (MemoCall *call) {
    memo_cache_clear (cache ());
    memo_call_return_entry (call, entry ("loaded").release ());
  };
  auto got = get ("key", loader_);
  turn ();

  EXPECT_THAT (got, GotText ("loaded"));
  EXPECT_EQ (metrics ()->size, 0u);
}

TEST_F (ReentranceTest, Rule12ALoaderMayInvalidateItsOwnTags)
{
  loader_.on_call = [&] (MemoCall *call) {
    memo_call_add_tags (call, Tags { "tag" });
    memo_cache_invalidate_tags (cache (), Tags { "tag" });
    memo_call_return_entry (call, entry ("loaded").release ());
  };
  auto got = get ("key", loader_);
  turn ();

  EXPECT_THAT (got, GotText ("loaded"));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (ReentranceTest, Rule12ALoaderMayCloseTheCache)
{
  loader_.on_call = [&] (MemoCall *call) {
    memo_cache_close_async (cache (), nullptr, nullptr, nullptr);
    memo_call_return_entry (call, entry ("loaded").release ());
  };
  auto got = get ("key", loader_);
  turn ();

  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (ReentranceTest, Rule12ALoaderMayAnswerBeforeItReturns)
{
  std::shared_ptr<Got> got;
  loader_.on_call = [&] (MemoCall *call) {
    memo_call_return_entry (call, entry ("value").release ());
    EXPECT_THAT (got, IsPending ());
    EXPECT_THAT (lookup ("key"), HoldsText ("value")) << "it is in the cache at once";
  };
  got = get ("key", loader_);
  turn ();

  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (ReentranceTest, Rule12ALoaderMayAnswerFromAThread)
{
  loader_.on_call = [&] (MemoCall *call) {
    in_thread ([&] { memo_call_return_entry (call, entry ("value").release ()); });
  };
  auto got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotText ("value"));

  loader_.on_call = nullptr;
  auto later = get ("another key", loader_);
  turn ();
  in_thread ([&] { loader_.answer ("another value"); });
  EXPECT_THAT (later, IsPending ());
  turn ();
  EXPECT_THAT (later, GotText ("another value"));
}

TEST_F (ReentranceTest, Rule12ALoaderMayAnswerAfterTheCacheIsGone)
{
  auto cancellable = adopt (g_cancellable_new ());
  Watch watch (cache_.get ());
  auto got = get ("key", loader_, cancellable.get ());
  turn ();
  g_cancellable_cancel (cancellable.get ());
  turn ();
  cache_.reset ();
  ASSERT_TRUE (watch.gone ());

  auto call = loader_.next ();
  memo_call_add_tags (call.get (), Tags { "tag" });
  memo_call_return_entry (call.get (), entry ("late").release ());
  call.reset ();
  turn ();
  EXPECT_EQ (got->callbacks, 1);
}

TEST_F (ReentranceTest, Rule12ALoaderMayDropItsCallAfterTheCacheIsGone)
{
  auto cancellable = adopt (g_cancellable_new ());
  Watch watch (cache_.get ());
  get ("key", loader_, cancellable.get ());
  turn ();
  g_cancellable_cancel (cancellable.get ());
  turn ();
  cache_.reset ();
  ASSERT_TRUE (watch.gone ());
  loader_.drop ();
}

TEST_F (ReentranceTest, Rule12WhoWaitsKeepsTheCache)
{
  Watch watch (cache_.get ());
  auto got = get ("key", loader_);
  cache_.reset ();
  turn ();
  EXPECT_FALSE (watch.gone ());
  loader_.answer ("value");
  EXPECT_FALSE (watch.gone ());
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_TRUE (watch.gone ());
}

// --- a loader that asks for what it is loading ---

TEST_F (ReentranceTest, Rule12AskingForItsOwnKeyIsARecursion)
{
  ScriptedLoader another;
  std::vector<std::shared_ptr<Got>> inside;
  loader_.on_call = [&] (MemoCall *call) {
    inside.push_back (get ("key", loader_));
    inside.push_back (get ("key", another));
    inside.push_back (get ("key"));
    inside.push_back (refresh ("key", loader_));
    memo_call_return_entry (call, entry ("value").release ());
  };
  auto got = get ("key", loader_);
  turn ();

  for (auto &one : inside)
    EXPECT_THAT (one, GotError (MEMO_ERROR, MEMO_ERROR_RECURSION));
  EXPECT_EQ (loader_.count (), 1);
  EXPECT_EQ (another.count (), 0);
  EXPECT_THAT (got, GotText ("value")) << "the load itself is well";
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}

TEST_F (ReentranceTest, Rule12AskingForItsOwnKeyIsNoRecursionWhenItIsThere)
{
  std::shared_ptr<Got> inside;
  loader_.on_call = [&] (MemoCall *call) {
    memo_call_return_entry (call, entry ("value").release ());
    inside = get ("key", loader_);
  };
  auto got = get ("key", loader_);
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_THAT (inside, GotText ("value"));
}

TEST_F (ReentranceTest, Rule12ARecursionByWayOfAnotherKeyIsOneToo)
{
  std::shared_ptr<Got> inner;
  std::string order;
  auto loader_of_b = loader_of ([&] (MemoCall *call) {
    order += "b";
    inner = get ("a", loader_);
    turn ();
    EXPECT_THAT (inner, GotError (MEMO_ERROR, MEMO_ERROR_RECURSION));
    memo_call_return_entry (call, entry ("B").release ());
  });
  loader_.on_call = [&] (MemoCall *call) {
    order += "a";
    auto b = get ("b", loader_of_b.get ());
    turn ();
    EXPECT_THAT (b, GotText ("B"));
    memo_call_return_entry (call, entry ("A").release ());
  };
  auto a = get ("a", loader_);
  turn ();

  EXPECT_EQ (order, "ab");
  EXPECT_THAT (a, GotText ("A"));
}

TEST_F (ReentranceTest, Rule12TheInnerOfTwoLoadersIsNotForgottenNorTheOuter)
{
  std::vector<std::shared_ptr<Got>> inside;
  auto loader_of_b = loader_of ([&] (MemoCall *call) {
    inside.push_back (get ("b", loader_));
    memo_call_return_entry (call, entry ("B").release ());
  });
  loader_.on_call = [&] (MemoCall *call) {
    get ("b", loader_of_b.get ());
    turn ();
    // The inner one has ended: the outer goes on.
    inside.push_back (get ("a", loader_));
    EXPECT_THAT (lookup ("b"), HoldsText ("B"));
    memo_call_return_entry (call, entry ("A").release ());
  };
  auto a = get ("a", loader_);
  turn ();

  ASSERT_EQ (inside.size (), 2u);
  for (auto &one : inside)
    EXPECT_THAT (one, GotError (MEMO_ERROR, MEMO_ERROR_RECURSION));
  EXPECT_THAT (a, GotText ("A"));
}

TEST_F (ReentranceTest, Rule12TheSameKeyOfAnotherCacheIsNoRecursion)
{
  auto other = new_cache ();
  std::shared_ptr<Got> there;
  loader_.on_call = [&] (MemoCall *call) {
    if (loader_.count () == 1)
      there = AsyncTest::get (MEMO_CACHE (other.get ()), "key", loader_);
    memo_call_return_entry (call, entry (std::to_string (loader_.count ()).c_str ()).release ());
  };
  auto here = get ("key", loader_);
  turn ();

  EXPECT_THAT (here, GotText ("1"));
  EXPECT_THAT (there, GotText ("2"));
}

TEST_F (ReentranceTest, Rule12ACollidingKeyIsNoRecursion)
{
  std::shared_ptr<Got> inside;
  ASSERT_EQ (g_str_hash ("Az"), g_str_hash ("BY"));
  loader_.on_call = [&] (MemoCall *call) {
    if (loader_.count () == 1)
      inside = get ("BY", loader_);
    memo_call_return_entry (call, entry (memo_call_get_key (call)).release ());
  };
  auto got = get ("Az", loader_);
  turn ();

  EXPECT_THAT (got, GotText ("Az"));
  EXPECT_THAT (inside, GotText ("BY"));
}

TEST_F (ReentranceTest, Rule12AskingForItsOwnKeyOnceTheFunctionIsOverJoins)
{
  auto got = get ("key", loader_);
  turn ();
  auto joined = get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 1);
  EXPECT_THAT (joined, IsPending ());
  loader_.answer ("value");
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_THAT (joined, GotText ("value"));
}

TEST_F (ReentranceTest, Rule12AnotherThreadThatAsksMeanwhileIsNoRecursion)
{
  Context others;
  std::shared_ptr<Got> joined;
  loader_.on_call = [&] (MemoCall *call) {
    in_thread ([&] { joined = others.within ([&] { return get ("key", loader_); }); });
    memo_call_return_entry (call, entry ("value").release ());
  };
  auto got = get ("key", loader_);
  turn ();
  others.turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_THAT (joined, GotText ("value"));
}

TEST_F (ReentranceTest, Rule12AnInThreadLoaderThatAsksForItsOwnKeyIsARecursion)
{
  Error error;
  auto threaded = loader_of ([&] (MemoCall *call) {
    Context own;
    own.within ([&] { get_with (cache (), "key", loader_, nullptr, [&] (Entry, Error inside) { error = std::move (inside); }); });
    own.turn ();
    memo_call_return_entry (call, entry ("value").release ());
  }, {}, true);
  auto got = get ("key", threaded.get ());
  wait_until ([&] { return got->done (); });

  EXPECT_THAT (error, IsGError (MEMO_ERROR, MEMO_ERROR_RECURSION));
  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (ReentranceTest, Rule12ARecursionIsNotRemembered)
{
  memo_loader_set_error_ttl (loader_, 60.0);
  loader_.on_call = [&] (MemoCall *call) {
    loader_.on_call = nullptr;
    get ("key", loader_);
    memo_call_return_nothing (call);
  };
  get ("key", loader_);
  turn ();
  auto again = get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 2);
  loader_.answer ("value");
  turn ();

  EXPECT_THAT (again, GotText ("value"));
}

// --- values that call back when they end ---

// What makes a value leave the cache, by name.
struct Departure
{
  const char *name;
  void      (*happen) (MemoCache *cache, MemoManualClock *clock);
};

static const Departure departures[] = {
  { "Delete", [] (MemoCache *cache, MemoManualClock *) { memo_cache_delete (cache, "key"); } },
  { "Replace", [] (MemoCache *cache, MemoManualClock *) { memo_cache_set (cache, "key", entry ("new").release ()); } },
  { "ReplaceByWhatExpires", [] (MemoCache *cache, MemoManualClock *) {
      memo_cache_set (cache, "key", entry ("new", 1.0).release ());
    } },
  { "SetOfWhatIsNotKept", [] (MemoCache *cache, MemoManualClock *) {
      memo_cache_set (cache, "key", entry ("new", 0.0).release ());
    } },
  { "Clear", [] (MemoCache *cache, MemoManualClock *) { memo_cache_clear (cache); } },
  { "InvalidateTags", [] (MemoCache *cache, MemoManualClock *) { memo_cache_invalidate_tags (cache, Tags { "tag" }); } },
  { "Expiry", [] (MemoCache *, MemoManualClock *clock) { memo_manual_clock_advance (clock, 100.0); } },
  { "Trim", [] (MemoCache *cache, MemoManualClock *) { memo_async_cache_trim (MEMO_ASYNC_CACHE (cache), 100); } },
  { "LowerMaxsize", [] (MemoCache *cache, MemoManualClock *) { memo_async_cache_set_maxsize (MEMO_ASYNC_CACHE (cache), 0); } },
  { "Eviction", [] (MemoCache *cache, MemoManualClock *) {
      for (int i = 0; i < 4; i++)
        memo_cache_set (cache, std::to_string (i).c_str (), entry ("another").release ());
    } },
  { "Close", [] (MemoCache *cache, MemoManualClock *) { memo_cache_close_async (cache, nullptr, nullptr, nullptr); } },
};

static void
PrintTo (const Departure &departure, std::ostream *os)
{
  *os << departure.name;
}

class EndingValuesTest : public AsyncTest, public ::testing::WithParamInterface<Departure>
{
protected:
  void depart ()
  {
    GetParam ().happen (cache (), clock_.get ());
    turn ();
  }

  MemoCache *cache () { return MEMO_CACHE (cache_.get ()); }

  Ref<MemoAsyncCache> cache_ = new_cache (4, 100.0);
};

TEST_P (EndingValuesTest, Rule12AValueThatEndsMayCallBackIntoTheCache)
{
  int ended = 0;
  auto end = [&] {
    ended++;
    memo_cache_set (cache (), "from the end", entry ("value").release ());
    memo_cache_delete (cache (), "key");
    Entry (memo_cache_lookup (cache (), "key"));
    memo_cache_invalidate_tags (cache (), Tags { "tag" });
    Metrics (memo_cache_get_metrics (cache ()));
    memo_cache_clear (cache ());
  };
  memo_cache_set (cache (), "key", entry_ending_with (end, MEMO_TTL_DEFAULT, { "tag" }).release ());
  depart ();

  EXPECT_EQ (ended, 1);
  EXPECT_FALSE (memo_cache_contains (cache (), "key"));
}

TEST_P (EndingValuesTest, Rule12AValueThatEndsMayAskForItsOwnKeyAgain)
{
  ScriptedLoader loader;
  std::shared_ptr<Got> got;
  memo_cache_set (cache (), "key", entry_ending_with ([&] { got = get (cache (), "key", loader); },
                                                      MEMO_TTL_DEFAULT, { "tag" }).release ());
  depart ();
  ASSERT_NE (got, nullptr);
  if (loader.pending () > 0)
    loader.answer ("again");
  turn ();

  EXPECT_EQ (got->callbacks, 1);
}

TEST_P (EndingValuesTest, Rule12AValueThatEndsMayStoreItselfAnew)
{
  int ended = 0;
  std::function<void ()> end = [&] {
    if (++ended < 3)
      memo_cache_set (cache (), "key", entry_ending_with (end, MEMO_TTL_DEFAULT, { "tag" }).release ());
  };
  memo_cache_set (cache (), "key", entry_ending_with (end, MEMO_TTL_DEFAULT, { "tag" }).release ());
  depart ();

  EXPECT_GE (ended, 1);
  memo_cache_close_async (cache (), nullptr, nullptr, nullptr);
  turn ();
  EXPECT_GE (ended, 2) << "what it stored ends as well";
}

INSTANTIATE_TEST_SUITE_P (By, EndingValuesTest, ::testing::ValuesIn (departures),
                          [] (const auto &info) { return std::string (info.param.name); });

TEST_F (ReentranceTest, Rule12AValueThatEndsWithItsCacheMayUseAnother)
{
  auto other = new_cache ();
  set ("key", entry_ending_with ([&] {
    memo_cache_set (MEMO_CACHE (other.get ()), "key", entry ("value").release ());
  }));
  cache_.reset ();

  EXPECT_TRUE (memo_cache_contains (MEMO_CACHE (other.get ()), "key"));
}

TEST_F (ReentranceTest, Rule12AValueThatEndsWithItsCacheMayTurnTheLoop)
{
  int ended = 0;
  cache_ = new_cache (MEMO_UNLIMITED);
  for (int i = 0; i < 2000; i++)
    set (std::to_string (i).c_str (), entry_ending_with ([&] {
      ended++;
      g_main_context_iteration (context_, FALSE);
    }));
  EXPECT_EQ (ended, 0);
  cache_.reset ();
  turn ();

  EXPECT_EQ (ended, 2000);
}
