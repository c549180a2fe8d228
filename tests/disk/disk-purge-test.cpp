// SPDX-License-Identifier: LGPL-2.1-or-later
#include "disk-test.hpp"

using namespace memo_test;

// How the file is kept small.
class DiskPurgeTest : public DiskTest
{
protected:
  static constexpr gint64 limit = 64 * 1024;

  DiskPurgeTest () { setup_.gather_count = 1; }

  MemoBackend *make_small () { return make (uri ("?max-size=64K")); }

  void put (MemoBackend *backend, const std::string &key, size_t size = 900, double ttl = MEMO_TTL_FOREVER)
  {
    ASSERT_THAT (wait (ask_store (backend, key, std::string (size, 'x'), ttl)), IsDone ());
    later (1);
  }

  // Everything that can be tidied is.  While somebody asks all the time it is done now and then.
  void settle (MemoBackend *backend)
  {
    guint64 before = number (backend, "commits");

    for (int calm = 0; calm < 40; calm++)
      {
        load (backend, "nothing of the kind");
        if (number (backend, "commits") != before)
          calm = 0;
        before = number (backend, "commits");
      }
  }

  gint64 rows () { return sql ("SELECT count(*) FROM kv"); }
  gint64 total () { return sql ("SELECT total FROM meta"); }
};

TEST_F (DiskPurgeTest, ItHoldsNoMoreThanItMay)
{
  auto backend = make_small ();

  for (int i = 0; i < 200; i++)
    {
      put (backend, std::to_string (i));
      ASSERT_LE (total (), limit);
      ASSERT_EQ (guint64 (total ()), number (backend, "size"));
    }
  EXPECT_EQ (total (), sql ("SELECT sum(size) FROM kv"));
  EXPECT_GT (rows (), 60);
  EXPECT_EQ (gint64 (number (backend, "purged")), 200 - rows ());
  EXPECT_LT (fs::file_size (path ()), 4u * limit);
}

TEST_F (DiskPurgeTest, TheOldestGoFirst)
{
  auto backend = make_small ();

  for (int i = 0; i < 100; i++)
    put (backend, std::to_string (i));
  settle (backend);
  gint64 left = rows ();
  for (int i = 0; i < 100; i++)
    EXPECT_EQ (load (backend, std::to_string (i))->found, i >= 100 - left) << i;
}

TEST_F (DiskPurgeTest, WhatIsReadStays)
{
  auto backend = make_small ();

  for (int i = 0; i < 200; i++)
    {
      put (backend, std::to_string (i));
      EXPECT_TRUE (load (backend, "0")->found) << i;
    }
  EXPECT_FALSE (load (backend, "1")->found);
}

TEST_F (DiskPurgeTest, WhatIsReadIsNotWrittenDownEachTime)
{
  auto backend = make ();

  setup_.slice = 4;
  for (int i = 0; i < 31; i++)
    put (backend, std::to_string (i));
  settle (backend);
  guint64 before = number (backend, "commits");
  for (int j = 0; j < 10; j++)
    {
      for (int i = 0; i < 31; i++)
        load (backend, std::to_string (i));
      later (10);
    }
  EXPECT_LE (number (backend, "commits"), before + 1) << "one when there is enough to write";
}

TEST_F (DiskPurgeTest, WhatHasExpiredGoesBeforeWhatHasNot)
{
  auto backend = make_small ();

  put (backend, "old", 900);
  for (int i = 0; i < 50; i++)
    put (backend, "short " + std::to_string (i), 900, 100);
  later (100);
  for (int i = 0; i < 20; i++)
    put (backend, "new " + std::to_string (i), 900);
  settle (backend);
  EXPECT_TRUE (load (backend, "old")->found) << "it is the oldest, but there is room now";
  EXPECT_EQ (rows (), 21);
}

TEST_F (DiskPurgeTest, APartOfWhatHasExpiredGoesWithEachTransactionAndTheRestWhenThereIsTime)
{
  setup_.slice = 8;
  auto backend = make ();

  for (int i = 0; i < 300; i++)
    put (backend, std::to_string (i), 100, 1000);
  later (1000);
  put (backend, "key");
  settle (backend);
  EXPECT_EQ (rows (), 1);
  EXPECT_EQ (number (backend, "purged"), 300u);
  EXPECT_GE (number (backend, "commits"), 300u + 300 / 8);
}

TEST_F (DiskPurgeTest, ALowerMaximumIsReachedInSmallSteps)
{
  setup_.slice = 8;
  auto backend = make ();

  for (int i = 0; i < 1000; i++)
    put (backend, std::to_string (i));
  ASSERT_EQ (rows (), 1000);
  guint64 before = number (backend, "commits");
  g_object_set (backend, "max-size", guint64 (limit), nullptr);
  load (backend, "0");
  settle (backend);
  EXPECT_LE (total (), limit);
  EXPECT_GT (number (backend, "commits"), before + 20) << "at most 32 rows at a time";
  EXPECT_TRUE (load (backend, "999")->found);
}

TEST_F (DiskPurgeTest, WhoAsksAllTheTimeDoesNotKeepItFromBeingDone)
{
  setup_.slice = 8;
  auto backend = make ();

  for (int i = 0; i < 1000; i++)
    put (backend, std::to_string (i));
  g_object_set (backend, "max-size", guint64 (limit), nullptr);
  // There is always something to do.
  int waiting = 0, asked = 0;
  std::vector<Telling> loads;
  while (asked < 20000 && gint64 (number (backend, "size")) > limit)
    {
      while (waiting < 50)
        {
          loads.push_back (ask_load (backend, "nothing"));
          waiting++;
          asked++;
        }
      wait (loads[loads.size () - 25]);
      waiting = 25;
    }
  EXPECT_LE (gint64 (number (backend, "size")), limit);
  wait (loads.back ());
}

TEST_F (DiskPurgeTest, PagesThatAreNotUsedAreGivenBack)
{
  auto backend = make ();

  for (int i = 0; i < 100; i++)
    put (backend, std::to_string (i), 20000);
  flush (backend);
  gint64 before = sql ("PRAGMA page_count");
  clear (backend);
  settle (backend);
  for (int i = 0; i < 200 && sql ("PRAGMA page_count") > before / 2; i++)
    load (backend, "nothing of the kind");
  EXPECT_LT (sql ("PRAGMA page_count"), before / 2);
}

TEST_F (DiskPurgeTest, WhatIsTooLargeIsNotKeptAndNothingElseIsLost)
{
  auto backend = make_small ();

  put (backend, "key");
  put (backend, "other");
  put (backend, "key", limit);
  EXPECT_THAT (load (backend, "key"), FoundNothing ()) << "nor what was there before";
  EXPECT_TRUE (load (backend, "other")->found);
  put (backend, "key", limit - 200 - 1100);
  EXPECT_TRUE (load (backend, "key")->found);
}

TEST_F (DiskPurgeTest, ACounterThatIsTooHighIsSetRight)
{
  auto backend = make_small ();

  put (backend, "key");
  sql ("UPDATE meta SET total = 1000000000");
  put (backend, "other");
  EXPECT_TRUE (load (backend, "key")->found);
  EXPECT_TRUE (load (backend, "other")->found);
  EXPECT_EQ (total (), sql ("SELECT sum(size) FROM kv"));
}

TEST_F (DiskPurgeTest, ACounterThatIsTooLowIsNoDanger)
{
  setup_.max_pages = 64;
  auto backend = make_small ();

  put (backend, "key");
  sql ("UPDATE meta SET total = -1000000000000");
  for (int i = 0; i < 1000; i++)
    put (backend, std::to_string (i));
  EXPECT_LE (fs::file_size (path ()), 64u * 4096);
  EXPECT_TRUE (load (backend, "999")->found);
}

TEST_F (DiskPurgeTest, AMillionRowsAreOpenedAtOnce)
{
  auto first = make ();

  open (first);
  close (first);
  sql ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)"
       " INSERT INTO kv (k, accessed, size, v) SELECT CAST (i AS BLOB), 1, 110, x'00' FROM n");
  sql ("UPDATE meta SET total = 110000000");

  gint64 before = g_get_monotonic_time ();
  auto backend = make ();
  EXPECT_THAT (open (backend), IsDone ());
  EXPECT_TRUE (load (backend, "500000")->found);
  EXPECT_LT (g_get_monotonic_time () - before, G_USEC_PER_SEC / 2);
}
