/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* As often as an adaptive mutex of glibc. */
#define MEMO_LOCK_SPINS 100

/* Locks a mutex that nobody holds for long, and that the thread of a backend and that of a program want at the same time, again and
 * again.  GMutex goes to sleep at once when it is taken, which costs both of them many times as much as the wait: so this tries for a
 * little while before, as an adaptive mutex does (PTHREAD_MUTEX_ADAPTIVE_NP). */
static inline void
memo_lock (GMutex *mutex)
{
  for (guint i = 0; i < MEMO_LOCK_SPINS; i++)
    {
      if (g_mutex_trylock (mutex))
        return;
#if defined (__i386__) || defined (__x86_64__)
      __builtin_ia32_pause ();
#endif
    }

  g_mutex_lock (mutex);
}

G_END_DECLS
