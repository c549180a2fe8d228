// SPDX-License-Identifier: LGPL-2.1-or-later
#include "disk-test.hpp"

using namespace memo_test;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Where the file is, and who may have it.
class DiskPlaceTest : public DiskTest
{
protected:
  static mode_t mode_of (const fs::path &path)
  {
    struct stat what;

    return lstat (path.c_str (), &what) == 0 ? what.st_mode & 07777 : 0;
  }

  void make_folder (mode_t mode = 0700)
  {
    fs::create_directory (path ().parent_path ());
    chmod (path ().parent_path ().c_str (), mode);
  }

  // Somebody has put it right, and the pause is over.
  void expect_good_again (MemoBackend *backend)
  {
    EXPECT_THAT (open (backend), FailedWith (MEMO_ERROR_UNAVAILABLE, "")) << "not before its time";
    later (1);
    EXPECT_THAT (open (backend), IsDone ());
    EXPECT_THAT (store (backend, "key", "value"), IsDone ());
  }

  // What another process says that is not allowed everything.
  static std::string say_as_nobody (const std::string &uri)
  {
    g_autofree char *out = nullptr;
    std::vector<const char *> argv { DISK_HELPER };
    Error error;

    if (geteuid () == 0)
      argv.insert (argv.end (), { "--user", "65534" });
    argv.insert (argv.end (), { "open", uri.c_str (), nullptr });
    EXPECT_TRUE (g_spawn_sync (nullptr, const_cast<char **> (argv.data ()), nullptr, G_SPAWN_DEFAULT, nullptr, nullptr, &out,
                               nullptr, nullptr, ErrorOut (error))) << error->message;
    return out != nullptr ? out : "";
  }

  static void give_to_nobody (const fs::path &path)
  {
    if (geteuid () != 0)
      return;
    EXPECT_EQ (lchown (path.c_str (), 65534, 65534), 0);
  }
};

// --- what is made ---

TEST_F (DiskPlaceTest, FoldersAndFilesAreForTheUserAlone)
{
  mode_t before = umask (0);
  auto backend = make ("disk://" + (folder_ / "a").string () + "/b/test.db");

  open (backend);
  store (backend, "key", "value");
  umask (before);
  EXPECT_EQ (mode_of (folder_ / "a"), mode_t (0700));
  EXPECT_EQ (mode_of (folder_ / "a/b"), mode_t (0700));
  for (const char *name : { "test.db", "test.db-wal", "test.db-shm", "test.db-lock", "CACHEDIR.TAG" })
    EXPECT_EQ (mode_of (folder_ / "a/b" / name), mode_t (0600)) << name;
}

TEST_F (DiskPlaceTest, AFolderThatWasMadeIsTaggedAsACache)
{
  open (make ());
  EXPECT_THAT (text_of (path ().parent_path () / "CACHEDIR.TAG"),
               StartsWith ("Signature: 8a477f597d28d172789f06886806bc55"));
}

TEST_F (DiskPlaceTest, AFolderThatWasThereIsNotTagged)
{
  make_folder ();
  write_text (path ().parent_path () / "letter", "dear");
  EXPECT_THAT (open (make ()), IsDone ());
  EXPECT_FALSE (fs::exists (path ().parent_path () / "CACHEDIR.TAG"));
}

TEST_F (DiskPlaceTest, AFileThatOthersMayReadIsMadePrivate)
{
  auto first = make ();

  store (first, "key", "value");
  close (first);
  chmod (path ().c_str (), 0644);
  EXPECT_THAT (load (make (), "key"), Found ("value"));
  EXPECT_EQ (mode_of (path ()), mode_t (0600));
}

TEST_F (DiskPlaceTest, AnEmptyFileIsUsed)
{
  make_folder ();
  write_text (path (), "");
  EXPECT_THAT (store (make (), "key", "value"), IsDone ());
}

TEST_F (DiskPlaceTest, AnExclusiveFileNeedsNoSharedMemory)
{
  auto backend = make (uri ("?exclusive=true"));

  EXPECT_THAT (store (backend, "key", "value"), IsDone ());
  EXPECT_THAT (load (backend, "key"), Found ("value"));
  EXPECT_FALSE (fs::exists (path ().string () + "-shm"));
  EXPECT_THAT (close (backend), IsDone ());
  EXPECT_THAT (load (make (), "key"), Found ("value"));
}

TEST_F (DiskPlaceTest, AnExclusiveFileIsForNobodyElse)
{
  auto backend = make (uri ("?exclusive=true"));

  setup_.busy = 1;
  store (backend, "key", "value");
  auto other = make ();
  EXPECT_THAT (open (other), FailedWith (MEMO_ERROR_UNAVAILABLE, "in use by another process"));
  close (backend);
  expect_good_again (other);
}

// --- what is refused ---

TEST_F (DiskPlaceTest, AFolderThatOthersMayWriteToIsRefused)
{
  for (mode_t mode : { 0777, 0770, 0702, 01777 })
    {
      make_folder (mode);
      auto backend = make ();

      EXPECT_THAT (open (backend), FailedWith (MEMO_ERROR_UNAVAILABLE, "chmod go-w"));
      EXPECT_EQ (mode_of (path ().parent_path ()), mode) << "it may be so on purpose";
      EXPECT_FALSE (fs::exists (path ()));
      make_folder ();
      expect_good_again (backend);
      close_all ();
      fs::remove_all (path ().parent_path ());
    }
}

TEST_F (DiskPlaceTest, AFolderThatOthersMayReadIsGoodEnough)
{
  make_folder (0755);
  EXPECT_THAT (store (make (), "key", "value"), IsDone ());
  EXPECT_EQ (mode_of (path ()), mode_t (0600));
}

TEST_F (DiskPlaceTest, AFolderOfSomebodyElseIsRefused)
{
  std::string somewhere = "/usr/memo-test.db";

  if (geteuid () == 0)
    {
      make_folder ();
      give_to_nobody (path ().parent_path ());
      somewhere = path ();
    }
  EXPECT_THAT (open (make ("disk://" + somewhere)), FailedWith (MEMO_ERROR_UNAVAILABLE, "belongs to user"));
  EXPECT_FALSE (fs::exists (somewhere));
}

TEST_F (DiskPlaceTest, AFileOfSomebodyElseIsRefused)
{
  make_folder ();
  write_text (path (), "");
  if (geteuid () != 0)
    return;     // only root can make one

  give_to_nobody (path ());
  auto backend = make ();
  EXPECT_THAT (open (backend), FailedWith (MEMO_ERROR_UNAVAILABLE, "belongs to user 65534"));
  fs::remove (path ());
  expect_good_again (backend);
}

TEST_F (DiskPlaceTest, WhatIsNoFileIsRefused)
{
  make_folder ();
  fs::create_directory (path ());
  EXPECT_THAT (open (make ()), FailedWith (MEMO_ERROR_UNAVAILABLE, "is a folder, not a file"));
  fs::remove (path ());

  ASSERT_EQ (mkfifo (path ().c_str (), 0600), 0);
  EXPECT_THAT (open (make ()), FailedWith (MEMO_ERROR_UNAVAILABLE, "is a pipe, not a file"));
  fs::remove (path ());

  write_text (folder_ / "secret", "mine");
  fs::create_symlink (folder_ / "secret", path ());
  EXPECT_THAT (open (make ()), FailedWith (MEMO_ERROR_UNAVAILABLE, "is a symbolic link, not a file"));
  EXPECT_EQ (text_of (folder_ / "secret"), "mine");
  fs::remove (path ());

  fs::create_symlink (folder_ / "nowhere", path ());
  EXPECT_THAT (open (make ()), FailedWith (MEMO_ERROR_UNAVAILABLE, "is a symbolic link, not a file"));
  EXPECT_FALSE (fs::exists (folder_ / "nowhere"));
  fs::remove (path ());

  for (const char *suffix : { "-wal", "-shm" })
    {
      fs::create_symlink (folder_ / "secret", path ().string () + suffix);
      EXPECT_THAT (open (make ()), FailedWith (MEMO_ERROR_UNAVAILABLE, "is a symbolic link, not a file"));
      EXPECT_EQ (text_of (folder_ / "secret"), "mine");
      fs::remove (path ().string () + suffix);
    }

  fs::remove (path ().string () + "-lock");
  fs::create_symlink (folder_ / "secret", path ().string () + "-lock");
  EXPECT_THAT (open (make ()), FailedWith (MEMO_ERROR_UNAVAILABLE, "test.db-lock"));
}

TEST_F (DiskPlaceTest, AFileInPlaceOfAFolderIsRefused)
{
  write_text (path ().parent_path (), "mine");
  EXPECT_THAT (open (make ()), FailedWith (MEMO_ERROR_UNAVAILABLE, "make it yourself, or use another path"));
  EXPECT_EQ (text_of (path ().parent_path ()), "mine");
}

TEST_F (DiskPlaceTest, ASymbolicLinkToAFolderIsFollowed)
{
  fs::create_directory (folder_ / "real");
  chmod ((folder_ / "real").c_str (), 0700);
  fs::create_directory_symlink (folder_ / "real", path ().parent_path ());
  EXPECT_THAT (store (make (), "key", "value"), IsDone ());
  EXPECT_TRUE (fs::is_regular_file (folder_ / "real" / "test.db"));
}

TEST_F (DiskPlaceTest, WhereASymbolicLinkLeadsIsLookedAtToo)
{
  fs::create_directory (folder_ / "real");
  chmod ((folder_ / "real").c_str (), 0777);
  fs::create_directory_symlink (folder_ / "real", path ().parent_path ());
  EXPECT_THAT (open (make ()), FailedWith (MEMO_ERROR_UNAVAILABLE, "chmod go-w"));
}

TEST_F (DiskPlaceTest, AReadOnlyFolderIsRefused)
{
  make_folder ();
  give_to_nobody (path ().parent_path ());
  chmod (fs::path (folder_).c_str (), 0755);
  EXPECT_EQ (say_as_nobody (uri ()), "ok\n");

  chmod (path ().parent_path ().c_str (), 0500);
  // The file is there, but SQLite cannot make what belongs to it.
  EXPECT_THAT (say_as_nobody (uri ()), HasSubstr ("see that the file and its folder are writable"));
  chmod (path ().parent_path ().c_str (), 0700);
  for (const char *suffix : { "", "-lock" })
    fs::remove (path ().string () + suffix);
  chmod (path ().parent_path ().c_str (), 0500);
  EXPECT_THAT (say_as_nobody (uri ()), HasSubstr ("make its folder writable"));
  chmod (path ().parent_path ().c_str (), 0700);
}

TEST_F (DiskPlaceTest, AFolderThatMayNotBeLookedIntoIsRefused)
{
  make_folder (0000);
  give_to_nobody (path ().parent_path ());
  chmod (fs::path (folder_).c_str (), 0755);
  EXPECT_THAT (say_as_nobody (uri ()), HasSubstr ("Permission denied"));
  EXPECT_THAT (say_as_nobody ("disk://" + path ().string () + "/deeper/test.db"), HasSubstr ("Permission denied"));
  chmod (path ().parent_path ().c_str (), 0700);
  EXPECT_EQ (say_as_nobody (uri ()), "ok\n");
}

TEST_F (DiskPlaceTest, TheDatabaseOfAnotherProgramIsLeftAlone)
{
  make_folder ();
  sql ("CREATE TABLE letters (text)");
  sql ("INSERT INTO letters VALUES ('dear')");
  std::string before = text_of (path ());
  auto backend = make ();

  EXPECT_THAT (open (backend), FailedWith (MEMO_ERROR_UNAVAILABLE, "a database of another program"));
  EXPECT_TRUE (text_of (path ()) == before);
  fs::remove (path ());
  expect_good_again (backend);
}

// --- leaving it alone ---

TEST_F (DiskPlaceTest, APauseGrowsAndAFileThatIsGoodEndsIt)
{
  make_folder (0777);
  auto backend = make ();

  for (double pause : { 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0 })
    {
      guint64 before = number (backend, "failures");

      EXPECT_THAT (load (backend, "key"), FailedWith (MEMO_ERROR_UNAVAILABLE, "chmod go-w"));
      EXPECT_EQ (number (backend, "failures"), before + 1);
      later (pause - 0.001);
      EXPECT_THAT (store (backend, "key", "value"), FailedWith (MEMO_ERROR_UNAVAILABLE, "chmod go-w"));
      EXPECT_EQ (number (backend, "failures"), before + 1) << "nobody looked again";
      later (0.001);
    }
  make_folder ();
  EXPECT_THAT (store (backend, "key", "value"), IsDone ());
}
