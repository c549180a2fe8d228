/* SPDX-License-Identifier: CC0-1.0 */
#include "story.h"

#include <glib/gstdio.h>

#include "redis-server.h"
#include "remove-folder.h"

void
story_start_server (Story *self)
{
  g_autoptr(GError) error = NULL;

  g_clear_object (&self->server);
  self->server = start_redis_server (self->folder, &error);
  if (self->server == NULL)
    g_error ("%s", error->message);
}

void
story_begin (Story *self)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MemoBackend) redis = NULL;

  /* If there is no plugin for it, this says so: nobody sees what the shops say. */
  redis = memo_backend_new_for_uri ("redis://localhost", &error);
  if (redis == NULL)
    g_error ("%s", error->message);

  self->folder = g_dir_make_tmp ("two-processes-XXXXXX", &error);
  if (self->folder == NULL)
    g_error ("%s", error->message);
  self->database = g_build_filename (self->folder, "database", NULL);
  /* On a busy computer everything takes its time; the figures are to be the same all the same.  And the shops share plainly: what
   * one of them changes, the others are not told. */
  self->uri = g_strdup_printf ("redis+unix://%s/redis.sock?timeout-ms=10000&max-staleness-ms=0", self->folder);
  self->server = NULL;

  g_mkdir (self->database, 0700);
  story_start_server (self);
}

void
story_end (Story *self)
{
  stop_redis_server (self->server);
  g_object_unref (self->server);
  remove_folder (self->folder);
  g_free (self->folder);
  g_free (self->database);
  g_free (self->uri);
}
