// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What every MemoBackend has to do, as tests in GoogleTest.  To run them on one of your own:
//
//   #include <conformance/memo-backend-conformance.hpp>
//
//   class ShelfSubject : public memo_conformance::Subject
//   {
//   public:
//     MemoBackend *make () override { return shelf_backend_new (); }
//   };
//
//   MEMO_BACKEND_CONFORMANCE (Shelf, [] { return std::make_unique<ShelfSubject> (); });
//
// A subject that can do more, such as moving the time, has more of it tested: see Subject.  Include this in one file of a
// program, which links gtest_main.  The same suite may be run on several backends, or on one with several settings, each
// with a line and a name of its own.

#include "memo-conformance-fixture.hpp"

#include "memo-conformance-life.hpp"
#include "memo-conformance-values.hpp"

#define MEMO_BACKEND_CONFORMANCE(name, ...) \
  namespace memo_conformance { \
  INSTANTIATE_TEST_SUITE_P (name, BackendConformance, ::testing::Values (Factory (__VA_ARGS__)), \
                            [] (const auto &) { return std::string ("It"); }); \
  } \
  static_assert (true, "takes the semicolon")
