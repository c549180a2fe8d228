// SPDX-License-Identifier: LGPL-2.1-or-later
#include "disk-test.hpp"
#include "trial-vfs.hpp"

using namespace memo_test;

// A disk that does not answer: nobody but the thread of the backend may wait for it.
class DiskSlowTest : public DiskTest
{
protected:
  DiskSlowTest ()
  {
    setup_.vfs = vfs_.name ();
    setup_.gather_count = 1;
    vfs_.before = [this] (TrialVfs::Operation, const std::string &) {
      EXPECT_NE (g_thread_self (), main_) << "the main loop does what may wait for the disk";
      if (stuck_)
        gate_.pass ();
      operations_++;
      return SQLITE_OK;
    };
  }

  ~DiskSlowTest () override
  {
    gate_.open ();
    close_all ();
  }

  GThread          *main_ = g_thread_self ();
  TrialVfs          vfs_;
  Gate              gate_;
  std::atomic<bool> stuck_ { false };
  std::atomic<int>  operations_ { 0 };
};

TEST_F (DiskSlowTest, NothingIsDoneInTheThreadThatAsks)
{
  auto backend = make ();

  store (backend, "key", "value");
  load (backend, "key");
  remove (backend, "key");
  clear (backend);
  flush (backend);
  close (backend);
  EXPECT_GT (operations_, 20);
}

TEST_F (DiskSlowTest, TheMainLoopGoesOnWhileTheDiskStandsStill)
{
  auto backend = make ();
  std::vector<Telling> asked;

  store (backend, "key", "value");
  stuck_ = true;
  asked.push_back (ask_store (backend, "key", "new", MEMO_TTL_FOREVER, true));
  gate_.wait_for_somebody ();
  // All of this comes back at once, or the test would never get to its end.
  asked.push_back (ask_load (backend, "key"));
  asked.push_back (ask_remove (backend, "key"));
  asked.push_back (ask_clear (backend));
  asked.push_back (ask_flush (backend));
  EXPECT_EQ (number (backend, "hits"), 0u) << "and so does looking at a property";
  turn ();
  for (auto &told : asked)
    EXPECT_EQ (told->callbacks, 0);

  gate_.open ();
  wait (asked.back ());
  for (auto &told : asked)
    EXPECT_THAT (told, IsDone ());
  EXPECT_EQ (asked[1]->text, "new");
}

TEST_F (DiskSlowTest, ACallThatIsCancelledDoesNotWaitForTheDisk)
{
  auto backend = make ();
  auto cancellable = adopt (g_cancellable_new ());

  store (backend, "key", "value");
  stuck_ = true;
  auto stored = ask_store (backend, "key", "new", MEMO_TTL_FOREVER, true);
  gate_.wait_for_somebody ();
  auto loaded = ask_load (backend, "key", cancellable.get ());
  g_cancellable_cancel (cancellable.get ());
  turn ();
  EXPECT_TRUE (g_error_matches (loaded->error.get (), G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

TEST_F (DiskSlowTest, ClosingDoesNotWaitInTheMainLoop)
{
  auto backend = make ();

  store (backend, "key", "value");
  stuck_ = true;
  auto closed = ask_close (backend);
  gate_.wait_for_somebody ();
  turn ();
  EXPECT_EQ (closed->callbacks, 0);
  gate_.open ();
  EXPECT_THAT (wait (closed), IsDone ());
}

TEST_F (DiskSlowTest, OpeningDoesNotWaitInTheMainLoop)
{
  auto backend = make ();

  stuck_ = true;
  auto opened = ask_open (backend);
  gate_.wait_for_somebody ();
  turn ();
  EXPECT_EQ (opened->callbacks, 0);
  gate_.open ();
  EXPECT_THAT (wait (opened), IsDone ());
}

TEST_F (DiskSlowTest, TheLastReferenceGoesWithoutWaitingForTheDisk)
{
  Telling stored, loaded;

  {
    auto backend = make ();

    store (backend, "key", "value");
    stuck_ = true;
    stored = ask_store (backend, "key", "new", MEMO_TTL_FOREVER, true);
    loaded = ask_load (backend, "key");
    gate_.wait_for_somebody ();
    made_.clear ();
    turn ();
    EXPECT_EQ (stored->callbacks, 0);
  }

  gate_.open ();
  wait (loaded);
  EXPECT_THAT (stored, IsDone ());
  EXPECT_THAT (loaded, Found ("new"));
  // The thread is done with the file when another one may close it.
  stuck_ = false;
  EXPECT_THAT (load (make (), "key"), Found ("new"));
}

TEST_F (DiskSlowTest, MoreThanManyAreNotQueuedButRemovalsAlwaysAre)
{
  setup_.queue_length = 50;
  auto backend = make ();
  std::vector<Telling> asked;

  store (backend, "key", "value");
  stuck_ = true;
  asked.push_back (ask_store (backend, "key", "new", MEMO_TTL_FOREVER, true));
  gate_.wait_for_somebody ();
  for (int i = 0; i < 50; i++)
    asked.push_back (ask_store (backend, std::to_string (i), "value"));
  auto one_too_many = ask_store (backend, "50", "value");
  auto load_too_many = ask_load (backend, "0");
  auto removed = ask_remove (backend, "key");
  turn ();
  EXPECT_THAT (one_too_many, FailedWith (MEMO_ERROR_BUSY, "wait for the disk"));
  EXPECT_THAT (load_too_many, FailedWith (MEMO_ERROR_BUSY, "wait for the disk"));
  gate_.open ();
  EXPECT_THAT (wait (removed), IsDone ());
  for (auto &told : asked)
    EXPECT_THAT (told, IsDone ());
}
