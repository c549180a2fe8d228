// SPDX-License-Identifier: LGPL-2.1-or-later
#include "players.hpp"

namespace chaos {

void
Herd::started ()
{
  // The link is up, and what the reads need of it is known.
  read (options_.keys - 1, [] {
    puts ("ready");
    fflush (stdout);
  });
}

void
Herd::heard (const std::string &line)
{
  unsigned key = 0, count = 0, ms = 0;

  if (sscanf (line.c_str (), "%u %u %u", &key, &count, &ms) != 3 || key >= unsigned (options_.keys))
    g_error ("Not KEY COUNT MS: %s", line.c_str ());
  go_on (key, count, ms);
}

void
Herd::go_on (unsigned key, unsigned count, unsigned ms)
{
  read (key, [this, key, count, ms] {
    if (count > 1)
      {
        later (ms, [this, key, count, ms] { go_on (key, count - 1, ms); });
        return;
      }
    puts ("done");
    fflush (stdout);
  });
}

} // namespace chaos
