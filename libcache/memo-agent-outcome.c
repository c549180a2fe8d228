/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "memo-agent-call-private.h"
#include "memo-error.h"
#include "memo-hash-private.h"

/* What comes of a call, as a number: equal outcomes have equal ones. */

typedef enum
{
  NONE,
  NOTHING,
  DESCRIBED,
  VALUE,
  ERROR,
} Kind;

/* So that nobody can think up calls that look like others. */
static const guint8 *
secret (void)
{
  static gsize ready;
  static guint32 words[4];

  if (g_once_init_enter (&ready))
    {
      for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
        words[i] = g_random_int ();
      g_once_init_leave (&ready, 1);
    }

  return (const guint8 *) words;
}

static guint64
digest_of (gconstpointer data,
           gsize         size)
{
  return memo_siphash_1_3 (secret (), size > 0 ? data : "", size);
}

guint64
memo_agent_digest (const char *text)
{
  return digest_of (text, strlen (text));
}

/* Of each of TEXTS; free it with g_free(). */
guint64 *
memo_agent_digests (const char * const *texts)
{
  guint n = g_strv_length ((char **) texts);
  guint64 *digests = g_new (guint64, n + 1);

  for (guint i = 0; i < n; i++)
    digests[i] = memo_agent_digest (texts[i]);

  return digests;
}

/* Of what kind it is and of which type counts. */
static guint64
mixed (Kind        kind,
       const char *type,
       guint64     digest)
{
  struct { guint64 kind, type, digest; } all = { kind, memo_agent_digest (type), digest };

  return digest_of (&all, sizeof all);
}

static guint64
digest_of_value (const GValue *value)
{
  const char *type = G_VALUE_TYPE_NAME (value);
  g_auto(GValue) number = G_VALUE_INIT;
  gint64 integer;
  double real;

  if (G_VALUE_HOLDS_VARIANT (value))
    {
      GVariant *variant = g_value_get_variant (value);
      g_autoptr(GVariant) normal = variant != NULL ? g_variant_get_normal_form (variant) : NULL;

      if (normal != NULL)
        return mixed (VALUE, g_variant_get_type_string (normal),
                      digest_of (g_variant_get_data (normal), g_variant_get_size (normal)));
    }

  if (G_VALUE_HOLDS_STRING (value))
    return mixed (VALUE, type, memo_agent_digest (g_value_get_string (value) != NULL ? g_value_get_string (value) : ""));

  if (G_VALUE_HOLDS (value, G_TYPE_BYTES) && g_value_get_boxed (value) != NULL)
    {
      gsize size;
      gconstpointer data = g_bytes_get_data (g_value_get_boxed (value), &size);

      return mixed (VALUE, type, digest_of (data, size));
    }

  if (g_value_fits_pointer (value))
    {
      /* One object, and the same one. */
      gpointer pointer = g_value_peek_pointer (value);

      return mixed (VALUE, type, digest_of (&pointer, sizeof pointer));
    }

  if (G_VALUE_HOLDS_FLOAT (value) || G_VALUE_HOLDS_DOUBLE (value))
    {
      g_value_init (&number, G_TYPE_DOUBLE);
      g_value_transform (value, &number);
      real = g_value_get_double (&number);
      return mixed (VALUE, type, digest_of (&real, sizeof real));
    }

  g_value_init (&number, G_TYPE_INT64);
  integer = g_value_transform (value, &number) ? g_value_get_int64 (&number) : 0;

  return mixed (VALUE, type, digest_of (&integer, sizeof integer));
}

/* The number of a request or the time make no other error of it: so each word with a digit in it is one and the same. */
static char *
without_numbers (const char *message)
{
  GString *text = g_string_new (NULL);

  for (const char *c = message; *c != '\0';)
    {
      gsize length = 0;
      gboolean digits = FALSE;

      while (g_ascii_isalnum (c[length]))
        digits = g_ascii_isdigit (c[length++]) || digits;

      if (digits)
        g_string_append_c (text, '#');
      else
        g_string_append_len (text, c, MAX (length, 1));

      c += MAX (length, 1);
    }

  return g_string_free (text, FALSE);
}

/* Whether the same may go well a little later. */
static gboolean
is_passing (const GError *error)
{
  static const int passing_io[] = {
    G_IO_ERROR_TIMED_OUT, G_IO_ERROR_BUSY, G_IO_ERROR_WOULD_BLOCK, G_IO_ERROR_CONNECTION_REFUSED,
    G_IO_ERROR_HOST_UNREACHABLE, G_IO_ERROR_NETWORK_UNREACHABLE, G_IO_ERROR_NOT_CONNECTED,
    G_IO_ERROR_CONNECTION_CLOSED, G_IO_ERROR_PROXY_FAILED,
  };

  if (error->domain == G_IO_ERROR)
    {
      for (gsize i = 0; i < G_N_ELEMENTS (passing_io); i++)
        {
          if (error->code == passing_io[i])
            return TRUE;
        }
    }

  return g_error_matches (error, MEMO_ERROR, MEMO_ERROR_BUSY) ||
         g_error_matches (error, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE) ||
         g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_AGAIN) ||
         g_error_matches (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE);
}

/* What came of a call of FUNCTION: ENTRY, which may be NULL, or ERROR.  It may run code of the user's. */
guint64
memo_agent_outcome_digest (MemoAgentFunction *function,
                           MemoEntry         *entry,
                           const GError      *error,
                           MemoAgentEnd      *end)
{
  g_autofree char *description = NULL;

  if (error != NULL)
    {
      g_autofree char *message = without_numbers (error->message);
      g_autofree char *text = g_strdup_printf ("%d %s", error->code, message);

      *end = is_passing (error) ? MEMO_AGENT_FAILED_FOR_NOW : MEMO_AGENT_FAILED;
      return mixed (ERROR, g_quark_to_string (error->domain), memo_agent_digest (text));
    }

  *end = MEMO_AGENT_SUCCEEDED;

  if (entry != NULL)
    description = memo_agent_function_describe (function, entry);
  if (description != NULL)
    return mixed (DESCRIBED, "", memo_agent_digest (description));
  if (entry == NULL)
    return mixed (NONE, "", 0);
  if (memo_entry_get_value (entry) == NULL)
    return mixed (NOTHING, "", 0);

  return digest_of_value (memo_entry_get_value (entry));
}
