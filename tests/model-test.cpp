// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/trial.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

// Random steps, taken by the library and by a model of it that shares no code with it.  After each, what can be seen
// of the library has to be what the model says.
//
// MEMO_MODEL_STEPS: how many steps, 200,000 unless said.  They are taken in trials of 20,000, each with a new cache
// and a seed of its own, so that a failure is soon seen again.
// MEMO_MODEL_SEED: the seed of the first trial, 1 unless said.

using namespace model;

static constexpr long default_steps = 200000;
static constexpr long steps_of_a_trial = 20000;
static constexpr long from_seed_to_seed = 1000003;

static long
number_from_environment (const char *name, long otherwise)
{
  const char *text = g_getenv (name);

  return text != nullptr ? std::strtol (text, nullptr, 10) : otherwise;
}

TEST (ModelTest, LibraryDoesWhatTheModelSays)
{
  const long steps = number_from_environment ("MEMO_MODEL_STEPS", default_steps);
  const long first_seed = number_from_environment ("MEMO_MODEL_SEED", 1);
  long seed = first_seed;
  Tally tally;

  for (long left = steps; left > 0; left -= steps_of_a_trial, seed += from_seed_to_seed)
    {
      Trial trial (seed, tally);

      try
        {
          trial.run (std::min (left, steps_of_a_trial));
        }
      catch (const Mismatch &mismatch)
        {
          FAIL () << mismatch.what () << "\n"
                  << trial.last_steps ()
                  << "To see it again: MEMO_MODEL_SEED=" << seed << " MEMO_MODEL_STEPS=" << trial.steps ();
        }
    }

  std::printf ("%ld steps, seed %ld\n", steps, first_seed);
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
