/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-disk-worker.h"

#include "memo-disk-file.h"

#include <string.h>

/* One thread does all that may wait for the disk.  Who asks leaves a wish and goes on; the thread takes
 * the wishes in the order they came, gathers the writes, and answers.
 *
 * Nobody waits for the thread to end.  It shares this structure with the object, and the last of the two
 * frees it. */

/* What is asked: plain data, and the call to answer. */
typedef struct
{
  MemoDiskAsk  ask;
  char        *key;
  GBytes      *bytes;
  gint64       expiry;    /* milliseconds of the wall clock */
  gboolean     durable;
  MemoCall    *call;
} Wish;

struct _MemoDiskWorker
{
  gatomicrefcount   refs;
  MemoDiskSetup     setup;
  MemoDiskCounters  counters;

  GMutex            lock;       /* the next ones are guarded by it */
  GCond             wake;
  GQueue            wishes;
  guint64           max_size;
  gboolean          started;
  gboolean          ended;      /* nobody will ask any more */
  gboolean          closed;
  gboolean          gathering;  /* it waits for more writes, or until their time has come */
  guint             n_gathered; /* of those and of what came since: how many, and how many bytes */
  gsize             gathered_size;

  /* The thread's own. */
  MemoDiskFile     *file;
  MemoDiskBatch    *batch;
  GPtrArray        *closing;    /* calls that are answered at the very end */
  guint             n_busy;     /* rounds with something to do since it was last tidied */
};

/* How many of these there may be while there is something to tidy.  Otherwise one who asks again at once
 * whenever he is answered would keep it from being done for ever. */
#define MAX_BUSY 16

static void
wish_free (Wish *wish)
{
  g_free (wish->key);
  g_clear_pointer (&wish->bytes, g_bytes_unref);
  g_object_unref (wish->call);
  g_free (wish);
}

MemoDiskWorker *
memo_disk_worker_new (const char          *path,
                      guint64              max_size,
                      gboolean             exclusive,
                      const MemoDiskSetup *setup)
{
  MemoDiskWorker *self = g_new0 (MemoDiskWorker, 1);

  g_atomic_ref_count_init (&self->refs);
  self->setup = *setup;
  g_mutex_init (&self->counters.lock);
  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  g_queue_init (&self->wishes);
  self->max_size = max_size;
  self->file = memo_disk_file_new (path, max_size, exclusive, setup, &self->counters);
  self->batch = memo_disk_batch_new ();
  self->closing = g_ptr_array_new_with_free_func (g_object_unref);

  return self;
}

/* Nothing here waits for the disk: the thread has closed the file before. */
static void
worker_unref (MemoDiskWorker *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  memo_disk_file_free (self->file);
  memo_disk_batch_free (self->batch);
  g_ptr_array_unref (self->closing);
  g_mutex_clear (&self->counters.lock);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->wake);
  g_free (self);
}

/* --- answering --- */

static void
answer (MemoCall *call,
        GError   *error)
{
  if (error != NULL)
    memo_call_return_error (call, g_error_copy (error));
  else
    memo_call_return_nothing (call);
}

static void
answer_batch (MemoDiskWorker *self,
              gboolean        emptied,
              GError         *error)
{
  g_autoptr(GArray) askers = g_steal_pointer (&self->batch->askers);
  MemoDiskBatch *batch = self->batch;

  /* Whoever is told may ask for more at once. */
  batch->askers = g_array_new (FALSE, FALSE, sizeof (MemoDiskAsker));
  g_array_set_clear_func (batch->askers, memo_disk_asker_clear);
  if (error == NULL || emptied)
    memo_disk_batch_written (batch);
  else
    memo_disk_batch_failed (batch);

  for (guint i = 0; i < askers->len; i++)
    {
      MemoDiskAsker *asker = &g_array_index (askers, MemoDiskAsker, i);

      answer (asker->call, emptied && !asker->is_put ? NULL : error);
    }
}

/* --- the thread --- */

static void
write_batch (MemoDiskWorker *self)
{
  g_autoptr(GError) error = NULL;
  gboolean emptied = FALSE;

  memo_disk_file_end_loads (self->file);
  if (memo_disk_file_write (self->file, self->batch, &emptied, &error))
    emptied = FALSE;
  answer_batch (self, emptied, error);
}

static void
load (MemoDiskWorker *self,
      Wish           *wish,
      gboolean        more)
{
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  MemoDiskFinding finding;

  finding = memo_disk_batch_find (self->batch, wish->key, memo_disk_file_now (self->file), &bytes);
  if (finding == MEMO_DISK_UNDECIDED)
    {
      write_batch (self);
      finding = memo_disk_batch_find (self->batch, wish->key, memo_disk_file_now (self->file), &bytes);
    }
  if (finding == MEMO_DISK_UNKNOWN)
    memo_disk_file_load (self->file, wish->key, more, &bytes, &error);
  if (!more)
    memo_disk_file_end_loads (self->file);

  if (error != NULL)
    {
      memo_call_return_error (wish->call, g_steal_pointer (&error));
      return;
    }
  if (bytes != NULL)
    memo_disk_count (&self->counters, hits, 1);
  else
    memo_disk_count (&self->counters, misses, 1);
  memo_call_return_bytes (wish->call, bytes);
}

/* NEXT is the one behind it, if there is one. */
static void
grant (MemoDiskWorker *self,
       Wish           *wish,
       Wish           *next)
{
  g_autoptr(GError) error = NULL;

  switch (wish->ask)
    {
    case MEMO_DISK_OPEN:
      memo_disk_file_open (self->file, &error);
      answer (wish->call, error);
      return;

    case MEMO_DISK_LOAD:
      load (self, wish, next != NULL && next->ask == MEMO_DISK_LOAD);
      return;

    case MEMO_DISK_STORE:
      memo_disk_batch_put (self->batch, wish->key, wish->bytes, wish->expiry, wish->durable);
      break;

    case MEMO_DISK_DELETE:
      memo_disk_batch_remove (self->batch, wish->key, wish->bytes);
      break;

    case MEMO_DISK_CLEAR:
      memo_disk_batch_clear (self->batch);
      break;

    case MEMO_DISK_FLUSH:
      self->batch->durable = TRUE;
      break;

    case MEMO_DISK_CLOSE:
    default:
      g_ptr_array_add (self->closing, g_object_ref (wish->call));
      return;
    }

  memo_disk_batch_add_asker (self->batch, wish->call, wish->ask == MEMO_DISK_STORE);
}

static gboolean
is_full (MemoDiskWorker *self)
{
  return self->batch->askers->len >= self->setup.gather_count || self->batch->size >= self->setup.gather_size;
}

static gboolean
is_due (MemoDiskWorker *self)
{
  return memo_disk_batch_is_asked (self->batch) &&
         (self->batch->durable || is_full (self) ||
          g_get_monotonic_time () - self->batch->since >= self->setup.gather);
}

/* Waits for more writes, until their time has come.  With the lock. */
static void
gather (MemoDiskWorker *self)
{
  self->gathering = TRUE;
  self->n_gathered = self->batch->askers->len;
  self->gathered_size = self->batch->size;
  g_cond_wait_until (&self->wake, &self->lock, self->batch->since + self->setup.gather);
  self->gathering = FALSE;
}

/* Waits until there is something to do.  With the lock. */
static void
wait_for_wishes (MemoDiskWorker *self)
{
  while (g_queue_is_empty (&self->wishes) && !self->ended && !self->closed && !is_due (self) && !self->file->untidy)
    {
      if (memo_disk_batch_is_asked (self->batch))
        gather (self);
      else
        g_cond_wait (&self->wake, &self->lock);
    }
}

/* One round.  FALSE: that was the last one. */
static gboolean
work (MemoDiskWorker *self)
{
  GQueue wishes;
  gboolean last, idle;
  guint64 max_size;
  Wish *wish;

  g_mutex_lock (&self->lock);
  wait_for_wishes (self);
  wishes = self->wishes;
  g_queue_init (&self->wishes);
  last = self->ended || self->closed;
  max_size = self->max_size;
  g_mutex_unlock (&self->lock);

  idle = g_queue_is_empty (&wishes);
  memo_disk_file_limit (self->file, max_size);
  memo_disk_file_look (self->file);

  while ((wish = g_queue_pop_head (&wishes)) != NULL)
    {
      grant (self, wish, g_queue_peek_head (&wishes));
      wish_free (wish);
      if (is_full (self))
        write_batch (self);
    }

  if (is_due (self) || (last && !memo_disk_batch_is_empty (self->batch)))
    write_batch (self);

  if (self->file->untidy && !last && (idle || ++self->n_busy > MAX_BUSY))
    {
      self->n_busy = 0;
      memo_disk_file_tidy (self->file);
    }

  return !last;
}

static gpointer
worker_main (gpointer data)
{
  MemoDiskWorker *self = data;
  g_autoptr(GPtrArray) closing = NULL;

  while (work (self))
    ;

  memo_disk_file_close (self->file);
  closing = g_steal_pointer (&self->closing);
  self->closing = g_ptr_array_new ();
  worker_unref (self);

  for (guint i = 0; i < closing->len; i++)
    memo_call_return_nothing (g_ptr_array_index (closing, i));

  return NULL;
}

/* --- asking --- */

/* With the lock. */
static gboolean
ensure_thread (MemoDiskWorker  *self,
               GError         **error)
{
  GThread *thread;

  if (self->started)
    return TRUE;

  g_atomic_ref_count_inc (&self->refs);
  thread = g_thread_try_new ("memo-disk", worker_main, self, error);
  if (thread == NULL)
    {
      g_atomic_ref_count_dec (&self->refs);
      return FALSE;
    }
  g_thread_unref (thread);
  self->started = TRUE;

  return TRUE;
}

/* With the lock.  Why it cannot be asked. */
static void
check_wish (MemoDiskWorker  *self,
            MemoDiskAsk      ask,
            GError         **error)
{
  g_autoptr(GError) why = NULL;

  if (self->closed)
    g_set_error_literal (error, MEMO_ERROR, MEMO_ERROR_CLOSED, "The cache file was closed");
  else if ((ask == MEMO_DISK_LOAD || ask == MEMO_DISK_STORE) && self->wishes.length >= self->setup.queue_length)
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_BUSY, "%u operations wait for the disk already", self->wishes.length);
  else if (!ensure_thread (self, &why))
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, "There is no thread for the cache file: %s", why->message);
}

static gint64
expiry_in (MemoDiskWorker *self,
           double          ttl)
{
  double ms = self->setup.wall (self->setup.data) / 1000 + ttl * 1000.0;

  return ms < 9e18 ? (gint64) ms : MEMO_DISK_NEVER;
}

/* With the lock.  Whether the thread need not be woken up for a wish, since it gathers such ones and has room for more. */
static gboolean
is_only_gathered (MemoDiskWorker *self,
                  Wish           *wish)
{
  if (!self->gathering || wish->ask != MEMO_DISK_STORE || wish->durable)
    return FALSE;

  self->n_gathered++;
  self->gathered_size += strlen (wish->key) + g_bytes_get_size (wish->bytes);

  return self->n_gathered < self->setup.gather_count && self->gathered_size < self->setup.gather_size &&
         2 * self->wishes.length < self->setup.queue_length;
}

/* Takes a wish; the call is answered when it is granted. */
void
memo_disk_worker_ask (MemoDiskWorker *self,
                      MemoDiskAsk     ask,
                      const char     *key,
                      MemoCall       *call)
{
  GBytes *bytes = memo_call_get_bytes (call);
  GError *error = NULL;
  Wish *wish = g_new0 (Wish, 1);

  wish->ask = ask;
  wish->key = g_strdup (key);
  wish->bytes = bytes != NULL ? g_bytes_ref (bytes) : NULL;
  wish->durable = memo_call_get_durable (call);
  wish->expiry = ask == MEMO_DISK_STORE ? expiry_in (self, memo_call_get_ttl (call)) : MEMO_DISK_NEVER;
  wish->call = g_object_ref (call);

  g_mutex_lock (&self->lock);
  check_wish (self, ask, &error);
  if (error == NULL)
    {
      gboolean gathered = is_only_gathered (self, wish);

      g_queue_push_tail (&self->wishes, g_steal_pointer (&wish));
      self->closed |= ask == MEMO_DISK_CLOSE;
      if (!gathered)
        g_cond_signal (&self->wake);
    }
  g_mutex_unlock (&self->lock);

  if (error != NULL)
    {
      memo_call_return_error (call, error);
      wish_free (wish);
    }
}

/* Takes the reference.  The thread finishes what it was asked, closes the file and ends. */
void
memo_disk_worker_end (MemoDiskWorker *self)
{
  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);

  worker_unref (self);
}

void
memo_disk_worker_limit (MemoDiskWorker *self,
                        guint64         max_size)
{
  g_mutex_lock (&self->lock);
  self->max_size = max_size;
  g_mutex_unlock (&self->lock);
}

void
memo_disk_worker_get_counters (MemoDiskWorker   *self,
                               MemoDiskCounters *counters)
{
  g_mutex_lock (&self->counters.lock);
  *counters = self->counters;
  g_mutex_unlock (&self->counters.lock);
}
