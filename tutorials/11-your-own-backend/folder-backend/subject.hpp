// SPDX-License-Identifier: CC0-1.0
#pragma once

#include <conformance/memo-backend-conformance.hpp>

#include <filesystem>

// A place for the backend of one test: a folder of its own, which the next backend finds as it was left.
class FolderSubject : public memo_conformance::Subject
{
public:
  FolderSubject ()
  {
    char *made = g_dir_make_tmp ("own-backend-XXXXXX", nullptr);
    top_ = made;
    g_free (made);
    std::filesystem::create_directory (folder ());
  }
  ~FolderSubject () override { std::filesystem::remove_all (top_); }

  std::filesystem::path folder () const { return top_ / "folder"; }
  bool remembers () const override { return true; }

  // A file in the place of the folder.
  bool obstruct (bool on) override
  {
    std::filesystem::remove_all (folder ());
    if (on)
      g_file_set_contents (folder ().c_str (), "in the way", -1, nullptr);
    return true;
  }

private:
  std::filesystem::path top_;
};
