// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/complaints.hpp"
#include "support/scripted-backend.hpp"

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

// Rule 27: tier writes of one key happen in the order of the calls that caused them.

class BackupOrderTest : public WritingTest
{
};

TEST_F (BackupOrderTest, Failure16BackgroundWritesDoNotOvertakeEachOther)
{
  hold ();
  set ("key", "one");
  remove ("key");
  set ("key", "two");
  EXPECT_EQ (holds (), "store d:key durable") << "one at a time";
  let_all_go ();
  EXPECT_EQ (after_restart ("key"), "two");

  set ("key", "three");
  remove ("key");
  let_all_go ();
  EXPECT_EQ (after_restart ("key"), "-");
}

TEST_F (BackupOrderTest, Rule27WhatWasReplacedBeforeItWasWrittenIsDropped)
{
  hold ();
  for (int i = 0; i < 100; i++)
    set ("key", std::to_string (i).c_str ());
  let_all_go ();
  EXPECT_EQ (actor ().asked[Ask::store], 2);
  EXPECT_EQ (after_restart ("key"), "99");
}

TEST_F (BackupOrderTest, Rule27KeysDoNotWaitForEachOther)
{
  hold ();
  set ("one", "value");
  set ("two", "value");
  remove ("three");
  EXPECT_EQ (held (), 3u);
  let_go (2);
  let_go (1);
  let_go (0);
  EXPECT_EQ (after_restart ("one"), "value");
  EXPECT_EQ (after_restart ("two"), "value");
}

TEST_F (BackupOrderTest, Rule27AClearWaitsForWhatWasBegunAndTakesTheRestAway)
{
  hold ();
  set ("one", "begun");
  set ("one", "queued");
  set ("two", "begun");
  clear ();
  set ("one", "later");
  log ();
  let_go (0);
  EXPECT_THAT (log (), IsEmpty ());
  let_go (0);
  EXPECT_THAT (log (), ElementsAre ("clear"));
  let_go (0);
  EXPECT_THAT (log (), ElementsAre ("store d:one durable"));
  let_all_go ();
  EXPECT_EQ (after_restart ("one"), "later");
  EXPECT_EQ (after_restart ("two"), "-");
}

TEST_F (BackupOrderTest, Rule27ATagWaitsForWhatWasBegunAndDemotesTheRest)
{
  set_tagged ("one", "old", { "tag" });
  hold ();
  set_tagged ("one", "begun", { "tag" });
  set_tagged ("one", "queued", { "tag" });
  set_tagged ("two", "untouched", { "other" });
  invalidate ("tag");
  set_tagged ("one", "later", { "tag" });
  let_all_go ();
  EXPECT_EQ (after_restart ("one"), "later");
  EXPECT_EQ (after_restart ("two"), "untouched");
}

TEST_F (BackupOrderTest, Rule18WhatMayNotBeKeptIsNotKeptInTheTierEither)
{
  auto mutation = adopt (memo_mutation_new (cache ()));

  set ("key", "old");
  memo_mutation_add_tag (mutation.get (), "tag");
  memo_mutation_begin_async (mutation.get (), nullptr, nullptr, nullptr);
  turn ();
  set_tagged ("key", "new", { "tag" });
  EXPECT_EQ (in_memory ("key"), "-");
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ()) << "what was overwritten";
  memo_mutation_end_async (mutation.get (), nullptr, nullptr);
  turn ();
  EXPECT_EQ (after_restart ("key"), "-");
}

TEST_F (BackupOrderTest, Rule27ABarrierThatWasNotBegunTakesInThoseThatCome)
{
  hold ();
  set_tagged ("one", "old", { "one" });
  set_tagged ("two", "old", { "two" });
  invalidate ("one");
  set_tagged ("one", "new", { "one" });
  auto two = invalidate_async ("two");
  auto again = invalidate_async ("one");
  set_tagged ("two", "new", { "two" });
  log ();
  while (holds ().find ("remove t:") == std::string::npos)
    let_go (0);
  EXPECT_EQ (holds (), "remove t:one, remove t:two");
  let_go (0);
  turn ();
  EXPECT_THAT (two, IsWaiting ());
  let_all_go ();
  EXPECT_THAT (two, Succeeded ());
  EXPECT_THAT (again, Succeeded ());
  EXPECT_EQ (after_restart ("one"), "-");
  EXPECT_EQ (after_restart ("two"), "new");

  hold ();
  set ("three", "old");
  invalidate ("two");
  auto all = clear_async ();
  auto tag = invalidate_async ("tag");
  let_go (0);
  EXPECT_EQ (holds (), "clear");
  turn ();
  EXPECT_THAT (tag, IsWaiting ());
  let_go (0);
  turn ();
  EXPECT_THAT (all, Succeeded ());
  EXPECT_THAT (tag, Succeeded ());
  EXPECT_EQ (held (), 0u);
  EXPECT_EQ (after_restart ("two"), "-");
}

TEST_F (BackupOrderTest, ManyInvalidationsInFrontOfABackendThatDoesNotAnswer)
{
  hold ();
  set ("key", "value");
  set ("another", "value");
  for (int i = 0; i < 10010; i++)
    {
      invalidate (("tag " + std::to_string (i)).c_str ());
      set_tagged ("other", "value", { "some" });
    }
  auto got = get ("elsewhere");
  turn ();
  EXPECT_THAT (got, GotMiss ());
  auto done = flush_async ();
  let_all_go ();
  EXPECT_THAT (done, Succeeded ());
  EXPECT_EQ (actor ().asked[Ask::clear], 1) << "so many at once are everything";
  EXPECT_EQ (after_restart ("key"), "-");
  EXPECT_EQ (after_restart ("other"), "value");
}

TEST_F (BackupOrderTest, ManyWritesInFrontOfABackendThatDoesNotAnswer)
{
  constexpr int n = 40000;

  hold ();
  for (int round = 0; round < 2; round++)
    for (int i = 0; i < n; i++)
      remove (("key " + std::to_string (round == 0 ? i : n - i)).c_str ());
  EXPECT_EQ (held (), 10000u) << "that many it has to do at a time";
}

} // namespace
