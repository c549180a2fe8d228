// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"

#include <algorithm>
#include <map>
#include <random>

extern "C" {
#include "memo-fence-private.h"
}

namespace {

// How many invalidations a fence remembers.
constexpr guint REMEMBERED = 4096;

class FenceTest : public ::testing::Test
{
protected:
  FenceTest () { memo_fence_init (&fence_); }
  ~FenceTest () override { memo_fence_deinit (&fence_); }

  using Names = std::vector<std::string>;

  // Calls FUNCTION with a set of these tags, whose texts are gone afterwards.
  template <typename Function>
  static auto with_set (const Names &tags, Function function)
  {
    std::vector<const char *> texts;
    MemoTagSet *set = nullptr;

    for (const std::string &tag : tags)
      texts.push_back (tag.c_str ());
    texts.push_back (nullptr);
    memo_tag_set_add (&set, texts.data ());
    const auto result = function (set);
    memo_tag_set_free (set);

    return result;
  }

  // The number of this invalidation.
  guint64 invalidate (const Names &tags)
  {
    return with_set (tags, [this] (MemoTagSet *set) {
      memo_fence_invalidate (&fence_, set);
      return fence_.sequence;
    });
  }

  guint64 first (const Names &tags, guint64 since)
  {
    return with_set (tags, [this, since] (MemoTagSet *set) { return memo_fence_first (&fence_, set, since); });
  }

  static std::string tag (guint64 number) { return "tag:" + std::to_string (number); }

  MemoFence fence_;
};

TEST_F (FenceTest, WhatWasNeverInvalidatedLetsEverythingPass)
{
  EXPECT_EQ (fence_.sequence, 0u);
  EXPECT_EQ (first ({ "a" }, 0), 0u);
  EXPECT_EQ (first ({}, 0), 0u);
}

TEST_F (FenceTest, InvalidationsAreCounted)
{
  EXPECT_EQ (invalidate ({ "a" }), 1u);
  EXPECT_EQ (invalidate ({ "b", "c" }), 2u) << "one, however many tags";
  EXPECT_EQ (invalidate ({}), 3u);
  EXPECT_EQ (fence_.table.count, 3u);
}

TEST_F (FenceTest, Rule15AnInvalidationStopsWhatBeganBeforeIt)
{
  const guint64 before = invalidate ({ "other" });
  const guint64 during = invalidate ({ "a" });
  const guint64 after = invalidate ({ "another" });

  EXPECT_EQ (first ({ "a" }, 0), during);
  EXPECT_EQ (first ({ "a" }, before), during);
  EXPECT_EQ (first ({ "a" }, during), 0u) << "what began right after it passes";
  EXPECT_EQ (first ({ "a" }, after), 0u);
}

TEST_F (FenceTest, OnlyTheTagItselfIsMeant)
{
  invalidate ({ "tag" });

  for (const char *other : { "", "t", "ta", "tag ", "tags", "Tag" })
    EXPECT_EQ (first ({ other }, 0), 0u) << other;
  EXPECT_EQ (first ({ "tag" }, 0), 1u);
}

TEST_F (FenceTest, TheFirstOfSeveralTagsCounts)
{
  invalidate ({ "a" });
  invalidate ({ "b" });
  invalidate ({ "c" });

  EXPECT_EQ (first ({ "b", "a" }, 0), 1u);
  EXPECT_EQ (first ({ "a", "b" }, 0), 1u);
  EXPECT_EQ (first ({ "unknown", "c", "b" }, 0), 2u);
  EXPECT_EQ (first ({ "a", "b", "c" }, 2), 3u);
  EXPECT_EQ (first ({ "a", "b" }, 2), 0u);
}

TEST_F (FenceTest, TheFirstSinceThenOfOneTagCounts)
{
  for (const char *tag : { "a", "b", "a", "b", "a" })
    invalidate ({ tag });

  EXPECT_EQ (first ({ "a" }, 0), 1u);
  EXPECT_EQ (first ({ "a" }, 1), 3u);
  EXPECT_EQ (first ({ "a" }, 2), 3u);
  EXPECT_EQ (first ({ "a" }, 3), 5u);
  EXPECT_EQ (first ({ "a" }, 5), 0u);
  EXPECT_EQ (first ({ "b" }, 2), 4u);
}

TEST_F (FenceTest, AsManyAsItRemembersAreExact)
{
  for (guint i = 1; i <= REMEMBERED; i++)
    ASSERT_EQ (invalidate ({ tag (i) }), i);

  for (guint i = 1; i <= REMEMBERED; i++)
    {
      ASSERT_EQ (first ({ tag (i) }, i - 1), i);
      ASSERT_EQ (first ({ tag (i) }, i), 0u);
    }
  EXPECT_EQ (first ({ "unknown" }, 0), 0u) << "nothing was forgotten yet";
}

TEST_F (FenceTest, Rule15OfTheForgottenTheWorstIsAssumed)
{
  constexpr guint MORE = 100;

  for (guint i = 1; i <= REMEMBERED + MORE; i++)
    invalidate ({ tag (i) });
  EXPECT_EQ (fence_.table.count, MORE) << "it does not grow for ever";

  for (guint i = 1; i <= REMEMBERED; i++)
    ASSERT_EQ (first ({ tag (i) }, i - 1), i) << "the fence let " << tag (i) << " through";
  EXPECT_EQ (first ({ "unknown" }, REMEMBERED - 1), REMEMBERED) << "it may have been among the forgotten";
  EXPECT_EQ (first ({}, 0), 0u) << "without a tag there is nothing to fear";

  EXPECT_EQ (first ({ "unknown" }, REMEMBERED), 0u) << "all since then are remembered";
  for (guint i = REMEMBERED + 1; i <= REMEMBERED + MORE; i++)
    {
      ASSERT_EQ (first ({ tag (i) }, REMEMBERED), i) << "those remembered stay exact";
      ASSERT_EQ (first ({ tag (i) }, i), 0u);
    }
}

TEST_F (FenceTest, OneTagOverAndOverIsBoundedToo)
{
  for (guint i = 0; i < 10 * REMEMBERED; i++)
    invalidate ({ "a" });

  EXPECT_LE (fence_.n_times, REMEMBERED);
  EXPECT_EQ (first ({ "a" }, fence_.sequence - 1), fence_.sequence);
}

TEST_F (FenceTest, RandomInvalidationsAreNeverMissed)
{
  constexpr int TAGS = 300;
  std::map<std::string, std::vector<guint64>> model;     // forgets nothing
  std::mt19937 random (23);
  int stopped = 0, passed = 0, repeated_needlessly = 0;

  for (int step = 0; step < 100'000; step++)
    {
      const Names tags = { tag (random () % TAGS), tag (random () % TAGS) };

      if (random () % 4 == 0)
        {
          const guint64 number = invalidate (tags);

          for (const std::string &each : tags)
            model[each].push_back (number);
          continue;
        }

      const guint64 since = fence_.sequence - std::min<guint64> (fence_.sequence, random () % 1'000);
      const guint64 said = first (tags, since);
      guint64 truth = 0;

      for (const std::string &each : tags)
        {
          const auto &times = model[each];
          const auto found = std::upper_bound (times.begin (), times.end (), since);

          if (found != times.end () && (truth == 0 || *found < truth))
            truth = *found;
        }

      if (truth != 0)
        {
          ASSERT_NE (said, 0u) << "missed at step " << step;
          ASSERT_LE (said, truth) << "missed at step " << step;
          stopped++;
        }
      else if (said == 0)
        passed++;
      else
        repeated_needlessly++;
      if (said != 0)
        {
          ASSERT_GT (said, since);
        }
    }

  EXPECT_GT (stopped, 1'000);
  EXPECT_GT (passed, 1'000);
  EXPECT_GT (repeated_needlessly, 100) << "so that forgetting was tried, too";
}

} // namespace
