/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <libcache.h>

G_BEGIN_DECLS

/* A clock for stories: nobody waits, and the same happens every time.
 *
 * It is a MemoManualClock that also knows for when something is planned.  So it can let time
 * pass the way a simulation does: it leaps to the next moment for which there is a plan, lets the
 * main context do what is due then, and leaps again.  An hour takes as long as what happens in it.
 *
 * All is to run in the default main context; what a thread does has a time of its own. */

#define TYPE_SIMULATED_CLOCK (simulated_clock_get_type ())

G_DECLARE_FINAL_TYPE (SimulatedClock, simulated_clock, SIMULATED, CLOCK, GObject)

SimulatedClock *simulated_clock_new       (void);

/* Seconds since the story began. */
double          simulated_clock_now       (SimulatedClock  *self);

/* Lets so many seconds pass, or all until that moment; 0 does what is due at this very moment. */
void            simulated_clock_run       (SimulatedClock  *self,
                                           double           seconds);
void            simulated_clock_run_until (SimulatedClock  *self,
                                           double           moment);

/* Lets time pass until there is a result; for await_cb() of await.h, like await() there.  When nothing
 * is planned any more the result will never come, and the program ends with a message. */
GAsyncResult   *simulated_clock_await     (SimulatedClock  *self,
                                           GAsyncResult   **slot);

G_END_DECLS
