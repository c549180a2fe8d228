/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <libcache.h>

G_BEGIN_DECLS

/* The database that all processes of a story share: a folder with a file for each thing that was changed. */

#define N_PRICES 200

typedef struct
{
  char      *folder;
  guint      n_queries;     /* of this process */
  gboolean   is_slow;       /* keeps who asks waiting */
  MemoCall  *waiting;       /* who asked it while it was slow */
} Database;

/* What is not changed has the price "the price of KEY". */
void database_change (const char *folder,
                      const char *key,
                      const char *price);

/* A MemoFunc whose data is a Database. */
void database_load   (MemoCall   *call,
                      gpointer    database);

/* Answers whoever waits. */
void database_wake   (Database   *database);

G_END_DECLS
