/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include <math.h>

#include <gio/gio.h>

#include "memo-version-macros.h"

G_BEGIN_DECLS

/**
 * MEMO_TTL_DEFAULT: (value -1.0)
 *
 * The time to live that says nothing: the next in line decides.
 *
 * An entry's own time to live comes first, then its loader's, then its cache's
 * default.
 *
 * Since: 0.1
 */
#define MEMO_TTL_DEFAULT (-1.0)

/**
 * MEMO_TTL_FOREVER:
 *
 * The time to live of what never expires.
 *
 * Since: 0.1
 */
#ifdef __GI_SCANNER__
# define MEMO_TTL_FOREVER 1e999
#else
# define MEMO_TTL_FOREVER ((double) INFINITY)
#endif

#define MEMO_TYPE_ENTRY (memo_entry_get_type ())

/**
 * MemoEntry:
 *
 * One cached value, with its own time to live and tags.
 *
 * The value is any [struct@GObject.Value]: a variant, a string, bytes, an
 * object, a number. An entry that holds no value at all is the cached "nothing":
 * the answer is known, and it is that there is none.
 *
 * Entries are reference counted. A hit is a new reference and never a copy, so
 * what an entry holds must not be changed by whoever gets it. An entry is sealed
 * as soon as it is handed to a cache or returned from a loader: from then on it is
 * immutable, and may be used from any thread and be kept under any number of keys.
 * When it expires is known to the cache alone.
 *
 * ```c
 * g_autoptr(MemoEntry) entry = memo_entry_new_string ("Ada Lovelace");
 *
 * memo_entry_set_ttl (entry, 60.0);
 * memo_cache_set (cache, "user:1", g_steal_pointer (&entry));
 * ```
 *
 * Since: 0.1
 */
typedef struct _MemoEntry MemoEntry;

MEMO_AVAILABLE_IN_ALL
GType                memo_entry_get_type       (void) G_GNUC_CONST;

MEMO_AVAILABLE_IN_0_1
MemoEntry           *memo_entry_new            (const GValue       *value) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoEntry           *memo_entry_new_nothing    (void) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoEntry           *memo_entry_new_variant    (GVariant           *value) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoEntry           *memo_entry_new_string     (const char         *value) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoEntry           *memo_entry_new_bytes      (GBytes             *value) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoEntry           *memo_entry_new_object     (GObject            *value) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoEntry           *memo_entry_new_int64      (gint64              value) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoEntry           *memo_entry_new_double     (double              value) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
MemoEntry           *memo_entry_new_boolean    (gboolean            value) G_GNUC_WARN_UNUSED_RESULT;

MEMO_AVAILABLE_IN_0_1
MemoEntry           *memo_entry_ref            (MemoEntry          *self);
MEMO_AVAILABLE_IN_0_1
void                 memo_entry_unref          (MemoEntry          *self);

MEMO_AVAILABLE_IN_0_1
void                 memo_entry_set_ttl        (MemoEntry          *self,
                                                double              seconds);
MEMO_AVAILABLE_IN_0_1
double               memo_entry_get_ttl        (MemoEntry          *self);
MEMO_AVAILABLE_IN_0_1
void                 memo_entry_set_tags       (MemoEntry          *self,
                                                const char * const *tags);
MEMO_AVAILABLE_IN_0_1
const char * const  *memo_entry_get_tags       (MemoEntry          *self);

MEMO_AVAILABLE_IN_0_1
void                 memo_entry_set_size       (MemoEntry          *self,
                                                gsize               bytes);
MEMO_AVAILABLE_IN_0_1
gsize                memo_entry_get_size       (MemoEntry          *self);
MEMO_AVAILABLE_IN_0_1
GType                memo_entry_get_value_type (MemoEntry          *self);
MEMO_AVAILABLE_IN_0_1
const GValue        *memo_entry_get_value      (MemoEntry          *self);
MEMO_AVAILABLE_IN_0_1
GVariant            *memo_entry_get_variant    (MemoEntry          *self);
MEMO_AVAILABLE_IN_0_1
const char          *memo_entry_get_string     (MemoEntry          *self);
MEMO_AVAILABLE_IN_0_1
GBytes              *memo_entry_get_bytes      (MemoEntry          *self);
MEMO_AVAILABLE_IN_0_1
GObject             *memo_entry_get_object     (MemoEntry          *self);
MEMO_AVAILABLE_IN_0_1
gint64               memo_entry_get_int64      (MemoEntry          *self);
MEMO_AVAILABLE_IN_0_1
double               memo_entry_get_double     (MemoEntry          *self);
MEMO_AVAILABLE_IN_0_1
gboolean             memo_entry_get_boolean    (MemoEntry          *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MemoEntry, memo_entry_unref)

G_END_DECLS
