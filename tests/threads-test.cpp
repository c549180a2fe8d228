// SPDX-License-Identifier: LGPL-2.1-or-later
#include <array>

#include "support/actors.hpp"

using namespace memo_test;

// Many threads on one cache.  What happens when is left to chance; what must hold in the end
// is not.

// --- one load, whoever asks ---

TEST_F (ThreadsTest, Rule08WhoeverAsksAtTheSameTimeItIsOneLoad)
{
  constexpr int n_threads = 8, n_rounds = 200;
  std::array<std::atomic<int>, n_rounds> loads {};
  Barrier barrier (n_threads);
  auto loader = loader_of ([&] (MemoCall *call) {
    loads[atoi (memo_call_get_key (call))]++;
    memo_call_return_entry (call, entry (memo_call_get_key (call)).release ());
  });

  memo_async_cache_set_maxsize (cache_.get (), MEMO_UNLIMITED);
  in_threads (n_threads, [&] (Actor &actor, int) {
    for (int i = 0; i < n_rounds; i++)
      {
        std::string key = std::to_string (i);

        barrier.wait ();
        actor.get (cache (), key.c_str (), loader.get (), nullptr, [key] (MemoEntry *entry, const GError *) {
          ASSERT_NE (entry, nullptr);
          EXPECT_EQ (memo_entry_get_string (entry), key);
        });
        actor.finish ();
      }
  });

  for (auto &n : loads)
    EXPECT_EQ (n, 1);
  EXPECT_EQ (metrics ()->loads, static_cast<guint64> (n_rounds));
  EXPECT_EQ (metrics ()->hits + metrics ()->misses, asked_);
  EXPECT_EQ (metrics ()->misses, metrics ()->loads + metrics ()->coalesced);
}

TEST_F (ThreadsTest, Rule08AHerdOfThreadsJoinsOneBusyInThreadLoad)
{
  constexpr int n_threads = 8;
  Gate gate;
  std::atomic<int> calls { 0 };
  auto loader = loader_of ([&] (MemoCall *call) {
    calls++;
    gate.pass ();
    memo_call_return_entry (call, entry ("value").release ());
  }, {}, true);
  std::atomic<int> asked { 0 }, answered { 0 };

  in_threads (n_threads, [&] (Actor &actor, int) {
    for (int i = 0; i < 100; i++)
      actor.get (cache (), "key", loader.get (), nullptr, [&] (MemoEntry *entry, const GError *) {
        EXPECT_STREQ (memo_entry_get_string (entry), "value");
        answered++;
      });
    if (++asked == n_threads)
      gate.open ();
  });

  EXPECT_EQ (calls, 1);
  EXPECT_EQ (answered, 100 * n_threads);
  EXPECT_EQ (metrics ()->coalesced, 100u * n_threads - 1);
}

// --- cancelling while something else happens ---

// Each is answered once, by the value or by its cancellation, and the load goes where
// somebody stays.
TEST_F (ThreadsTest, Rule09StartersThatLeaveWhileOthersJoin)
{
  constexpr int n_rounds = 400;
  std::array<Ref<GCancellable>, n_rounds> cancellables;
  std::atomic<int> round_of_starter { 0 }, loads { 0 };
  Barrier barrier (3);
  auto loader = loader_of ([&] (MemoCall *call) {
    loads++;
    memo_call_return_entry (call, entry ("value").release ());
  });

  for (auto &cancellable : cancellables)
    cancellable.reset (g_cancellable_new ());

  in_threads (3, [&] (Actor &actor, int which) {
    for (int i = 0; i < n_rounds; i++)
      {
        std::string key = std::to_string (i % 7);

        barrier.wait ();
        if (which == 0)
          {
            actor.get (cache (), key.c_str (), loader.get (), cancellables[i].get (), [] (MemoEntry *entry, const GError *error) {
              EXPECT_TRUE (entry != nullptr || error->code == G_IO_ERROR_CANCELLED);
            });
            round_of_starter = i + 1;
          }
        else if (which == 1)
          {
            actor.get (cache (), key.c_str (), loader.get (), nullptr, [] (MemoEntry *entry, const GError *error) {
              EXPECT_NE (entry, nullptr) << error->message;
            });
          }
        else
          {
            while (round_of_starter <= i)
              std::this_thread::yield ();
            g_cancellable_cancel (cancellables[i].get ());
          }
        actor.finish ();
        barrier.wait ();
        if (which == 2)
          memo_cache_clear (cache ());
      }
  });

  EXPECT_EQ (metrics ()->loads, static_cast<guint64> (loads));
  EXPECT_EQ (metrics ()->hits + metrics ()->misses, asked_);
}

TEST_F (ThreadsTest, Rule09CancellationsThatRaceWithAnswers)
{
  constexpr int n_rounds = 500;
  ScriptedLoader loader;
  int values = 0, cancelled = 0;

  memo_async_cache_set_maxsize (cache_.get (), 0);
  for (int i = 0; i < n_rounds; i++)
    {
      auto cancellable = adopt (g_cancellable_new ());
      auto racing = get ("key", loader, cancellable.get ());
      auto staying = get ("key", loader);
      turn ();
      auto call = loader.next ();
      Barrier barrier (2);
      std::thread canceller ([&] {
        barrier.wait ();
        g_cancellable_cancel (cancellable.get ());
      });
      barrier.wait ();
      memo_call_return_entry (call.get (), entry ("value").release ());
      canceller.join ();
      turn ();

      EXPECT_THAT (staying, GotText ("value"));
      EXPECT_EQ (racing->callbacks, 1);
      if (racing->error != nullptr)
        cancelled++;
      else
        values++;
    }

  EXPECT_EQ (values + cancelled, n_rounds);
}

TEST_F (ThreadsTest, Rule10TimeoutsThatRaceWithAnswersAndCancellations)
{
  constexpr int n_rounds = 300;
  ScriptedLoader loader;
  memo_loader_set_timeout (loader, 1.0);

  memo_async_cache_set_maxsize (cache_.get (), 0);
  for (int i = 0; i < n_rounds; i++)
    {
      auto cancellable = adopt (g_cancellable_new ());
      auto got = get ("key", loader, cancellable.get ());
      auto other = get ("key", loader);
      turn ();
      auto call = loader.next ();
      Barrier barrier (3);
      std::thread canceller ([&] {
        barrier.wait ();
        g_cancellable_cancel (cancellable.get ());
      });
      std::thread answerer ([&] {
        barrier.wait ();
        memo_call_return_entry (call.get (), entry ("value").release ());
      });
      barrier.wait ();
      advance (1.0);
      turn ();
      canceller.join ();
      answerer.join ();
      turn ();

      EXPECT_EQ (got->callbacks, 1);
      EXPECT_EQ (other->callbacks, 1);
      EXPECT_TRUE (other->error == nullptr || g_error_matches (other->error.get (), G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
    }
}

// --- the end of a cache ---

TEST_F (ThreadsTest, Rule12TheCacheEndsInOneThreadWhileCallbacksPendInOthers)
{
  constexpr int n_threads = 4, n_rounds = 50;

  for (int round = 0; round < n_rounds; round++)
    {
      std::atomic<int> ended { 0 }, answered { 0 };
      auto mine = new_cache ();
      auto loader = loader_of ([] (MemoCall *call) {
        memo_call_return_entry (call, entry ("value").release ());
      }, {}, round % 2 == 0);
      GWeakRef weak;

      g_weak_ref_init (&weak, mine.get ());
      memo_cache_set (MEMO_CACHE (mine.get ()), "present", entry_ending_with ([&] { ended++; }, 60.0).release ());
      {
        std::array<Ref<MemoAsyncCache>, n_threads> shares;
        for (auto &one : shares)
          one = share (mine.get ());
        mine.reset ();
        in_threads (n_threads, [&] (Actor &actor, int which) {
          for (int i = 0; i < 10; i++)
            actor.get (MEMO_CACHE (shares[which].get ()), i % 2 == 0 ? "present" : std::to_string (i).c_str (), loader.get (),
                       nullptr, [&] (MemoEntry *, const GError *) { answered++; });
          shares[which].reset ();
        });
      }
      EXPECT_EQ (answered, 10 * n_threads);

      // The thread of a loader may hold it for a moment longer.
      while (ended == 0)
        std::this_thread::yield ();
      EXPECT_EQ (ended, 1);
      EXPECT_EQ (g_weak_ref_get (&weak), nullptr);
      g_weak_ref_clear (&weak);
    }
}

TEST_F (ThreadsTest, Rule12ClosingWhileOthersAskLeavesNobodyWaiting)
{
  constexpr int n_rounds = 50;

  for (int round = 0; round < n_rounds; round++)
    {
      auto mine = new_cache ();
      MemoCache *closing = MEMO_CACHE (mine.get ());
      auto loader = loader_of ([] (MemoCall *call) {
        memo_call_return_entry (call, entry ("value").release ());
      }, {}, round % 2 == 0);

      in_threads (4, [&] (Actor &actor, int which) {
        if (which == 0)
          memo_cache_close_async (closing, nullptr, nullptr, nullptr);
        else
          for (int i = 0; i < 20; i++)
            actor.get (closing, std::to_string (i % 5).c_str (), loader.get (), nullptr,
                       [] (MemoEntry *entry, const GError *error) {
                         EXPECT_TRUE (entry != nullptr || g_error_matches (error, MEMO_ERROR, MEMO_ERROR_CLOSED));
                       });
        while (g_main_context_iteration (actor.context, FALSE))
          ;
      });
      EXPECT_EQ (Metrics (memo_cache_get_metrics (closing))->size, 0u);
    }
}

TEST_F (ThreadsTest, Rule11TheThreadsOfALoaderAreNoMoreThanItsMaximum)
{
  std::atomic<int> inside { 0 }, most { 0 };
  auto loader = loader_of ([&] (MemoCall *call) {
    int now = ++inside;
    int before = most;

    while (now > before && !most.compare_exchange_weak (before, now))
      ;
    std::this_thread::yield ();
    inside--;
    memo_call_return_entry (call, entry ("value").release ());
  }, {}, true);

  memo_loader_set_max_threads (loader.get (), 3);
  in_threads (4, [&] (Actor &actor, int which) {
    for (int i = 0; i < 100; i++)
      actor.get (cache (), (std::to_string (which) + " " + std::to_string (i)).c_str (), loader.get ());
  });

  EXPECT_LE (most, 3);
  EXPECT_GE (most, 1);
  EXPECT_EQ (metrics ()->loads, 400u);
}
