// SPDX-License-Identifier: CC0-1.0
#include "folder-backend.h"
#include "subject.hpp"

class OwnSubject : public FolderSubject
{
public:
  MemoBackend *make () override
  {
    const std::string uri = "folder://" + folder ().string ();

    return MEMO_BACKEND (g_initable_new (FOLDER_TYPE_BACKEND, nullptr, nullptr, "uri", uri.c_str (), nullptr));
  }
};

MEMO_BACKEND_CONFORMANCE (Folder, [] { return std::make_unique<OwnSubject> (); });
