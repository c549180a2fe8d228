// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <random>
#include <set>
#include <thread>

#include <unistd.h>

extern "C" {
#include "memo-hash-private.h"
}

namespace {

using Secret = std::array<guint8, 16>;

// SipHash-c-d as the paper describes it ("SipHash: a fast short-input PRF", section 2), with
// both numbers of rounds open: so it can be held against the published values of SipHash-2-4
// and then say what SipHash-1-3 has to be.
class SipHash
{
public:
  SipHash (unsigned c, unsigned d) : c_ (c), d_ (d) {}

  std::uint64_t operator() (const Secret &key, const std::vector<guint8> &message) const
  {
    const std::uint64_t k0 = little_endian (key.data ()), k1 = little_endian (key.data () + 8);
    State v = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
                k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573 };

    // Padded with zeros so that its last byte, which is the length modulo 256, ends a word.
    std::vector<guint8> padded = message;
    padded.resize ((message.size () + 8) / 8 * 8 - 1, 0);
    padded.push_back (static_cast<guint8> (message.size ()));

    for (size_t i = 0; i < padded.size (); i += 8)
      {
        const std::uint64_t word = little_endian (&padded[i]);

        v[3] ^= word;
        rounds (v, c_);
        v[0] ^= word;
      }
    v[2] ^= 0xff;
    rounds (v, d_);

    return v[0] ^ v[1] ^ v[2] ^ v[3];
  }

private:
  using State = std::array<std::uint64_t, 4>;

  static std::uint64_t little_endian (const guint8 *bytes)
  {
    std::uint64_t word = 0;

    for (int i = 7; i >= 0; i--)
      word = word << 8 | bytes[i];

    return word;
  }

  // Half a round, on one pair of words.
  static void half (std::uint64_t &a, std::uint64_t &b, unsigned bits)
  {
    a += b;
    b = (b << bits | b >> (64 - bits)) ^ a;
  }

  static void rounds (State &v, unsigned how_many)
  {
    for (unsigned i = 0; i < how_many; i++)
      {
        half (v[0], v[1], 13);
        half (v[2], v[3], 16);
        v[0] = v[0] << 32 | v[0] >> 32;
        half (v[2], v[1], 17);
        half (v[0], v[3], 21);
        v[2] = v[2] << 32 | v[2] >> 32;
      }
  }

  unsigned c_, d_;
};

// The key and the messages of the paper's appendix: 00 01 02 …
std::vector<guint8>
ascending (size_t length)
{
  std::vector<guint8> bytes (length);

  for (size_t i = 0; i < length; i++)
    bytes[i] = static_cast<guint8> (i);

  return bytes;
}

Secret
ascending_secret ()
{
  Secret secret;

  for (size_t i = 0; i < secret.size (); i++)
    secret[i] = static_cast<guint8> (i);

  return secret;
}

guint64
library_hash (const Secret &secret, const std::vector<guint8> &message)
{
  return memo_siphash_1_3 (secret.data (), message.data (), message.size ());
}

TEST (HashTest, TheReferenceOfTheseTestsGivesThePublishedValues)
{
  // SipHash-2-4 of the messages of 0 to 15 bytes; the last one is in the paper itself.
  const std::uint64_t published[] = {
    0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
    0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
    0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
    0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
  };
  const SipHash siphash_2_4 (2, 4);

  for (size_t length = 0; length < G_N_ELEMENTS (published); length++)
    EXPECT_EQ (siphash_2_4 (ascending_secret (), ascending (length)), published[length]) << length << " bytes";

  EXPECT_EQ (siphash_2_4 (ascending_secret (), ascending (63)), 0x958a324ceb064572u);
}

TEST (HashTest, SomeHashesAreThoseOfAnotherImplementation)
{
  // What OpenSSL says: openssl mac -macopt c-rounds:1 -macopt d-rounds:3 -macopt size:8 … SIPHASH
  const std::pair<size_t, guint64> known[] = {
    { 0, 0xabac0158050fc4dc }, { 1, 0xc9f49bf37d57ca93 }, { 2, 0x82cb9b024dc7d44d },
    { 3, 0x8bf80ab8e7ddf7fb }, { 7, 0xd3927d989bb11140 }, { 8, 0x369095118d299a8e },
    { 15, 0xd320d86d2a519956 }, { 16, 0xcc4fdd1a7d908b66 }, { 63, 0x9d199062b7bbb3a8 },
    { 64, 0xf17997ec4b4a6065 },
  };

  for (const auto &[length, hash] : known)
    EXPECT_EQ (library_hash (ascending_secret (), ascending (length)), hash) << length << " bytes";
}

TEST (HashTest, MessagesOfEveryLengthHashAsThePaperSays)
{
  const SipHash siphash_1_3 (1, 3);
  std::mt19937 random (13);
  auto byte = [&random] { return static_cast<guint8> (random ()); };

  for (int round = 0; round < 100; round++)
    {
      for (size_t length = 0; length <= 64; length++)
        {
          Secret secret;
          std::vector<guint8> message (length);

          std::generate (secret.begin (), secret.end (), byte);
          std::generate (message.begin (), message.end (), byte);
          ASSERT_EQ (library_hash (secret, message), siphash_1_3 (secret, message)) << length << " bytes";
        }
    }
}

TEST (HashTest, TheLengthIsCountedModulo256)
{
  const SipHash siphash_1_3 (1, 3);

  for (size_t length : { 255, 256, 257, 511, 512, 1000, 65536 })
    EXPECT_EQ (library_hash (ascending_secret (), ascending (length)),
               siphash_1_3 (ascending_secret (), ascending (length))) << length << " bytes";
}

TEST (HashTest, AMessageMayLieAnywhere)
{
  for (size_t length : { 0, 1, 7, 8, 9, 23, 64 })
    {
      const auto message = ascending (length);
      const guint64 expected = library_hash (ascending_secret (), message);

      for (size_t offset = 0; offset < 8; offset++)
        {
          std::vector<guint8> elsewhere (offset + length + 8, 0xff);

          std::copy (message.begin (), message.end (), elsewhere.begin () + offset);
          EXPECT_EQ (memo_siphash_1_3 (ascending_secret ().data (), elsewhere.data () + offset, length), expected)
            << length << " bytes at " << offset;
        }
    }
}

TEST (HashTest, ASecretMayLieAnywhere)
{
  const auto message = ascending (20);
  const Secret secret = ascending_secret ();

  for (size_t offset = 0; offset < 8; offset++)
    {
      std::vector<guint8> elsewhere (offset + secret.size (), 0xff);

      std::copy (secret.begin (), secret.end (), elsewhere.begin () + offset);
      EXPECT_EQ (memo_siphash_1_3 (elsewhere.data () + offset, message.data (), message.size ()),
                 library_hash (secret, message)) << "at " << offset;
    }
}

TEST (HashTest, EveryBitOfTheSecretAndOfTheMessageMatters)
{
  Secret secret = ascending_secret ();
  auto message = ascending (27);
  std::set<guint64> seen = { library_hash (secret, message) };

  for (size_t bit = 0; bit < 8 * secret.size (); bit++)
    {
      secret[bit / 8] ^= 1 << bit % 8;
      EXPECT_TRUE (seen.insert (library_hash (secret, message)).second) << "bit " << bit << " of the secret";
      secret[bit / 8] ^= 1 << bit % 8;
    }
  for (size_t bit = 0; bit < 8 * message.size (); bit++)
    {
      message[bit / 8] ^= 1 << bit % 8;
      EXPECT_TRUE (seen.insert (library_hash (secret, message)).second) << "bit " << bit << " of the message";
      message[bit / 8] ^= 1 << bit % 8;
    }
}

TEST (HashTest, TrailingZerosMakeAnotherMessage)
{
  std::set<guint64> seen;

  for (size_t length = 0; length < 300; length++)
    EXPECT_TRUE (seen.insert (library_hash (ascending_secret (), std::vector<guint8> (length, 0))).second)
      << length << " bytes";
}

TEST (KeyTest, AKeyIsMeasuredAndNotCopied)
{
  const char *text = "naïve";
  const MemoKey key = memo_key (text);

  EXPECT_EQ (key.text, text);
  EXPECT_EQ (key.length, 6u);
  EXPECT_EQ (memo_key ("").length, 0u);
}

TEST (KeyTest, Rule02KeysMayBeOfAnyLength)
{
  const std::string text (10 * 1024 * 1024, 'k');
  const MemoKey key = memo_key (text.c_str ());

  EXPECT_EQ (key.length, text.size ());
  EXPECT_TRUE (memo_key_equals (&key, text.c_str (), text.size ()));
  EXPECT_FALSE (memo_key_equals (&key, text.c_str (), text.size () - 1));
}

TEST (KeyTest, OnlyTheSameTextIsEqual)
{
  const MemoKey key = memo_key ("key:1");
  const MemoKey empty = memo_key ("");

  EXPECT_TRUE (memo_key_equals (&key, std::string ("key:1").c_str (), 5));
  EXPECT_FALSE (memo_key_equals (&key, "key:2", 5));
  EXPECT_FALSE (memo_key_equals (&key, "Key:1", 5));
  EXPECT_FALSE (memo_key_equals (&key, "key:10", 6));
  EXPECT_FALSE (memo_key_equals (&key, "key:", 4));
  EXPECT_FALSE (memo_key_equals (&key, "", 0));
  EXPECT_TRUE (memo_key_equals (&empty, "", 0));
}

// They are compared by words.
TEST (KeyTest, ADifferenceAnywhereIsSeen)
{
  for (guint32 length = 1; length <= 40; length++)
    {
      const std::string text (length, 'x');
      const MemoKey key = memo_key (text.c_str ());

      EXPECT_TRUE (memo_key_equals (&key, std::string (text).c_str (), length));
      for (guint32 at = 0; at < length; at++)
        {
          std::string other = text;

          other[at] = 'y';
          EXPECT_FALSE (memo_key_equals (&key, other.c_str (), length)) << "at " << at << " of " << length;
        }
    }
}

TEST (KeyTest, EqualTextsHaveEqualHashesInEveryThread)
{
  const guint32 mine = memo_key ("key").hash;
  std::vector<std::thread> threads;
  std::atomic<int> others = 0;

  for (int i = 0; i < 8; i++)
    threads.emplace_back ([&] { others += memo_key (std::string ("key").c_str ()).hash != mine; });
  for (auto &thread : threads)
    thread.join ();

  EXPECT_EQ (others, 0);
}

TEST (KeyTest, HashesAreSpread)
{
  constexpr int KEYS = 100'000;
  std::set<guint32> hashes;
  std::vector<int> low_bits (64), high_bits (64);

  for (int i = 0; i < KEYS; i++)
    {
      const guint32 hash = memo_key (("user:" + std::to_string (i)).c_str ()).hash;

      hashes.insert (hash);
      low_bits[hash % 64]++;
      high_bits[hash >> 26]++;
    }

  // By chance about one pair in 2³² collides; of 1562 in each of 64 parts, a fifth more or less is eight sigma.
  EXPECT_GT (hashes.size (), static_cast<size_t> (KEYS - 20));
  EXPECT_THAT (low_bits, ::testing::Each (::testing::AllOf (::testing::Gt (1250), ::testing::Lt (1875))));
  EXPECT_THAT (high_bits, ::testing::Each (::testing::AllOf (::testing::Gt (1250), ::testing::Lt (1875))));
}

// What a few keys hash to, in hexadecimal.
std::string
fingerprint ()
{
  std::string all;

  for (const char *text : { "a", "b", "c", "d" })
    {
      char digits[16];

      g_snprintf (digits, sizeof digits, "%08x", memo_key (text).hash);
      all += digits;
    }

  return all;
}

TEST (KeyDeathTest, AnotherProcessHasAnotherSecret)
{
  GTEST_FLAG_SET (death_test_style, "threadsafe");   // begins the program anew

  EXPECT_EXIT ((g_printerr ("keys hash to %s.", fingerprint ().c_str ()), _exit (0)),
               ::testing::ExitedWithCode (0),
               ::testing::AllOf (::testing::ContainsRegex ("keys hash to [0-9a-f]{32}\\."),
                                 ::testing::Not (::testing::HasSubstr (fingerprint ()))));
}

} // namespace
