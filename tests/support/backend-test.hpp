// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "../conformance/memo-conformance-fixture.hpp"
#include "memory-backend.hpp"
#include "tracking.hpp"

// What tests need that ask a backend themselves: `auto pending = Asking (backend).load ("key"); turn ();
// EXPECT_THAT (pending, WentWell ());`

namespace memo_test {

using memo_conformance::Asking;
using memo_conformance::Pending;

MATCHER (WentWell, "")
{
  *result_listener << arg->text ();
  return arg->succeeded ();
}

MATCHER_P2 (EndedWith, domain, code, "")
{
  *result_listener << arg->text ();
  return arg->failed_with (domain, code);
}

MATCHER (Waits, "")
{
  *result_listener << arg->text ();
  return !arg->done ();
}

// EXPECT_THAT (turned (asking.load ("key")), Found ("content"));
MATCHER_P (Found, content, "")
{
  *result_listener << arg->text () << ", " << ::testing::PrintToString (arg->content);
  return arg->succeeded () && arg->content == content;
}

MATCHER (FoundNothing, "")
{
  *result_listener << arg->text () << ", " << ::testing::PrintToString (arg->content);
  return arg->succeeded () && !arg->content;
}

class AskingTest : public AsyncTest
{
protected:
  Pending turned (Pending pending)
  {
    turn ();
    return pending;
  }

  std::vector<Pending> turned (std::vector<Pending> pending)
  {
    turn ();
    return pending;
  }
};

} // namespace memo_test

namespace memo_conformance {

inline void
PrintTo (const Pending &pending, std::ostream *os)
{
  *os << pending->text ();
}

} // namespace memo_conformance
