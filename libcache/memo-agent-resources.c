/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "memo-agent-resources-private.h"
#include "memo-canonical-private.h"
#include "memo-error.h"

/* A template is text with places in it: “{0}” is an argument, “{path}” an entry of an argument that is a
 * dictionary, “{{” and “}}” are braces.
 *
 * What is put in a place is written in such a way that nobody can tell two resources for one: everything but
 * letters, digits and “._~-/” is written as “%” and two digits, as in a URI.  So a value ends where the next
 * character that is none of these is, and a place has to have one on either side of it. */

/* Beside letters and digits, what stands for itself in a value. */
#define PLAIN "-._~/"

typedef struct
{
  char     *text;       /* literal; NULL: a place */
  gboolean  by_name;
  guint64   position;
  char     *name;
} Piece;

struct _MemoAgentResources
{
  GPtrArray *templates;     /* of arrays of pieces */
};

static void
piece_free (gpointer data)
{
  Piece *piece = data;

  g_free (piece->text);
  g_free (piece->name);
  g_free (piece);
}

static void
add_text (GPtrArray *pieces,
          GString   *text)
{
  Piece *piece;

  if (text->len == 0)
    return;

  piece = g_new0 (Piece, 1);
  piece->text = g_strdup (text->str);
  g_ptr_array_add (pieces, piece);
  g_string_truncate (text, 0);
}

/* Whether a value would go on with this character. */
static gboolean
is_of_a_value (char c)
{
  return g_ascii_isalnum (c) || strchr (PLAIN, c) != NULL || c == '%' || (guchar) c >= 0x80;
}

static gboolean
refuse (const char  *template,
        const char  *why,
        GError     **error)
{
  g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_RESOURCE, "The resource “%s” %s", template, why);

  return FALSE;
}

/* The place from AT on, after its brace.  Moves AT behind it. */
static gboolean
parse_place (const char   *template,
             const char  **at,
             int           n_args,
             GPtrArray    *pieces,
             GError      **error)
{
  const char *end = strchr (*at, '}');
  g_autofree char *name = end != NULL ? g_strndup (*at, end - *at) : NULL;
  Piece *piece;

  if (name == NULL || strchr (name, '{') != NULL)
    return refuse (template, "has a “{” without a “}”; to mean the brace itself, write “{{”", error);
  if (*name == '\0')
    return refuse (template, "has “{}” in it; write “{0}” for the first argument, or “{path}” for an entry of a "
                             "dictionary", error);
  if (end[1] != '\0' && end[1] != '}' && is_of_a_value (end[1]))
    return refuse (template, "has no end of an argument in it; write something like “:” after the “}”", error);

  piece = g_new0 (Piece, 1);
  piece->by_name = !g_ascii_string_to_unsigned (name, 10, 0, G_MAXINT, &piece->position, NULL);
  if (piece->by_name)
    piece->name = g_steal_pointer (&name);
  g_ptr_array_add (pieces, piece);

  if (!piece->by_name && n_args >= 0 && piece->position >= (guint64) n_args)
    {
      g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_RESOURCE,
                   "The resource “%s” names argument %" G_GUINT64_FORMAT " of a function that takes %d; "
                   "the first one is {0}", template, piece->position, n_args);
      return FALSE;
    }

  *at = end + 1;

  return TRUE;
}

static GPtrArray *
parse (const char  *template,
       int          n_args,
       GError     **error)
{
  g_autoptr(GPtrArray) pieces = g_ptr_array_new_with_free_func (piece_free);
  g_autoptr(GString) text = g_string_new (NULL);
  gboolean after_place = FALSE;

  if (*template == '\0')
    {
      refuse (template, "is empty", error);
      return NULL;
    }

  for (const char *at = template; *at != '\0';)
    {
      /* The library has these for itself. */
      if (g_ascii_iscntrl (*at))
        {
          refuse (template, "has a control character in it", error);
          return NULL;
        }

      if ((at[0] == '{' || at[0] == '}') && at[1] == at[0])
        {
          g_string_append_c (text, *at);
          at += 2;
        }
      else if (*at == '}')
        {
          refuse (template, "has a “}” without a “{”; to mean the brace itself, write “}}”", error);
          return NULL;
        }
      else if (*at != '{')
        {
          g_string_append_c (text, *at++);
        }
      else
        {
          if ((after_place && text->len == 0) || (text->len > 0 && is_of_a_value (text->str[text->len - 1])))
            {
              refuse (template, "has no beginning of an argument in it; write something like “:” before the “{”", error);
              return NULL;
            }

          add_text (pieces, text);
          at++;
          if (!parse_place (template, &at, n_args, pieces, error))
            return NULL;
          after_place = TRUE;
        }
    }

  add_text (pieces, text);

  return g_steal_pointer (&pieces);
}

/* N_ARGS below zero: any number. */
MemoAgentResources *
memo_agent_resources_new (const char * const  *templates,
                          int                  n_args,
                          GError             **error)
{
  g_autoptr(MemoAgentResources) self = g_new0 (MemoAgentResources, 1);

  self->templates = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  for (guint i = 0; templates != NULL && templates[i] != NULL; i++)
    {
      GPtrArray *pieces = parse (templates[i], n_args, error);

      if (pieces == NULL)
        return NULL;
      g_ptr_array_add (self->templates, pieces);
    }

  return g_steal_pointer (&self);
}

void
memo_agent_resources_free (MemoAgentResources *self)
{
  g_ptr_array_unref (self->templates);
  g_free (self);
}

/* --- the arguments of a call --- */

/* What is in a variant, and in that. */
static GVariant *
unwrap (GVariant *value)
{
  while (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    {
      GVariant *inner = g_variant_get_variant (value);

      g_variant_unref (value);
      value = inner;
    }

  return value;
}

static gboolean
is_dictionary (GVariant *value)
{
  return g_variant_is_of_type (value, G_VARIANT_TYPE ("a{s*}"));
}

static GVariant *
find_by_name (GVariant   *args,
              const char *name)
{
  for (gsize i = 0; i < g_variant_n_children (args); i++)
    {
      g_autoptr(GVariant) arg = unwrap (g_variant_get_child_value (args, i));

      if (!is_dictionary (arg))
        continue;

      for (gsize k = 0; k < g_variant_n_children (arg); k++)
        {
          g_autoptr(GVariant) entry = g_variant_get_child_value (arg, k);
          g_autoptr(GVariant) key = g_variant_get_child_value (entry, 0);

          if (g_str_equal (g_variant_get_string (key, NULL), name))
            return unwrap (g_variant_get_child_value (entry, 1));
        }
    }

  return NULL;
}

static void
append_escaped (GString    *tag,
                const char *text)
{
  for (const char *c = text; *c != '\0'; c++)
    {
      if (g_ascii_isalnum (*c) || strchr (PLAIN, *c) != NULL || (guchar) *c >= 0x80)
        g_string_append_c (tag, *c);
      else
        g_string_append_printf (tag, "%%%02X", (guchar) *c);
    }
}

/* A number is the same resource whatever its type, and so is its text: whoever changes 42 must reach who reads "42". */
static void
append_value (GString  *tag,
              GVariant *value)
{
  g_autofree char *canonical = NULL;
  g_autoptr(GVariant) tuple = NULL;
  const char *text, *space;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) || g_variant_is_of_type (value, G_VARIANT_TYPE_OBJECT_PATH) ||
      g_variant_is_of_type (value, G_VARIANT_TYPE_SIGNATURE))
    {
      append_escaped (tag, g_variant_get_string (value, NULL));
      return;
    }

  /* “(x 42)” */
  tuple = g_variant_ref_sink (g_variant_new_tuple (&value, 1));
  canonical = memo_canonical_key ("", tuple, 0);
  canonical[strlen (canonical) - 1] = '\0';
  text = canonical + 1;
  space = strchr (text, ' ');

  if (!g_variant_is_container (value))
    append_escaped (tag, space + 1);
  else
    {
      /* No text begins like this. */
      g_string_append_c (tag, '(');
      append_escaped (tag, text);
      g_string_append_c (tag, ')');
    }
}

static gboolean
append_place (GString      *tag,
              const Piece  *piece,
              const char   *function,
              GVariant     *args,
              GError      **error)
{
  g_autoptr(GVariant) value = NULL;

  if (piece->by_name)
    value = find_by_name (args, piece->name);
  else if (piece->position < g_variant_n_children (args))
    value = unwrap (g_variant_get_child_value (args, piece->position));

  if (value != NULL)
    {
      append_value (tag, value);
      return TRUE;
    }

  if (piece->by_name)
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_RESOURCE,
                 "A resource of “%s” names “%s”, which no dictionary among its arguments has: "
                 "pass it, or mend the resource", function, piece->name);
  else
    g_set_error (error, MEMO_ERROR, MEMO_ERROR_INVALID_RESOURCE,
                 "A resource of “%s” names argument %" G_GUINT64_FORMAT ", and it was called with %" G_GSIZE_FORMAT ": "
                 "pass it, or mend the resource", function, piece->position, g_variant_n_children (args));

  return FALSE;
}

/* The resources of a call of FUNCTION with ARGS. */
char **
memo_agent_resources_expand (MemoAgentResources  *self,
                             const char          *function,
                             GVariant            *args,
                             GError             **error)
{
  g_autoptr(GStrvBuilder) tags = g_strv_builder_new ();

  for (guint i = 0; i < self->templates->len; i++)
    {
      GPtrArray *pieces = g_ptr_array_index (self->templates, i);
      g_autoptr(GString) tag = g_string_new (NULL);

      for (guint k = 0; k < pieces->len; k++)
        {
          Piece *piece = g_ptr_array_index (pieces, k);

          if (piece->text != NULL)
            g_string_append (tag, piece->text);
          else if (!append_place (tag, piece, function, args, error))
            return NULL;
        }

      g_strv_builder_add (tags, tag->str);
    }

  return g_strv_builder_end (tags);
}

static GVariant *
dictionary_without (GVariant           *dictionary,
                    const char * const *left_out)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, g_variant_get_type (dictionary));
  for (gsize i = 0; i < g_variant_n_children (dictionary); i++)
    {
      g_autoptr(GVariant) entry = g_variant_get_child_value (dictionary, i);
      g_autoptr(GVariant) key = g_variant_get_child_value (entry, 0);

      if (!g_strv_contains (left_out, g_variant_get_string (key, NULL)))
        g_variant_builder_add_value (&builder, entry);
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* LEFT_OUT are positions and keys of dictionaries. */
GVariant *
memo_agent_args_without (GVariant           *args,
                         const char * const *left_out)
{
  GVariantBuilder builder;

  if (left_out == NULL || left_out[0] == NULL)
    return g_variant_ref (args);

  g_variant_builder_init (&builder, G_VARIANT_TYPE_TUPLE);
  for (gsize i = 0; i < g_variant_n_children (args); i++)
    {
      g_autoptr(GVariant) arg = unwrap (g_variant_get_child_value (args, i));
      g_autofree char *position = g_strdup_printf ("%" G_GSIZE_FORMAT, i);

      if (g_strv_contains (left_out, position))
        continue;

      if (is_dictionary (arg))
        {
          g_autoptr(GVariant) rest = dictionary_without (arg, left_out);

          g_variant_builder_add_value (&builder, rest);
        }
      else
        {
          g_variant_builder_add_value (&builder, arg);
        }
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}
