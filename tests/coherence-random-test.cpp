// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/coherence-world.hpp"

using namespace memo_test;

namespace {

int
number_of (const char *variable, int otherwise)
{
  const char *more = g_getenv (variable);

  return more != nullptr ? std::stoi (more) : otherwise;
}

class CoherenceSeedTest : public CoherenceWorldTest, public ::testing::WithParamInterface<unsigned>
{
protected:
  void live (Family family)
  {
    const int steps = number_of ("MEMO_TEST_STEPS", 4000);

    complaints_.allow ();
    begin (GetParam (), family);
    for (int i = 0; i < steps && !HasFatalFailure (); i++)
      {
        step ();
        check_readers ();
      }
    if (!HasFatalFailure ())
      finish ();
    EXPECT_GT (reads_, 100);
    writers_.clear ();
    turn ();
  }
};

TEST_P (CoherenceSeedTest, NobodyIsGivenAnOldValueAndEverybodyIsAnswered)
{
  live ({});
}

TEST_P (CoherenceSeedTest, AServerWithoutRoomCostsLoadsAndNothingElse)
{
  live ({ .full = true });
}

TEST_P (CoherenceSeedTest, TwoCachesOfAProcessAreAsCoherentAsOne)
{
  live ({ .caches = 2 });
}

TEST_P (CoherenceSeedTest, SetsComeInTheOrderOfTheirCalls)
{
  live ({ .sets = true });
}

TEST_P (CoherenceSeedTest, AllOfItAtOnce)
{
  live ({ .caches = 2, .full = true, .sets = true });
}

INSTANTIATE_TEST_SUITE_P (Seeds, CoherenceSeedTest, ::testing::Range (1u, 1u + static_cast<unsigned> (number_of ("MEMO_TEST_SEEDS", 40))));

} // namespace
