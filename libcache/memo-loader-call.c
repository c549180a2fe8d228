/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-loader-private.h"

/* How a loader is asked: what its function is called with, and its threads. */

typedef struct
{
  MemoLoader     *loader;
  MemoLoaderWork  work;
  gpointer        data;
} Job;

static void
memo_loader_run_job (gpointer data,
                     gpointer user_data)
{
  Job *job = data;

  job->work (job->data);
  g_object_unref (job->loader);
  g_free (job);
}

/* A loader for one call: the function and the threads are those of BASE, and TAG is one more tag, or NULL. */
MemoLoader *
memo_loader_new_bound (MemoLoader *base,
                       double      default_ttl,
                       const char *tag,
                       GVariant   *args,
                       GObject    *instance)
{
  MemoLoader *self = g_object_new (MEMO_TYPE_LOADER, NULL);

  self->base = g_object_ref (base);
  self->args = g_variant_ref (args);
  self->instance = instance != NULL ? g_object_ref (instance) : NULL;
  self->kind = base->kind;
  self->ttl = base->ttl == MEMO_TTL_DEFAULT ? default_ttl : base->ttl;
  self->timeout = base->timeout;
  self->error_ttl = base->error_ttl;

  if (tag != NULL)
    {
      g_autoptr(GStrvBuilder) tags = g_strv_builder_new ();

      if (base->tags != NULL)
        g_strv_builder_addv (tags, (const char **) base->tags);
      g_strv_builder_add (tags, tag);
      self->tags = g_strv_builder_end (tags);
    }
  else
    {
      self->tags = g_strdupv (base->tags);
    }

  return self;
}

/* Of a loader for one call: what is done before its function is called. */
void
memo_loader_set_prepare (MemoLoader        *self,
                         MemoLoaderPrepare  prepare,
                         gpointer           data,
                         GDestroyNotify     destroy)
{
  self->prepare = prepare;
  self->prepare_data = data;
  self->prepare_destroy = destroy;
}

/* Never called: of a get that has no loader, and asks the tiers alone. */
static void
none (MemoCall *call,
      gpointer  user_data)
{
  memo_call_return_nothing (call);
}

/* The loader that has nothing. */
MemoLoader *
memo_loader_get_none (void)
{
  static MemoLoader *loader;

  if (g_once_init_enter (&loader))
    g_once_init_leave (&loader, memo_loader_new (none, NULL, NULL));

  return loader;
}

/* What the function is called with, or NULL. */
GVariant *
memo_loader_get_args (MemoLoader *self)
{
  return self->args;
}

GObject *
memo_loader_get_instance (MemoLoader *self)
{
  return self->instance;
}

/* Has WORK done in one of the loader's threads, as soon as one is free. */
void
memo_loader_push (MemoLoader     *self,
                  MemoLoaderWork  work,
                  gpointer        data)
{
  Job *job;

  if (self->base != NULL)
    self = self->base;

  job = g_new (Job, 1);
  job->loader = g_object_ref (self);
  job->work = work;
  job->data = data;

  g_mutex_lock (&self->pool_lock);
  if (self->pool == NULL)
    self->pool = g_thread_pool_new (memo_loader_run_job, NULL, self->max_threads, FALSE, NULL);
  /* A thread that cannot be started is not an error here: the job waits for the next. */
  g_thread_pool_push (self->pool, job, NULL);
  g_mutex_unlock (&self->pool_lock);
}

gboolean
memo_loader_is_single (MemoLoader *self)
{
  return self->kind == MEMO_LOADER_SINGLE;
}

gboolean
memo_loader_is_in_thread (MemoLoader *self)
{
  return self->kind == MEMO_LOADER_IN_THREAD;
}

gboolean
memo_loader_is_batch (MemoLoader *self)
{
  return self->kind == MEMO_LOADER_BATCH;
}

/* Asks the user's function. */
void
memo_loader_call (MemoLoader *self,
                  MemoCall   *call)
{
  if (self->prepare != NULL)
    self->prepare (call, self->prepare_data);
  if (self->base != NULL)
    self = self->base;

  self->func (call, self->user_data);
}

/* What the function is called with in a thread. */
typedef struct
{
  MemoLoader *loader;
  MemoCall   *call;
} Question;

static void
ask_in_thread (gpointer data)
{
  Question *question = data;

  memo_loader_call (question->loader, question->call);
  g_object_unref (question->call);
  g_object_unref (question->loader);
  g_free (question);
}

/* Asks the user's function, in this thread or in one of the loader's. */
void
memo_loader_ask (MemoLoader *self,
                 MemoCall   *call)
{
  if (memo_loader_is_in_thread (self))
    {
      Question *question = g_new (Question, 1);

      question->loader = g_object_ref (self);
      question->call = g_object_ref (call);
      memo_loader_push (self, ask_in_thread, question);
    }
  else
    {
      memo_loader_call (self, call);
    }
}
