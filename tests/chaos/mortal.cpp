// SPDX-License-Identifier: LGPL-2.1-or-later
#include <signal.h>

#include "players.hpp"

namespace chaos {

namespace {

// Keys 0 and 8 are fenced by themselves, key 4 by a tag.
constexpr unsigned CHANGED_KEYS[] = { 0, 8, 4 };

} // namespace

void
Mortal::reach (Step step)
{
  if (step == step_)
    kill (getpid (), SIGKILL);
}

void
Mortal::started ()
{
  // Whatever it has in memory, and its link, are as those of one that has long been there.
  read (0, [this] { read (8, [this] { read (4, [this] { begin (); }); }); });
}

void
Mortal::begin ()
{
  mutation_ = memo_mutation_new (cache_);
  for (const unsigned key : CHANGED_KEYS)
    if (tag (key).empty ())
      memo_mutation_add_key (mutation_, name (key).c_str ());
    else
      memo_mutation_add_tag (mutation_, tag (key).c_str ());

  reach (BEFORE);
  memo_mutation_begin_async (mutation_, nullptr, answered_cb, then ([this] (GAsyncResult *result) {
    g_autoptr(GError) error = nullptr;

    if (!memo_mutation_begin_finish (mutation_, result, &error))
      g_error ("The change was refused: %s", error->message);
    reach (BEGUN);
    change ();
  }));
  reach (BEGIN_ASKED);
  g_usleep (dice (300));
  reach (BEGINNING);
}

void
Mortal::change ()
{
  for (const unsigned key : CHANGED_KEYS)
    {
      const uint64_t version = source_.change (key);

      // The fence stands, and others see the change as if it had been acknowledged.
      source_.acknowledge (key, version);
    }
  reach (CHANGED);

  memo_mutation_end_async (mutation_, answered_cb, then ([this] (GAsyncResult *result) {
    memo_mutation_end_finish (mutation_, result, nullptr);
    reach (ENDED);
  }));
  reach (END_ASKED);
  g_usleep (dice (300));
  reach (ENDING);
}

} // namespace chaos
