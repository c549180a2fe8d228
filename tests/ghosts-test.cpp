// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <map>
#include <random>

extern "C" {
#include "memo-ghosts-private.h"
}

namespace {

class GhostsTest : public ::testing::Test
{
protected:
  ~GhostsTest () override { memo_ghosts_clear (&ghosts_); }

  void add (guint32 hash, gsize room = 100) { memo_ghosts_add (&ghosts_, hash, room); }
  bool take (guint32 hash, gsize room = 100) { return memo_ghosts_take (&ghosts_, hash, room); }

  MemoGhosts ghosts_ {};
};

TEST_F (GhostsTest, NobodyIsAGhostAtFirst)
{
  EXPECT_FALSE (take (7));
}

TEST_F (GhostsTest, WhoWasAddedIsAGhostOnce)
{
  add (7);
  EXPECT_TRUE (take (7));
  EXPECT_FALSE (take (7));
}

TEST_F (GhostsTest, TheLastAreRememberedAndNotTheOneBefore)
{
  for (guint32 hash = 1; hash <= 101; hash++)
    add (hash, 100);

  EXPECT_FALSE (take (1, 100));
  EXPECT_TRUE (take (2, 100));
  EXPECT_TRUE (take (101, 100));
}

TEST_F (GhostsTest, WhoIsAddedAgainIsTheLast)
{
  add (7);
  for (guint32 hash = 100; hash < 150; hash++)
    add (hash);
  add (7);
  for (guint32 hash = 200; hash < 290; hash++)
    add (hash);

  EXPECT_TRUE (take (7));
}

TEST_F (GhostsTest, LargerRoomForgetsAndGoesOn)
{
  add (7, 100);
  add (8, 1'000'000);

  EXPECT_FALSE (take (7, 1'000'000));
  EXPECT_TRUE (take (8, 1'000'000));
}

// Against a map, with hashes that crowd each other.
TEST_F (GhostsTest, AnyOrderOfThingsIsAsAPlainMapHasIt)
{
  constexpr gsize ROOM = 100;
  std::mt19937 dice (99);
  std::map<guint32, gsize> known;
  gsize time = 0, n_taken = 0;

  for (guint step = 0; step < 200'000; step++)
    {
      const guint32 hash = dice () % 40 * 256 + dice () % 8;

      if (dice () % 3 > 0)
        {
          add (hash, ROOM);
          known[hash] = ++time;
        }
      else
        {
          const auto found = known.find (hash);
          const bool expected = found != known.end () && time - found->second < ROOM;

          ASSERT_EQ (take (hash, ROOM), expected) << "step " << step;
          known.erase (hash);
          n_taken += expected;
        }
    }

  EXPECT_GT (n_taken, 10'000u);
}

TEST_F (GhostsTest, TheEndOfCountingDoesNoHarm)
{
  add (1);
  ghosts_.time = G_MAXUINT32 - 50;
  for (guint32 hash = 1000; hash < 1100; hash++)
    add (hash);

  EXPECT_TRUE (take (1099));
  EXPECT_TRUE (take (1010));
}

} // namespace
