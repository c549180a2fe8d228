// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdlib>

#include <glib.h>

namespace memo_test {

// How often something is tried: as often as a variable of the environment says, or as is good for every run.
inline int
count_of (const char *variable, int usual)
{
  const char *said = g_getenv (variable);

  return said != nullptr ? atoi (said) : usual;
}

} // namespace memo_test
