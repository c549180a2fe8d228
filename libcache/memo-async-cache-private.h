/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-async-cache.h"
#include "memo-boot-clock-private.h"
#include "memo-brackets-private.h"
#include "memo-fence-private.h"
#include "memo-flight-private.h"
#include "memo-lock-private.h"
#include "memo-mutation.h"
#include "memo-remote-private.h"
#include "memo-store-private.h"
#include "memo-tier-private.h"

G_BEGIN_DECLS

/* The parts of the cache, for the files that it is made of: memo-async-cache.c (the object),
 * memo-level-one.c (what acts on memory alone), memo-flights.c (the loads in progress),
 * memo-loading.c (what happens on a miss), memo-answer.c (what happens to the answer of a load),
 * memo-early.c (what is refreshed before it expires), memo-trim.c (what makes it smaller) and memo-sweep.c (what goes without
 * being asked for). */

struct _MemoAsyncCache
{
  GObject         parent_instance;

  MemoClock      *clock;            /* set once, when it is made */
  gboolean        boot_time;        /* whether that is the default one, which is nobody's code */
  GMainContext   *context;          /* the one of its maker, where it is swept */
  GWeakRef       *weak;             /* to itself, shared by all loads in progress */
  MemoBackend    *backends[MEMO_N_TIERS];
  MemoCodec      *codec;
  GBytes         *record_secret;    /* or NULL */
  MemoTier       *tiers[MEMO_N_TIERS]; /* NULL without a backend */
  MemoRemote     *remote;           /* in place of the remote one, where that keeps processes coherent; else NULL */
  MemoEvictionPolicy eviction_policy;

  MemoReaders    *readers;          /* atomic: what look-ups share; NULL as long as they have had no reason to */

  GMutex          lock;             /* guards all that follows; no user's code runs under it */
  guint           n_waits;          /* how many look-ups found it taken */
  gboolean        closed;
  guint           maxsize;
  guint64         max_bytes;
  double          default_ttl;
  double          tier_timeout;
  gboolean        stale_if_remote_down;
  gboolean        strict_changes;
  double          early_refresh;
  gint64          lease_end;        /* until when what came from the remote tier may be served */
  guint           batch_window_ms;
  guint           max_batch_size;

  MemoStore      *values;
  MemoStore      *errors;           /* failures that are remembered, bounded like the values */
  MemoStore      *husks;            /* what was cleared and is not yet given back */

  MemoTable       flights;          /* the current ones, by key; holds a reference to each */
  MemoFlight     *all_flights;      /* all that are not over */
  MemoBatch      *windows;          /* the batches that are still being gathered; a reference to each */
  MemoFence       fence;            /* of tags */
  MemoFence       key_fence;        /* of keys, while a batch may bring some that nobody asked for */
  MemoBrackets    brackets;         /* what is being changed */
  guint           n_extra_batches;  /* how many batches may */

  MemoMetrics     counters;

  GSource        *sweep_source;
  gint64          sweep_time;       /* when it is ready, MEMO_NEVER when there is none */
  gint64          last_sweep;
  guint           sweep_ticket;

  GMemoryMonitor *memory_monitor;   /* only of the thread that sets the property */
  gulong          memory_warning_id;
};

/* What is released once the lock is. */
typedef struct
{
  MemoNode     *nodes;
  MemoFlight   *flights;    /* linked by `item.chain` */
  MemoBatch    *windows;    /* linked by `next_window` */
  MemoTierWork  tiers[MEMO_N_TIERS];
  MemoRemoteWork remote;
} MemoTrash;

/* How something came that is to be kept. */
typedef struct
{
  gboolean       set;             /* by hand, in place of what may be in a tier */
  gint64         promoted_until;  /* from a tier, which has it already: for how long; else 0 */
  MemoTierPlace  tier;            /* which one */
  guint          absent;          /* a bit for each tier that has nothing that it would take the place of */
  gint64         duration;        /* how long it took to load, in microseconds */
  MemoTierAck   *ack;             /* who waits for the tiers */
  MemoRemoteLoad *load;           /* the side of the flight that has to do with a coherent remote tier, or NULL */
} MemoArrival;

void        memo_trash_empty           (MemoTrash           *trash);

/* Read before the lock is taken: a clock may be anybody's. */
static inline gint64
memo_async_cache_now (MemoAsyncCache *self)
{
  return self->boot_time ? memo_boot_clock_now () : memo_clock_get_time (self->clock);
}

/* How often look-ups wait for the lock before they share one: often enough that it is no accident, and seldom enough that nobody
 * feels it. */
#define MEMO_PATIENCE 64

static inline gboolean
memo_tiers_exist (MemoAsyncCache *self)
{
  return self->tiers[MEMO_REMOTE] != NULL || self->tiers[MEMO_BACKUP] != NULL || self->remote != NULL;
}

/* With the lock held: how much may be in memory. */
static inline MemoLimit
memo_async_cache_limit (MemoAsyncCache *self)
{
  return (MemoLimit) { self->maxsize == MEMO_UNLIMITED ? G_MAXSIZE : self->maxsize, self->max_bytes };
}

/* memo-trim.c */
void        memo_async_cache_shrink    (MemoAsyncCache      *self,
                                        const guint         *maxsize,
                                        const guint64       *max_bytes,
                                        guint                percent);

/* memo-level-one.c */
MemoEntry  *memo_level_one_lookup      (MemoCache           *cache,
                                        const char          *key_text);
void        memo_level_one_take        (gpointer             cache,
                                        const char          *key_text,
                                        MemoEntry           *entry,
                                        gpointer             call);
void        memo_level_one_share       (MemoAsyncCache      *self);
void        memo_level_one_iface_init  (MemoCacheInterface  *iface);
void        memo_level_one_keep        (MemoAsyncCache      *self,
                                        const MemoKey       *key,
                                        MemoEntry           *entry,
                                        double               loader_ttl,
                                        const MemoTagSet    *tags,
                                        const MemoArrival   *arrival,
                                        gint64               now,
                                        MemoTrash           *trash);

/* memo-level-one-drops.c */
void        memo_level_one_overtake    (MemoAsyncCache      *self,
                                        const MemoKey       *key,
                                        MemoTrash           *trash);
gboolean    memo_level_one_drop        (gpointer             cache,
                                        const char          *key_text,
                                        gpointer             call);
gboolean    memo_level_one_remove      (MemoCache           *cache,
                                        const char          *key);
void        memo_level_one_drop_all    (gpointer             cache,
                                        gpointer             call);
void        memo_level_one_clear       (MemoCache           *cache);
void        memo_level_one_drop_tags   (gpointer             cache,
                                        const char * const  *tags,
                                        gpointer             call);
void        memo_level_one_invalidate_tags (MemoCache       *cache,
                                        const char * const  *tags);
void        memo_level_one_begin_mutation (MemoCache        *cache,
                                        MemoMutation        *mutation,
                                        MemoCall            *call);
void        memo_level_one_end_mutation (MemoCache          *cache,
                                        MemoMutation        *mutation,
                                        MemoCall            *call);
gboolean    memo_level_one_outdate_key (MemoAsyncCache      *self,
                                        const MemoKey       *key,
                                        gint64               now,
                                        MemoTrash           *trash);
void        memo_level_one_outdate_tags (MemoAsyncCache     *self,
                                        const MemoTagSet    *tags);
void        memo_level_one_outdate_all (MemoAsyncCache      *self,
                                        MemoStore           *fresh[2],
                                        MemoTrash           *trash);

/* memo-flights.c */
MemoFlight *memo_flights_add           (MemoAsyncCache      *self,
                                        const MemoKey       *key,
                                        MemoLoader          *loader,
                                        MemoCall            *request,
                                        gboolean             fresh,
                                        gint64               now);
MemoFlight *memo_flights_find          (MemoAsyncCache      *self,
                                        const MemoKey       *key,
                                        gint64               now,
                                        MemoTrash           *trash);
void        memo_flights_join          (MemoFlight          *flight,
                                        MemoCall            *request,
                                        guint64              joined);
void        memo_flights_detach        (MemoAsyncCache      *self,
                                        MemoFlight          *flight,
                                        MemoTrash           *trash);
void        memo_flights_end           (MemoAsyncCache      *self,
                                        MemoFlight          *flight,
                                        MemoTrash           *trash);
void        memo_flights_outdate       (MemoAsyncCache      *self,
                                        const MemoKey       *key,
                                        MemoTrash           *trash);
void        memo_flights_outdate_all   (MemoAsyncCache      *self,
                                        MemoTrash           *trash);
guint64     memo_flights_outdated_at   (MemoAsyncCache      *self,
                                        MemoFlight          *flight,
                                        const MemoTagSet    *tags);

/* memo-loading.c */
void        memo_loading_get           (MemoAsyncCache      *self,
                                        const char          *key,
                                        MemoGetFlags         flags,
                                        MemoLoader          *loader,
                                        MemoCall            *request);
void        memo_loading_watch         (MemoAsyncCache      *self,
                                        MemoFlight          *flight,
                                        GMainContext        *context);
void        memo_loading_watch_all     (MemoAsyncCache      *self,
                                        MemoFlight          *flight);
void        memo_loading_leave         (MemoCall            *request);
void        memo_loading_close         (MemoAsyncCache      *self);

/* memo-tiers.c */
void        memo_tiers_open            (MemoAsyncCache      *self);
void        memo_tiers_abandon         (MemoAsyncCache      *self);
void        memo_tiers_set_timeout     (MemoAsyncCache      *self,
                                        double               seconds);
void        memo_tiers_store           (MemoAsyncCache      *self,
                                        const MemoKey       *key,
                                        MemoEntry           *entry,
                                        const MemoTagSet    *tags,
                                        gint64               deadline,
                                        const MemoArrival   *arrival,
                                        MemoTrash           *trash);
void        memo_tiers_remove          (MemoAsyncCache      *self,
                                        const MemoKey       *key,
                                        guint                absent,
                                        MemoTierAck         *ack,
                                        MemoTrash           *trash);
void        memo_tiers_invalidate      (MemoAsyncCache      *self,
                                        const MemoKey       *key,
                                        MemoTierAck         *ack,
                                        MemoTrash           *trash);
void        memo_tiers_clear           (MemoAsyncCache      *self,
                                        MemoTierAck         *ack,
                                        MemoTrash           *trash);
void        memo_tiers_drop_tags       (MemoAsyncCache      *self,
                                        const MemoTagSet    *tags,
                                        MemoTierAck         *ack,
                                        MemoTrash           *trash);
MemoTierAck *memo_tiers_begin_ack      (MemoAsyncCache      *self,
                                        MemoCall            *call,
                                        gboolean             lenient);
void        memo_tiers_end_ack         (MemoTierAck         *ack,
                                        MemoCall            *call,
                                        gboolean             closed);
void        memo_tiers_flush           (MemoAsyncCache      *self,
                                        MemoCall            *call);
MemoTierPlace memo_tiers_choose        (MemoAsyncCache      *self,
                                        MemoTierPlace        failed);

/* memo-early.c */
guint32     memo_early_load_time       (gint64               duration);
gboolean    memo_early_is_due          (MemoAsyncCache      *self,
                                        const MemoNode      *node,
                                        gboolean             drawn,
                                        gint64               now);
MemoEntry  *memo_early_lookup          (MemoAsyncCache      *self,
                                        const char          *key);
void        memo_early_refresh         (MemoAsyncCache      *self,
                                        const char          *key,
                                        MemoLoader          *loader);
gboolean    memo_early_gives_way       (MemoAsyncCache      *self,
                                        MemoFlight          *flight,
                                        MemoTrash           *trash);
void        memo_early_end             (MemoAsyncCache      *self,
                                        MemoFlight          *flight);
gboolean    memo_early_give_up         (MemoAsyncCache      *self,
                                        MemoFlight          *flight);

/* memo-launch.c */
void        memo_launch                (MemoAsyncCache      *self,
                                        MemoFlight          *flight,
                                        GMainContext        *context);
MemoMail   *memo_launch_move           (MemoFlight          *flight,
                                        GMainContext        *context);
void        memo_launch_answered       (MemoFlight          *flight,
                                        MemoTierAnswer      *answer);
gboolean    memo_launch_is_due         (MemoFlight          *flight,
                                        guint                ticket);

/* memo-promotion.c */
gboolean    memo_promotion_try         (MemoAsyncCache      *self,
                                        MemoFlight          *flight,
                                        guint                ticket,
                                        gint64               now);

/* memo-answer.c */
gboolean    memo_loading_answer        (MemoAsyncCache      *self,
                                        MemoFlight          *flight,
                                        MemoEntry           *entry,
                                        GError              *error);
gboolean    memo_loading_promote       (MemoAsyncCache      *self,
                                        MemoFlight          *flight,
                                        MemoEntry           *entry,
                                        gint64               deadline,
                                        gint64               duration);

/* memo-sweep.c */
gboolean memo_sweep_is_due_earlier      (MemoAsyncCache   *self);
void     memo_sweep_slice               (MemoAsyncCache   *self,
                                         gint64            now,
                                         MemoNode        **garbage);
void     memo_sweep_arm                 (MemoAsyncCache   *self);
void     memo_sweep_stop                (MemoAsyncCache   *self);
void     memo_sweep_husk                (MemoAsyncCache   *self,
                                         MemoStore        *husk);

G_END_DECLS
