// SPDX-License-Identifier: LGPL-2.1-or-later
#include <array>
#include <mutex>
#include <random>

#include "support/actors.hpp"
#include "support/memory-backend.hpp"

using namespace memo_test;

// Many threads do everything that there is to do, to a few keys, by chance.  Behind the
// cache is a database of which each row is written by one thread.

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
    int count = ++loads_;

    if (count % 3 == 0)
      memo_call_add_tags (call, Tags { tag_of (row).c_str () });
    if (count % 17 == 0)
      memo_call_return_error (call, make_error ("now and then").release ());
    else if (count % 23 != 0)
      memo_call_return_entry (call, entry_of (row, version, count % 5 == 0 ? 1.0 : MEMO_TTL_DEFAULT).release ());
  }

  void check (int row, int at_least, MemoEntry *entry)
  {
    if (entry != nullptr)
      {
        EXPECT_GE (memo_entry_get_int64 (entry), at_least) << key_of (row) << " had been mutated before";
      }
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
      EXPECT_TRUE (cancellable != nullptr || !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
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
          {
            EXPECT_EQ (memo_entry_get_int64 (entry.get ()), rows_[row].version) << key_of (row);
          }
      }

    Metrics counted = metrics ();
    EXPECT_EQ (counted->hits + counted->misses, asked_ + lookups_);
    EXPECT_EQ (counted->loads, static_cast<guint64> (loads_));
    EXPECT_LE (counted->loads + counted->coalesced, counted->misses);
    EXPECT_LE (counted->load_failures, counted->loads);
    EXPECT_LE (counted->size, static_cast<guint64> (n_keys));
    EXPECT_GT (counted->hits, 100u);
    EXPECT_GT (counted->loads, 100u);
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

// With a backup whose own thread answers, in front of which little is kept in memory.
class BackupHammerTest : public HammerTest
{
protected:
  void hammer_with_backup (Answers answers, MemoLoader *loader)
  {
    MemoryBackend backend (answers, MEMO_CLOCK (clock_.get ()));

    cache_ = new_cache_over (backend, 6);
    hammer (loader);
    // How many depends on how the threads take turns.
    EXPECT_GT (metrics ()->backup_hits, 10u);
    settle ();

    // Another process finds nothing old.
    cache_ = new_cache_over (backend, n_keys);
    for (int row = 0; row < n_keys; row++)
      {
        auto got = get (key_of (row).c_str ());

        wait_until ([&] { return got->callbacks > 0; });
        EXPECT_EQ (got->error, nullptr);
        if (got->entry != nullptr)
          {
            EXPECT_EQ (memo_entry_get_int64 (got->entry.get ()), rows_[row].version) << key_of (row);
          }
      }
    settle ();
  }

private:
  Ref<MemoAsyncCache> new_cache_over (MemoryBackend &backend, int maxsize)
  {
    return adopt (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock_.get (), "maxsize", maxsize,
                                                  "backup", static_cast<MemoBackend *> (backend), nullptr)));
  }

  void settle ()
  {
    bool done = false;

    memo_cache_flush_async (cache (), nullptr, [] (GObject *source, GAsyncResult *result, gpointer data) {
      EXPECT_TRUE (memo_cache_flush_finish (MEMO_CACHE (source), result, nullptr));
      *static_cast<bool *> (data) = true;
    }, &done);
    wait_until ([&] { return done; });
  }
};

TEST_F (BackupHammerTest, Rule17WithABackupThatAnswersAtOnce)
{
  auto loader = loader_of ([this] (MemoCall *call) { load (call); });
  hammer_with_backup (Answers::at_once, loader.get ());
}

TEST_F (BackupHammerTest, Rule17WithABackupThatAnswersFromAThread)
{
  auto loader = loader_of ([this] (MemoCall *call) { load (call); });
  hammer_with_backup (Answers::in_a_thread, loader.get ());
}

TEST_F (BackupHammerTest, Rule17WithABackupAndLoadersInThreads)
{
  auto loader = loader_of ([this] (MemoCall *call) { load (call); }, {}, true);
  memo_loader_set_timeout (loader.get (), 2.0);
  memo_loader_set_error_ttl (loader.get (), 1.0);
  hammer_with_backup (Answers::in_a_thread, loader.get ());
}
