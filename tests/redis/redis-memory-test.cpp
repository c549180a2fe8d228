// SPDX-License-Identifier: LGPL-2.1-or-later
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

extern "C" {
#include "memo-redis-memory.h"
}

namespace {

// Memory that goes back to the thread that reads.  What is lost or used too late, the sanitizer says.
class RedisMemoryTest : public ::testing::Test
{
protected:
  ~RedisMemoryTest () override { end (); }

  GBytes *copy (const std::string &text) { return memo_redis_memory_copy (memory_, text.data (), text.size ()); }

  void end ()
  {
    if (memory_ != nullptr)
      memo_redis_memory_end (memory_);
    memory_ = nullptr;
  }

  static std::string text_of (GBytes *bytes)
  {
    gsize size;
    auto data = static_cast<const char *> (g_bytes_get_data (bytes, &size));

    return std::string (data, size);
  }

  MemoRedisMemory *memory_ = memo_redis_memory_new ();
};

TEST_F (RedisMemoryTest, ItIsACopy)
{
  std::string text ("a\0b", 3);
  GBytes *bytes = copy (text);

  text[0] = 'x';
  EXPECT_EQ (text_of (bytes), std::string ("a\0b", 3));
  g_bytes_unref (bytes);
  GBytes *empty = copy ("");
  EXPECT_EQ (g_bytes_get_size (empty), 0u);
  g_bytes_unref (empty);
}

TEST_F (RedisMemoryTest, WhatIsHeldOutlivesWhoReadIt)
{
  GBytes *first = copy ("first");
  GBytes *second = copy ("second");

  g_bytes_unref (first);
  end ();
  EXPECT_EQ (text_of (second), "second");
  g_bytes_unref (second);
}

TEST_F (RedisMemoryTest, WhatComesBackIsCollected)
{
  for (int i = 0; i < 1000; i++)
    {
      GBytes *bytes = copy (std::string (100, 'x'));

      if (i % 7 == 0)
        memo_redis_memory_collect (memory_);
      g_bytes_unref (bytes);
    }
  memo_redis_memory_collect (memory_);
  memo_redis_memory_collect (memory_);
}

TEST_F (RedisMemoryTest, MoreThanAMebibyteDoesNotWait)
{
  std::vector<GBytes *> all;

  for (int i = 0; i < 40; i++)
    all.push_back (copy (std::string (100000, 'x')));
  for (auto bytes : all)
    g_bytes_unref (bytes);
  memo_redis_memory_collect (memory_);
  GBytes *more = copy (std::string (100000, 'y'));
  g_bytes_unref (more);
}

TEST_F (RedisMemoryTest, ItMayComeBackFromManyThreadsWhileMoreIsRead)
{
  constexpr int n_threads = 4;
  std::vector<std::vector<GBytes *>> shares (n_threads);
  std::vector<std::thread> threads;

  for (int i = 0; i < 4000; i++)
    shares[i % n_threads].push_back (copy (std::to_string (i)));
  for (auto &share : shares)
    {
      threads.emplace_back ([&share] {
        for (auto bytes : share)
          {
            EXPECT_GT (g_bytes_get_size (bytes), 0u);
            g_bytes_unref (bytes);
          }
      });
    }
  for (int i = 0; i < 1000; i++)
    {
      g_bytes_unref (copy ("more"));
      memo_redis_memory_collect (memory_);
    }
  // And while it ends.
  end ();
  for (auto &thread : threads)
    thread.join ();
}

} // namespace
