// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/folders.hpp"
#include "support/memo-test.hpp"

#include <set>
#include <unistd.h>

#include "memo-plugins-private.h"

using namespace memo_test;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Which file it is, and whether it may be loaded; nothing is.
class PluginFilesTest : public ::testing::Test
{
protected:
  PluginFilesTest () { g_setenv ("MEMO_PLUGIN_PATH", folder_.path ().c_str (), TRUE); }
  ~PluginFilesTest () override { g_unsetenv ("MEMO_PLUGIN_PATH"); }

  static std::string text (char *given)
  {
    std::string copy = given != nullptr ? given : "";

    g_free (given);
    return copy;
  }

  static std::string find (const char *scheme) { return text (memo_plugins_find (scheme)); }

  static std::set<std::string> schemes ()
  {
    GHashTable *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, nullptr);
    std::set<std::string> all;
    GHashTableIter iter;
    gpointer key;

    memo_plugins_add_schemes (table);
    g_hash_table_iter_init (&iter, table);
    while (g_hash_table_iter_next (&iter, &key, nullptr))
      all.insert (static_cast<char *> (key));
    g_hash_table_unref (table);
    return all;
  }

  static std::string why (uid_t user, gid_t group, mode_t mode, uid_t owner_of_library = 0)
  {
    struct stat info = {};

    info.st_uid = user;
    info.st_gid = group;
    info.st_mode = mode;
    return text (memo_plugins_why_untrusted ("/the/file", &info, owner_of_library));
  }

  // Somebody who is neither root nor who runs the test.
  static uid_t stranger () { return geteuid () + 4711; }

  TemporaryFolder folder_;
};

TEST_F (PluginFilesTest, TheNameOfTheSchemeComesFirst)
{
  auto base = folder_.write ("libmemo-redis.so");
  EXPECT_EQ (find ("redis"), base);
  EXPECT_EQ (find ("redis+unix"), base);
  EXPECT_EQ (find ("rediss"), base);
  EXPECT_EQ (find ("rediss+unix"), base);

  auto unix_one = folder_.write ("libmemo-redis+unix.so");
  auto with_tls = folder_.write ("libmemo-rediss.so");
  EXPECT_EQ (find ("redis+unix"), unix_one);
  EXPECT_EQ (find ("rediss"), with_tls);
  EXPECT_EQ (find ("rediss+unix"), with_tls);
  EXPECT_EQ (find ("redis"), base);
}

TEST_F (PluginFilesTest, NothingElseIsTakenForIt)
{
  folder_.write ("libmemo-red.so");
  folder_.write ("memo-redis.so");
  folder_.write ("libmemo-redis.so.1");
  folder_.write ("libmemo-.so");
  folder_.write ("libredis.so");
  EXPECT_EQ (find ("redis"), "");
  EXPECT_EQ (find ("s"), "") << "what is left without the s is nothing";
  EXPECT_THAT (schemes (), ElementsAre ("red"));
}

TEST_F (PluginFilesTest, ANameThatIsNoSchemeIsNotListed)
{
  folder_.write ("libmemo-9.so");
  folder_.write ("libmemo-a b.so");
  folder_.write ("libmemo-Capital.so");
  folder_.write ("libmemo-a-b.c+d.so");
  EXPECT_THAT (schemes (), ElementsAre ("a-b.c+d"));
}

TEST_F (PluginFilesTest, WhatGioHasWrittenDownIsFoundToo)
{
  auto file = folder_.write ("libmemo-family.so");
  folder_.write ("giomodule.cache", "# a comment\n"
                                    "libmemo-family.so: memo-backend,memo-backend:family,memo-backend:cousin\n"
                                    "libmemo-gone.so: memo-backend,memo-backend:gone\n"
                                    "../libmemo-outside.so: memo-backend:outside\n"
                                    "libother.so: gio-vfs,memo-backend:other\n"
                                    "\nno colon\n:\n");
  EXPECT_EQ (find ("cousin"), file);
  EXPECT_EQ (find ("gone"), "");
  EXPECT_EQ (find ("outside"), "");
  EXPECT_EQ (find ("other"), "");
  EXPECT_THAT (schemes (), ElementsAre ("cousin", "family"));
}

TEST_F (PluginFilesTest, WhatWasWrittenDownBeforeTheFileChangedDoesNotCount)
{
  folder_.write ("libmemo-family.so");
  auto cache = folder_.write ("giomodule.cache", "libmemo-family.so: memo-backend:cousin\n");
  std::filesystem::last_write_time (cache, std::filesystem::file_time_type::clock::now () - std::chrono::hours (1));
  EXPECT_EQ (find ("cousin"), "");
  EXPECT_THAT (schemes (), ElementsAre ("family"));
}

TEST_F (PluginFilesTest, EmptyPartsOfThePathAreNoFolders)
{
  g_setenv ("MEMO_PLUGIN_PATH", ("::" + folder_.path () + "::").c_str (), TRUE);
  char **folders = memo_plugins_dup_folders ();

  EXPECT_EQ (g_strv_length (folders), 2u);
  EXPECT_EQ (folders[0], folder_.path ());
  EXPECT_THAT (folders[1], ::testing::EndsWith ("/libcache-1/plugins"));
  g_strfreev (folders);
}

TEST_F (PluginFilesTest, WithoutAPathThereIsTheFolderOfTheLibrary)
{
  g_unsetenv ("MEMO_PLUGIN_PATH");
  char **folders = memo_plugins_dup_folders ();

  EXPECT_EQ (g_strv_length (folders), 1u);
  g_strfreev (folders);
}

TEST_F (PluginFilesTest, AFolderThatIsNotThereIsNoHarm)
{
  g_setenv ("MEMO_PLUGIN_PATH", "/there/is/none", TRUE);
  EXPECT_EQ (find ("disk"), "");
  EXPECT_THAT (schemes (), IsEmpty ());
}

// --- trust ---

TEST_F (PluginFilesTest, RootTheUserAndTheOwnerOfTheLibraryAreTrusted)
{
  EXPECT_EQ (why (0, 0, 0755), "");
  EXPECT_EQ (why (geteuid (), getegid (), 0700), "");
  EXPECT_EQ (why (stranger (), 0, 0755, stranger ()), "");
}

TEST_F (PluginFilesTest, AStrangerIsNot)
{
  EXPECT_THAT (why (stranger (), 0, 0755),
               AllOf (HasSubstr ("/the/file belongs to the user " + std::to_string (stranger ())), HasSubstr ("chown")));
}

TEST_F (PluginFilesTest, WhatEverybodyCanWriteToIsNotTrustedWhoeverOwnsIt)
{
  EXPECT_THAT (why (0, 0, 0757), HasSubstr ("everybody"));
  EXPECT_THAT (why (geteuid (), getegid (), 0702), HasSubstr ("everybody"));
  EXPECT_THAT (why (0, 0, 01777), HasSubstr ("everybody")) << "others can put files into a sticky folder";
}

TEST_F (PluginFilesTest, WhatAGroupCanWriteToIsTrustedIfTheGroupIsTheUsersAlone)
{
  const gid_t group = getegid () + 4711;

  EXPECT_THAT (why (geteuid (), group, 0775), AllOf (HasSubstr ("group " + std::to_string (group)), HasSubstr ("chmod g-w")));
  EXPECT_EQ (why (geteuid (), group, 0755), "");
  EXPECT_EQ (why (0, 0, 0775), "");
  EXPECT_EQ (why (geteuid (), getegid (), 0775) == "", getegid () == geteuid () || getegid () == 0);
}
