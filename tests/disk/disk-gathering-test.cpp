// SPDX-License-Identifier: LGPL-2.1-or-later
#include "disk-test.hpp"

using namespace memo_test;

// How writes are gathered into transactions, and which of these wait for the disk.
class DiskGatheringTest : public DiskTest
{
protected:
  guint64 commits (MemoBackend *backend) { return number (backend, "commits"); }
  guint64 durable_commits (MemoBackend *backend) { return number (backend, "durable-commits"); }

  // Everything that was asked until now has been looked at.
  void settle (MemoBackend *backend) { load (backend, "nothing of the kind"); }
};

TEST_F (DiskGatheringTest, StoresWaitForEachOther)
{
  auto backend = make ();
  std::vector<Telling> stores;

  for (int i = 0; i < 99; i++)
    stores.push_back (ask_store (backend, std::to_string (i), "value"));
  settle (backend);
  EXPECT_EQ (commits (backend), 0u);
  for (auto &told : stores)
    EXPECT_EQ (told->callbacks, 0);

  wait (ask_store (backend, "99", "value"));
  turn ();
  EXPECT_EQ (commits (backend), 1u) << "a hundred are enough";
  EXPECT_EQ (durable_commits (backend), 0u);
  for (auto &told : stores)
    EXPECT_THAT (told, IsDone ());
}

TEST_F (DiskGatheringTest, TheyDoNotWaitForEver)
{
  setup_.gather = memo_disk_setup_default.gather;
  auto backend = make ();

  EXPECT_THAT (wait (ask_store (backend, "key", "value")), IsDone ());
  EXPECT_EQ (commits (backend), 1u);
}

TEST_F (DiskGatheringTest, ManyBytesAreEnoughToo)
{
  auto backend = make ();

  EXPECT_THAT (wait (ask_store (backend, "key", std::string (5 * 1024 * 1024, 'x'))), IsDone ());
  EXPECT_EQ (commits (backend), 1u);
}

TEST_F (DiskGatheringTest, ALoadDoesNotWaitForThem)
{
  auto backend = make ();
  auto stored = ask_store (backend, "key", "value");

  EXPECT_THAT (load (backend, "key"), Found ("value"));
  EXPECT_THAT (load (backend, "other"), FoundNothing ());
  EXPECT_EQ (commits (backend), 0u);
  EXPECT_EQ (stored->callbacks, 0);
}

TEST_F (DiskGatheringTest, AStoreThatIsReplacedIsNotWrittenAndItsCallIsAnsweredWithTheOther)
{
  auto backend = make ();
  auto first = ask_store (backend, "key", "old");
  auto second = ask_store (backend, "key", "new");

  settle (backend);
  EXPECT_EQ (first->callbacks, 0);
  flush (backend);
  EXPECT_THAT (first, IsDone ());
  EXPECT_THAT (second, IsDone ());
  EXPECT_EQ (number (backend, "written"), 1u);
  EXPECT_THAT (load (backend, "key"), Found ("new"));
}

TEST_F (DiskGatheringTest, ARemovalTakesWhatWasGatheredWithIt)
{
  auto backend = make ();
  auto stored = ask_store (backend, "key", "value");

  EXPECT_THAT (remove (backend, "other"), IsDone ());
  EXPECT_THAT (stored, IsDone ());
  EXPECT_EQ (commits (backend), 1u);
  EXPECT_EQ (durable_commits (backend), 1u);
}

TEST_F (DiskGatheringTest, AStoreThatIsRemovedBeforeItWasWrittenIsAnswered)
{
  auto backend = make ();
  auto stored = ask_store (backend, "key", "value");

  EXPECT_THAT (remove (backend, "key"), IsDone ());
  EXPECT_THAT (stored, IsDone ());
  EXPECT_EQ (number (backend, "written"), 0u);
  stored = ask_store (backend, "key", "value");
  EXPECT_THAT (clear (backend), IsDone ());
  EXPECT_THAT (stored, IsDone ());
  EXPECT_EQ (number (backend, "written"), 0u);
}

TEST_F (DiskGatheringTest, WhatHasToBeDurableIsAndNothingElse)
{
  setup_.gather_count = 1;
  auto backend = make ();

  open (backend);
  wait (ask_store (backend, "key", "value", MEMO_TTL_FOREVER, false));
  EXPECT_EQ (durable_commits (backend), 0u);
  wait (ask_store (backend, "key", "value", MEMO_TTL_FOREVER, true));
  EXPECT_EQ (durable_commits (backend), 1u);
  remove (backend, "key");
  EXPECT_EQ (durable_commits (backend), 2u);
  remove (backend, "key", bytes_of ("other").get ());
  EXPECT_EQ (durable_commits (backend), 3u) << "and when there was nothing to remove";
  clear (backend);
  EXPECT_EQ (durable_commits (backend), 4u);
  flush (backend);
  EXPECT_EQ (durable_commits (backend), 5u) << "and when there was nothing to write";
  wait (ask_store (backend, "key", "value", MEMO_TTL_FOREVER, false));
  EXPECT_EQ (durable_commits (backend), 5u);
  EXPECT_GE (commits (backend), 7u) << "and perhaps some to tidy up";
}

TEST_F (DiskGatheringTest, ADurableCommitChangesARowInAnyCase)
{
  auto backend = make ();

  open (backend);
  gint64 before = sql ("SELECT changes FROM meta");
  remove (backend, "nothing");
  flush (backend);
  EXPECT_EQ (sql ("SELECT changes FROM meta"), before + 2);
}

TEST_F (DiskGatheringTest, RemovalsThatWaitForTheDiskShareTheNextTransaction)
{
  auto backend = make ();
  std::vector<Telling> removals;

  open (backend);
  for (int i = 0; i < 1000; i++)
    removals.push_back (ask_remove (backend, std::to_string (i)));
  wait (removals.back ());
  for (auto &told : removals)
    EXPECT_THAT (told, IsDone ());
  EXPECT_LT (commits (backend), 200u);
  EXPECT_GE (commits (backend), 10u) << "but no more than a hundred at a time";
}

TEST_F (DiskGatheringTest, ManyCallsInARowAreAnsweredInTheirOrder)
{
  auto backend = make ();
  std::vector<Telling> loads;

  for (int i = 0; i < 3000; i++)
    {
      ask_store (backend, "key", std::to_string (i), MEMO_TTL_FOREVER, i % 7 == 0);
      loads.push_back (ask_load (backend, "key"));
    }
  wait (loads.back ());
  for (int i = 0; i < 3000; i++)
    EXPECT_THAT (loads[i], Found (std::to_string (i)));
}
