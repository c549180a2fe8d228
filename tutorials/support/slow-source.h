/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <libcache.h>

G_BEGIN_DECLS

/* What a cache is for: something that knows the answers, takes its time, and has a limit.
 *
 * It stands for a database or a service, and counts by itself how often it is asked.  A query takes as
 * long as the latency says, by the clock that it was given.  Beyond so many queries at a time, its
 * workers, the rest wait in line.  The answer is what is true when a worker begins. */

#define TYPE_SLOW_SOURCE (slow_source_get_type ())

G_DECLARE_FINAL_TYPE (SlowSource, slow_source, SLOW, SOURCE, GObject)

SlowSource *slow_source_new              (MemoClock            *clock,
                                          double                latency);
void        slow_source_set_workers      (SlowSource           *self,
                                          guint                 n_workers);

/* Until somebody sets something else, the answer to KEY is "the text of KEY".  NULL: there is none. */
void        slow_source_set              (SlowSource           *self,
                                          const char           *key,
                                          const char           *answer);

/* The answer is NULL without an error when there is none. */
void        slow_source_ask_async        (SlowSource           *self,
                                          const char           *key,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
char       *slow_source_ask_finish       (SlowSource           *self,
                                          GAsyncResult         *result,
                                          GError              **error);

/* One query for many keys, as "SELECT key, answer … WHERE key IN (…)".  It takes as long as one for a single
 * key.  Like that one it answers with a row for each key that there is: none for what does not exist, and one for
 * a key that is named twice. */
typedef struct
{
  char *key;
  char *answer;
} SlowRow;

void        slow_source_ask_many_async   (SlowSource           *self,
                                          const char * const   *keys,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
GPtrArray  *slow_source_ask_many_finish  (SlowSource           *self,
                                          GAsyncResult         *result,
                                          GError              **error);

/* What the source counted itself. */
guint       slow_source_get_n_queries    (SlowSource           *self);
guint       slow_source_get_longest_line (SlowSource           *self);

/* A loader that asks the source for the key, and caches the answer as a string. */
MemoLoader *slow_source_loader_new       (SlowSource           *self);

G_END_DECLS
