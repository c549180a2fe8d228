// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "memo-test.hpp"

namespace memo_test {

// Runs FUNCTION and gives what the library complained of meanwhile, its criticals and warnings, which then end
// no program: EXPECT_THAT (complaints_of ([&] { mistake (); }), ElementsAre (HasSubstr ("sealed"))).
// Where none came that should have, the test fails and the others still run.
template <typename Function>
std::vector<std::string>
complaints_of (Function function)
{
  std::vector<std::string> complaints;
  const GLogLevelFlags fatal = g_log_set_always_fatal (static_cast<GLogLevelFlags> (G_LOG_FATAL_MASK));
  const guint handler = g_log_set_handler (
    "Memo", static_cast<GLogLevelFlags> (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING),
    [] (const char *, GLogLevelFlags, const char *message, gpointer data) {
      static_cast<std::vector<std::string> *> (data)->push_back (message);
    }, &complaints);

  function ();
  g_log_remove_handler ("Memo", handler);
  g_log_set_always_fatal (fatal);

  return complaints;
}

} // namespace memo_test
