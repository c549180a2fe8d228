// SPDX-License-Identifier: CC0-1.0
#include "naive-backend.h"
#include "subject.hpp"

class NaiveSubject : public FolderSubject
{
public:
  MemoBackend *make () override { return naive_backend_new (folder ().c_str ()); }
};

MEMO_BACKEND_CONFORMANCE (Naive, [] { return std::make_unique<NaiveSubject> (); });
