/* SPDX-License-Identifier: CC0-1.0 */
#include "desk.h"

Desk *
desk_new (void)
{
  Desk *self = g_new0 (Desk, 1);
  const char *files[][2] = {
    { "book.txt", "a long text" },
    { "total.txt", "0" },
    { "README", "The settings are in conf/app.toml." },
    { "conf/app.toml", "colour = \"red\"" },
  };

  self->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    g_hash_table_insert (self->files, g_strdup (files[i][0]), g_strdup (files[i][1]));

  return self;
}

void
desk_free (Desk *self)
{
  g_hash_table_unref (self->files);
  g_free (self);
}

/* The tool read_file. */
const char *
desk_read (Desk       *self,
           const char *path)
{
  const char *text = g_hash_table_lookup (self->files, path);

  self->n_executed++;

  return text != NULL ? text : "there is no such file";
}

/* The tool find_file. */
const char *
desk_find (Desk       *self,
           const char *path)
{
  self->n_executed++;

  return g_hash_table_contains (self->files, path) ? "it is there" : "nothing found";
}

/* The tool write_file. */
void
desk_write (Desk       *self,
            const char *path,
            const char *text)
{
  self->n_executed++;
  g_hash_table_replace (self->files, g_strdup (path), g_strdup (text));
}
