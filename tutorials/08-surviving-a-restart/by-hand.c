/* SPDX-License-Identifier: CC0-1.0 */

/* A price list that is kept in a file, by hand.
 *
 *   by-hand [WHAT FILE]
 *
 * The program runs itself with WHAT, and kills what it started. */

#include <stdio.h>

#include <glib/gstdio.h>

#include "remove-folder.h"
#include "shop.h"

/* --- the file --- */

/* [file] */
static void
write_prices (FILE       *file,
              guint       first,
              guint       last,
              const char *but)
{
  for (guint product = first; product <= last; product++)
    {
      g_autofree char *key = g_strdup_printf ("price:%u", product);
      g_autofree char *price = price_new (product);

      if (g_strcmp0 (key, but) != 0)
        fprintf (file, "%s=%s\n", key, price);
    }
}

static GHashTable *
parse_prices (const char *text)
{
  GHashTable *prices = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *equals = strchr (lines[i], '=');

      if (equals != NULL)
        g_hash_table_insert (prices, g_strndup (lines[i], equals - lines[i]), g_strdup (equals + 1));
    }

  return prices;
}
/* [/file] */

/* How many prices of 1 to LAST are right, and how many are wrong. */
static void
count (const char *text,
       guint       last,
       guint      *n_right,
       guint      *n_wrong)
{
  g_autoptr(GHashTable) prices = parse_prices (text);

  *n_right = *n_wrong = 0;
  for (guint product = 1; product <= last; product++)
    {
      g_autofree char *key = g_strdup_printf ("price:%u", product);
      g_autofree char *right = price_new (product);
      const char *price = g_hash_table_lookup (prices, key);

      if (price != NULL && g_str_equal (price, right))
        ++*n_right;
      else if (price != NULL)
        ++*n_wrong;
    }
}

static void
look (const char *title,
      const char *path)
{
  g_autofree char *text = NULL;
  guint n_right, n_wrong;

  g_file_get_contents (path, &text, NULL, NULL);
  count (text, N_PRICES, &n_right, &n_wrong);
  g_print ("%-38s %4u right, %u wrong, %3u lost\n", title, n_right, n_wrong, N_PRICES - n_right - n_wrong);
}

/* --- what is run to be killed --- */

/* [save] */
/* Is killed when it has written 600 prices. */
static void
save (const char *path)
{
  FILE *file = fopen (path, "w");

  setvbuf (file, NULL, _IOFBF, 4096);   /* what is usual on Linux */
  write_prices (file, 1, 600, NULL);
  tell_progress ();
  wait_for_kill ();
}

static void
save_beside (const char *path)
{
  g_autofree char *new_path = g_strconcat (path, ".new", NULL);

  save (new_path);                      /* then rename (new_path, path), but it does not come so far */
}
/* [/save] */

/* [drop] */
/* Price 7 has changed, and is forgotten.  The file is saved once a minute, which is not now. */
static void
drop (const char *path)
{
  g_autofree char *text = NULL;
  g_autoptr(GHashTable) prices = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  prices = parse_prices (text);
  g_hash_table_remove (prices, "price:7");
  tell_progress ();
  wait_for_kill ();
}
/* [/drop] */

/* --- the story --- */

static void
write_all (const char *path)
{
  FILE *file = fopen (path, "w");

  write_prices (file, 1, N_PRICES, NULL);
  fclose (file);
}

static void
show_killed (const char *program,
             const char *path)
{
  g_autoptr(GError) error = NULL;

  write_all (path);
  look ("Saved", path);

  if (!run_and_kill (program, "save", path, 1, &error))
    g_error ("%s", error->message);
  look ("Killed while it saves", path);

  write_all (path);
  if (!run_and_kill (program, "save-beside", path, 1, &error))
    g_error ("%s", error->message);
  look ("The same, with a new file and a rename", path);
}

static void
show_dropped (const char *program,
              const char *path)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  g_autoptr(GHashTable) prices = NULL;

  if (!run_and_kill (program, "drop", path, 1, &error))
    g_error ("%s", error->message);

  g_file_get_contents (path, &text, NULL, NULL);
  prices = parse_prices (text);
  g_print ("\nPrice 7 was dropped, then it is killed: the next run %s\n",
           g_hash_table_contains (prices, "price:7") ? "has it again" : "does not have it");
}

/* Each bit of a small file, one after the other, is turned over. */
static void
show_damaged (const char *path)
{
  FILE *file = fopen (path, "w");
  g_autofree char *text = NULL;
  guint n_flips = 0, n_unharmed = 0, n_lost = 0, n_misled = 0;
  gsize size;

  write_prices (file, 1, 20, NULL);
  fclose (file);
  g_file_get_contents (path, &text, &size, NULL);

  /* [flips] */
  for (gsize bit = 0; bit < 8 * size; bit++)
    {
      guint n_right, n_wrong;

      text[bit / 8] ^= 1 << bit % 8;
      count (text, 20, &n_right, &n_wrong);
      text[bit / 8] ^= 1 << bit % 8;

      n_flips++;
      if (n_wrong > 0)
        n_misled++;
      else if (n_right < 20)
        n_lost++;
      else
        n_unharmed++;
    }
  /* [/flips] */

  g_print ("\n20 prices, one bit of the file is wrong: %u ways\n"
           "  a wrong price is told              %4u\n"
           "  a price is lost                    %4u\n"
           "  all prices are right               %4u\n",
           n_flips, n_misled, n_lost, n_unharmed);
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;
  g_autoptr(GError) error = NULL;

  if (argc > 2)
    {
      if (g_str_equal (argv[1], "save"))
        save (argv[2]);
      else if (g_str_equal (argv[1], "save-beside"))
        save_beside (argv[2]);
      else
        drop (argv[2]);
    }

  folder = g_dir_make_tmp ("by-hand-XXXXXX", &error);
  if (folder == NULL)
    g_error ("%s", error->message);
  path = g_build_filename (folder, "prices", NULL);

  show_killed (argv[0], path);
  show_dropped (argv[0], path);
  show_damaged (path);

  remove_folder (folder);

  return 0;
}
