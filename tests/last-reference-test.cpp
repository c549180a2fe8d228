// SPDX-License-Identifier: LGPL-2.1-or-later
#include <atomic>

#include "support/contexts.hpp"

using namespace memo_test;

// The last reference to a cache goes from inside every kind of callback.
class LastReferenceTest : public CacheTest
{
public:
  void drop ()
  {
    drops_++;
    cache_.reset ();
  }

protected:
  LastReferenceTest () : watch_ (cache_.get ()) {}

  ~LastReferenceTest () override
  {
    turn ();
    EXPECT_EQ (drops_, 1) << "the callback did not run";
    EXPECT_TRUE (watch_.gone ());
  }

  ScriptedLoader loader_;
  Watch          watch_;
  int            drops_ = 0;
};

TEST_F (LastReferenceTest, Rule12InTheCallbackOfAGet)
{
  get_with (cache (), "key", loader_, nullptr, [&] (Entry, Error) { drop (); });
  turn ();
  loader_.answer ("value");
  turn ();
}

TEST_F (LastReferenceTest, Rule12InTheCallbackOfAHit)
{
  set ("key", "value");
  get_with (cache (), "key", nullptr, nullptr, [&] (Entry entry, Error) {
    drop ();
    EXPECT_THAT (entry, HoldsText ("value"));
  });
}

TEST_F (LastReferenceTest, Rule12InTheFirstCallbackOfMany)
{
  std::vector<std::shared_ptr<Got>> others;
  get_with (cache (), "key", loader_, nullptr, [&] (Entry, Error) { drop (); });
  for (int i = 0; i < 3; i++)
    others.push_back (get ("key"));
  turn ();
  loader_.answer ("value");
  turn ();

  for (auto &got : others)
    EXPECT_THAT (got, GotText ("value"));
}

TEST_F (LastReferenceTest, Rule12InACallbackThatBringsAnError)
{
  get_with (cache (), "key", loader_, nullptr, [&] (Entry, Error error) {
    drop ();
    EXPECT_THAT (error, IsGError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  });
  turn ();
  loader_.drop ();
}

TEST_F (LastReferenceTest, Rule12WhenTheDataOfAClosureGoes)
{
  auto end = std::shared_ptr<int> (new int, [&] (int *data) {
    delete data;
    drop ();
  });
  get_with (cache (), "key", nullptr, nullptr, [end = std::move (end)] (Entry, Error) {});
}

TEST_F (LastReferenceTest, Rule12InTheCallbackOfASet)
{
  memo_cache_set_async (cache (), "key", entry ("value").release (), nullptr,
                        [] (GObject *, GAsyncResult *, gpointer test) { static_cast<LastReferenceTest *> (test)->drop (); },
                        this);
}

TEST_F (LastReferenceTest, Rule12InTheCallbackOfAClose)
{
  memo_cache_close_async (cache (), nullptr,
                          [] (GObject *, GAsyncResult *, gpointer test) { static_cast<LastReferenceTest *> (test)->drop (); },
                          this);
}

TEST_F (LastReferenceTest, Rule12InTheCallbackOfAWarmUp)
{
  auto warmup = adopt (memo_warmup_new ());
  memo_warmup_add (warmup.get (), "key", loader_);
  memo_cache_warmup_async (cache (), warmup.get (), nullptr,
                           [] (GObject *, GAsyncResult *, gpointer test) { static_cast<LastReferenceTest *> (test)->drop (); },
                           this);
  turn ();
  loader_.answer ("value");
}

TEST_F (LastReferenceTest, Rule12InALoaderThatAnswersLater)
{
  Ref<MemoCall> kept;
  loader_.on_call = [&] (MemoCall *call) {
    drop ();
    kept = share (call);
  };
  auto got = get ("key", loader_);
  turn ();
  EXPECT_FALSE (watch_.gone ()) << "somebody waits for it";
  memo_call_return_entry (kept.get (), entry ("value").release ());
  turn ();

  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (LastReferenceTest, Rule12InALoaderThatAnswersAtOnce)
{
  loader_.on_call = [&] (MemoCall *call) {
    drop ();
    memo_call_return_entry (call, entry ("value").release ());
  };
  auto got = get ("key", loader_);
  turn ();

  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (LastReferenceTest, Rule12InALoaderWhoseOnlyCallerIsCancelled)
{
  auto cancellable = adopt (g_cancellable_new ());
  loader_.on_call = [&] (MemoCall *call) {
    drop ();
    g_cancellable_cancel (cancellable.get ());
    memo_call_return_entry (call, entry ("value").release ());
  };
  auto got = get ("key", loader_, cancellable.get ());
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

TEST_F (LastReferenceTest, Rule12InALoaderThatForgetsItsCall)
{
  loader_.on_call = [&] (MemoCall *) { drop (); };
  auto got = get ("key", loader_);
  turn ();

  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (LastReferenceTest, Rule12InAnInThreadLoader)
{
  std::atomic<bool> ended { false };
  auto threaded = loader_of ([&] (MemoCall *call) {
    drop ();
    memo_call_return_entry (call, entry ("value").release ());
  }, [&] { ended = true; }, true);
  auto got = get ("key", threaded.get ());
  threaded.reset ();
  wait_until ([&] { return got->done (); });
  EXPECT_THAT (got, GotText ("value"));

  // Its thread may still be about to let go.
  while (!ended || !watch_.gone ())
    std::this_thread::yield ();
}

TEST_F (LastReferenceTest, Rule12WhenTheDataOfALoaderGoes)
{
  auto loader = loader_of ([] (MemoCall *call) {
    memo_call_return_entry (call, entry ("value").release ());
  }, [&] { drop (); });
  auto got = get ("key", loader.get ());
  loader.reset ();
  turn ();

  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (LastReferenceTest, Rule12WhenTheDataOfALoaderGoesWithItsLastCaller)
{
  auto cancellable = adopt (g_cancellable_new ());
  auto loader = loader_of ([] (MemoCall *) { FAIL () << "nobody waits"; }, [&] { drop (); });
  auto got = get ("key", loader.get (), cancellable.get ());
  loader.reset ();
  g_cancellable_cancel (cancellable.get ());
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

TEST_F (LastReferenceTest, Rule12WhenTheDataOfALoaderGoesWithItsOutdatedCall)
{
  auto loader = loader_of ([] (MemoCall *) {}, [&] { drop (); });
  auto got = get ("key", loader.get ());
  loader.reset ();
  memo_cache_delete (cache (), "key");
  turn ();

  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (LastReferenceTest, Rule12InACancelledHandlerOfTheCaller)
{
  auto cancellable = adopt (g_cancellable_new ());
  when_cancelled (cancellable.get (), [&] { drop (); });
  auto got = get ("key", loader_, cancellable.get ());
  turn ();
  g_cancellable_cancel (cancellable.get ());
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

TEST_F (LastReferenceTest, Rule12InTheCancelledHandlerOfALoad)
{
  auto cancellable = adopt (g_cancellable_new ());
  auto got = get ("key", loader_, cancellable.get ());
  turn ();
  when_cancelled (memo_call_get_cancellable (loader_.front ()), [&] { drop (); });
  g_cancellable_cancel (cancellable.get ());
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

TEST_F (LastReferenceTest, Rule12InTheCancelledHandlerOfALoadThatTimedOut)
{
  memo_loader_set_timeout (loader_, 1.0);
  auto got = get ("key", loader_);
  turn ();
  when_cancelled (memo_call_get_cancellable (loader_.front ()), [&] { drop (); });
  advance (1.0);
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
}

TEST_F (LastReferenceTest, Rule12InTheCancelledHandlerOfALoadThatIsClosed)
{
  auto got = get ("key", loader_);
  turn ();
  when_cancelled (memo_call_get_cancellable (loader_.front ()), [&] { drop (); });
  memo_cache_close_async (cache (), nullptr, nullptr, nullptr);
  turn ();

  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
}

TEST_F (LastReferenceTest, Rule12InANotifyHandlerOfEveryProperty)
{
  const std::pair<const char *, int> changes[] = {
    { "maxsize", 1 }, { "default-ttl", 1 }, { "max-batch-size", 1 },
  };

  for (auto &[name, value] : changes)
    {
      Ref<MemoAsyncCache> mine = new_cache ();
      Watch watch (mine.get ());
      std::string signal = std::string ("notify::") + name;

      // Twice too many for the new limit, so that there is something left to do.
      for (int i = 0; i < 2; i++)
        memo_cache_set (MEMO_CACHE (mine.get ()), std::to_string (i).c_str (), entry ("value").release ());
      g_signal_connect (mine.get (), signal.c_str (), G_CALLBACK (+[] (GObject *, GParamSpec *, gpointer data) {
        static_cast<Ref<MemoAsyncCache> *> (data)->reset ();
      }), &mine);
      if (strcmp (name, "default-ttl") == 0)
        memo_async_cache_set_default_ttl (mine.get (), value);
      else if (strcmp (name, "maxsize") == 0)
        memo_async_cache_set_maxsize (mine.get (), value);
      else
        memo_async_cache_set_max_batch_size (mine.get (), value);
      EXPECT_TRUE (watch.gone ()) << name;
    }
  drop ();
}

TEST_F (LastReferenceTest, Rule12OfALoaderInItsFunction)
{
  MemoLoader *loader = memo_loader_new ([] (MemoCall *call, gpointer data) {
    g_object_unref (*static_cast<MemoLoader **> (data));
    memo_call_return_entry (call, entry ("value").release ());
  }, &loader, nullptr);
  Watch watch (loader);
  auto got = get ("key", loader);
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_TRUE (watch.gone ());
  drop ();
}

TEST_F (LastReferenceTest, Rule12OfALoaderInAnInThreadFunction)
{
  std::atomic<bool> ended { false };
  struct Data
  {
    MemoLoader        *loader;
    std::atomic<bool> *ended;
  } data { nullptr, &ended };

  data.loader = memo_loader_new_in_thread ([] (MemoCall *call, gpointer user_data) {
    g_object_unref (static_cast<Data *> (user_data)->loader);
    memo_call_return_entry (call, entry ("value").release ());
  }, &data, [] (gpointer user_data) { *static_cast<Data *> (user_data)->ended = true; });
  auto got = get ("key", data.loader);
  wait_until ([&] { return got->done (); });
  while (!ended)
    std::this_thread::yield ();

  EXPECT_THAT (got, GotText ("value"));
  drop ();
}

// --- in the end of a value ---

// What makes a value leave the cache, by name.
struct Departure
{
  const char *name;
  void      (*happen) (MemoAsyncCache *cache, MemoManualClock *clock);
};

static const Departure departures[] = {
  { "Delete", [] (MemoAsyncCache *cache, MemoManualClock *) { memo_cache_delete (MEMO_CACHE (cache), "key"); } },
  { "Replace", [] (MemoAsyncCache *cache, MemoManualClock *) {
      memo_cache_set (MEMO_CACHE (cache), "key", entry ("new").release ());
    } },
  { "ReplaceByWhatExpires", [] (MemoAsyncCache *cache, MemoManualClock *) {
      memo_cache_set (MEMO_CACHE (cache), "key", entry ("new", 1.0).release ());
    } },
  { "ReplaceAsync", [] (MemoAsyncCache *cache, MemoManualClock *) {
      memo_cache_set_async (MEMO_CACHE (cache), "key", entry ("new", 1.0).release (), nullptr, nullptr, nullptr);
    } },
  { "Clear", [] (MemoAsyncCache *cache, MemoManualClock *) { memo_cache_clear (MEMO_CACHE (cache)); } },
  { "InvalidateTags", [] (MemoAsyncCache *cache, MemoManualClock *) {
      memo_cache_invalidate_tags (MEMO_CACHE (cache), Tags { "tag" });
    } },
  { "Expiry", [] (MemoAsyncCache *, MemoManualClock *clock) { memo_manual_clock_advance (clock, 100.0); } },
  { "Trim", [] (MemoAsyncCache *cache, MemoManualClock *) { memo_async_cache_trim (cache, 100); } },
  { "LowerMaxsize", [] (MemoAsyncCache *cache, MemoManualClock *) { memo_async_cache_set_maxsize (cache, 0); } },
  { "Eviction", [] (MemoAsyncCache *cache, MemoManualClock *) {
      memo_cache_set (MEMO_CACHE (cache), "another key", entry ("new", 1.0).release ());
    } },
  { "Close", [] (MemoAsyncCache *cache, MemoManualClock *) {
      memo_cache_close_async (MEMO_CACHE (cache), nullptr, nullptr, nullptr);
    } },
};

static void
PrintTo (const Departure &departure, std::ostream *os)
{
  *os << departure.name;
}

class LastReferenceInAValueTest : public LastReferenceTest, public ::testing::WithParamInterface<Departure>
{
protected:
  void depart () { GetParam ().happen (cache_.get (), clock_.get ()); }
};

TEST_P (LastReferenceInAValueTest, Rule12InTheEndOfAValue)
{
  memo_async_cache_set_maxsize (cache_.get (), 1);
  set ("key", entry_ending_with ([&] { drop (); }, 100.0, { "tag" }));
  depart ();
  turn ();
}

TEST_P (LastReferenceInAValueTest, Rule12InTheEndOfTheFirstOfManyValues)
{
  memo_async_cache_set_maxsize (cache_.get (), 3000);
  for (int i = 0; i < 3000; i++)
    set (i == 0 ? "key" : std::to_string (i).c_str (), entry_ending_with ([&] {
      if (cache_ != nullptr)
        drop ();
    }, 100.0 + i, { "tag" }));
  depart ();
  turn ();
}

INSTANTIATE_TEST_SUITE_P (By, LastReferenceInAValueTest, ::testing::ValuesIn (departures),
                          [] (const auto &info) { return std::string (info.param.name); });
