// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/clock-test.hpp"

#include <cstring>

extern "C" {
#include "memo-record-private.h"
}

using namespace memo_test;

namespace {

constexpr gint64 never = MEMO_RECORD_NEVER;

// How long a record lives, for a process that counts from the same origin and for one that does not.
class RecordLifeTest : public ClockTest
{
protected:
  RecordLifeTest ()
  {
    memo_record_origin (origin_of (clock_.get ()).c_str (), origin_);
    memo_record_origin ("somewhere else", elsewhere_);
  }

  gint64 wall () { return real_time () / 1'000; }
  void set_wall (gint64 milliseconds) { memo_manual_clock_set_real_time (clock_.get (), milliseconds * 1'000); }

  // A record of now, that lives so many microseconds.
  MemoRecord record (gint64 life, const guint8 *origin)
  {
    MemoRecord made = {};

    memo_record_stamp (&made, life == never ? never : now () + life, now (), origin, wall ());
    return made;
  }
  MemoRecord record (gint64 life) { return record (life, origin_); }

  gint64 remaining (const MemoRecord &record) { return memo_record_remaining (&record, now (), origin_, wall ()); }
  gint64 remaining_elsewhere (const MemoRecord &record, gint64 now = 0)
  {
    return memo_record_remaining (&record, now, elsewhere_, wall ());
  }

  guint8       origin_[MEMO_RECORD_ID_SIZE], elsewhere_[MEMO_RECORD_ID_SIZE];
  const guint8 unknown_[MEMO_RECORD_ID_SIZE] = {};
};

// --- origins ---

TEST_F (RecordLifeTest, AnOriginIsMadeOfTheWholeName)
{
  const std::string id = "0905a684-a8d6-49f2-a9a2-cb4851425f24";
  guint8 one[16], same[16], other[16];

  memo_record_origin (id.c_str (), one);
  memo_record_origin (std::string (id).c_str (), same);
  EXPECT_EQ (memcmp (one, same, 16), 0);
  for (const std::string &name : { id.substr (1), id.substr (0, 35), std::string (), id + " " })
    {
      memo_record_origin (name.c_str (), other);
      EXPECT_NE (memcmp (one, other, 16), 0);
      EXPECT_TRUE (memo_record_origin_is_known (other));
    }
}

TEST_F (RecordLifeTest, AnOriginIsTheBeginningOfASha256)
{
  // Of the empty text, as everybody knows it.
  const guint8 known[] = { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24 };
  guint8 origin[16];

  memo_record_origin ("", origin);
  EXPECT_EQ (memcmp (origin, known, 16), 0);
}

TEST_F (RecordLifeTest, NoNameIsAnUnknownOrigin)
{
  guint8 origin[16] = { 1, 2, 3 };

  memo_record_origin (nullptr, origin);
  EXPECT_FALSE (memo_record_origin_is_known (origin));
  EXPECT_EQ (memcmp (origin, unknown_, 16), 0);
}

// --- stamps ---

TEST_F (RecordLifeTest, AStampSaysWhenOnBothClocks)
{
  advance (5.0);
  const MemoRecord made = record (60'000'000);

  EXPECT_EQ (made.written, wall ());
  EXPECT_EQ (made.expiry, wall () + 60'000);
  EXPECT_EQ (made.origin_expiry, 65'000'000);
  EXPECT_EQ (memcmp (made.origin, origin_, 16), 0);
}

TEST_F (RecordLifeTest, WithoutAnOriginOnlyTheWallClockIsWrittenDown)
{
  for (gint64 life : { G_GINT64_CONSTANT (60'000'000), never })
    {
      const MemoRecord made = record (life, unknown_);

      EXPECT_EQ (made.origin_expiry, 0);
      EXPECT_EQ (memcmp (made.origin, unknown_, 16), 0);
    }
}

TEST_F (RecordLifeTest, ForEverIsForEverOnBothClocks)
{
  const MemoRecord made = record (never);

  EXPECT_EQ (made.expiry, never);
  EXPECT_EQ (made.origin_expiry, never);
  for (gint64 at : { G_MININT64, G_GINT64_CONSTANT (0), wall (), G_MAXINT64 })
    for (const guint8 *origin : { static_cast<const guint8 *> (origin_), static_cast<const guint8 *> (elsewhere_), unknown_ })
      EXPECT_EQ (memo_record_remaining (&made, at, origin, at), never);
}

TEST_F (RecordLifeTest, ALongLifeIsNotForEver)
{
  const MemoRecord made = record (never - 1);

  EXPECT_LT (made.expiry, never);
  EXPECT_EQ (made.origin_expiry, never - 1);
  EXPECT_GT (remaining (made), 0);
  EXPECT_LT (remaining (made), never);
  EXPECT_GT (remaining_elsewhere (made), 0);
  EXPECT_LT (remaining_elsewhere (made), never);
}

TEST_F (RecordLifeTest, Rule26APartOfAMillisecondIsLostAndNotWon)
{
  for (gint64 life : { 1, 999, 1'000, 1'001, 59'999'999 })
    {
      const MemoRecord made = record (life, unknown_);

      EXPECT_LE (remaining (made), life);
      EXPECT_GT (remaining (made), life - 1'000);
    }
}

// --- the clock of the origin ---

TEST_F (RecordLifeTest, Rule26OneThatCountsFromTheSameOriginKnowsToTheMicrosecond)
{
  const MemoRecord made = record (60'000'000);

  EXPECT_EQ (remaining (made), 60'000'000);
  advance (59.999999);
  EXPECT_EQ (remaining (made), 1);
  advance (0.000001);
  EXPECT_EQ (remaining (made), 0);
  advance (1.0);
  EXPECT_EQ (remaining (made), -1'000'000);
}

TEST_F (RecordLifeTest, Rule05ThereTheWallClockMovesNothing)
{
  const MemoRecord made = record (60'000'000);
  const gint64 begin = wall ();

  for (gint64 set : { begin - 86'400'000, begin + 86'400'000, G_GINT64_CONSTANT (0) })
    {
      set_wall (set);
      EXPECT_EQ (remaining (made), 60'000'000);
    }
}

TEST_F (RecordLifeTest, TwoThatDoNotKnowTheirOriginsDoNotShareOne)
{
  const MemoRecord made = record (60'000'000, unknown_);

  // The time of the one says nothing to the other.
  EXPECT_EQ (memo_record_remaining (&made, G_MAXINT64, unknown_, wall ()), 60'000'000);
  EXPECT_EQ (memo_record_remaining (&made, G_MININT64, unknown_, wall ()), 60'000'000);
}

// --- the wall clock ---

TEST_F (RecordLifeTest, Rule26OneThatDoesNotGoesByTheWallClock)
{
  const MemoRecord made = record (60'000'000);

  for (gint64 time : { G_GINT64_CONSTANT (0), G_GINT64_CONSTANT (59'000'000), G_MAXINT64, G_MININT64 })
    EXPECT_EQ (remaining_elsewhere (made, time), 60'000'000);
  advance (59.999);
  EXPECT_EQ (remaining_elsewhere (made), 1'000);
  advance (0.001);
  EXPECT_EQ (remaining_elsewhere (made), 0);
  advance (1.0);
  EXPECT_EQ (remaining_elsewhere (made), -1'000'000);
}

TEST_F (RecordLifeTest, Rule26AWallClockSetBackRevivesNothing)
{
  const gint64 begin = wall ();
  const MemoRecord made = record (60'000'000);

  advance (3600.0);
  EXPECT_LE (remaining_elsewhere (made), 0);
  for (gint64 back : { 1'001, 2'000, 86'400'000 })
    {
      set_wall (begin - back);
      EXPECT_LE (remaining_elsewhere (made), 0) << back;
    }
  set_wall (G_MININT64 / 1'000);
  EXPECT_LE (remaining_elsewhere (made), 0);
}

TEST_F (RecordLifeTest, Rule26ASecondOfDifferenceIsNotSetBackAndAddsNothing)
{
  const gint64 begin = wall ();
  const MemoRecord made = record (60'000'000);

  for (gint64 back : { 1, 500, 1'000 })
    {
      set_wall (begin - back);
      EXPECT_EQ (remaining_elsewhere (made), 60'000'000) << back;
    }
}

TEST_F (RecordLifeTest, AWallClockSetOnEndsALifeEarly)
{
  const MemoRecord made = record (60'000'000);

  set_wall (wall () + 86'400'000);
  EXPECT_LE (remaining_elsewhere (made), 0);
}

TEST_F (RecordLifeTest, NoTimesAreTooFarApart)
{
  const gint64 times[] = { G_MININT64, G_MININT64 + 1, -1, 0, 1, G_MAXINT64 - 1, G_MAXINT64 };

  // Nothing overflows, which the sanitizer sees, and what expires does not live for ever.
  for (gint64 written : times)
    for (gint64 expiry : times)
      for (gint64 now : times)
        for (const guint8 *origin : { static_cast<const guint8 *> (origin_), unknown_ })
          {
            MemoRecord made = {};

            memo_record_stamp (&made, expiry, written, origin, written);
            EXPECT_EQ (made.expiry == never, expiry == never);
            made.written = written;
            made.expiry = expiry;
            EXPECT_EQ (memo_record_remaining (&made, now, origin_, now) == never, expiry == never);
          }
}

} // namespace
