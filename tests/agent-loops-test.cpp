// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"

extern "C" {
#include "memo-agent-loops-private.h"
}

using namespace memo_test;
using ::testing::ElementsAre;

namespace {

// A sequence of calls, as a session would see it.  Calls are named by what they call; outcomes are words.
class AgentLoopsTest : public ::testing::Test
{
protected:
  struct Call
  {
    std::string          name;
    bool                 change = false;
    bool                 poll = false;
    bool                 repeatable = false;
    std::vector<guint64> resources = {};
  };

  ~AgentLoopsTest () override { memo_agent_loops_free (loops_); }

  static Call change (const char *name) { return { name, true }; }
  static Call poll (const char *name) { return { name, false, true }; }
  static Call repeatable (const char *name) { return { name, false, false, true }; }

  static guint64 number (const std::string &text) { return std::hash<std::string> () (text); }

  using Finding = std::unique_ptr<MemoAgentFinding, Deleter<MemoAgentFinding, memo_agent_finding_free>>;

  template <typename What>
  void with_subject (const Call &call, What what)
  {
    char *name = g_ref_string_new (call.name.c_str ());
    const MemoAgentSubject subject = { name, number (call.name), call.resources.data (),
                                       guint (call.resources.size ()), call.change, call.poll, call.repeatable };

    what (&subject);
    g_ref_string_release (name);
  }

  // What the detectors say of a call that is about to begin.
  Finding check (const Call &call, guint depth = 1, const char * const *circle = nullptr)
  {
    Finding finding;

    with_subject (call, [&] (const MemoAgentSubject *subject) {
      finding.reset (memo_agent_loops_check (loops_, &limits_, subject, depth, circle, now_));
    });

    return finding;
  }

  void record (const Call &call, const std::string &outcome, MemoAgentEnd end = MEMO_AGENT_SUCCEEDED)
  {
    with_subject (call, [&] (const MemoAgentSubject *subject) {
      memo_agent_loops_record (loops_, subject, end, number (outcome), now_);
    });
  }

  // Makes a call, unless it is found.
  Finding make (const Call &call, const std::string &outcome = "same", MemoAgentEnd end = MEMO_AGENT_SUCCEEDED)
  {
    auto finding = check (call);

    if (finding == nullptr)
      {
        memo_agent_loops_admit (loops_);
        record (call, outcome, end);
      }

    return finding;
  }

  // Makes calls until one is found, and says which that was, counted from 1; 0: none of LIMIT was.
  int first_found (std::function<Finding (int)> call, int limit = 400)
  {
    for (int i = 1; i <= limit; i++)
      {
        last_ = call (i);
        if (last_ != nullptr)
          return i;
      }

    return 0;
  }

  int first_found_of (const std::vector<Call> &cycle, int limit = 400)
  {
    return first_found ([&] (int i) { return make (cycle[(i - 1) % cycle.size ()]); }, limit);
  }

  static std::vector<std::string> cycle_of (const Finding &finding)
  {
    return { finding->cycle, finding->cycle + g_strv_length (finding->cycle) };
  }

  MemoAgentLoops  *loops_ = memo_agent_loops_new ();
  MemoAgentLimits  limits_ = { MEMO_AGENT_LOOP_DETECTION_OUTCOME, 5, 50, G_MAXUINT, 100 };
  gint64           now_ = 1000;
  Finding          last_;
};

std::string
different (int i)
{
  return "outcome " + std::to_string (i);
}

/* --- repeat --- */

TEST_F (AgentLoopsTest, TheSixthReadWithTheSameOutcomeIsARepeat)
{
  EXPECT_EQ (first_found_of ({ { "read" } }), 6);
  EXPECT_EQ (last_->detector, MEMO_AGENT_DETECTOR_REPEAT);
  EXPECT_EQ (last_->count, 6u);
  EXPECT_THAT (cycle_of (last_), ElementsAre ("read"));
}

TEST_F (AgentLoopsTest, AVetoedCallIsFoundAgainAndAgain)
{
  ASSERT_EQ (first_found_of ({ { "read" } }), 6);
  for (int i = 0; i < 3; i++)
    {
      auto finding = check ({ "read" });

      ASSERT_NE (finding, nullptr);
      EXPECT_EQ (finding->count, 6u) << "what was refused did not come again";
    }
}

TEST_F (AgentLoopsTest, TheNumberOfRepeatsCanBeChosen)
{
  limits_.max_repeats = 1;
  EXPECT_EQ (first_found_of ({ { "read" } }), 2);
  memo_agent_loops_progress (loops_);
  limits_.max_repeats = 30;
  EXPECT_EQ (first_found_of ({ { "read" } }), 31) << "more than the oscillation needs, and half the history";
  memo_agent_loops_progress (loops_);
  limits_.max_repeats = 100;
  EXPECT_EQ (first_found_of ({ { "read" } }), 101) << "more than the history";
}

TEST_F (AgentLoopsTest, TheEleventhChangeWithTheSameOutcomeIsARepeat)
{
  EXPECT_EQ (first_found_of ({ change ("add") }), 11);
  EXPECT_EQ (last_->detector, MEMO_AGENT_DETECTOR_REPEAT);
  EXPECT_EQ (last_->count, 11u);
}

TEST_F (AgentLoopsTest, ChangesWithDifferentOutcomesAreNoRepeat)
{
  EXPECT_EQ (first_found ([&] (int i) { return make (change ("add"), different (i)); }), 0);
}

TEST_F (AgentLoopsTest, TheTwentyFirstReadIsARepeatWhateverItsOutcomes)
{
  EXPECT_EQ (first_found ([&] (int i) { return make ({ "read" }, different (i)); }), 21);
  EXPECT_EQ (last_->detector, MEMO_AGENT_DETECTOR_REPEAT);
  EXPECT_EQ (last_->count, 21u);
}

TEST_F (AgentLoopsTest, AnotherOutcomeBeginsTheCountAnew)
{
  for (int i = 0; i < 5; i++)
    ASSERT_EQ (make ({ "read" }, "one"), nullptr);
  record ({ "read" }, "two");
  for (int i = 0; i < 4; i++)
    ASSERT_EQ (make ({ "read" }, "two"), nullptr);
  EXPECT_NE (make ({ "read" }, "two"), nullptr);
}

TEST_F (AgentLoopsTest, AnotherCallInBetweenBeginsTheCountAnew)
{
  for (int i = 0; i < 5; i++)
    ASSERT_EQ (make ({ "read" }), nullptr);
  ASSERT_EQ (make ({ "other" }), nullptr);
  for (int i = 0; i < 5; i++)
    ASSERT_EQ (make ({ "read" }), nullptr);
  EXPECT_NE (make ({ "read" }), nullptr);
}

TEST_F (AgentLoopsTest, WhatIsChangedInBetweenIsReadAnew)
{
  const Call read = { "read", false, false, false, { 7, 8 } };
  const guint64 others[] = { 1, 2 }, mine[] = { 3, 8 };

  for (int i = 0; i < 5; i++)
    ASSERT_EQ (make (read), nullptr);
  memo_agent_loops_touch (loops_, others, 2);
  EXPECT_NE (check (read), nullptr) << "that was something else";
  memo_agent_loops_touch (loops_, mine, 2);
  EXPECT_EQ (first_found_of ({ read }), 6);
}

TEST_F (AgentLoopsTest, AChangeIsNoReasonToRepeatIt)
{
  const Call add = { "add", true, false, false, { 7 } };
  const guint64 mine[] = { 7 };

  EXPECT_EQ (first_found ([&] (int) {
    memo_agent_loops_touch (loops_, mine, 1);
    auto finding = make (add);
    memo_agent_loops_touch (loops_, mine, 1);
    return finding;
  }), 11);
}

TEST_F (AgentLoopsTest, ProgressEndsAStreak)
{
  for (int i = 0; i < 5; i++)
    ASSERT_EQ (make ({ "read" }), nullptr);
  memo_agent_loops_progress (loops_);
  EXPECT_EQ (first_found_of ({ { "read" } }), 6);
}

TEST_F (AgentLoopsTest, PollsAndPagersMayRepeatThemselves)
{
  limits_.max_polls = 1000;
  EXPECT_EQ (first_found_of ({ poll ("status") }), 0);
  EXPECT_EQ (first_found_of ({ repeatable ("next") }), 0);
}

TEST_F (AgentLoopsTest, AStreakEndsAfterTenMinutesAndNotBefore)
{
  for (int i = 0; i < 5; i++)
    ASSERT_EQ (make ({ "read" }), nullptr);
  now_ += 10 * 60 * G_USEC_PER_SEC - 1;
  EXPECT_NE (check ({ "read" }), nullptr);
  now_ += 10 * 60 * G_USEC_PER_SEC - 1;
  EXPECT_NE (check ({ "read" }), nullptr) << "what was refused was a call";
  now_ += 10 * 60 * G_USEC_PER_SEC;
  EXPECT_EQ (first_found_of ({ { "read" } }), 6);
}

/* --- retry storm --- */

TEST_F (AgentLoopsTest, TheFourthTryWithTheSameErrorIsAStorm)
{
  EXPECT_EQ (first_found ([&] (int) { return make ({ "read" }, "no", MEMO_AGENT_FAILED); }), 4);
  EXPECT_EQ (last_->detector, MEMO_AGENT_DETECTOR_RETRY_STORM);
  EXPECT_EQ (last_->count, 4u);
}

TEST_F (AgentLoopsTest, TheFourthTryOfAChangeIsAStormToo)
{
  EXPECT_EQ (first_found ([&] (int) { return make (change ("add"), "no", MEMO_AGENT_FAILED); }), 4);
}

TEST_F (AgentLoopsTest, WithAnErrorThatPassesItIsTheSixthTry)
{
  EXPECT_EQ (first_found ([&] (int) { return make ({ "read" }, "busy", MEMO_AGENT_FAILED_FOR_NOW); }), 6);
  EXPECT_EQ (last_->detector, MEMO_AGENT_DETECTOR_RETRY_STORM);
}

TEST_F (AgentLoopsTest, AnotherErrorIsAnotherTry)
{
  EXPECT_EQ (first_found ([&] (int i) { return make ({ "read" }, i % 2 == 0 ? "no" : "never", MEMO_AGENT_FAILED); }), 21)
    << "only as a read whatever its outcomes";
  EXPECT_EQ (last_->detector, MEMO_AGENT_DETECTOR_REPEAT);
}

TEST_F (AgentLoopsTest, SomethingElseInBetweenIsNoStorm)
{
  for (int i = 0; i < 20; i++)
    {
      ASSERT_EQ (make ({ "read" }, "no", MEMO_AGENT_FAILED), nullptr);
      ASSERT_EQ (make ({ "look " + std::to_string (i) }), nullptr);
    }
}

TEST_F (AgentLoopsTest, PollsMayFail)
{
  EXPECT_EQ (first_found ([&] (int) { return make (poll ("status"), "no", MEMO_AGENT_FAILED); }, 100), 0);
}

/* --- oscillation --- */

TEST_F (AgentLoopsTest, TheCallThatBeginsTheFourthCycleIsAnOscillation)
{
  for (int period = 2; period <= 10; period++)
    {
      std::vector<Call> cycle;

      for (int i = 0; i < period; i++)
        cycle.push_back ({ "call " + std::to_string (i) });

      memo_agent_loops_progress (loops_);
      EXPECT_EQ (first_found_of (cycle), 3 * period + 1) << "period " << period;
      EXPECT_EQ (last_->detector, MEMO_AGENT_DETECTOR_OSCILLATION);
      EXPECT_EQ (last_->count, 4u);
      EXPECT_EQ (cycle_of (last_).size (), size_t (period));
      EXPECT_EQ (cycle_of (last_)[0], "call 0");
    }
}

TEST_F (AgentLoopsTest, ACycleOfElevenIsNone)
{
  std::vector<Call> cycle;

  for (int i = 0; i < 11; i++)
    cycle.push_back ({ "call " + std::to_string (i) });
  EXPECT_EQ (first_found_of (cycle), 0);
}

TEST_F (AgentLoopsTest, TheSameCallMayBeInACycleTwice)
{
  EXPECT_EQ (first_found_of ({ { "A" }, { "A" }, { "B" } }), 10);
  EXPECT_THAT (cycle_of (last_), ElementsAre ("A", "A", "B"));
  memo_agent_loops_progress (loops_);
  EXPECT_EQ (first_found_of ({ { "A" }, { "B" }, { "A" }, { "C" } }), 13);
}

TEST_F (AgentLoopsTest, WhatCameBeforeACycleDoesNotHideIt)
{
  for (int i = 0; i < 100; i++)
    ASSERT_EQ (make ({ "before " + std::to_string (i) }), nullptr);
  EXPECT_EQ (first_found_of ({ { "A" }, { "B" } }), 7);
}

TEST_F (AgentLoopsTest, ADifferentCallLeavesTheCycle)
{
  for (int i = 0; i < 3; i++)
    {
      ASSERT_EQ (make ({ "A" }), nullptr);
      ASSERT_EQ (make ({ "B" }), nullptr);
    }
  EXPECT_EQ (check ({ "C" }), nullptr);
  EXPECT_EQ (check ({ "B" }), nullptr);
  EXPECT_NE (check ({ "A" }), nullptr);
}

TEST_F (AgentLoopsTest, OneOtherOutcomeIsNoOscillation)
{
  for (int i = 0; i < 12; i++)
    {
      ASSERT_EQ (make ({ "edit" }), nullptr);
      ASSERT_EQ (make ({ "test" }, i % 3 == 2 ? different (i) : "fails"), nullptr);
    }
}

TEST_F (AgentLoopsTest, APollInACycleIsWaiting)
{
  EXPECT_EQ (first_found_of ({ { "fetch" }, poll ("sleep") }, 200), 0);
}

TEST_F (AgentLoopsTest, WhoGoesOnIsCountedOn)
{
  for (int i = 0; i < 5; i++)
    {
      record ({ "A" }, "same");
      record ({ "B" }, "same");
    }

  auto finding = check ({ "A" });

  ASSERT_NE (finding, nullptr);
  EXPECT_EQ (finding->count, 6u);
}

/* --- nesting --- */

TEST_F (AgentLoopsTest, WhatIsDeeperThanAllowedIsNesting)
{
  EXPECT_EQ (check ({ "read" }, 50), nullptr);

  auto finding = check ({ "read" }, 51);

  ASSERT_NE (finding, nullptr);
  EXPECT_EQ (finding->detector, MEMO_AGENT_DETECTOR_NESTING);
  EXPECT_EQ (finding->count, 51u);
}

TEST_F (AgentLoopsTest, ACircleIsNestingAtOnce)
{
  auto finding = check ({ "A" }, 3, Tags { "A", "B" });

  ASSERT_NE (finding, nullptr);
  EXPECT_EQ (finding->detector, MEMO_AGENT_DETECTOR_NESTING);
  EXPECT_THAT (cycle_of (finding), ElementsAre ("A", "B"));
}

/* --- budget --- */

TEST_F (AgentLoopsTest, TheCallAfterTheLastIsOverTheBudget)
{
  limits_.max_calls = 7;
  EXPECT_EQ (first_found ([&] (int i) { return make ({ different (i) }); }), 8);
  EXPECT_EQ (last_->detector, MEMO_AGENT_DETECTOR_BUDGET);
  EXPECT_EQ (last_->count, 8u);
  memo_agent_loops_progress (loops_);
  EXPECT_NE (check ({ "more" }), nullptr) << "progress buys no calls";
}

TEST_F (AgentLoopsTest, WhatIsRefusedCostsNothing)
{
  limits_.max_calls = 7;
  ASSERT_EQ (first_found_of ({ { "read" } }), 6);
  for (int i = 0; i < 100; i++)
    check ({ "read" });
  EXPECT_EQ (make ({ "sixth" }), nullptr);
  EXPECT_EQ (make ({ "seventh" }), nullptr);
  EXPECT_NE (make ({ "eighth" }), nullptr);
}

TEST_F (AgentLoopsTest, TheHundredAndFirstPollWithTheSameOutcomeIsOverTheBudget)
{
  EXPECT_EQ (first_found_of ({ poll ("status"), { "log" } }, 250), 201) << "whatever is between them";
  EXPECT_EQ (last_->detector, MEMO_AGENT_DETECTOR_BUDGET);
  EXPECT_EQ (last_->count, 101u);
}

TEST_F (AgentLoopsTest, APollThatShowsProgressIsNotCounted)
{
  EXPECT_EQ (first_found ([&] (int i) { return make (poll ("status"), different (i / 99)); }), 0);
}

TEST_F (AgentLoopsTest, PollsAreCountedEachByItself)
{
  for (int round = 0; round < 100; round++)
    {
      for (int job = 0; job < 64; job++)
        ASSERT_EQ (make (poll (("job " + std::to_string (job)).c_str ())), nullptr);
    }
  for (int job = 0; job < 64; job++)
    EXPECT_NE (check (poll (("job " + std::to_string (job)).c_str ())), nullptr);
}

/* --- the other ways to look --- */

TEST_F (AgentLoopsTest, ByArgumentsOutcomesAreIgnored)
{
  limits_.detection = MEMO_AGENT_LOOP_DETECTION_ARGS;
  EXPECT_EQ (first_found ([&] (int i) { return make ({ "read" }, different (i)); }), 6);
  memo_agent_loops_progress (loops_);
  EXPECT_EQ (first_found ([&] (int i) { return make (change ("add"), different (i)); }), 11);
  memo_agent_loops_progress (loops_);
  EXPECT_EQ (first_found ([&] (int i) { return make ({ i % 2 == 1 ? "A" : "B" }, different (i)); }), 7);
  memo_agent_loops_progress (loops_);
  EXPECT_EQ (first_found ([&] (int i) { return make (poll ("status"), different (i)); }), 101);
  memo_agent_loops_progress (loops_);
  EXPECT_EQ (first_found ([&] (int) { return make ({ "read" }, "no", MEMO_AGENT_FAILED); }), 6);
  EXPECT_EQ (last_->detector, MEMO_AGENT_DETECTOR_REPEAT);
}

TEST_F (AgentLoopsTest, ByArgumentsPagersMayRepeatThemselves)
{
  limits_.detection = MEMO_AGENT_LOOP_DETECTION_ARGS;
  EXPECT_EQ (first_found_of ({ repeatable ("next") }), 0);
}

TEST_F (AgentLoopsTest, OffNothingIsFound)
{
  limits_.detection = MEMO_AGENT_LOOP_DETECTION_OFF;
  limits_.max_calls = 1;
  EXPECT_EQ (first_found_of ({ { "read" } }), 0);
  EXPECT_EQ (check ({ "A" }, 1000, Tags { "A" }), nullptr);
}

} // namespace
