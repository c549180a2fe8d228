/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The way into a main context: whatever is posted during one turn of its loop is delivered
 * by one source in the next, in order.  A source each costs more than what it delivers. */

typedef struct _MemoMail MemoMail;

/* Embedded in what is posted.  One of the two functions is called, once. */
struct _MemoMail
{
  MemoMail *next;
  void    (*deliver) (MemoMail *mail);    /* in the context */
  void    (*discard) (MemoMail *mail);    /* the context went away, in whichever thread */
};

void memo_mailbox_post       (GMainContext *context,
                              MemoMail     *mail);
void memo_mailbox_post_ahead (GMainContext *context,
                              MemoMail     *mail);

G_END_DECLS
