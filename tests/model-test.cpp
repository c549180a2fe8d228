// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/trial.hpp"

#include <cstdio>
#include <cstdlib>

// Random steps, taken by the library and by a model of it that shares no code with it.  After each, what can be seen
// of the library has to be what the model says.
//
// MEMO_MODEL_STEPS: how many steps, 200,000 unless said.
// MEMO_MODEL_SEED: all of them with this seed, to see a failure again; else a few seeds share them.

using namespace model;

static constexpr long default_steps = 200000;
static constexpr int default_seeds = 4;

static long
number_from_environment (const char *name, long otherwise)
{
  const char *text = g_getenv (name);

  return text != nullptr ? std::strtol (text, nullptr, 10) : otherwise;
}

TEST (ModelTest, LibraryDoesWhatTheModelSays)
{
  const long steps = number_from_environment ("MEMO_MODEL_STEPS", default_steps);
  const bool one_seed = g_getenv ("MEMO_MODEL_SEED") != nullptr;
  const long first_seed = number_from_environment ("MEMO_MODEL_SEED", 1);
  const int seeds = one_seed ? 1 : default_seeds;
  Tally tally;

  for (long seed = first_seed; seed < first_seed + seeds; seed++)
    {
      Trial trial (seed, tally);

      try
        {
          trial.run (steps / seeds);
        }
      catch (const Mismatch &mismatch)
        {
          FAIL () << mismatch.what () << "\n" << trial.last_steps ();
        }
    }

  std::printf ("%ld steps, seed %ld%s\n", steps, first_seed, one_seed ? "" : " and following");
  for (std::size_t event = 0; event < n_events; event++)
    {
      std::printf ("%9ld  %s\n", tally.of (event), Tally::words (event));

      // In a few steps not everything happens.
      if (steps >= default_steps)
        {
          EXPECT_GE (tally.of (event), Tally::least_of (event, steps)) << Tally::words (event);
        }
    }
}
