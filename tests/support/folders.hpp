// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include <glib.h>

namespace memo_test {

// A folder of one's own, which goes with all that is in it.
class TemporaryFolder
{
public:
  TemporaryFolder ()
  {
    char *made = g_dir_make_tmp ("memo-test-XXXXXX", nullptr);

    g_assert_nonnull (made);
    path_ = made;
    g_free (made);
  }

  ~TemporaryFolder ()
  {
    std::error_code ignored;

    std::filesystem::remove_all (path_, ignored);
  }

  TemporaryFolder (const TemporaryFolder &) = delete;
  TemporaryFolder &operator= (const TemporaryFolder &) = delete;

  std::string path () const { return path_.string (); }
  std::string operator/ (const std::string &name) const { return (path_ / name).string (); }

  // Makes a file; gives its path.
  std::string write (const std::string &name, const std::string &content = "") const
  {
    std::ofstream (path_ / name, std::ios::binary) << content;
    return (path_ / name).string ();
  }

private:
  std::filesystem::path path_;
};

} // namespace memo_test
