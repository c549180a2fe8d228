// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"

extern "C" {
#include "memo-vector-private.h"
}

namespace {

constexpr gsize SEGMENT = MEMO_VECTOR_SEGMENT_SIZE;

class VectorTest : public ::testing::Test
{
protected:
  ~VectorTest () override { memo_vector_clear (&vector_); }

  // The pointer that is pushed at INDEX: every one is another.
  static gpointer number (gsize index) { return GSIZE_TO_POINTER (3 * index + 1); }

  void push (gsize how_many)
  {
    for (gsize i = 0; i < how_many; i++)
      memo_vector_push (&vector_, number (vector_.length));
  }

  void pop (gsize how_many)
  {
    for (gsize i = 0; i < how_many; i++)
      memo_vector_pop (&vector_);
  }

  // How many elements are not what was pushed there.
  gsize wrong ()
  {
    gsize count = 0;

    for (gsize i = 0; i < vector_.length; i++)
      count += *memo_vector_at (&vector_, i) != number (i);

    return count;
  }

  gsize segments_needed () { return (vector_.length + SEGMENT - 1) / SEGMENT; }

  MemoVector vector_ = {};
};

TEST_F (VectorTest, ANewVectorHoldsNothingAndNoMemory)
{
  EXPECT_EQ (vector_.length, 0u);
  EXPECT_EQ (vector_.segments, nullptr);

  memo_vector_clear (&vector_);
  EXPECT_EQ (vector_.length, 0u);
}

TEST_F (VectorTest, WhatIsPushedIsFoundAtItsPlace)
{
  for (gsize length : { SEGMENT - 1, SEGMENT, SEGMENT + 1, 10 * SEGMENT + 7 })
    {
      push (length - vector_.length);
      EXPECT_EQ (vector_.length, length);
      EXPECT_EQ (wrong (), 0u) << "at " << length;
    }
}

TEST_F (VectorTest, PlacesCanBeOverwritten)
{
  push (3 * SEGMENT);

  *memo_vector_at (&vector_, SEGMENT) = nullptr;

  EXPECT_EQ (*memo_vector_at (&vector_, SEGMENT - 1), number (SEGMENT - 1));
  EXPECT_EQ (*memo_vector_at (&vector_, SEGMENT), nullptr);
  EXPECT_EQ (*memo_vector_at (&vector_, SEGMENT + 1), number (SEGMENT + 1));
}

TEST_F (VectorTest, PopTakesTheLastOffAndLeavesTheRest)
{
  push (3 * SEGMENT + 1);

  while (vector_.length > 0)
    {
      gsize before = vector_.length;

      memo_vector_pop (&vector_);
      ASSERT_EQ (vector_.length, before - 1);
      if (vector_.length % 100 == 0)
        {
          ASSERT_EQ (wrong (), 0u) << "at " << vector_.length;
        }
    }
}

TEST_F (VectorTest, ElementsNeverMove)
{
  std::vector<gpointer *> places;

  for (gsize i = 0; i < 40 * SEGMENT; i++)
    {
      push (1);
      places.push_back (memo_vector_at (&vector_, i));
    }
  pop (20 * SEGMENT);
  push (60 * SEGMENT);

  for (gsize i = 0; i < 20 * SEGMENT; i++)
    ASSERT_EQ (memo_vector_at (&vector_, i), places[i]) << "at " << i;
}

TEST_F (VectorTest, APushOrAPopTouchesOneSegmentAtMost)
{
  auto step = [this] (bool grow) {
    gsize before = vector_.n_segments;

    if (grow)
      push (1);
    else
      pop (1);

    return vector_.n_segments > before ? vector_.n_segments - before : before - vector_.n_segments;
  };

  for (gsize i = 0; i < 20 * SEGMENT; i++)
    ASSERT_LE (step (true), 1u) << "at " << vector_.length;
  while (vector_.length > 0)
    ASSERT_LE (step (false), 1u) << "at " << vector_.length;
}

TEST_F (VectorTest, MemoryIsGivenBackAsItShrinks)
{
  push (50 * SEGMENT);
  EXPECT_EQ (vector_.n_segments, 50u);

  while (vector_.length > 0)
    {
      pop (1);
      ASSERT_LE (vector_.n_segments, segments_needed () + 1) << "at " << vector_.length;
    }
}

TEST_F (VectorTest, AtABorderNothingIsAllocatedAtEveryTurn)
{
  push (4 * SEGMENT + 1);

  gpointer *last = vector_.segments[4];

  for (int i = 0; i < 10; i++)
    {
      pop (2);
      ASSERT_EQ (vector_.n_segments, 5u);
      push (2);
      ASSERT_EQ (vector_.segments[4], last);
    }
  EXPECT_EQ (wrong (), 0u);
}

TEST_F (VectorTest, AClearedVectorCanBeUsedAgain)
{
  push (7 * SEGMENT);
  memo_vector_clear (&vector_);
  EXPECT_EQ (vector_.length, 0u);
  EXPECT_EQ (vector_.n_segments, 0u);
  EXPECT_EQ (vector_.segments, nullptr);

  push (9 * SEGMENT);
  EXPECT_EQ (vector_.length, 9 * SEGMENT);
  EXPECT_EQ (wrong (), 0u);
}

} // namespace
