/* SPDX-License-Identifier: CC0-1.0 */

/* A value with parts, in one piece. */

#include <libcache.h>

int
main (void)
{
  /* [build] */
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "title", g_variant_new_string ("Once upon a time"));
  g_variant_builder_add (&builder, "{sv}", "pages", g_variant_new_int64 (212));

  g_autoptr(MemoEntry) entry = memo_entry_new_variant (g_variant_builder_end (&builder));
  /* [/build] */

  /* [read] */
  GVariant *book = memo_entry_get_variant (entry);
  g_autofree char *text = g_variant_print (book, FALSE);
  const char *title;
  gint64 pages;

  g_print ("all of it   %s\n", text);
  g_print ("its type    %s\n", g_variant_get_type_string (book));

  if (g_variant_lookup (book, "title", "&s", &title))
    g_print ("the title   %s\n", title);
  if (g_variant_lookup (book, "pages", "x", &pages))
    g_print ("the pages   %" G_GINT64_FORMAT "\n", pages);
  if (!g_variant_lookup (book, "author", "&s", &title))
    g_print ("an author   is not there\n");
  /* [/read] */

  return 0;
}
