/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libcache.h>

G_BEGIN_DECLS

/* What a test may have otherwise: another clock, other chances, other amounts.  A program cannot reach it: no
 * property and no URI leads here.  Times are in microseconds. */
typedef struct
{
  MemoClock *clock;                     /* NULL is the default clock */
  double   (*random) (gpointer data);   /* from 0 to 1; NULL is that of GLib */
  gpointer   data;

  guint      patience;        /* connecting, TLS and the greeting may each take so many times as long as an operation */
  gint64     first_pause;     /* between two attempts to connect, at least */
  gint64     longest_pause;
  gint64     refused_pause;   /* the same where another attempt will hardly help */
  gint64     heartbeat;       /* how often to look whether the server still answers */

  gsize      high_water;      /* with so many bytes waiting to leave nothing more is taken */
  guint      in_flight;       /* with so many answers missing nothing more is taken */
  gsize      max_bulk;        /* of a string in a reply */
  gsize      max_line;
  guint      max_array;       /* elements of all the arrays of a reply */
  gsize      max_reply;       /* bytes of a whole reply */
  guint      scan;            /* how many keys to look at in one step of a clear */
} MemoRedisSetup;

extern const MemoRedisSetup memo_redis_setup_default;

/* How much was done; guarded, since a program may look while the link counts. */
typedef struct
{
  guint64 hits;
  guint64 misses;
  guint64 stored;
  guint64 removed;
  guint64 connections;    /* that came up */
  guint64 failures;       /* attempts that failed, and connections that were lost */
  guint64 timeouts;       /* operations that were not answered in time */
  guint64 discarded;      /* replies that came after that */
  guint64 refused;        /* operations that were answered without asking, since the server is away or too busy */
  guint64 sent;           /* bytes */
  guint64 received;
  guint64 writes;         /* to the socket */
  guint64 messages;       /* about what others have changed */
  double  round_trip;     /* a mean, in microseconds; negative before the first reply */

  GMutex  lock;           /* last, behind what is copied for who looks */
} MemoRedisCounters;

#define memo_redis_count(counters, field, n) \
  G_STMT_START { \
    g_mutex_lock (&(counters)->lock); \
    (counters)->field += (n); \
    g_mutex_unlock (&(counters)->lock); \
  } G_STMT_END

G_END_DECLS
