// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"

#include <optional>

#include <glib/gstdio.h>

extern "C" {
#include "memo-boot-clock-private.h"
}

using namespace memo_test;
using ::testing::Optional;

namespace {

// What the boot clock reads from the two files of the kernel.
class BootClockOriginTest : public ::testing::Test
{
protected:
  BootClockOriginTest ()
  {
    char *folder = g_dir_make_tmp ("memo-origin-XXXXXX", nullptr);

    folder_ = folder;
    g_free (folder);
    boot_id_ = folder_ + "/boot_id";
    offsets_ = folder_ + "/offsets";
  }

  ~BootClockOriginTest () override
  {
    for (const std::string &file : { boot_id_, offsets_ })
      g_unlink (file.c_str ());
    g_rmdir (folder_.c_str ());
  }

  static void write (const std::string &file, const std::string &text)
  {
    ASSERT_TRUE (g_file_set_contents (file.c_str (), text.data (), text.size (), nullptr));
  }

  std::optional<std::string> origin ()
  {
    std::unique_ptr<char, Deleter<void, g_free>> made (memo_boot_clock_read_origin (boot_id_.c_str (), offsets_.c_str ()));

    return made != nullptr ? std::optional<std::string> (made.get ()) : std::nullopt;
  }

  const std::string id_ = "0905a684-a8d6-49f2-a9a2-cb4851425f24";
  std::string       folder_;
  std::string       boot_id_;
  std::string       offsets_;
};

TEST_F (BootClockOriginTest, ItIsTheIdOfThisStartOfTheMachine)
{
  write (boot_id_, id_ + "\n");
  EXPECT_THAT (origin (), Optional (id_)) << "without the other file, which older kernels do not have";
  write (offsets_, "monotonic           0         0\nboottime            0         0\n");
  EXPECT_THAT (origin (), Optional (id_));
}

TEST_F (BootClockOriginTest, WhereBootTimeIsMovedItIsNotThatOfTheMachine)
{
  write (boot_id_, id_ + "\n");
  for (const char *moved : { "monotonic 0 0\nboottime 86400 0\n", "monotonic 0 0\nboottime -86400 0\n",
                             "monotonic 0 0\nboottime 0 1\n", "monotonic 0 0\nboottime\n", "monotonic 0 0\n", "",
                             "boottime 0 0 1\n", "boottime 0" })
    {
      write (offsets_, moved);
      EXPECT_EQ (origin (), std::nullopt) << moved;
    }
  write (offsets_, "monotonic 86400 5\nboottime 0 0\n");
  EXPECT_THAT (origin (), Optional (id_)) << "the other clock is not ours";
}

TEST_F (BootClockOriginTest, WhatIsNoIdIsNotTaken)
{
  EXPECT_EQ (origin (), std::nullopt) << "no file";
  for (const std::string &text : { std::string (), std::string ("\n"), std::string ("unknown\n"), id_ + id_, id_.substr (1) })
    {
      write (boot_id_, text);
      EXPECT_EQ (origin (), std::nullopt) << text;
    }
}

} // namespace
