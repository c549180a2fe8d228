/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "memo-canonical-private.h"

/* The text of a decorated call: its key.  The same call has the same text in every process,
 * version and language, and different calls have different ones; docs/keys.md has the
 * grammar.  Not g_variant_print(), whose text is no promise. */

static void append_value (GString  *text,
                          GVariant *value);

static void
append_string (GString    *text,
               const char *string)
{
  g_string_append_c (text, '"');

  for (const char *c = string; *c != '\0'; c++)
    {
      if (*c == '"' || *c == '\\')
        g_string_append_printf (text, "\\%c", *c);
      else if ((guchar) *c < 0x20 || *c == 0x7f)
        g_string_append_printf (text, "\\x%02x", (guchar) *c);
      else
        g_string_append_c (text, *c);
    }

  g_string_append_c (text, '"');
}

static void
append_double (GString *text,
               double   number)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (isnan (number))
    g_string_append (text, "nan");
  else if (isinf (number))
    g_string_append (text, number > 0.0 ? "inf" : "-inf");
  else
    g_string_append (text, g_ascii_dtostr (buffer, sizeof buffer, number));
}

static void
append_children (GString  *text,
                 GVariant *value,
                 char      open,
                 char      close)
{
  gsize n_children = g_variant_n_children (value);

  g_string_append_c (text, open);
  for (gsize i = 0; i < n_children; i++)
    {
      g_autoptr(GVariant) child = g_variant_get_child_value (value, i);

      if (i > 0)
        g_string_append_c (text, ',');
      append_value (text, child);
    }
  g_string_append_c (text, close);
}

static int
compare_texts (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char * const *) a, *(const char * const *) b);
}

/* The order of a dictionary's entries says nothing, so they are sorted. */
static void
append_dictionary (GString  *text,
                   GVariant *value)
{
  g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func (g_free);
  gsize n_children = g_variant_n_children (value);

  for (gsize i = 0; i < n_children; i++)
    {
      g_autoptr(GVariant) entry = g_variant_get_child_value (value, i);
      g_autoptr(GVariant) key = g_variant_get_child_value (entry, 0);
      g_autoptr(GVariant) item = g_variant_get_child_value (entry, 1);
      GString *entry_text = g_string_new (NULL);

      append_value (entry_text, key);
      g_string_append_c (entry_text, ':');
      append_value (entry_text, item);
      g_ptr_array_add (entries, g_string_free (entry_text, FALSE));
    }

  g_ptr_array_sort (entries, compare_texts);

  g_string_append_c (text, '{');
  for (guint i = 0; i < entries->len; i++)
    {
      if (i > 0)
        g_string_append_c (text, ',');
      g_string_append (text, g_ptr_array_index (entries, i));
    }
  g_string_append_c (text, '}');
}

static void
append_typed (GString  *text,
              GVariant *value)
{
  g_string_append (text, g_variant_get_type_string (value));
  g_string_append_c (text, ' ');
  append_value (text, value);
}

/* A value whose type is known from what is around it. */
static void
append_value (GString  *text,
              GVariant *value)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      g_string_append (text, g_variant_get_boolean (value) ? "true" : "false");
      break;

    case G_VARIANT_CLASS_BYTE:
      g_string_append_printf (text, "%u", g_variant_get_byte (value));
      break;

    case G_VARIANT_CLASS_INT16:
      g_string_append_printf (text, "%d", g_variant_get_int16 (value));
      break;

    case G_VARIANT_CLASS_UINT16:
      g_string_append_printf (text, "%u", g_variant_get_uint16 (value));
      break;

    case G_VARIANT_CLASS_INT32:
      g_string_append_printf (text, "%d", g_variant_get_int32 (value));
      break;

    case G_VARIANT_CLASS_UINT32:
      g_string_append_printf (text, "%u", g_variant_get_uint32 (value));
      break;

    case G_VARIANT_CLASS_INT64:
      g_string_append_printf (text, "%" G_GINT64_FORMAT, g_variant_get_int64 (value));
      break;

    case G_VARIANT_CLASS_UINT64:
      g_string_append_printf (text, "%" G_GUINT64_FORMAT, g_variant_get_uint64 (value));
      break;

    case G_VARIANT_CLASS_HANDLE:
      g_string_append_printf (text, "%d", g_variant_get_handle (value));
      break;

    case G_VARIANT_CLASS_DOUBLE:
      append_double (text, g_variant_get_double (value));
      break;

    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      append_string (text, g_variant_get_string (value, NULL));
      break;

    case G_VARIANT_CLASS_VARIANT:
      {
        g_autoptr(GVariant) inner = g_variant_get_variant (value);

        g_string_append_c (text, '<');
        append_typed (text, inner);
        g_string_append_c (text, '>');
      }
      break;

    case G_VARIANT_CLASS_MAYBE:
      {
        g_autoptr(GVariant) inner = g_variant_get_maybe (value);

        g_string_append (text, inner != NULL ? "just " : "nothing");
        if (inner != NULL)
          append_value (text, inner);
      }
      break;

    case G_VARIANT_CLASS_ARRAY:
      if (g_variant_type_is_dict_entry (g_variant_type_element (g_variant_get_type (value))))
        append_dictionary (text, value);
      else
        append_children (text, value, '[', ']');
      break;

    case G_VARIANT_CLASS_TUPLE:
      append_children (text, value, '(', ')');
      break;

    case G_VARIANT_CLASS_DICT_ENTRY:
      append_children (text, value, '{', '}');
      break;

    default:
      g_assert_not_reached ();
    }
}

/* The key of a call of NAME with the tuple ARGS, of which the first SKIP_ARGS do not count.
 * ARGS NULL is the empty tuple. */
char *
memo_canonical_key (const char *name,
                    GVariant   *args,
                    guint       skip_args)
{
  gsize n_args = args != NULL ? g_variant_n_children (args) : 0;
  GString *text = g_string_new (name);

  g_string_append_c (text, '(');
  for (gsize i = skip_args; i < n_args; i++)
    {
      g_autoptr(GVariant) arg = g_variant_get_child_value (args, i);

      if (i > skip_args)
        g_string_append (text, ", ");
      append_typed (text, arg);
    }
  g_string_append_c (text, ')');

  return g_string_free (text, FALSE);
}
