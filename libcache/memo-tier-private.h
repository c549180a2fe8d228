/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include "memo-backend-private.h"
#include "memo-call-private.h"
#include "memo-clock.h"
#include "memo-codec.h"
#include "memo-lock-private.h"
#include "memo-tag-index-private.h"

G_BEGIN_DECLS

/* A tier: a backend, and what is on its way to it.
 *
 * What a cache does in memory it notes here under its own lock, so that both happen in the same order.  The
 * notes of a key reach the backend one after another, and one that was not begun yet gives way to a newer one.
 * A clear and an invalidation of tags are *barriers*: they wait for all that was noted before them, and what
 * is noted later waits for them.  So the notes form stages, with a barrier at the end of each but the last.
 * A barrier that was not begun takes in those that come after it, so that there are a few stages at most: no
 * value that waits behind it is affected by what they invalidate, or it was demoted when they were noted.
 *
 * An invalidation that fails stays where it is and is tried again; until it succeeds, what it makes wrong
 * is not read.
 *
 * A tag is stored as a random token under a key of its own.  A record has the tokens of its tags, and is
 * of use while they are the present ones; to invalidate a tag is to remove its token.
 *
 * All functions take the tier's own lock, inside of the cache's where that is held. */

typedef struct _MemoTier MemoTier;
typedef struct _MemoTierOp MemoTierOp;
typedef struct _MemoTierStage MemoTierStage;

/* Where a tier stands. */
typedef enum
{
  MEMO_REMOTE,
  MEMO_BACKUP,
  MEMO_N_TIERS,
} MemoTierPlace;

#define MEMO_TIER_MAX_RUNNING 10000
#define MEMO_TIER_MAX_VALUES 100000
#define MEMO_TIER_MAX_NOTES 1000000
#define MEMO_TIER_MAX_TOKENS 10000    /* that are known; the others are read again */
#define MEMO_TIER_MAX_TAGS 10000      /* that are dropped at a time; with more, everything is */

typedef enum
{
  MEMO_TIER_STORE,
  MEMO_TIER_REMOVE,
  MEMO_TIER_CLEAR,
  MEMO_TIER_DROP_TAGS,
} MemoTierKind;

typedef enum
{
  MEMO_TIER_UNPREPARED,   /* its value is not encoded yet */
  MEMO_TIER_READY,
  MEMO_TIER_RUNNING,
  MEMO_TIER_DELAYED,      /* it failed, and is tried again later */
  MEMO_TIER_DONE,
} MemoTierState;

/* Something that somebody waits for: any number of operations. */
typedef struct
{
  gatomicrefcount  ref_count;
  gboolean         lenient;     /* a failure is not the caller's */
  int              pending;     /* atomic */
  GMutex           lock;        /* guards what follows */
  MemoCall        *call;        /* NULL once it was answered or cancelled */
  GError          *error;
} MemoTierAck;

struct _MemoTierOp
{
  MemoItem         item;        /* first, so that an operation is an item; of one that is about a key */
  gatomicrefcount  ref_count;
  MemoTier        *tier;
  MemoTierOp      *next_unprepared; /* of whoever noted it */
  MemoTierOp      *next_dead;       /* of whoever made it needless, who may be another */

  MemoTierKind     kind;
  MemoTierState    state;
  guint64          number;      /* in the order they were noted */
  MemoTierOp      *earlier;     /* in the list of all that are not done */
  MemoTierOp      *later;
  GList            link;        /* in the queue of its stage */
  GPtrArray       *acks;

  MemoEntry       *entry;       /* of a store: what reads are answered with meanwhile */
  char           **tags;        /* of a store, or to be dropped */
  gint64           deadline;
  gint64           duration;    /* how long it took to load, in microseconds */
  gboolean         durable;
  GBytes          *bytes;       /* of a store: the encoded value; of a remove: what it is only for */
  int              pending;     /* atomic: the parts of it that are not answered yet */
  GError          *error;       /* why it was delayed */
};

/* What is under way up to a barrier. */
struct _MemoTierStage
{
  MemoTierStage *next;
  GQueue         queue;         /* operations on keys, in order */
  GQueue         delayed;       /* those that failed */
  MemoTable      table;         /* both by key */
  MemoTierOp    *barrier;       /* NULL in the last stage */
};

struct _MemoTier
{
  gatomicrefcount  ref_count;
  MemoBackend     *backend;
  MemoCodec       *codec;
  char            *codec_name;    /* in records */
  MemoClock       *clock;
  GMainContext    *context;     /* where it tries again */
  guint8           origin[16];
  GBytes          *secret;      /* what records are signed with, or NULL */

  GMutex           lock;        /* guards all that follows */
  gboolean         abandoned;
  double           timeout;     /* how long a read may take, in seconds; 0 for any time */
  guint            max_running; /* how many operations the backend has to do at a time */
  guint            max_values;  /* with how many notes there is no room for another value */
  guint            max_notes;   /* with how many all are given up, and everything removed */

  MemoTierStage   *first;       /* whose operations run */
  MemoTierStage   *last;        /* where new ones go */
  MemoTable        running;     /* operations on keys, by key */
  MemoTierOp      *barrier;     /* runs; else NULL */
  MemoTierOp      *earliest;    /* all that are not done, in order */
  MemoTierOp      *latest;
  guint            n_notes;
  guint64          counter;
  gboolean         pumping;
  gboolean         pump_again;

  GQueue           reads;       /* those that wait for the backend, in the order of their deadlines */
  GSource         *read_timer;
  gint64           read_timer_time;

  GHashTable      *tokens;      /* tag -> what is known of its token, see memo-tier-token.c */

  GQueue           flushes;     /* who waits for all that was noted before */
  gboolean         flushing;    /* the backend does */
  gboolean         dirty;       /* something was stored that may not survive a loss of power */
  GError          *loss;        /* why something was not stored, until a flush tells */
  guint64          loss_number; /* of the earliest that was not */

  double           delay;       /* seconds until the next attempt */
  GSource         *retry;
  guint            down;        /* a bit for each MemoBackendWhat that failed last; said once */
  guint64          failures;
};

/* What follows from notes once the cache's lock is released. */
typedef struct
{
  MemoTier   *tier;
  MemoTierOp *unprepared;
  MemoTierOp *dead;         /* those that gave way */
} MemoTierWork;

/* What a read found. */
typedef struct
{
  gboolean    nothing;      /* there is certainly nothing, and nothing in what follows */
  gboolean    failed;       /* the backend failed, and there is nothing in what follows */
  MemoEntry  *entry;        /* what is on its way there; else NULL */
  GBytes     *payload;      /* what the backend had, to be decoded; else NULL */
  GBytes     *record;       /* what that is a part of */
  char      **tags;
  gint64      deadline;     /* in the time of the clock */
  gint64      duration;     /* how long it took to load, in microseconds */
} MemoTierAnswer;

/* Called once, in whichever thread; takes the answer, NULL when there is nothing that is of use. */
typedef void (*MemoTierDone) (gpointer        data,
                              MemoTierAnswer *answer);

/* What the name of something in a backend has before its text: what kind of thing it is. */
#define MEMO_TIER_SPACE_SIZE 2

/* SIZE is that of TEXT with its zero; NAME has room for MEMO_TIER_SPACE_SIZE more. */
static inline void
memo_tier_name (char       *name,
                char        space,
                const char *text,
                gsize       size)
{
  name[0] = space;
  name[1] = ':';
  memcpy (name + MEMO_TIER_SPACE_SIZE, text, size);
}

/* memo-tier.c */
MemoTier       *memo_tier_new             (MemoBackend        *backend,
                                           MemoCodec          *codec,
                                           MemoClock          *clock,
                                           GMainContext       *context,
                                           GBytes             *secret);
MemoTier       *memo_tier_ref             (MemoTier           *self);
void            memo_tier_unref           (MemoTier           *self);
void            memo_tier_abandon         (MemoTier           *self);
void            memo_tier_note_store      (MemoTier           *self,
                                           const MemoKey      *key,
                                           MemoEntry          *entry,
                                           const MemoTagSet   *tags,
                                           gint64              deadline,
                                           gint64              duration,
                                           gboolean            durable,
                                           MemoTierAck        *ack,
                                           MemoTierWork       *work);
void            memo_tier_note_remove     (MemoTier           *self,
                                           const MemoKey      *key,
                                           MemoTierAck        *ack,
                                           MemoTierWork       *work);
void            memo_tier_note_bad        (MemoTier           *self,
                                           const MemoKey      *key,
                                           GBytes             *bytes,
                                           MemoTierWork       *work);
void            memo_tier_note_clear      (MemoTier           *self,
                                           MemoTierAck        *ack,
                                           MemoTierWork       *work);
void            memo_tier_note_tags       (MemoTier           *self,
                                           const MemoTagSet   *tags,
                                           MemoTierAck        *ack,
                                           MemoTierWork       *work);
void            memo_tier_work_do         (MemoTierWork       *work);
void            memo_tier_unlist          (MemoTierOp         *op);
void            memo_tier_precede         (MemoTierOp         *newer,
                                           MemoTierOp         *op);
void            memo_tier_unqueue         (MemoTierStage      *stage,
                                           MemoTierOp         *op);
void            memo_tier_stage_free      (MemoTierStage      *stage);

/* memo-tier-op.c */
MemoTierAck    *memo_tier_ack_new         (MemoCall           *call,
                                           gboolean            lenient);
void            memo_tier_ack_add         (MemoTierAck        *ack,
                                           MemoTierOp         *op);
void            memo_tier_ack_hold        (MemoTierAck        *ack);
void            memo_tier_ack_insist      (MemoTierAck        *ack,
                                           const GError       *error);
void            memo_tier_ack_done        (MemoTierAck        *ack,
                                           const GError       *error);
MemoTierOp     *memo_tier_op_new          (MemoTier           *tier,
                                           MemoTierKind        kind,
                                           const MemoKey      *key);
MemoTierOp     *memo_tier_op_ref          (MemoTierOp         *op);
void            memo_tier_op_unref        (MemoTierOp         *op);
void            memo_tier_op_demote       (MemoTierOp         *op);
void            memo_tier_op_bury         (MemoTierOp         *op);

/* memo-tier-write.c; never under a lock */
void            memo_tier_prepare         (MemoTierOp         *op);
void            memo_tier_run             (MemoTierOp         *op);

/* memo-tier-pump.c; never under a lock */
void            memo_tier_pump            (MemoTier           *self);
void            memo_tier_op_done         (MemoTierOp         *op,
                                           GError             *error);
void            memo_tier_succeeded       (MemoTier           *self,
                                           MemoBackendWhat     what);
void            memo_tier_wake_delayed    (MemoTier           *self);
void            memo_tier_failed          (MemoTier           *self,
                                           MemoBackendWhat     what,
                                           const GError       *error);
guint64         memo_tier_get_failures    (MemoTier           *self);
void            memo_tier_reset_failures  (MemoTier           *self);

/* memo-tier-flush.c */
void            memo_tier_flush           (MemoTier           *self,
                                           MemoCall           *call);
void            memo_tier_check_flushes   (MemoTier           *self);

/* memo-tier-token.c */
/* The tokens in the order of the tags, NULL where there is none; takes them. */
typedef void  (*MemoTierTokensDone)       (gpointer            data,
                                           GPtrArray          *tokens,
                                           const GError       *error);

GHashTable     *memo_tier_tokens_new      (void);
void            memo_tier_tokens_make     (MemoTier           *self,
                                           char              **tags,
                                           MemoTierTokensDone  done,
                                           gpointer            data);
void            memo_tier_tokens_load     (MemoTier           *self,
                                           char              **tags,
                                           MemoTierTokensDone  done,
                                           gpointer            data);
void            memo_tier_tokens_forget   (MemoTier           *self,
                                           char              **tags);
void            memo_tier_hand            (MemoTier           *self,
                                           MemoBackendWhat     what,
                                           char                space,
                                           const char         *text,
                                           MemoEntry          *entry,
                                           gboolean            durable,
                                           const MemoCallOwner *owner_funcs,
                                           gpointer            owner);

void            memo_tier_hand_load       (MemoTier           *self,
                                           const char         *name,
                                           const MemoCallOwner *owner_funcs,
                                           gpointer            owner);

/* memo-tier-read.c */
void            memo_tier_read            (MemoTier           *self,
                                           const MemoKey      *key,
                                           MemoTierDone        done,
                                           gpointer            data);
void            memo_tier_answer_free     (MemoTierAnswer     *answer);
void            memo_tier_set_timeout     (MemoTier           *self,
                                           double              seconds);

G_END_DECLS
