// SPDX-License-Identifier: LGPL-2.1-or-later
// [conformance]
#include "conformance/memo-backend-conformance.hpp"

#include "shelf-backend.h"

// The backend of the examples does what every backend has to do.
class ShelfSubject : public memo_conformance::Subject
{
public:
  MemoBackend *make () override
  {
    return MEMO_BACKEND (g_initable_new (SHELF_TYPE_BACKEND, nullptr, nullptr, "uri", "shelf:?room=100000", nullptr));
  }
};

MEMO_BACKEND_CONFORMANCE (Shelf, [] { return std::make_unique<ShelfSubject> (); });
// [/conformance]
