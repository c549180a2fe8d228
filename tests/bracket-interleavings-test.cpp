// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/bracket-explorer.hpp"

using namespace memo_test;

// Every order of the steps of changes and reads, not a sample of them.
class BracketInterleavingsTest : public ::testing::Test
{
protected:
  void explore (const Scenario &scenario, long at_least)
  {
    report_ = memo_test::explore (scenario);
    EXPECT_GE (report_.schedules, at_least);
    RecordProperty ("schedules", std::to_string (report_.schedules));
  }

  void expect_safe ()
  {
    for (auto &[promise, count] : report_.violations)
      ADD_FAILURE () << promise << ", in " << count << " of " << report_.schedules << " schedules; first: "
                     << report_.first[promise];
  }

  // Loads began and ended in each pair of phases that there can be, so that the table was looked at as a whole.
  void expect_all_rows ()
  {
    for (int began = Before; began <= After; began++)
      for (int ended = began; ended <= After; ended++)
        EXPECT_GE (report_.loads[began][ended], 10) << "from phase " << began << " to phase " << ended;
  }

  static constexpr MemoGetFlags get = MEMO_GET_NONE, refresh = MEMO_GET_REFRESH;

  Report report_;
};

// --- one change ---

TEST_F (BracketInterleavingsTest, Rule18OneChangeAndThreeReads)
{
  explore ({ { {} }, { get, get, get } }, 10000);
  expect_safe ();
  expect_all_rows ();
  EXPECT_GE (report_.hits, 100);
  EXPECT_GE (report_.joins, 1000);
}

TEST_F (BracketInterleavingsTest, Rule18OneChangeOfWhatIsRememberedAndThreeReads)
{
  Scenario scenario { { {} }, { get, get, get } };

  scenario.warm = true;
  explore (scenario, 1000);
  expect_safe ();
  EXPECT_GE (report_.hits, 100);
}

TEST_F (BracketInterleavingsTest, Rule18OneChangeOfWhatIsRememberedTwoReadsAndARefresh)
{
  Scenario scenario { { {} }, { get, get, refresh } };

  scenario.warm = true;
  scenario.starts_at_once = true;
  explore (scenario, 5000);
  expect_safe ();
  expect_all_rows ();
  EXPECT_GE (report_.hits, 1000);
}

// --- one change, and how it ends ---

struct EndingCase
{
  const char *name;
  ChangePlan  plan;
};

static const EndingCase endings[] = {
  { "Success", { Ending::Success, false } },
  { "FailureWithoutCommit", { Ending::FailureWithoutCommit, false } },
  { "FailureAfterCommit", { Ending::FailureAfterCommit, false } },
  { "DroppedCall", { Ending::Drop, false } },
  { "CancelledAndFailureWithoutCommit", { Ending::FailureWithoutCommit, true } },
  { "CancelledAndSuccess", { Ending::Success, true } },
};

static void
PrintTo (const EndingCase &ending, std::ostream *os)
{
  *os << ending.name;
}

static std::string
name_of_ending (const ::testing::TestParamInfo<EndingCase> &info)
{
  return info.param.name;
}

class EndingInterleavingsTest : public BracketInterleavingsTest, public ::testing::WithParamInterface<EndingCase>
{
};

INSTANTIATE_TEST_SUITE_P (With, EndingInterleavingsTest, ::testing::ValuesIn (endings), name_of_ending);

TEST_P (EndingInterleavingsTest, Rule18TwoReads)
{
  explore ({ { GetParam ().plan }, { get, get } }, 300);
  expect_safe ();
  expect_all_rows ();
  EXPECT_EQ (report_.cancelled_before_start > 0, GetParam ().plan.cancelled);
}

TEST_P (EndingInterleavingsTest, Rule18AReadAndARefresh)
{
  Scenario scenario { { GetParam ().plan }, { get, refresh } };

  scenario.starts_at_once = true;
  explore (scenario, 200);
  expect_safe ();
  expect_all_rows ();
}

class OverlapInterleavingsTest : public EndingInterleavingsTest {};

// Of what is cancelled, the shorter one.
INSTANTIATE_TEST_SUITE_P (With, OverlapInterleavingsTest,
                          ::testing::ValuesIn (std::begin (endings), std::end (endings) - 1), name_of_ending);

TEST_P (OverlapInterleavingsTest, Rule18ASuccessThatOverlapsAndARead)
{
  Scenario scenario { { {}, GetParam ().plan }, { get } };

  scenario.starts_at_once = true;
  explore (scenario, 200);
  expect_safe ();
  expect_all_rows ();
}

// --- two changes that overlap ---

TEST_F (BracketInterleavingsTest, Rule18TwoChangesAndARead)
{
  explore ({ { {}, {} }, { get } }, 5000);
  expect_safe ();
  expect_all_rows ();
}

TEST_F (BracketInterleavingsTest, Rule18TwoChangesAndTwoReads)
{
  Scenario scenario { { {}, {} }, { get, get } };

  scenario.starts_at_once = true;
  explore (scenario, 50000);
  expect_safe ();
  expect_all_rows ();
  EXPECT_GE (report_.joins, 1000);
}

// --- the explorer itself: what cannot fail proves nothing ---

class UnsafeStrategyTest : public BracketInterleavingsTest
{
protected:
  // A change by hand, around which memo_cache_delete() is called.
  void explore (Strategy strategy)
  {
    Scenario scenario { { {} }, { get, get } };

    scenario.strategy = strategy;
    BracketInterleavingsTest::explore (scenario, 200);
    for (auto &[promise, count] : report_.violations)
      EXPECT_FALSE (report_.first[promise].empty ()) << promise << ", " << count << " times";
  }

  // These promises are broken, and the others are kept even so.
  void expect_only (std::initializer_list<std::string> promises)
  {
    std::vector<std::string> broken;

    for (auto &violation : report_.violations)
      broken.push_back (violation.first);
    EXPECT_THAT (broken, ::testing::UnorderedElementsAreArray (promises));
  }
};

TEST_F (UnsafeStrategyTest, Failure03ADeleteBeforeTheChangeLeavesTheOldValueForEver)
{
  explore (Strategy::DeleteBefore);
  expect_only ({ older_than_answered, stale_hit, stale_at_rest, against_the_table });
}

TEST_F (UnsafeStrategyTest, Failure03ADeleteAfterTheChangeServesTheOldValueUntilThen)
{
  explore (Strategy::DeleteAfter);
  expect_only ({ stale_hit, against_the_table });
}

TEST_F (UnsafeStrategyTest, Failure03DeletesBeforeAndAfterKeepWhatIsReadInBetween)
{
  explore (Strategy::DeleteBeforeAndAfter);
  expect_only ({ stale_hit, against_the_table });
}
