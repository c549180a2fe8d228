// SPDX-License-Identifier: LGPL-2.1-or-later
#include <array>
#include <atomic>
#include <mutex>
#include <random>

#include "support/contexts.hpp"

using namespace memo_test;

// Many threads on one cache.  What happens when is left to chance; what must hold in the end
// is not.

// All threads of a test go on from here together.
class Barrier
{
public:
  explicit Barrier (int threads) : threads_ (threads) {}

  void wait ()
  {
    int round = arrived_++ / threads_;

    while (arrived_ < (round + 1) * threads_)
      std::this_thread::yield ();
  }

private:
  const int        threads_;
  std::atomic<int> arrived_ { 0 };
};

// A thread with a main context, counting what it asks for and what it is told.
class Actor
{
public:
  using Done = std::function<void (MemoEntry *, const GError *)>;

  void get (MemoCache *cache, const char *key, MemoLoader *loader, GCancellable *cancellable = nullptr,
            Done done = {}, MemoGetFlags flags = MEMO_GET_NONE)
  {
    auto asked = new Asked { this, std::move (done) };

    asked_++;
    memo_cache_get_async (cache, key, flags, loader, cancellable, answered_cb, asked);
  }

  // Until all was answered.  A minute is for ever, and only a test that has failed waits so long.
  void finish ()
  {
    bool in_vain = false;
    GSource *timer = g_timeout_source_new (60 * 1000);

    g_source_set_callback (timer, [] (gpointer data) -> gboolean {
      *static_cast<bool *> (data) = true;
      return G_SOURCE_REMOVE;
    }, &in_vain, nullptr);
    g_source_attach (timer, context);
    while (answered_ < asked_ && !in_vain)
      g_main_context_iteration (context, TRUE);
    g_source_destroy (timer);
    g_source_unref (timer);

    EXPECT_FALSE (in_vain) << asked_ - answered_ << " gets were not answered";
  }

  int asked () const { return asked_; }
  int answered () const { return answered_; }

  Context context;

private:
  struct Asked
  {
    Actor *actor;
    Done   done;
  };

  static void answered_cb (GObject *source, GAsyncResult *result, gpointer data)
  {
    std::unique_ptr<Asked> asked (static_cast<Asked *> (data));
    Actor *self = asked->actor;
    Error error;
    Entry entry (memo_cache_get_finish (MEMO_CACHE (source), result, ErrorOut (error)));

    self->answered_++;
    EXPECT_TRUE (g_main_context_is_owner (self->context)) << "called in a thread that does not own the context";
    if (asked->done)
      asked->done (entry.get (), error.get ());
  }

  int asked_ = 0;
  int answered_ = 0;
};

class ThreadsTest : public CacheTest
{
protected:
  // Runs something in threads that begin together, each in a main context of its own.
  void in_threads (int threads, const std::function<void (Actor &actor, int which)> &what)
  {
    Barrier start (threads);
    std::vector<std::thread> running;
    std::vector<std::unique_ptr<Actor>> actors;

    for (int i = 0; i < threads; i++)
      actors.push_back (std::make_unique<Actor> ());
    for (int i = 0; i < threads; i++)
      running.emplace_back ([&, i] {
        Actor &actor = *actors[i];

        actor.context.within ([&] {
          start.wait ();
          what (actor, i);
          actor.finish ();
        });
      });
    for (auto &thread : running)
      thread.join ();

    for (auto &actor : actors)
      {
        asked_ += actor->asked ();
        EXPECT_EQ (actor->answered (), actor->asked ()) << "each is answered once";
      }
  }

  guint64 asked_ = 0;
};

// --- a database that the threads write to, a key each ---

class HammerTest : public ThreadsTest
{
protected:
  static constexpr int n_threads = 6;
  static constexpr int n_keys = 12;
  static constexpr int n_steps = 2000;

  struct Row
  {
    std::atomic<int> version { 0 };     // written by one thread
    std::atomic<int> returned { 0 };    // of the last mutation that has returned
  };

  static std::string key_of (int row) { return "row " + std::to_string (row); }
  static std::string tag_of (int row) { return "tag " + std::to_string (row); }

  static Entry entry_of (int row, int version, double ttl)
  {
    Entry made (memo_entry_new_int64 (version));

    memo_entry_set_tags (made.get (), Tags { tag_of (row).c_str () });
    memo_entry_set_ttl (made.get (), ttl);
    return made;
  }

  // The function of the loaders.
  void load (MemoCall *call)
  {
    int row = atoi (memo_call_get_key (call) + strlen ("row "));
    int version = rows_[row].version;
    int turn = ++loads_;

    if (turn % 3 == 0)
      memo_call_add_tags (call, Tags { tag_of (row).c_str () });
    if (turn % 17 == 0)
      memo_call_return_error (call, make_error ("now and then").release ());
    else if (turn % 23 != 0)
      memo_call_return_entry (call, entry_of (row, version, turn % 5 == 0 ? 1.0 : MEMO_TTL_DEFAULT).release ());
  }

  void check (int row, int at_least, MemoEntry *entry)
  {
    if (entry != nullptr)
      EXPECT_GE (memo_entry_get_int64 (entry), at_least)
        << key_of (row) << ": older than a mutation that had returned before";
  }

  void mutate (int row, int how)
  {
    int version = ++rows_[row].version;

    if (how == 0)
      memo_cache_delete (cache (), key_of (row).c_str ());
    else if (how == 1)
      memo_cache_set (cache (), key_of (row).c_str (), entry_of (row, version, MEMO_TTL_DEFAULT).release ());
    else
      memo_cache_invalidate_tags (cache (), Tags { tag_of (row).c_str () });
    rows_[row].returned = version;
  }

  void ask (Actor &actor, int row, MemoLoader *loader, GCancellable *cancellable, MemoGetFlags flags)
  {
    int at_least = rows_[row].returned;

    actor.get (cache (), key_of (row).c_str (), loader, cancellable, [=] (MemoEntry *entry, const GError *error) {
      check (row, at_least, entry);
      if (error != nullptr && error->code == G_IO_ERROR_CANCELLED)
        EXPECT_NE (cancellable, nullptr);
    }, flags);
  }

  void hammer (MemoLoader *loader)
  {
    in_threads (n_threads, [&] (Actor &actor, int which) {
      std::minstd_rand random (which + 1);

      for (int i = 0; i < n_steps; i++)
        {
          int row = random () % n_keys;
          int mine = row - row % n_threads + which;     // no other thread writes to it
          int what = random () % 100;

          if (what < 40)
            ask (actor, row, loader, nullptr, MEMO_GET_NONE);
          else if (what < 45)
            ask (actor, row, nullptr, nullptr, MEMO_GET_NONE);
          else if (what < 50)
            ask (actor, row, loader, nullptr, MEMO_GET_REFRESH);
          else if (what < 60)
            ask_and_let_another_cancel (actor, row, loader, random ());
          else if (what < 75)
            look_up (row);
          else if (what < 95)
            mutate (mine, what % 3);
          else if (what < 97)
            memo_cache_clear (cache ());
          else if (what < 99)
            advance (0.25);
          else
            memo_async_cache_trim (cache_.get (), 50);

          while (g_main_context_iteration (actor.context, FALSE))
            ;
        }
    });

    for (auto &slot : to_cancel_)
      g_clear_object (&slot.cancellable);
    check_the_end ();
  }

  void look_up (int row)
  {
    int at_least = rows_[row].returned;
    Entry entry = lookup (key_of (row).c_str ());

    lookups_++;
    check (row, at_least, entry.get ());
  }

  // Leaves the cancellable for whichever thread comes by next.
  void ask_and_let_another_cancel (Actor &actor, int row, MemoLoader *loader, unsigned int slot)
  {
    GCancellable *cancellable = g_cancellable_new ();

    ask (actor, row, loader, cancellable, MEMO_GET_NONE);
    {
      std::lock_guard<std::mutex> guard (to_cancel_[slot % 4].lock);
      std::swap (cancellable, to_cancel_[slot % 4].cancellable);
    }
    if (cancellable != nullptr)
      {
        g_cancellable_cancel (cancellable);
        g_object_unref (cancellable);
      }
  }

  void check_the_end ()
  {
    turn ();
    for (int row = 0; row < n_keys; row++)
      {
        Entry entry = peek (key_of (row).c_str ());

        if (entry != nullptr)
          EXPECT_EQ (memo_entry_get_int64 (entry.get ()), rows_[row].version) << key_of (row);
      }

    Metrics counted = metrics ();
    EXPECT_EQ (counted->hits + counted->misses, asked_ + lookups_);
    EXPECT_EQ (counted->loads, static_cast<guint64> (loads_));
    EXPECT_LE (counted->loads + counted->coalesced, counted->misses);
    EXPECT_LE (counted->load_failures, counted->loads);
    EXPECT_LE (counted->size, static_cast<guint64> (n_keys));
    EXPECT_GT (counted->hits, 0u);
    EXPECT_GT (counted->loads, 0u);
  }

  struct Slot
  {
    std::mutex    lock;
    GCancellable *cancellable = nullptr;
  };

  std::array<Row, n_keys>  rows_;
  std::array<Slot, 4>      to_cancel_;
  std::atomic<int>         loads_ { 0 };
  std::atomic<guint64>     lookups_ { 0 };
};

TEST_F (HammerTest, Rule15WithLoadersThatRunWhereTheyAreAskedFor)
{
  auto loader = loader_of ([this] (MemoCall *call) { load (call); });
  hammer (loader.get ());
}

TEST_F (HammerTest, Rule17WithLoadersThatRunInThreads)
{
  auto loader = loader_of ([this] (MemoCall *call) { load (call); }, {}, true);
  hammer (loader.get ());
}

TEST_F (HammerTest, Rule17WithLoadersWhoseTagIsKnown)
{
  auto loader = loader_of ([this] (MemoCall *call) { load (call); }, {}, true);
  memo_loader_set_tags (loader.get (), Tags { "tag 0", "tag 1", "tag 2" });
  memo_loader_set_timeout (loader.get (), 2.0);
  memo_loader_set_error_ttl (loader.get (), 1.0);
  hammer (loader.get ());
}

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
      if (other->error != nullptr)
        EXPECT_THAT (other->error, IsGError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
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
            actor.get (closing, std::to_string (i % 5).c_str (), loader.get (), nullptr, [] (MemoEntry *entry, const GError *error) {
              EXPECT_TRUE (entry != nullptr || g_error_matches (error, MEMO_ERROR, MEMO_ERROR_CLOSED));
            });
        while (g_main_context_iteration (actor.context, FALSE))
          ;
      });
      EXPECT_EQ (Metrics (memo_cache_get_metrics (closing))->size, 0u);
    }
}

// --- what the threads of a loader hold ---

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
