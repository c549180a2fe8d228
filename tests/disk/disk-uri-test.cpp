// SPDX-License-Identifier: LGPL-2.1-or-later
#include "disk-test.hpp"

using namespace memo_test;
using ::testing::HasSubstr;

// What the URI of a disk backend may say.
class DiskUriTest : public ::testing::Test
{
protected:
  DiskUriTest ()
  {
    register_disk_backend ();
    g_set_prgname ("shop-test");
  }

  Backend make (const std::string &uri)
  {
    return Backend (MEMO_BACKEND (g_initable_new (MEMO_TYPE_DISK_BACKEND, nullptr, ErrorOut (error_), "uri", uri.c_str (),
                                                  nullptr)));
  }

  std::string path_of (const std::string &uri)
  {
    auto backend = make (uri);
    g_autofree char *path = nullptr;

    EXPECT_NE (backend, nullptr) << uri << ": " << (error_ != nullptr ? error_->message : "");
    if (backend == nullptr)
      return "";
    g_object_get (backend.get (), "path", &path, nullptr);
    return path;
  }

  guint64 max_size_of (const std::string &uri)
  {
    auto backend = make (uri);
    guint64 size = 0;

    EXPECT_NE (backend, nullptr) << uri << ": " << (error_ != nullptr ? error_->message : "");
    if (backend != nullptr)
      g_object_get (backend.get (), "max-size", &size, nullptr);
    return size;
  }

  bool exclusive_of (const std::string &uri)
  {
    auto backend = make (uri);
    gboolean exclusive = FALSE;

    EXPECT_NE (backend, nullptr) << uri << ": " << (error_ != nullptr ? error_->message : "");
    if (backend != nullptr)
      g_object_get (backend.get (), "exclusive", &exclusive, nullptr);
    return exclusive;
  }

  void expect_refused (const std::string &uri, const std::string &words)
  {
    EXPECT_EQ (make (uri), nullptr) << uri;
    EXPECT_THAT (error_, IsGError (MEMO_ERROR, MEMO_ERROR_INVALID_URI)) << uri;
    if (error_ != nullptr)
      {
        EXPECT_THAT (error_->message, HasSubstr (words));
        EXPECT_THAT (error_->message, HasSubstr (uri));
      }
  }

  Error error_;
};

TEST_F (DiskUriTest, APathIsTakenAsItIs)
{
  EXPECT_EQ (path_of ("disk:///folder/file.db"), "/folder/file.db");
  EXPECT_EQ (path_of ("disk:/folder/file"), "/folder/file");
  EXPECT_EQ (path_of ("disk:///a%20b/%23%3f%25.db"), "/a b/#?%.db");
  EXPECT_EQ (path_of ("disk:///f\xc3\xbcr/file.db"), "/f\xc3\xbcr/file.db");
}

TEST_F (DiskUriTest, ANameIsAFileAmongTheCachesOfTheUser)
{
  std::string caches = g_get_user_cache_dir ();

  EXPECT_EQ (path_of ("disk:products?application=shop"), caches + "/shop/memo/products.db");
  EXPECT_EQ (path_of ("disk:products"), caches + "/shop-test/memo/products.db");
}

TEST_F (DiskUriTest, WhatIsNotSaidHasADefault)
{
  EXPECT_EQ (max_size_of ("disk:name"), 256u * 1024 * 1024);
  EXPECT_FALSE (exclusive_of ("disk:name"));
}

TEST_F (DiskUriTest, SizesMayHaveAUnit)
{
  EXPECT_EQ (max_size_of ("disk:name?max-size=65536"), 65536u);
  EXPECT_EQ (max_size_of ("disk:name?max-size=64K"), 65536u);
  EXPECT_EQ (max_size_of ("disk:name?max-size=3M"), 3u * 1024 * 1024);
  EXPECT_EQ (max_size_of ("disk:name?max-size=2G"), 2ull * 1024 * 1024 * 1024);
  EXPECT_EQ (max_size_of ("disk:name?exclusive=yes&max-size=1M"), 1024u * 1024);
}

TEST_F (DiskUriTest, ExclusiveIsTrueOrFalse)
{
  for (const char *yes : { "true", "1", "yes" })
    EXPECT_TRUE (exclusive_of (std::string ("disk:name?exclusive=") + yes));
  for (const char *no : { "false", "0", "no" })
    EXPECT_FALSE (exclusive_of (std::string ("disk:name?exclusive=") + no));
}

TEST_F (DiskUriTest, WhatIsWrongIsSaid)
{
  expect_refused ("disk:", "no name of a cache");
  expect_refused ("disk:a/b", "“a/b” is no name of a cache");
  expect_refused ("disk:..", "no name of a cache");
  expect_refused ("disk:.hidden", "no name of a cache");
  expect_refused ("disk:///", "the path is that of a folder");
  expect_refused ("disk:///folder/", "the path is that of a folder");
  expect_refused ("disk:///folder/..", "the path is that of a folder");
  expect_refused ("disk://folder/file.db", "three slashes, as in “disk:///folder/file.db”");
  expect_refused ("disk:///file.db#part", "“#part”");
  expect_refused ("disk:///file.db?max-sise=3", "“max-sise” is not known; what is known is “max-size”, “exclusive” and “application”");
  expect_refused ("disk:name?max-size=", "max-size=");
  expect_refused ("disk:name?max-size=many", "“max-size=many”");
  expect_refused ("disk:name?max-size=-1", "“max-size=-1”");
  expect_refused ("disk:name?max-size=1", "at least 65536");
  expect_refused ("disk:name?max-size=1K", "at least 65536");
  expect_refused ("disk:name?max-size=0M", "65536");
  expect_refused ("disk:name?max-size=99999999999G", "max-size");
  expect_refused ("disk:name?max-size=99999999999999999999", "max-size");
  expect_refused ("disk:name?exclusive=maybe", "“exclusive=maybe” is neither “true” nor “false”");
  expect_refused ("disk:name?application=a/b", "“application=a/b”");
  expect_refused ("disk:name?application=..", "“application=..”");
  expect_refused ("disk:///file.db?application=shop", "the folder is in the path");
  expect_refused ("disk:name?max-size", "cannot be read");
  expect_refused ("file:///file.db", "the scheme is “file”");
  expect_refused ("disk:///a%00b", "");
  expect_refused ("disk:///%zz", "");
  expect_refused ("no uri", "");
}

TEST_F (DiskUriTest, NoUriAtAllIsAnErrorToo)
{
  Backend backend (MEMO_BACKEND (g_initable_new (MEMO_TYPE_DISK_BACKEND, nullptr, ErrorOut (error_), nullptr)));

  EXPECT_EQ (backend, nullptr);
  EXPECT_THAT (error_, IsGError (MEMO_ERROR, MEMO_ERROR_INVALID_URI));
}
