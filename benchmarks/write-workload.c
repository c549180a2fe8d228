/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include <gio/gio.h>

#include "workload.h"

/* Writes down which keys there are and in which order they are asked for, so that a program in another language does the same
 * work: write-workload KEYS DIGITS DRAWS FILE.  A line has the keys, and another the numbers of those that are asked for. */

int
main (int    argc,
      char **argv)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  g_autofree Keys *keys = NULL;
  g_autofree Draws *draws = NULL;
  guint64 n_keys, digits, n_draws;

  if (argc != 5 ||
      !g_ascii_string_to_unsigned (argv[1], 10, 1, 10000000, &n_keys, NULL) ||
      !g_ascii_string_to_unsigned (argv[2], 10, 1, 8, &digits, NULL) ||
      !g_ascii_string_to_unsigned (argv[3], 10, 1, 10000000, &n_draws, NULL))
    {
      g_printerr ("Usage: write-workload KEYS DIGITS DRAWS FILE\n");
      return 2;
    }

  keys = keys_new (n_keys, digits);
  draws = draws_new_zipf (n_draws, n_keys, 0.99);

  for (guint i = 0; i < keys->count; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", keys->texts[i]);
  g_string_append_c (text, '\n');
  for (guint i = 0; i < draws->count; i++)
    g_string_append_printf (text, "%s%u", i > 0 ? " " : "", draws->numbers[i]);
  g_string_append_c (text, '\n');

  if (!g_file_set_contents (argv[4], text->str, text->len, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  return 0;
}
