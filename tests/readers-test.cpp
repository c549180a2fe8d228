// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"

#include <future>

extern "C" {
#include "memo-readers-private.h"
}

namespace {

class ReadersTest : public ::testing::Test
{
protected:
  ~ReadersTest () override { memo_readers_free (readers_); }

  std::pair<guint64, guint64> count ()
  {
    guint64 hits = 0, misses = 0;

    memo_readers_count (readers_, &hits, &misses);
    return { hits, misses };
  }

  MemoReaders *readers_ = memo_readers_new ();
};

TEST_F (ReadersTest, ReadersInTwoThreadsDoNotWaitForEachOther)
{
  std::promise<void> inside, done;

  std::thread first ([&] {
    MemoReadersPart *part = memo_readers_enter (readers_);

    inside.set_value ();
    done.get_future ().wait ();
    memo_readers_leave (part);
  });
  inside.get_future ().wait ();

  // Made right after it, so that it has another part.  It would never end if it had to wait.
  std::thread second ([&] { memo_readers_leave (memo_readers_enter (readers_)); });
  second.join ();
  done.set_value ();
  first.join ();
}

TEST_F (ReadersTest, NobodyReadsWhatIsBeingWritten)
{
  constexpr int n_readers = 2 * MEMO_READERS_PARTS, n_reads = 2000;
  std::atomic<int> reading { n_readers };
  std::vector<std::thread> threads;
  guint64 one = 0, other = 0, torn = 0;
  std::mutex lock;

  for (int i = 0; i < n_readers; i++)
    threads.emplace_back ([&] {
      guint64 different = 0;

      for (int n = 0; n < n_reads; n++)
        {
          MemoReadersPart *part = memo_readers_enter (readers_);

          different += one != other;
          part->hits++;
          memo_readers_leave (part);
        }
      reading--;
      std::lock_guard<std::mutex> locked (lock);
      torn += different;
    });

  while (reading > 0)
    {
      memo_readers_stop (readers_);
      one++;
      std::this_thread::yield ();
      other++;
      memo_readers_resume (readers_);
    }
  for (auto &thread : threads)
    thread.join ();

  EXPECT_EQ (torn, 0u);
  EXPECT_EQ (count ().first, static_cast<guint64> (n_readers * n_reads)) << "threads that share a part count right as well";
}

TEST_F (ReadersTest, TheCountIsThatOfAllThreads)
{
  for (int i = 0; i < 3 * MEMO_READERS_PARTS; i++)
    std::thread ([&] {
      MemoReadersPart *part = memo_readers_enter (readers_);

      part->hits += 2;
      part->misses++;
      memo_readers_leave (part);
    }).join ();
  EXPECT_EQ (count (), std::make_pair (guint64 (6 * MEMO_READERS_PARTS), guint64 (3 * MEMO_READERS_PARTS)));

  memo_readers_reset (readers_);
  EXPECT_EQ (count (), std::make_pair (guint64 (0), guint64 (0)));
}

TEST_F (ReadersTest, WhereThereAreNoneNothingHasToBeDone)
{
  guint64 hits = 1, misses = 2;

  memo_readers_stop (nullptr);
  memo_readers_resume (nullptr);
  memo_readers_reset (nullptr);
  memo_readers_count (nullptr, &hits, &misses);
  EXPECT_EQ (hits, 1u);
  EXPECT_EQ (misses, 2u);
}

} // namespace
