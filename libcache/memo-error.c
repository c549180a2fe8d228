/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-error-private.h"

/* What an error of this domain has beside code and message, for a language that has exceptions. */
typedef struct
{
  MemoEntry *exception;
} Private;

/* As gerror.h has it for G_DEFINE_EXTENDED_ERROR(), which would name the domain after the type. */
static Private *
get_private (const GError *error)
{
  const gsize alignment = 2 * sizeof (gsize);
  const gsize size = (sizeof (Private) + (alignment - 1)) & -alignment;

  return (Private *) ((guint8 *) error - size);
}

static void
private_init (GError *error)
{
  get_private (error)->exception = NULL;
}

static void
private_copy (const GError *src,
              GError       *dest)
{
  MemoEntry *exception = get_private (src)->exception;

  get_private (dest)->exception = exception != NULL ? memo_entry_ref (exception) : NULL;
}

static void
private_clear (GError *error)
{
  g_clear_pointer (&get_private (error)->exception, memo_entry_unref);
}

/**
 * memo_error_quark:
 *
 * Gets the domain of [error@Memo.Error].
 *
 * Returns: the error domain
 *
 * Since: 0.1
 */
GQuark
memo_error_quark (void)
{
  static gsize quark;

  if (g_once_init_enter (&quark))
    {
      gsize made = g_error_domain_register_static ("memo-error-quark", sizeof (Private),
                                                   private_init, private_copy, private_clear);

      g_once_init_leave (&quark, made);
    }

  return (GQuark) quark;
}

/* Other languages know the domain by its name, and make errors of it before anybody has called the function above. Such
 * an error would have nothing in front of it, where the domain is said to have something. */
__attribute__ ((constructor))
static void
register_domain (void)
{
  memo_error_quark ();
}

/* An error that carries an exception, and takes it. */
GError *
memo_error_new_exception (MemoEntry  *exception,
                          MemoError   code,
                          const char *message)
{
  GError *error = g_error_new_literal (MEMO_ERROR, code, message);

  get_private (error)->exception = exception;

  return error;
}

/* The exception that an error carries, borrowed, or NULL. */
MemoEntry *
memo_error_get_exception (const GError *error)
{
  return error->domain == MEMO_ERROR ? get_private (error)->exception : NULL;
}
