// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../support/batch-test.hpp"

#include <filesystem>

#ifdef __SANITIZE_ADDRESS__
# include <sanitizer/lsan_interface.h>
#endif

using namespace memo_test;
using ::testing::HasSubstr;

// The plugin as a program finds it, which does not link to it.
class DiskPluginTest : public AsyncTest
{
protected:
  DiskPluginTest ()
  {
    g_setenv ("MEMO_PLUGIN_PATH", DISK_PLUGIN_FOLDER, TRUE);
  }
};

TEST_F (DiskPluginTest, ItIsFoundByTheSchemeOfAUri)
{
  Error error;
  g_auto(GStrv) schemes = memo_backend_list_schemes ();

  EXPECT_TRUE (g_strv_contains (schemes, "disk"));

  auto backend = adopt (memo_backend_new_for_uri ("disk:///nowhere/test.db?max-size=1M", ErrorOut (error)));
  ASSERT_NE (backend, nullptr) << error->message;
  EXPECT_STREQ (G_OBJECT_TYPE_NAME (backend.get ()), "MemoDiskBackend");
  EXPECT_FALSE (std::filesystem::exists ("/nowhere"));
}

// A program may look for GIO's modules in the same folder.
TEST_F (DiskPluginTest, ItMayBeLoadedTwice)
{
  Complaints complaints;
  auto before = adopt (memo_backend_new_for_uri ("disk:///nowhere/test.db", nullptr));

  {
#ifdef __SANITIZE_ADDRESS__
    // GIO never gives back what it needs for that.
    __lsan::ScopedDisabler leaks;
#endif
    g_io_modules_scan_all_in_directory (DISK_PLUGIN_FOLDER);
  }
  auto after = adopt (memo_backend_new_for_uri ("disk:///nowhere/test.db", nullptr));
  ASSERT_NE (before, nullptr);
  ASSERT_NE (after, nullptr);
  EXPECT_EQ (G_OBJECT_TYPE (before.get ()), G_OBJECT_TYPE (after.get ()));
}

TEST_F (DiskPluginTest, AUriThatItDoesNotKnowIsRefused)
{
  Error error;
  auto backend = adopt (memo_backend_new_for_uri ("disk:///nowhere/test.db?colour=red", ErrorOut (error)));

  EXPECT_EQ (backend, nullptr);
  EXPECT_THAT (error, IsGError (MEMO_ERROR, MEMO_ERROR_INVALID_URI));
  EXPECT_THAT (error->message, HasSubstr ("“colour” is not known"));
}

TEST_F (DiskPluginTest, ItKeepsWhatItIsGiven)
{
  g_autofree char *folder = g_dir_make_tmp ("memo-disk-XXXXXX", nullptr);
  std::string uri = std::string ("disk://") + folder + "/test.db";
  auto backend = adopt (memo_backend_new_for_uri (uri.c_str (), nullptr));
  Bytes bytes (g_bytes_new_static ("value", 5));
  struct Results { GAsyncResult *stored = nullptr, *loaded = nullptr, *closed = nullptr; } results;

  auto keep = [] (GObject *, GAsyncResult *result, gpointer data) {
    *static_cast<GAsyncResult **> (data) = static_cast<GAsyncResult *> (g_object_ref (result));
  };

  memo_backend_store_async (backend.get (), "key", bytes.get (), 60, TRUE, nullptr, keep, &results.stored);
  memo_backend_load_async (backend.get (), "key", nullptr, keep, &results.loaded);
  memo_backend_close_async (backend.get (), nullptr, keep, &results.closed);
  wait_until ([&] { return results.closed != nullptr; });

  EXPECT_TRUE (memo_backend_store_finish (backend.get (), results.stored, nullptr));
  Bytes found (memo_backend_load_finish (backend.get (), results.loaded, nullptr));
  ASSERT_NE (found, nullptr);
  EXPECT_TRUE (g_bytes_equal (found.get (), bytes.get ()));
  EXPECT_TRUE (memo_backend_close_finish (backend.get (), results.closed, nullptr));
  g_object_unref (results.stored);
  g_object_unref (results.loaded);
  g_object_unref (results.closed);
  std::filesystem::remove_all (folder);
}
