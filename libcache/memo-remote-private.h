/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-call-private.h"
#include "memo-clock.h"
#include "memo-codec.h"
#include "memo-fence-private.h"
#include "memo-metrics.h"
#include "memo-record-private.h"
#include "memo-remote-backend.h"
#include "memo-tier-private.h"

G_BEGIN_DECLS

/* The remote tier of a cache whose backend keeps processes coherent: docs/coherence-protocol.md, in C.  The names of rules in
 * comments are those of that page.
 *
 * All state is guarded by the lock of the cache, since what happens here and in memory has to happen at once.  Only when the cache
 * is gone, and replies still come, it is by the lock here.
 *
 * What is asked of the backend is named by its space and its text: “d:KEY” a value, “t:TAG” the token of a tag, “a:”
 * that of the tag which everything has. */

typedef struct _MemoAsyncCache MemoAsyncCache;
typedef struct _MemoFlight MemoFlight;
typedef struct _MemoRemote MemoRemote;
typedef struct _MemoRemoteHub MemoRemoteHub;
typedef struct _MemoRemoteLoad MemoRemoteLoad;
typedef struct _MemoRemoteTokens MemoRemoteTokens;
typedef struct _MemoRemoteFence MemoRemoteFence;

#define MEMO_REMOTE_ID_SIZE    16
#define MEMO_REMOTE_HEAD_SIZE  (1 + MEMO_REMOTE_ID_SIZE)  /* a letter and an id */
#define MEMO_REMOTE_EVERYTHING "a:"                       /* the name of the tag that everything has */

#define MEMO_REMOTE_MAX_TOKENS  10000   /* that are known; the others are read again */
#define MEMO_REMOTE_MAX_LEARNED 10000   /* keys whose tags are remembered */
#define MEMO_REMOTE_MAX_RUNNING 1000    /* operations of a kind at a time */
#define MEMO_REMOTE_MAX_PENDING 10000   /* with more, everything is invalidated */

#define MEMO_REMOTE_MAX_ROUNDS  8       /* then whoever is outdated again and again loads */

/* How long somebody may load without saying so again, and how often he says so, in milliseconds. */
#define MEMO_REMOTE_LEASE_MS       10000
#define MEMO_REMOTE_LEASE_RENEW_MS 3000

/* The same of changes. */
#define MEMO_REMOTE_FENCE_MS       30000
#define MEMO_REMOTE_FENCE_RENEW_MS 10000

/* Something to be done once the lock of the cache is released. */
typedef struct _MemoRemoteDeed MemoRemoteDeed;

struct _MemoRemoteDeed
{
  MemoRemoteDeed *next;
  void          (*act) (MemoRemoteDeed *deed);
};

/* In order. */
typedef struct
{
  MemoRemoteDeed *first;
  MemoRemoteDeed *last;
} MemoRemoteWork;

/* An operation that has to be done, and is tried again until it is. */
typedef struct _MemoRemoteOp MemoRemoteOp;

struct _MemoRemoteOp
{
  MemoRemoteDeed    deed;       /* first, so that an operation is a deed */
  MemoRemoteRequest request;
  MemoRemote       *remote;
  GList             link;       /* in its `ops` */
  guint64           number;     /* in the order they were noted */
  gboolean          under_way;  /* or about to be */
  gboolean          again;      /* the same was noted again meanwhile */
  GPtrArray        *acks;       /* who waits for it */
  GPtrArray        *next_acks;  /* who noted it again */
  GError           *error;      /* why it failed last */
  char             *name;
  void            (*free) (MemoRemoteOp *op);
};

/* Operations that take turns: a backend takes so much at a time, and no more. */
typedef struct
{
  guint  n_running;
  GQueue waiting;     /* until fewer are */
} MemoRemoteLane;

struct _MemoRemote
{
  gatomicrefcount    ref_count;
  GWeakRef          *cache;         /* who waits holds the cache */
  MemoRemoteBackend *backend;
  MemoRemoteHub     *hub;
  MemoCodec         *codec;
  char              *codec_name;
  MemoClock         *clock;
  GBytes            *secret;
  guint8             origin[MEMO_RECORD_ID_SIZE];
  gint64             max_staleness; /* T of the protocol, in microseconds */
  int                opened;        /* atomic: the backend was asked to open */

  GMutex             lock;          /* guards `ops` where the cache is gone */
  gboolean           abandoned;

  gboolean           linked;
  gboolean           was_linked;    /* at any time */
  guint8             server[MEMO_REMOTE_SERVER_ID_SIZE];

  GHashTable        *tokens;        /* name of a tag -> Known, see memo-remote-tokens.c */
  guint64            stamp;         /* counts what comes into it */
  MemoRemoteTokens  *plain;         /* of a value without tags, as long as it is known; NULL if it was not asked for since */
  MemoFence          fence;         /* when they were outdated, while some are being read */
  GHashTable        *asks;          /* name -> what reads its token, see memo-remote-tokens.c */
  GHashTable        *learned;       /* key -> the tags that it was found to have */

  GHashTable        *waits;         /* name -> GPtrArray of the loads that wait for somebody else's */
  GQueue             leases;        /* loads that hold a lease */

  GQueue             ops;           /* all operations that are not done, in order */
  guint64            counter;
  guint              n_pending;     /* that failed, and are tried again */
  GHashTable        *invalidations; /* name -> the operation that invalidates it */
  GHashTable        *busy;          /* name -> how many operations change it */
  GHashTable        *sets;          /* name -> the set that is under way */
  GHashTable        *fills;         /* name -> the fill that may come into memory */
  MemoRemoteLane     stores;
  MemoRemoteLane     changes;
  GError            *loss;          /* why something that was set is not there, until a flush tells */
  GQueue             fences;        /* changes that are open */
  GQueue             flushes;

  int                down;          /* atomic: it was said that it fails */
  guint64            failures;      /* by the lock here */
};

/* Tokens of tags as they were at one time. */
typedef struct
{
  const char *name;
  gboolean    known;
  guint8      token[MEMO_RECORD_ID_SIZE];
} MemoRemoteToken;


/* In the handler of the last reply, or at once. */
typedef void (*MemoRemoteTokensDone) (MemoRemoteTokens *tokens,
                                      gpointer          data);

struct _MemoRemoteTokens
{
  gatomicrefcount      ref_count;
  MemoRemote          *remote;    /* while they are gathered; NULL where they were known */
  int                  pending;   /* atomic */
  int                  fenced;    /* atomic: one of the tags is being changed */
  int                  failed;    /* atomic: one could not be read */
  guint64              stamp;     /* what was known then, was known when they were gathered */
  MemoRemoteTokensDone done;
  gpointer             data;
  char               **names;
  guint                n;
  MemoRemoteToken      items[];
};

/* What may be done with what a load brings. */
typedef enum
{
  MEMO_REMOTE_KEEP_NOT,     /* it is answered */
  MEMO_REMOTE_KEEP_SHORT,   /* it may stay in memory until T after the load began: there is no link */
  MEMO_REMOTE_KEEP_FILL,    /* it is stored in place of `expected`, and may stay when that was done */
} MemoRemoteKeep;

/* The right to refresh a key early, which one process has at a time. */
typedef struct _MemoRemoteTurn MemoRemoteTurn;

/* The side of a flight that has to do with the remote tier. */
struct _MemoRemoteLoad
{
  MemoRemoteDeed    deed;       /* to go on with it */
  MemoRemoteRequest request;
  MemoRemote       *remote;
  MemoFlight       *flight;     /* which has it */

  gint64            began;      /* the time lease is not needed until T after this */
  gboolean          anchored;   /* there was something at the key, so that changes of it are announced */
  gboolean          reading;    /* nothing was decided yet: what is outdated makes it look again, and does not overtake it */
  gboolean          outdated;   /* since it looked */
  gboolean          tokens_outdated;  /* and so was everything, with the tokens that it has */
  guint             rounds;     /* how often it did */
  gboolean          waiting;    /* for somebody else's load */
  gboolean          listed;     /* with those who do */
  gboolean          gives_up;   /* it waited long enough */
  gint64            wait_end;
  gboolean          holds;      /* the lease in `expected` is its own */
  gint64            renewed;
  GList             link;       /* in `leases` */
  MemoRemoteKeep    keep;
  guint64           on_link;    /* where the lease was granted; 0 for any */
  GBytes           *expected;
  MemoRemoteTurn   *turn;       /* to refresh early; NULL where it has none */
  MemoRemoteTokens *tokens;

  int               pending;    /* atomic: replies that are missing */
  gboolean          failed;
  gboolean          done;
  GBytes           *found;
  char              name[];
};

/* What a value is found to be. */
typedef enum
{
  MEMO_REMOTE_VOID,
  MEMO_REMOTE_USABLE,
  MEMO_REMOTE_UNKNOWN,    /* tokens have to be read first */
  MEMO_REMOTE_IN_CHANGE,  /* a tag of it is being changed */
  MEMO_REMOTE_OUTDATED,   /* the key was, meanwhile */
} MemoRemoteWorth;

/* memo-remote.c */
MemoRemote *memo_remote_new             (MemoAsyncCache      *cache,
                                         MemoRemoteBackend   *backend);
void        memo_remote_begin           (MemoRemote          *self,
                                         MemoAsyncCache      *cache);
MemoRemote *memo_remote_ref             (MemoRemote          *self);
void        memo_remote_unref           (MemoRemote          *self);
void        memo_remote_abandon         (MemoRemote          *self);
void        memo_remote_ask             (MemoRemote          *self,
                                         MemoRemoteRequest   *request);
void        memo_remote_count           (MemoRemote          *self,
                                         MemoMetrics         *metrics);
void        memo_remote_reset_failures  (MemoRemote          *self);
void        memo_remote_failed          (MemoRemote          *self,
                                         const GError        *error);
void        memo_remote_succeeded       (MemoRemote          *self);
void        memo_remote_outdated        (MemoRemote          *self,
                                         const char          *name);
void        memo_remote_wrote           (MemoRemote          *self,
                                         const char          *name,
                                         gboolean             outdate);
void        memo_remote_linked          (MemoRemote          *self);
void        memo_remote_unlinked        (MemoRemote          *self);
void        memo_remote_beat            (MemoRemote          *self);
void        memo_remote_work_add        (MemoRemoteWork      *work,
                                         MemoRemoteDeed      *deed);
void        memo_remote_work_do         (MemoRemoteWork      *work);

/* memo-remote-hub.c: all caches on one backend */
MemoRemoteHub *memo_remote_hub_join     (MemoRemote          *remote);
void        memo_remote_hub_leave       (MemoRemoteHub       *self,
                                         MemoRemote          *remote);
void        memo_remote_hub_tell_others (MemoRemoteHub       *self,
                                         MemoRemote          *but,
                                         const char          *name);

/* memo-remote-value.c: what is in the server */
GBytes     *memo_remote_new_id          (char                 letter);
gboolean    memo_remote_is              (GBytes              *found,
                                         char                 letter);
GBytes     *memo_remote_head            (GBytes              *found);
GBytes     *memo_remote_wrap            (GBytes              *record,
                                         const guint8         server[MEMO_REMOTE_SERVER_ID_SIZE]);
GBytes     *memo_remote_unwrap          (GBytes              *found,
                                         const guint8         server[MEMO_REMOTE_SERVER_ID_SIZE]);
GBytes     *memo_remote_encode          (MemoRemote          *self,
                                         const char          *key,
                                         MemoEntry           *entry,
                                         char               **tags,
                                         MemoRemoteTokens    *tokens,
                                         gint64               deadline,
                                         gint64               duration,
                                         gint64               now);
MemoRemoteWorth memo_remote_judge       (MemoAsyncCache      *cache,
                                         MemoRemoteLoad      *load,
                                         const MemoRecord    *record,
                                         gint64               now,
                                         GPtrArray          **missing);

/* memo-remote-tokens.c */
char      **memo_remote_tag_names       (MemoRemote          *self,
                                         const char          *key,
                                         const MemoTagSet    *some,
                                         const MemoTagSet    *others);
MemoRemoteTokens *
            memo_remote_tokens_plain    (MemoRemote          *self,
                                         const char          *key,
                                         const MemoTagSet    *some,
                                         const MemoTagSet    *others,
                                         gint64               lease_end,
                                         gint64               now);
void        memo_remote_tokens_gather   (MemoRemote          *self,
                                         char               **names,
                                         MemoRemoteTokensDone done,
                                         gpointer             data);
MemoRemoteTokens *memo_remote_tokens_ref (MemoRemoteTokens   *tokens);
void        memo_remote_tokens_unref    (MemoRemoteTokens    *tokens);
gboolean    memo_remote_tokens_complete (MemoRemoteLoad      *load,
                                         const MemoTagSet    *tags,
                                         gint64               lease_end,
                                         gint64               now);
const guint8 *memo_remote_tokens_find   (MemoRemoteTokens    *tokens,
                                         const char          *name);
const guint8 *memo_remote_token_known   (MemoRemote          *self,
                                         const char          *name,
                                         guint64              stamp,
                                         gint64               lease_end,
                                         gint64               now);
void        memo_remote_token_outdate   (MemoRemote          *self,
                                         const char          *name);
void        memo_remote_tokens_outdate  (MemoRemote          *self);
GHashTable *memo_remote_tokens_new      (void);
void        memo_remote_learn           (MemoRemote          *self,
                                         const char          *key,
                                         char               **tags);

/* memo-remote-load.c */
MemoRemoteLoad *memo_remote_load_new    (MemoRemote          *self,
                                         MemoFlight          *flight,
                                         gint64               now);
void        memo_remote_load_free       (MemoRemoteLoad      *load);
void        memo_remote_read            (MemoFlight          *flight);
void        memo_remote_look            (MemoAsyncCache      *cache,
                                         MemoFlight          *flight);

/* memo-remote-wait.c */
void        memo_remote_wait            (MemoRemoteLoad      *load,
                                         gint64               now);
void        memo_remote_wait_end        (MemoRemoteLoad      *load,
                                         MemoRemoteWork      *work);
void        memo_remote_wake            (MemoRemote          *self,
                                         const char          *name,
                                         MemoRemoteWork      *work);
void        memo_remote_wake_all        (MemoRemote          *self,
                                         gboolean             to_read,
                                         gint64               late,
                                         MemoRemoteWork      *work);
guint64     memo_remote_lease_ms        (MemoFlight          *flight);
gboolean    memo_remote_load_replaces   (MemoRemoteLoad      *load);
void        memo_remote_hold            (MemoRemoteLoad      *load,
                                         gint64               now);
void        memo_remote_let_go          (MemoRemoteLoad      *load);
void        memo_remote_release         (MemoRemoteLoad      *load,
                                         MemoRemoteWork      *work);
void        memo_remote_send            (MemoRemote          *self,
                                         MemoRemoteStep       step,
                                         const char          *name,
                                         GBytes              *value,
                                         guint64              link,
                                         MemoRemoteWork      *work);
void        memo_remote_leases_renew    (MemoRemote          *self,
                                         gint64               now,
                                         MemoRemoteWork      *work);

/* memo-remote-turn.c */
void        memo_remote_turn_take       (MemoAsyncCache      *cache,
                                         MemoFlight          *flight);
gboolean    memo_remote_is_needless     (MemoAsyncCache      *cache,
                                         MemoFlight          *flight);
void        memo_remote_turn_free       (MemoRemoteTurn      *turn);
void        memo_remote_turn_end        (MemoRemoteTurn      *turn,
                                         MemoRemoteWork      *work);

/* memo-remote-store.c */
gint64      memo_remote_memory_deadline (MemoRemote          *self,
                                         MemoRemoteLoad      *load,
                                         gboolean             set,
                                         const MemoTagSet    *tags,
                                         gint64               duration,
                                         gint64               lease_end,
                                         gint64               now);
void        memo_remote_note_store      (MemoRemote          *self,
                                         const MemoKey       *key,
                                         MemoEntry           *entry,
                                         const MemoTagSet    *tags,
                                         gint64               deadline,
                                         gint64               duration,
                                         guint64              since,
                                         MemoRemoteLoad      *load,
                                         MemoTierAck         *ack,
                                         MemoRemoteWork      *work);
void        memo_remote_store_outdate   (MemoRemote          *self,
                                         const char          *name,
                                         gboolean             own);
void        memo_remote_stores_outdate  (MemoRemote          *self,
                                         gboolean             own);

/* memo-remote-ops.c */
void        memo_remote_op_init         (MemoRemoteOp        *op,
                                         MemoRemote          *remote,
                                         const char          *name,
                                         void               (*free) (MemoRemoteOp *op));
void        memo_remote_op_clear        (MemoRemoteOp        *op);
void        memo_remote_op_prepare      (MemoRemoteOp        *op,
                                         MemoRemoteStep       step,
                                         GBytes              *expected,
                                         GBytes              *value,
                                         void               (*answered) (MemoRemoteRequest *request,
                                                                         gboolean           done,
                                                                         GBytes            *found,
                                                                         const GError      *error));
void        memo_remote_op_merge        (MemoRemoteOp        *op,
                                         MemoRemoteOp        *older);
void        memo_remote_lane_begin      (MemoRemoteLane      *lane,
                                         MemoRemoteOp        *op,
                                         MemoRemoteWork      *work);
void        memo_remote_lane_next       (MemoRemoteLane      *lane,
                                         MemoRemoteWork      *work);
void        memo_remote_lane_abandon    (MemoRemoteLane      *lane);
void        memo_remote_op_finish       (MemoRemoteOp        *op,
                                         const GError        *error);
void        memo_remote_op_outlive      (MemoRemoteOp        *op);
void        memo_remote_acknowledge     (GPtrArray           *acks,
                                         const GError        *error);
void        memo_remote_ack             (GPtrArray          **acks,
                                         MemoTierAck         *ack);
gboolean    memo_remote_is_busy         (MemoRemote          *self,
                                         const char          *key,
                                         const MemoTagSet    *some,
                                         const MemoTagSet    *others);
void        memo_remote_busy_add        (MemoRemote          *self,
                                         const char          *name);
void        memo_remote_busy_remove     (MemoRemote          *self,
                                         const char          *name);
void        memo_remote_ops_retry       (MemoRemote          *self,
                                         guint                most,
                                         MemoRemoteWork      *work);
void        memo_remote_flush           (MemoRemote          *self,
                                         MemoTierAck         *ack);
void        memo_remote_flushes_abandon (MemoRemote          *self);
void        memo_remote_check_flushes   (MemoRemote          *self);

/* memo-remote-change.c */
void        memo_remote_note_invalidate (MemoRemote          *self,
                                         const char          *name,
                                         MemoTierAck         *ack,
                                         MemoRemoteWork      *work);
void        memo_remote_in_place_of     (MemoRemote          *self,
                                         const char          *name,
                                         guint64              number);
void        memo_remote_note_change     (MemoRemote          *self,
                                         const MemoTagSet    *keys,
                                         const MemoTagSet    *tags,
                                         gboolean             everything,
                                         MemoTierAck         *ack,
                                         MemoRemoteWork      *work);
void        memo_remote_note_end        (MemoRemote          *self,
                                         const char          *name,
                                         GBytes              *id,
                                         MemoTierAck         *ack,
                                         MemoRemoteWork      *work);
char      **memo_remote_names           (const MemoTagSet    *keys,
                                         const MemoTagSet    *tags,
                                         gboolean             everything);
void        memo_remote_names_outdate   (MemoRemote          *self,
                                         char               **names);

/* memo-remote-fence.c */
void        memo_remote_note_fence      (MemoRemote          *self,
                                         gconstpointer        change,
                                         const MemoTagSet    *keys,
                                         const MemoTagSet    *tags,
                                         gboolean             everything,
                                         gboolean             strict,
                                         MemoTierAck         *ack,
                                         MemoRemoteWork      *work);
void        memo_remote_note_unfence    (MemoRemote          *self,
                                         gconstpointer        change,
                                         MemoTierAck         *ack,
                                         MemoRemoteWork      *work);
void        memo_remote_fences_renew    (MemoRemote          *self,
                                         gint64               now,
                                         MemoRemoteWork      *work);

G_END_DECLS
