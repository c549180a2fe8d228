// SPDX-License-Identifier: LGPL-2.1-or-later
#include <random>

#include "support/backup-test.hpp"
#include "support/complaints.hpp"
#include "support/tracking.hpp"

using namespace memo_test;

namespace {

// Several threads that write and read at once, in front of a backend whose thread answers.

class BackupThreadsTest : public BackupTest
{
protected:
  static constexpr int n_threads = 4, n_keys = 16;

  static std::string key (int i) { return "key " + std::to_string (i); }

  // What a new process finds, or “-”.
  std::string after_restart (const std::string &key)
  {
    auto late = new_cache_over (calm_);
    auto got = AsyncTest::get (MEMO_CACHE (late.get ()), key.c_str ());

    turn ();
    EXPECT_TRUE (got->done ());
    return got->entry != nullptr ? memo_entry_get_string (got->entry.get ()) : "-";
  }

  // Does many things at random.
  void work (MemoCache *cache, unsigned seed, int n)
  {
    Context context;
    std::mt19937 dice (seed);
    auto loader = make_loader ([] (MemoCall *call) { memo_call_return_entry (call, entry ("loaded").release ()); });

    context.within ([&] {
      for (int i = 0; i < n; i++)
        {
          const std::string name = key (static_cast<int> (dice () % n_keys));
          const std::string value = std::to_string (seed) + "." + std::to_string (i);

          switch (dice () % 20)
            {
            case 0: memo_cache_clear (cache); break;
            case 1: case 2: memo_cache_invalidate_tags (cache, Tags ({ dice () % 2 ? "red" : "green" })); break;
            case 3: case 4: case 5: memo_cache_delete (cache, name.c_str ()); break;
            case 6: case 7: case 8:
              memo_cache_set (cache, name.c_str (), entry (value.c_str (), MEMO_TTL_DEFAULT, { "red" }).release ());
              break;
            case 9: memo_cache_flush_async (cache, nullptr, nullptr, nullptr); break;
            case 10: case 11:
              memo_cache_get_async (cache, name.c_str (), MEMO_GET_NONE, nullptr, nullptr, nullptr, nullptr);
              break;
            case 12: case 13:
              memo_cache_get_async (cache, name.c_str (), MEMO_GET_REFRESH, loader.get (), nullptr, nullptr, nullptr);
              break;
            default: memo_cache_set (cache, name.c_str (), entry (value.c_str ()).release ()); break;
            }
          if (i % 16 == 0)
            context.turn ();
        }
    });
    // Until nothing more comes here.
    for (int i = 0; i < 100; i++)
      {
        context.turn ();
        std::this_thread::yield ();
      }
  }

  void hammer (MemoCache *cache, int n)
  {
    std::vector<std::thread> threads;

    for (int i = 0; i < n_threads; i++)
      threads.emplace_back ([this, cache, i, n] { work (cache, static_cast<unsigned> (i) + 1, n); });
    for (auto &thread : threads)
      thread.join ();
  }

  std::shared_ptr<MemoryPlace> place_ = std::make_shared<MemoryPlace> (MEMO_CLOCK (clock_.get ()));
  MemoryBackend                busy_ { place_, Answers::in_a_thread };
  MemoryBackend                calm_ { place_, Answers::at_once };
};

TEST_F (BackupThreadsTest, Rule27WhateverThreadsDoTheTierHasWhatTheMemorySays)
{
  auto cache = new_cache_over (busy_);

  hammer (MEMO_CACHE (cache.get ()), 1500);
  Done done;
  memo_cache_flush_async (MEMO_CACHE (cache.get ()), nullptr, done_cb<memo_cache_flush_finish>, done.keep ());
  wait_until ([&] { return done->callbacks > 0; });
  EXPECT_THAT (done, Succeeded ());

  for (int i = 0; i < n_keys; i++)
    {
      Entry known (memo_cache_peek (MEMO_CACHE (cache.get ()), key (i).c_str ()));

      EXPECT_EQ (after_restart (key (i)), known != nullptr ? memo_entry_get_string (known.get ()) : "-") << key (i);
    }
}

TEST_F (BackupThreadsTest, Rule24WhateverThreadsDoAndTheBackendDoesNotNothingWrongIsLeft)
{
  auto cache = new_cache_over (busy_);

  complaints_of ([&] {
    for (int i = 0; i < 300; i++)
      for (Ask what : { Ask::store, Ask::remove, Ask::clear, Ask::load, Ask::flush })
        busy_.fail_next (what, make_error ("broken", MEMO_ERROR, MEMO_ERROR_UNAVAILABLE));
    hammer (MEMO_CACHE (cache.get ()), 1000);

    bool done_well = false;
    for (int i = 0; i < 1000 && !done_well; i++)
      {
        Done done;

        memo_cache_flush_async (MEMO_CACHE (cache.get ()), nullptr, done_cb<memo_cache_flush_finish>, done.keep ());
        wait_until ([&] { return done->callbacks > 0; });
        done_well = done->success;
        advance (60.0);
        turn ();
      }
    EXPECT_TRUE (done_well);
  });

  for (int i = 0; i < n_keys; i++)
    {
      Entry known (memo_cache_peek (MEMO_CACHE (cache.get ()), key (i).c_str ()));
      const std::string found = after_restart (key (i));

      EXPECT_TRUE (found == "-" || (known != nullptr && found == memo_entry_get_string (known.get ())))
        << key (i) << " is " << found;
    }
}

TEST_F (BackupThreadsTest, CachesComeAndGoWhileTheirBackendAnswers)
{
  for (int round = 0; round < 30; round++)
    {
      std::vector<std::thread> threads;
      auto cache = new_cache_over (busy_);

      for (int i = 0; i < n_threads; i++)
        threads.emplace_back ([i, held = share (cache.get ())] () mutable {
          for (int j = 0; j < 20; j++)
            memo_cache_set (MEMO_CACHE (held.get ()), key (j % n_keys).c_str (),
                            entry ("value", MEMO_TTL_DEFAULT, { "red" }).release ());
          if (i == 0)
            memo_cache_invalidate_tags (MEMO_CACHE (held.get ()), Tags ({ "red" }));
          held.reset ();
        });
      cache.reset ();
      for (auto &thread : threads)
        thread.join ();
    }
}

} // namespace
