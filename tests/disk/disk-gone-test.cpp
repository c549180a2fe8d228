// SPDX-License-Identifier: LGPL-2.1-or-later
#include "disk-test.hpp"
#include "trial-vfs.hpp"

using namespace memo_test;

// Files that are taken away, disks that are full, and operations that fail.
class DiskGoneTest : public DiskTest
{
protected:
  DiskGoneTest ()
  {
    setup_.gather_count = 1;
    vfs_.before = [this] (TrialVfs::Operation operation, const std::string &) {
      return failing_ >> operation & 1 ? code_.load () : SQLITE_OK;
    };
  }
  ~DiskGoneTest () override { close_all (); }

  // Operations of this kind fail from now on; SQLITE_OK: they do not any more.
  void fail (std::initializer_list<TrialVfs::Operation> operations, int code)
  {
    failing_ = 0;
    code_ = code;
    for (auto operation : operations)
      failing_ = failing_ | 1 << operation;
  }

  void expect_going_on (MemoBackend *backend)
  {
    EXPECT_THAT (load (backend, "key"), FoundNothing ());
    EXPECT_THAT (store (backend, "key", "new"), IsDone ());
    EXPECT_THAT (load (backend, "key"), Found ("new"));
    EXPECT_EQ (sql ("SELECT count(*) FROM kv"), 1) << "in the file at its place";
  }

  TrialVfs         vfs_;
  std::atomic<int> failing_ { 0 };
  std::atomic<int> code_ { 0 };
};

// --- cleaned up ---

TEST_F (DiskGoneTest, AFileThatIsDeletedIsMadeAnew)
{
  auto backend = make ();

  store (backend, "key", "old");
  for (const char *suffix : { "", "-wal", "-shm", "-lock" })
    fs::remove (path ().string () + suffix);
  expect_going_on (backend);
}

TEST_F (DiskGoneTest, AFolderThatIsDeletedIsMadeAnew)
{
  auto backend = make ();

  store (backend, "key", "old");
  fs::remove_all (path ().parent_path ());
  expect_going_on (backend);
  EXPECT_TRUE (fs::exists (path ().parent_path () / "CACHEDIR.TAG"));
}

TEST_F (DiskGoneTest, AFileWhosePartIsDeletedSaysWhatWasTrueOnceAndIsReplaced)
{
  for (const char *suffix : { "-wal", "-shm" })
    {
      auto first = make ();

      store (first, "key", "old");
      close (first);
      auto backend = make ();
      remove (backend, "key");
      fs::remove (path ().string () + suffix);
      expect_going_on (backend);
      EXPECT_EQ (number (backend, "recreated"), 1u);
      close_all ();
      fs::remove_all (path ().parent_path ());
    }
}

TEST_F (DiskGoneTest, AFileThatIsReplacedByAnotherIsNotSpoiled)
{
  auto one = make ();

  store (one, "key", "old");
  fs::remove_all (path ().parent_path ());
  auto two = make ();
  store (two, "other", "value");
  EXPECT_THAT (close (one), IsDone ()) << "which must not delete the -wal of the other";
  EXPECT_TRUE (fs::exists (path ().string () + "-wal"));
  EXPECT_THAT (load (make (), "other"), Found ("value"));
}

TEST_F (DiskGoneTest, ARemovalIsDoneInTheFileThatIsThere)
{
  setup_.vfs = vfs_.name ();
  auto one = make ();
  setup_.vfs = nullptr;
  auto two = make ();
  bool done = false;

  store (one, "other", "value");
  // When the first is about to commit, another has replaced the file, and stored the key in it.
  vfs_.before = [&] (TrialVfs::Operation operation, const std::string &name) {
    if (operation == TrialVfs::WRITE && !done)
      {
        done = true;
        fs::remove_all (path ().parent_path ());
        in_thread ([&] {
          Context context;

          context.within ([&] {
            auto told = ask_store (two, "key", "old", MEMO_TTL_FOREVER, true);
            while (told->callbacks == 0)
              g_main_context_iteration (context, TRUE);
          });
        });
      }
    return SQLITE_OK;
  };
  EXPECT_THAT (remove (one, "key"), IsDone ());
  EXPECT_TRUE (done);
  EXPECT_THAT (load (two, "key"), FoundNothing ());
}

// --- full ---

TEST_F (DiskGoneTest, AFullFileMakesRoom)
{
  setup_.max_pages = 60;
  auto backend = make ();

  for (int i = 0; i < 200; i++)
    {
      ASSERT_THAT (wait (ask_store (backend, std::to_string (i), std::string (3000, 'x'))), IsDone ());
      later (1);
    }
  EXPECT_TRUE (load (backend, "199")->found);
  EXPECT_FALSE (load (backend, "0")->found);
  EXPECT_EQ (number (backend, "recreated"), 0u);
}

TEST_F (DiskGoneTest, AFullDiskIsNoHarmToWhoReads)
{
  setup_.vfs = vfs_.name ();
  auto backend = make ();

  store (backend, "key", "value");
  fail ({ TrialVfs::WRITE }, SQLITE_FULL);
  EXPECT_THAT (wait (ask_store (backend, "other", "value")), FailedWith (MEMO_ERROR_UNAVAILABLE, "no room"));
  EXPECT_THAT (load (backend, "key"), Found ("value"));
  EXPECT_EQ (number (backend, "recreated"), 0u);
  fail ({}, SQLITE_OK);
  EXPECT_THAT (wait (ask_store (backend, "other", "value")), IsDone ());
}

TEST_F (DiskGoneTest, AFullDiskThatCannotEvenDeleteLosesTheFileAndKeepsItsPromise)
{
  setup_.vfs = vfs_.name ();
  auto backend = make ();

  store (backend, "key", "old");
  store (backend, "other", "old");
  fail ({ TrialVfs::WRITE }, SQLITE_FULL);
  auto stored = ask_store (backend, "other", "new", MEMO_TTL_FOREVER, true);
  EXPECT_THAT (remove (backend, "key"), IsDone ()) << "it is gone, with everything else";
  EXPECT_EQ (stored->callbacks, 1);
  fail ({}, SQLITE_OK);
  later (60);
  EXPECT_THAT (load (backend, "key"), FoundNothing ());
  EXPECT_THAT (load (backend, "other"), FoundNothing ());
  EXPECT_THAT (store (backend, "key", "new"), IsDone ());
  EXPECT_GE (number (backend, "recreated"), 1u);
}

// --- failing ---

TEST_F (DiskGoneTest, AFailureThatPassesIsNotSeen)
{
  setup_.vfs = vfs_.name ();
  auto backend = make ();
  std::atomic<int> left { 1 };

  store (backend, "key", "value");
  vfs_.before = [&] (TrialVfs::Operation operation, const std::string &) {
    return operation == TrialVfs::SYNC && left-- > 0 ? SQLITE_IOERR_FSYNC : SQLITE_OK;
  };
  EXPECT_THAT (store (backend, "other", "value"), IsDone ());
  EXPECT_THAT (load (backend, "key"), Found ("value"));
  EXPECT_EQ (number (backend, "recreated"), 0u);
  vfs_.before = {};
}

TEST_F (DiskGoneTest, AFailureThatStaysLeadsToAPause)
{
  setup_.vfs = vfs_.name ();
  auto backend = make ();

  store (backend, "key", "old");
  fail ({ TrialVfs::READ, TrialVfs::WRITE, TrialVfs::SYNC, TrialVfs::OPEN }, SQLITE_IOERR);
  EXPECT_THAT (store (backend, "key", "new"), FailedWith (MEMO_ERROR_UNAVAILABLE, "cannot be used"));
  guint64 failures = number (backend, "failures");
  for (int i = 0; i < 10; i++)
    {
      EXPECT_THAT (load (backend, "third"), FailedWith (MEMO_ERROR_UNAVAILABLE, "cannot be used"));
      EXPECT_THAT (store (backend, "other", "new"), FailedWith (MEMO_ERROR_UNAVAILABLE, "cannot be used"));
    }
  EXPECT_EQ (number (backend, "failures"), failures) << "nobody tried";
  fail ({}, SQLITE_OK);
  later (60);
  EXPECT_THAT (load (backend, "key"), FoundNothing ()) << "not what was to be replaced";
  EXPECT_THAT (store (backend, "key", "new"), IsDone ());
}

TEST_F (DiskGoneTest, WhatCouldNotBeRemovedIsRemovedLater)
{
  auto backend = make ();
  sqlite3 *db;

  setup_.busy = 1;
  auto patient = make ();
  store (patient, "key", "old");
  store (patient, "other", "old");
  store (patient, "third", "old");
  sqlite3_open (path ().c_str (), &db);
  ASSERT_EQ (sqlite3_exec (db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_THAT (remove (patient, "key"), FailedWith (MEMO_ERROR_UNAVAILABLE, "in use by another process"));
  EXPECT_THAT (wait (ask_store (patient, "other", "new")), FailedWith (MEMO_ERROR_UNAVAILABLE, "in use by another process"));
  EXPECT_THAT (load (patient, "key"), FoundNothing ());
  EXPECT_THAT (load (patient, "other"), FoundNothing ());
  EXPECT_THAT (load (patient, "third"), Found ("old")) << "who reads does not wait";
  sqlite3_close (db);
  EXPECT_THAT (store (patient, "more", "value"), IsDone ());
  EXPECT_THAT (load (backend, "key"), FoundNothing ());
  EXPECT_THAT (load (backend, "other"), FoundNothing ());
  EXPECT_THAT (load (backend, "third"), Found ("old"));
  EXPECT_THAT (load (backend, "more"), Found ("value"));
}

// Each operation of the disk fails once, in turn; whatever comes of it, nothing is wrong.
TEST_F (DiskGoneTest, WhicheverOperationFailsNothingThatWasRemovedIsFound)
{
  int failed = 0;

  setup_.vfs = vfs_.name ();
  for (int code : { SQLITE_IOERR_WRITE, SQLITE_FULL, SQLITE_IOERR_READ, SQLITE_CANTOPEN, SQLITE_CORRUPT })
    for (int nth = 1; nth < 60; nth++)
      {
        SCOPED_TRACE (std::to_string (code) + " at " + std::to_string (nth));
        std::atomic<int> left { nth };
        auto first = make ();

        store (first, "removed", "old");
        store (first, "replaced", "old");
        vfs_.before = [&] (TrialVfs::Operation, const std::string &) { return --left == 0 ? code : SQLITE_OK; };

        auto removed = ask_remove (first, "removed");
        auto replaced = ask_store (first, "replaced", "new", MEMO_TTL_FOREVER, true);
        close (first);
        made_.pop_back ();
        failed += left <= 0;
        vfs_.before = {};

        auto second = make ();
        auto told = load (second, "removed");
        EXPECT_TRUE (told->good) << told->error->message;
        EXPECT_FALSE (removed->good && told->found);
        told = load (second, "replaced");
        EXPECT_FALSE (replaced->good && told->found && told->text != "new");
        close_all ();
        fs::remove_all (path ().parent_path ());
      }
  EXPECT_GT (failed, 50);
}
