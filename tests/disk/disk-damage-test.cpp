// SPDX-License-Identifier: LGPL-2.1-or-later
#include "disk-test.hpp"
#include "trial-vfs.hpp"

#include <random>

using namespace memo_test;

// Files that were damaged.  A cache that is damaged is of less use, and never of any harm.
class DiskDamageTest : public DiskTest
{
protected:
  static constexpr int n_keys = 300;

  DiskDamageTest ()
  {
    vfs_.forget_all ();
    setup_.vfs = vfs_.name ();
  }
  ~DiskDamageTest () override { close_all (); }

  static std::string key_of (int i) { return "key " + std::to_string (i); }

  // A value that says when it is not what it was.
  static std::string value_of (const std::string &key, int length)
  {
    std::string text = key + ": " + std::string (length, char ('a' + length % 26));
    g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text.c_str (), text.size ());

    return text + sum;
  }

  static bool is_value_of (const std::string &key, const std::string &value)
  {
    if (value.size () < 64)
      return false;

    std::string text = value.substr (0, value.size () - 64);
    g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text.c_str (), text.size ());

    return value.substr (value.size () - 64) == sum && text.rfind (key + ": ", 0) == 0;
  }

  // A file, and beside it a part of it that was not written back yet.
  void make_original ()
  {
    auto first = make ("disk://" + (folder_ / "original/test.db").string ());

    for (int i = 0; i < n_keys; i++)
      ask_store (first, key_of (i), value_of (key_of (i), i % 10 == 0 ? 20000 : 10 * i), i % 3 == 0 ? 1000 : MEMO_TTL_FOREVER);
    close (first);
    made_.clear ();

    auto second = make ("disk://" + (folder_ / "original/test.db").string ());
    for (int i = 0; i < n_keys; i += 4)
      ask_store (second, key_of (i), value_of (key_of (i), 5000 - i));
    for (int i = 1; i < n_keys; i += 8)
      ask_remove (second, key_of (i));
    flush (second);
    take ();
  }

  void take ()
  {
    fs::create_directory (path ().parent_path ());
    chmod (path ().parent_path ().c_str (), 0700);
    for (const char *name : { "test.db", "test.db-wal" })
      fs::copy_file (folder_ / "original" / name, path ().parent_path () / name);
  }

  // Damages a file in one of the ways that disks and people know.
  static void damage (const fs::path &path, std::mt19937 &dice)
  {
    std::string bytes = text_of (path);
    size_t size = bytes.size ();

    if (size < 4096)
      return;

    switch (dice () % 6)
      {
      case 0:
        bytes.resize (dice () % size);
        break;

      case 1:
        for (int i = 1 + dice () % 200; i > 0; i--)
          bytes[dice () % size] ^= 1 << dice () % 8;
        break;

      case 2:
        {
          size_t at = dice () % size;

          size_t length = std::min<size_t> (1 + dice () % 20000, size - at);

          bytes.replace (at, length, length, '\0');
        }
        break;

      case 3:
        for (int i = 0; i < 3; i++)
          {
            size_t one = dice () % (size / 4096) * 4096, two = dice () % (size / 4096) * 4096;

            std::swap_ranges (bytes.begin () + one, bytes.begin () + one + 4096, bytes.begin () + two);
          }
        break;

      case 4:
        bytes.clear ();
        break;

      default:
        for (size_t at = dice () % size, end = std::min (size, at + 1 + dice () % 8192); at < end; at++)
          bytes[at] = char (dice ());
        break;
      }
    // In place: what is open stays the same file.
    std::ofstream file (path, std::ios::binary | std::ios::in | std::ios::out);
    file << bytes;
    file.close ();
    fs::resize_file (path, bytes.size ());
  }

  void damage_some (std::mt19937 &dice)
  {
    switch (dice () % 4)
      {
      case 0:
        damage (path ().string () + "-wal", dice);
        break;

      case 1:
        damage (path (), dice);
        damage (path ().string () + "-wal", dice);
        break;

      default:
        damage (path (), dice);
        break;
      }
  }

  // The cache goes on, whatever it finds.
  void use (MemoBackend *backend, std::mt19937 &dice)
  {
    int found = 0, detected = 0;

    for (int i = 0; i < n_keys; i++)
      {
        auto told = load (backend, key_of (i));

        ASSERT_TRUE (told->good) << told->error->message;
        found += told->found;
        detected += told->found && !is_value_of (key_of (i), told->text);
      }

    for (int i = 0; i < 100; i++)
      {
        std::string key = key_of (dice () % n_keys);

        if (dice () % 3 == 0)
          ASSERT_THAT (remove (backend, key), IsDone ());
        else
          ask_store (backend, key, value_of (key, dice () % 5000));
      }
    ASSERT_THAT (flush (backend), IsDone ());
    ASSERT_THAT (store (backend, "new", "value"), IsDone ());
    ASSERT_THAT (load (backend, "new"), Found ("value"));
    later (2000);
    ASSERT_THAT (store (backend, "newer", "value"), IsDone ()) << "what has expired was purged by now";
    ASSERT_THAT (load (backend, "newer"), Found ("value"));
    ASSERT_THAT (clear (backend), IsDone ());
    ASSERT_THAT (load (backend, "new"), FoundNothing ());
    ASSERT_THAT (store (backend, "newest", "value"), IsDone ());
    found_ += found;
    detected_ += detected;
    recreated_ += number (backend, "recreated");
  }

  TrialVfs vfs_;
  int found_ = 0, detected_ = 0, recreated_ = 0;
};

// How many files are damaged may be said as MEMO_DISK_DAMAGES.
TEST_F (DiskDamageTest, WhateverIsInTheFilesTheCacheGoesOn)
{
  const char *count = g_getenv ("MEMO_DISK_DAMAGES");
  int damages = count != nullptr ? atoi (count) : 150;

  make_original ();
  for (int seed = 0; seed < damages; seed++)
    {
      SCOPED_TRACE (seed);
      std::mt19937 dice (seed);

      fs::remove_all (path ().parent_path ());
      take ();
      bool open_already = seed % 5 == 0;
      auto backend = make ();

      if (open_already)
        load (backend, key_of (dice () % n_keys));
      damage_some (dice);
      use (backend, dice);
      close (backend);
      made_.pop_back ();
      if (HasFatalFailure ())
        return;
    }

  std::cout << damages << " damaged files: " << recreated_ << " were replaced, " << found_ << " values found, " << detected_
            << " of them not as they were\n";
  EXPECT_GT (recreated_, damages / 4);
  EXPECT_GT (found_, damages * 10);
}

TEST_F (DiskDamageTest, WhatIsNoDatabaseIsSetAside)
{
  fs::create_directory (path ().parent_path ());
  chmod (path ().parent_path ().c_str (), 0700);
  std::string letter = "Dear aunt, " + std::string (5000, '.');
  write_text (path (), letter);

  auto backend = make ();
  EXPECT_THAT (store (backend, "key", "value"), IsDone ());
  EXPECT_EQ (text_of (path ().string () + ".damaged"), letter) << "it may be dear to somebody";
  EXPECT_EQ (number (backend, "recreated"), 1u);
}

TEST_F (DiskDamageTest, WhatALaterVersionMadeIsReplaced)
{
  auto first = make ();

  store (first, "key", "value");
  close (first);
  sql ("PRAGMA user_version = 2");

  auto backend = make ();
  EXPECT_THAT (load (backend, "key"), FoundNothing ());
  EXPECT_THAT (store (backend, "key", "value"), IsDone ());
  EXPECT_EQ (number (backend, "recreated"), 1u);
  EXPECT_EQ (sql ("PRAGMA user_version"), 1);
}

TEST_F (DiskDamageTest, ASchemaThatIsNotOursIsReplaced)
{
  for (const char *change : { "DROP TABLE kv", "DROP TABLE meta", "DELETE FROM meta", "ALTER TABLE kv DROP COLUMN v",
                              "ALTER TABLE kv RENAME COLUMN k TO key", "PRAGMA user_version = 0" })
    {
      SCOPED_TRACE (change);
      auto first = make ();

      store (first, "key", "value");
      close (first);
      sql (change);

      auto backend = make ();
      EXPECT_THAT (remove (backend, "key"), IsDone ());
      EXPECT_THAT (store (backend, "key", "new"), IsDone ());
      EXPECT_THAT (load (backend, "key"), Found ("new"));
      EXPECT_EQ (number (backend, "recreated"), 1u);
      close_all ();
      fs::remove_all (path ().parent_path ());
    }
}

TEST_F (DiskDamageTest, WhatSomebodyHidInTheSchemaIsNotRun)
{
  auto first = make ();

  store (first, "key", "value");
  close (first);
  sql ("CREATE TRIGGER evil AFTER INSERT ON kv BEGIN DELETE FROM kv; END");
  auto backend = make ();
  EXPECT_THAT (store (backend, "other", "value"), IsDone ());
  EXPECT_THAT (load (backend, "key"), Found ("value"));
}

TEST_F (DiskDamageTest, AValueOfAnotherTypeIsAMiss)
{
  auto backend = make ();

  store (backend, "key", "value");
  sql ("UPDATE kv SET v = 42");
  EXPECT_THAT (load (backend, "key"), FoundNothing ());
  sql ("UPDATE kv SET v = 'text'");
  EXPECT_THAT (load (backend, "key"), FoundNothing ());
}

TEST_F (DiskDamageTest, WhatIsDamagedAgainAndAgainIsLeftAlone)
{
  auto backend = make ();

  for (int i = 0; i < 3; i++)
    {
      store (backend, "key", "value");
      sql ("DELETE FROM meta");
      EXPECT_THAT (remove (backend, "key"), IsDone ());
    }
  EXPECT_EQ (number (backend, "recreated"), 3u);
  sql ("DELETE FROM meta");
  EXPECT_THAT (remove (backend, "key"), FailedWith (MEMO_ERROR_UNAVAILABLE, "again and again"));
  EXPECT_THAT (load (backend, "other"), FailedWith (MEMO_ERROR_UNAVAILABLE, "again and again"));
  EXPECT_THAT (load (backend, "key"), FoundNothing ()) << "what was to be removed is not found";
  later (60);
  EXPECT_THAT (load (backend, "other"), FoundNothing ());
  EXPECT_THAT (store (backend, "key", "value"), IsDone ());
  EXPECT_EQ (number (backend, "recreated"), 4u);
}
