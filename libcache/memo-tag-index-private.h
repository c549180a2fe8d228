/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-table-private.h"

G_BEGIN_DECLS

/* Which nodes of a store carry which tag.  Invalidating a tag takes one step however many
 * carry it: the tag dies, with it whatever is linked to it, and the dead are buried later. */

typedef struct _MemoNode MemoNode;
typedef struct _MemoTag MemoTag;
typedef struct _MemoTagLink MemoTagLink;

struct _MemoTagLink
{
  MemoTag      *tag;
  MemoNode     *node;
  MemoTagLink  *next;
  MemoTagLink **back;     /* what points to this link */
};

struct _MemoTag
{
  MemoItem     item;
  MemoTagLink *links;
  MemoTag     *next_dead;
  gboolean     dead;
};

typedef struct
{
  MemoTable  table;
  MemoTag   *dead;
} MemoTagIndex;

void      memo_tag_index_init   (MemoTagIndex       *self);
void      memo_tag_index_deinit (MemoTagIndex       *self);
void      memo_tag_index_link   (MemoTagIndex       *self,
                                 MemoTagLink        *link,
                                 MemoNode           *node,
                                 const MemoKey      *tag);
void      memo_tag_index_unlink (MemoTagIndex       *self,
                                 MemoTagLink        *link);
void      memo_tag_index_kill   (MemoTagIndex       *self,
                                 const MemoKey      *tag);
MemoNode *memo_tag_index_corpse (MemoTagIndex       *self);

/* A set of tags, hashed; the texts are borrowed.  NULL is the empty set. */
typedef GArray MemoTagSet;

void      memo_tag_set_add      (MemoTagSet        **self,
                                 const char * const *tags);
char    **memo_tag_set_dup      (const MemoTagSet   *self);
gboolean  memo_tag_set_has_any  (const MemoTagSet   *self,
                                 const char * const *tags);
#define   memo_tag_set_size(self)      ((self) != NULL ? (self)->len : 0)
#define   memo_tag_set_get(self, i)    (&g_array_index ((self), MemoKey, (i)))

static inline void
memo_tag_set_free (MemoTagSet *self)
{
  if (self != NULL)
    g_array_unref (self);
}

G_END_DECLS
