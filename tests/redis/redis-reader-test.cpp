// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../support/memo-test.hpp"

#include "memo-redis-reader.h"

using namespace memo_test;
using ::testing::HasSubstr;

class RedisReaderTest : public ::testing::Test
{
protected:
  RedisReaderTest () { setup_ = memo_redis_setup_default; }

  // Feeds a stream; gives how many replies came of it before it failed, if it did.
  size_t read (const std::string &stream, size_t slice = MEMO_REDIS_FEED)
  {
    g_autoptr(MemoRedisReader) reader = memo_redis_reader_new (&setup_);
    size_t replies = 0;

    error_.reset ();
    for (fed_ = 0; fed_ < stream.size (); )
      {
        const size_t size = std::min (slice, stream.size () - fed_);

        memo_redis_reader_feed (reader, stream.data () + fed_, size);
        fed_ += size;
        for (;;)
          {
            g_autoptr(MemoRedisReply) reply = nullptr;

            if (!memo_redis_reader_next (reader, &reply, ErrorOut (error_)))
              return replies;
            if (reply == nullptr)
              break;
            replies++;
          }
      }
    return replies;
  }

  std::string why () { return error_ != nullptr ? error_->message : "no error"; }

  MemoRedisSetup setup_;
  Error          error_;
  size_t         fed_ = 0;
};

TEST_F (RedisReaderTest, RepliesComeOutOfSlicesOfAnySize)
{
  std::string stream;

  for (int i = 0; i < 100; i++)
    stream += "+OK\r\n$5\r\nhe\r\no\r\n*2\r\n:1\r\n*2\r\n$-1\r\n$0\r\n\r\n-ERR no\r\n";
  for (size_t slice : { 1, 2, 3, 7, 100, 16384 })
    EXPECT_EQ (read (stream, slice), 400u) << why ();
}

TEST_F (RedisReaderTest, AHugeArrayIsRefusedByItsLength)
{
  EXPECT_EQ (read ("*2147483647\r\n"), 0u);
  EXPECT_THAT (why (), HasSubstr ("too long"));
  EXPECT_EQ (read ("*65537\r\n"), 0u);
  EXPECT_THAT (why (), HasSubstr ("too long"));
  EXPECT_EQ (read ("*2\r\n*2147483647\r\n"), 0u);
  EXPECT_THAT (why (), HasSubstr ("too long"));
  EXPECT_EQ (read ("*2\r\n:1\r\n*1000000000000000000000\r\n"), 0u);
  EXPECT_THAT (why (), ::testing::Not ("no error"));
}

TEST_F (RedisReaderTest, AHugeStringIsRefusedByItsLength)
{
  for (const char *start : { "", "*2\r\n", "*1\r\n*2\r\n:1\r\n", "+OK\r\n" })
    for (const char *length : { "25165825", "2147483647", "9223372036854775807" })
      {
        read (std::string (start) + "$" + length + "\r\n");
        EXPECT_THAT (why (), ::testing::Not ("no error")) << start << length;
      }
  setup_.max_bulk = 10;
  EXPECT_EQ (read ("$10\r\n0123456789\r\n"), 1u) << why ();
  read ("$11\r\n0123456789");
  EXPECT_THAT (why (), HasSubstr ("a string in its reply is longer than 10 bytes"));
}

TEST_F (RedisReaderTest, ALineWithoutAnEndIsRefused)
{
  for (const char *start : { "+", "-", ":", "$", "*", "*2\r\n+", "$1", "*1" })
    {
      read (std::string (start) + std::string (1 << 20, '1'));
      EXPECT_THAT (why (), ::testing::Not ("no error")) << start;
      EXPECT_LE (fed_, 64u * 1024 + 2 * MEMO_REDIS_FEED) << start;
    }
}

TEST_F (RedisReaderTest, ALineOfNothingButHalfEndsIsRefused)
{
  for (const char *start : { "+", "-", ":", "$", "*", "$1", "*1\r\n+" })
    {
      read (std::string (start) + std::string (1 << 20, '\r'));
      EXPECT_THAT (why (), ::testing::Not ("no error")) << start;
      EXPECT_LE (fed_, 64u * 1024 + 2 * MEMO_REDIS_FEED) << start;
    }
}

TEST_F (RedisReaderTest, WhatIsTooLongIsRefusedAlsoWhenItComesInOnePiece)
{
  setup_.max_line = 10;
  EXPECT_EQ (read ("+0123456789\r\n"), 1u) << why ();
  EXPECT_EQ (read ("+0123456789a\r\n"), 0u);
  EXPECT_THAT (why (), HasSubstr ("a line of its reply is longer than 10 bytes"));
  setup_.max_bulk = 10;
  EXPECT_EQ (read ("$11\r\n0123456789a\r\n"), 0u);
  EXPECT_THAT (why (), HasSubstr ("a string in its reply is longer than 10 bytes"));
  setup_.max_reply = 20;
  EXPECT_EQ (read ("*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n"), 1u) << why ();
  EXPECT_EQ (read ("*4\r\n:1\r\n:2\r\n:3\r\n:45\r\n"), 0u);
  EXPECT_THAT (why (), HasSubstr ("its reply is longer than 20 bytes"));
}

TEST_F (RedisReaderTest, ManySmallArraysAreTooManyElementsTogether)
{
  std::string stream = "*300\r\n";

  // Each element is a few bytes of the stream, and many more in memory.
  for (int i = 0; i < 300; i++)
    {
      stream += "*300\r\n";
      for (int j = 0; j < 300; j++)
        stream += ":1\r\n";
    }
  EXPECT_EQ (read (stream), 0u);
  EXPECT_THAT (why (), HasSubstr ("too long"));
  EXPECT_LT (fed_, stream.size ());
  EXPECT_EQ (read ("*2\r\n*2\r\n:1\r\n:2\r\n:3\r\n*1\r\n:1\r\n"), 2u) << why ();
}

TEST_F (RedisReaderTest, NothingIsBelievedAfterAnError)
{
  g_autoptr(MemoRedisReader) reader = memo_redis_reader_new (&setup_);
  std::string first;

  setup_.max_bulk = 10;
  for (const char *piece : { "$11\r\n0123", "456789a\r\n", "+OK\r\n" })
    {
      g_autoptr(MemoRedisReply) reply = nullptr;

      memo_redis_reader_feed (reader, piece, strlen (piece));
      EXPECT_FALSE (memo_redis_reader_next (reader, &reply, ErrorOut (error_))) << piece;
      EXPECT_EQ (reply, nullptr);
      first = first.empty () ? why () : first;
      EXPECT_EQ (why (), first);
    }
}

TEST_F (RedisReaderTest, AReplyWithoutAnEndIsRefused)
{
  std::string stream = "*2\r\n*60000\r\n";

  setup_.max_reply = 1 << 20;
  while (stream.size () < 1 << 21)
    stream += "$1000\r\n" + std::string (1000, 'x') + "\r\n";
  read (stream);
  EXPECT_THAT (why (), HasSubstr ("its reply is longer"));
  EXPECT_LE (fed_, setup_.max_reply + 2 * MEMO_REDIS_FEED);
}

TEST_F (RedisReaderTest, ALengthAloneCostsNothing)
{
  std::string stream;

  // Each of these would be half a MiB, if it were believed.
  for (int i = 0; i < 6; i++)
    stream += "*65536\r\n";
  read (stream);
  EXPECT_EQ (why (), "no error");
}

TEST_F (RedisReaderTest, WhatIsNoReplyIsRefused)
{
  for (const char *stream : { "x", "HTTP/1.1 200 OK\r\n", "$x\r\n", "$-2\r\n", "*-2\r\n", "\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n" })
    {
      EXPECT_EQ (read (stream), 0u) << stream;
      EXPECT_THAT (why (), ::testing::Not ("no error")) << stream;
    }
}

TEST_F (RedisReaderTest, SixteenMebibytesAreNotTooMany)
{
  const std::string content (16 << 20, 'x');

  EXPECT_EQ (read ("$" + std::to_string (content.size ()) + "\r\n" + content + "\r\n+OK\r\n"), 2u) << why ();
}
