/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-entry-private.h"

G_DEFINE_BOXED_TYPE (MemoEntry, memo_entry, memo_entry_ref, memo_entry_unref)

static MemoEntry *
memo_entry_alloc (GType type)
{
  MemoEntry *self = g_new (MemoEntry, 1);

  *self = (MemoEntry) { .ref_count = 1, .ttl = MEMO_TTL_DEFAULT };
  if (type != G_TYPE_INVALID)
    g_value_init (&self->value, type);

  return self;
}

/**
 * memo_entry_new:
 * @value: (nullable): the value, or `NULL` for the cached "nothing"
 *
 * Creates an entry that holds a copy of @value.
 *
 * A value that holds a `NULL` string, object, variant or boxed is a value; only
 * `NULL` in place of a value is "nothing".
 *
 * Returns: (transfer full): the new entry
 *
 * Since: 0.1
 */
MemoEntry *
memo_entry_new (const GValue *value)
{
  MemoEntry *self;

  g_return_val_if_fail (value == NULL || G_IS_VALUE (value), NULL);

  if (value == NULL)
    return memo_entry_new_nothing ();

  self = memo_entry_alloc (G_VALUE_TYPE (value));
  g_value_copy (value, &self->value);

  return self;
}

/* The same with the value itself, which is taken, and may be all zeros: the cached "nothing". */
MemoEntry *
memo_entry_new_take (GValue *value)
{
  MemoEntry *self = memo_entry_alloc (G_TYPE_INVALID);

  self->value = *value;
  *value = (GValue) G_VALUE_INIT;

  return self;
}

/**
 * memo_entry_new_nothing:
 *
 * Creates an entry that holds no value: the answer is known, and it is that there is none.
 *
 * It is what [ctor@Memo.Entry.new] makes of `NULL`, for languages whose null is a value.
 *
 * Returns: (transfer full): the new entry
 *
 * Since: 0.1
 */
MemoEntry *
memo_entry_new_nothing (void)
{
  return memo_entry_alloc (G_TYPE_INVALID);
}

/**
 * memo_entry_new_variant:
 * @value: the value; a floating reference is taken
 *
 * Creates an entry that holds a variant.
 *
 * Returns: (transfer full): the new entry
 *
 * Since: 0.1
 */
MemoEntry *
memo_entry_new_variant (GVariant *value)
{
  MemoEntry *self;

  g_return_val_if_fail (value != NULL, NULL);

  self = memo_entry_alloc (G_TYPE_VARIANT);
  g_value_set_variant (&self->value, value);

  return self;
}

/**
 * memo_entry_new_string:
 * @value: the value
 *
 * Creates an entry that holds a copy of a string.
 *
 * Returns: (transfer full): the new entry
 *
 * Since: 0.1
 */
MemoEntry *
memo_entry_new_string (const char *value)
{
  MemoEntry *self;

  g_return_val_if_fail (value != NULL, NULL);

  self = memo_entry_alloc (G_TYPE_STRING);
  g_value_set_string (&self->value, value);

  return self;
}

/**
 * memo_entry_new_bytes:
 * @value: the value
 *
 * Creates an entry that holds bytes.
 *
 * Returns: (transfer full): the new entry
 *
 * Since: 0.1
 */
MemoEntry *
memo_entry_new_bytes (GBytes *value)
{
  MemoEntry *self;

  g_return_val_if_fail (value != NULL, NULL);

  self = memo_entry_alloc (G_TYPE_BYTES);
  g_value_take_boxed (&self->value, g_bytes_ref (value));

  return self;
}

/**
 * memo_entry_new_object:
 * @value: (type GObject.Object): the value
 *
 * Creates an entry that holds a reference to an object.
 *
 * The object is shared by all who get the entry, in whichever threads they are.
 *
 * Returns: (transfer full): the new entry
 *
 * Since: 0.1
 */
MemoEntry *
memo_entry_new_object (GObject *value)
{
  MemoEntry *self;

  g_return_val_if_fail (G_IS_OBJECT (value), NULL);

  self = memo_entry_alloc (G_OBJECT_TYPE (value));
  g_value_set_object (&self->value, value);

  return self;
}

/**
 * memo_entry_new_int64:
 * @value: the value
 *
 * Creates an entry that holds an integer.
 *
 * Returns: (transfer full): the new entry
 *
 * Since: 0.1
 */
MemoEntry *
memo_entry_new_int64 (gint64 value)
{
  MemoEntry *self = memo_entry_alloc (G_TYPE_INT64);

  g_value_set_int64 (&self->value, value);

  return self;
}

/**
 * memo_entry_new_double:
 * @value: the value
 *
 * Creates an entry that holds a floating point number.
 *
 * Returns: (transfer full): the new entry
 *
 * Since: 0.1
 */
MemoEntry *
memo_entry_new_double (double value)
{
  MemoEntry *self = memo_entry_alloc (G_TYPE_DOUBLE);

  g_value_set_double (&self->value, value);

  return self;
}

/**
 * memo_entry_new_boolean:
 * @value: the value
 *
 * Creates an entry that holds a truth value.
 *
 * Returns: (transfer full): the new entry
 *
 * Since: 0.1
 */
MemoEntry *
memo_entry_new_boolean (gboolean value)
{
  MemoEntry *self = memo_entry_alloc (G_TYPE_BOOLEAN);

  g_value_set_boolean (&self->value, value);

  return self;
}

/* An entry that holds an error, which no user ever gets: how failures are kept. */
MemoEntry *
memo_entry_new_error (GError *error)
{
  MemoEntry *self = memo_entry_alloc (G_TYPE_ERROR);

  g_value_take_boxed (&self->value, error);

  return self;
}

const GError *
memo_entry_get_error (MemoEntry *self)
{
  return g_value_get_boxed (&self->value);
}

/**
 * memo_entry_ref:
 * @self: an entry
 *
 * Adds a reference. May be called from any thread.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
MemoEntry *
memo_entry_ref (MemoEntry *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&self->ref_count);

  return self;
}

/**
 * memo_entry_unref:
 * @self: (transfer full): an entry
 *
 * Drops a reference; the last one frees the entry and its value. May be called
 * from any thread.
 *
 * Since: 0.1
 */
void
memo_entry_unref (MemoEntry *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  if (memo_entry_is_value (self))
    g_value_unset (&self->value);
  g_strfreev (self->tags);
  g_free (self);
}

/* From here on the entry is immutable. */
void
memo_entry_seal (MemoEntry *self)
{
  /* Reading first leaves the line of a shared entry where it is. */
  if (g_atomic_int_get (&self->sealed))
    return;

  /* Who puts it into a store holds a lock, where this should not be worked out. */
  memo_entry_get_size (self);
  g_atomic_int_set (&self->sealed, TRUE);
}

/**
 * memo_entry_set_ttl:
 * @self: an entry
 * @seconds: seconds, 0 or more; `MEMO_TTL_FOREVER` or `MEMO_TTL_DEFAULT`
 *
 * Sets how long the entry lives once it is in a cache.
 *
 * 0 gives the value to those who wait for it and stores it nowhere.
 *
 * It is a mistake to call this once the entry was handed to a cache or returned
 * from a loader.
 *
 * Since: 0.1
 */
void
memo_entry_set_ttl (MemoEntry *self,
                    double     seconds)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (!g_atomic_int_get (&self->sealed));
  g_return_if_fail (seconds >= 0.0 || seconds == MEMO_TTL_DEFAULT);

  self->ttl = seconds;
}

/**
 * memo_entry_get_ttl:
 * @self: an entry
 *
 * Gets the time to live that the entry was given. Not what is left of it.
 *
 * Returns: seconds, `MEMO_TTL_FOREVER`, or `MEMO_TTL_DEFAULT` when none was given
 *
 * Since: 0.1
 */
double
memo_entry_get_ttl (MemoEntry *self)
{
  g_return_val_if_fail (self != NULL, MEMO_TTL_DEFAULT);

  return self->ttl;
}

/**
 * memo_entry_set_tags:
 * @self: an entry
 * @tags: (nullable) (array zero-terminated=1): tags, or `NULL` for none
 *
 * Sets the tags by which the entry can be invalidated.
 *
 * See [method@Memo.Cache.invalidate_tags]. It is a mistake to call this once the
 * entry was handed to a cache or returned from a loader.
 *
 * Since: 0.1
 */
void
memo_entry_set_tags (MemoEntry          *self,
                     const char * const *tags)
{
  char **copy;

  g_return_if_fail (self != NULL);
  g_return_if_fail (!g_atomic_int_get (&self->sealed));

  copy = tags != NULL && tags[0] != NULL ? g_strdupv ((char **) tags) : NULL;
  g_strfreev (self->tags);
  self->tags = copy;
}

/**
 * memo_entry_get_tags:
 * @self: an entry
 *
 * Gets the tags that the entry was given.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the tags, or `NULL` when there are none
 *
 * Since: 0.1
 */
const char * const *
memo_entry_get_tags (MemoEntry *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return (const char * const *) self->tags;
}

/**
 * memo_entry_get_value_type:
 * @self: an entry
 *
 * Gets the type of the value.
 *
 * Returns: the type, or `G_TYPE_NONE` for the cached "nothing"
 *
 * Since: 0.1
 */
GType
memo_entry_get_value_type (MemoEntry *self)
{
  g_return_val_if_fail (self != NULL, G_TYPE_NONE);

  return memo_entry_is_value (self) ? G_VALUE_TYPE (&self->value) : G_TYPE_NONE;
}

/**
 * memo_entry_get_value:
 * @self: an entry
 *
 * Gets the value.
 *
 * Returns: (transfer none) (nullable): the value, or `NULL` for the cached "nothing"
 *
 * Since: 0.1
 */
const GValue *
memo_entry_get_value (MemoEntry *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return memo_entry_is_value (self) ? &self->value : NULL;
}

/**
 * memo_entry_get_variant:
 * @self: an entry
 *
 * Gets the variant that the entry holds.
 *
 * Returns: (transfer none) (nullable): the variant, or `NULL` when it holds something else
 *
 * Since: 0.1
 */
GVariant *
memo_entry_get_variant (MemoEntry *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return memo_entry_is_a (self, G_TYPE_VARIANT) ? g_value_get_variant (&self->value) : NULL;
}

/**
 * memo_entry_get_string:
 * @self: an entry
 *
 * Gets the string that the entry holds.
 *
 * Returns: (transfer none) (nullable): the string, or `NULL` when it holds something else
 *
 * Since: 0.1
 */
const char *
memo_entry_get_string (MemoEntry *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return memo_entry_is_a (self, G_TYPE_STRING) ? g_value_get_string (&self->value) : NULL;
}

/**
 * memo_entry_get_bytes:
 * @self: an entry
 *
 * Gets the bytes that the entry holds.
 *
 * Returns: (transfer none) (nullable): the bytes, or `NULL` when it holds something else
 *
 * Since: 0.1
 */
GBytes *
memo_entry_get_bytes (MemoEntry *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  /* No type is derived from it. */
  return self->value.g_type == G_TYPE_BYTES ? g_value_get_boxed (&self->value) : NULL;
}

/**
 * memo_entry_get_object:
 * @self: an entry
 *
 * Gets the object that the entry holds.
 *
 * Returns: (transfer none) (nullable) (type GObject.Object): the object, or `NULL` when it holds something else
 *
 * Since: 0.1
 */
GObject *
memo_entry_get_object (MemoEntry *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return memo_entry_is_a (self, G_TYPE_OBJECT) ? g_value_get_object (&self->value) : NULL;
}

static gboolean
memo_entry_transform (MemoEntry *self,
                      GType      type,
                      GValue    *target)
{
  switch (G_TYPE_FUNDAMENTAL (memo_entry_get_value_type (self)))
    {
    case G_TYPE_CHAR:
    case G_TYPE_UCHAR:
    case G_TYPE_INT:
    case G_TYPE_UINT:
    case G_TYPE_LONG:
    case G_TYPE_ULONG:
    case G_TYPE_INT64:
    case G_TYPE_UINT64:
    case G_TYPE_FLOAT:
    case G_TYPE_DOUBLE:
      g_value_init (target, type);
      return g_value_transform (&self->value, target);

    default:
      return FALSE;
    }
}

/**
 * memo_entry_get_int64:
 * @self: an entry that holds an integer of any type
 *
 * Gets the integer that the entry holds.
 *
 * It is a mistake to call this on an entry that holds something else; ask
 * [method@Memo.Entry.get_value_type] first when in doubt.
 *
 * Returns: the integer
 *
 * Since: 0.1
 */
gint64
memo_entry_get_int64 (MemoEntry *self)
{
  GValue number = G_VALUE_INIT;
  gboolean transformed;
  GType type;

  g_return_val_if_fail (self != NULL, 0);

  type = G_TYPE_FUNDAMENTAL (memo_entry_get_value_type (self));
  g_return_val_if_fail (type != G_TYPE_FLOAT && type != G_TYPE_DOUBLE, 0);
  transformed = memo_entry_transform (self, G_TYPE_INT64, &number);
  g_return_val_if_fail (transformed, 0);

  return g_value_get_int64 (&number);
}

/**
 * memo_entry_get_double:
 * @self: an entry that holds a number of any type
 *
 * Gets the number that the entry holds.
 *
 * It is a mistake to call this on an entry that holds something else.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
double
memo_entry_get_double (MemoEntry *self)
{
  GValue number = G_VALUE_INIT;
  gboolean transformed;

  g_return_val_if_fail (self != NULL, 0.0);
  transformed = memo_entry_transform (self, G_TYPE_DOUBLE, &number);
  g_return_val_if_fail (transformed, 0.0);

  return g_value_get_double (&number);
}

/**
 * memo_entry_get_boolean:
 * @self: an entry that holds a truth value
 *
 * Gets the truth value that the entry holds.
 *
 * It is a mistake to call this on an entry that holds something else.
 *
 * Returns: the truth value
 *
 * Since: 0.1
 */
gboolean
memo_entry_get_boolean (MemoEntry *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (memo_entry_is_a (self, G_TYPE_BOOLEAN), FALSE);

  return g_value_get_boolean (&self->value);
}
