/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include <gio/gio.h>

#include "memo-version-macros.h"

G_BEGIN_DECLS

/**
 * MemoRemoteStep:
 * @MEMO_REMOTE_LOAD: finds what is there
 * @MEMO_REMOTE_CREATE: puts `value` there for `lifetime_ms`, if nothing is; done or not
 * @MEMO_REMOTE_ACQUIRE: puts `value`, a lease, there for `lifetime_ms`, if nothing is, or something that begins with `expected`;
 *   done, or what was found
 * @MEMO_REMOTE_FILL: puts `value` there for `lifetime_ms`, if what is there begins with `expected`; done or not
 * @MEMO_REMOTE_CLAIM: puts `value`, a lease, there for `lifetime_ms`, whatever is there, but for a fence; done or not
 * @MEMO_REMOTE_RELEASE: removes what is there, if it is `value`, a lease; done or not
 * @MEMO_REMOTE_INVALIDATE: removes what is there, but for a fence, which it announces; done or not
 * @MEMO_REMOTE_FENCE: adds `value`, an id, to the fence there for `lifetime_ms`, in place of anything that is none
 * @MEMO_REMOTE_UNFENCE: takes `value`, an id, from the fence there, and removes what is none
 *
 * What is asked of a remote backend that keeps processes coherent.
 *
 * Each is about one key, and is done by the server in one step.
 *
 * Since: 0.1
 */
typedef enum
{
  MEMO_REMOTE_LOAD,
  MEMO_REMOTE_CREATE,
  MEMO_REMOTE_ACQUIRE,
  MEMO_REMOTE_FILL,
  MEMO_REMOTE_CLAIM,
  MEMO_REMOTE_RELEASE,
  MEMO_REMOTE_INVALIDATE,
  MEMO_REMOTE_FENCE,
  MEMO_REMOTE_UNFENCE,
} MemoRemoteStep;

typedef struct _MemoRemoteRequest MemoRemoteRequest;

/**
 * MemoRemoteRequest:
 * @step: what is to be done
 * @key: to what; borrowed, and the same until it is answered
 * @expected: (nullable): what it depends on
 * @value: (nullable): what is to be stored, or the whole of a lease, or the id of a fence
 * @lifetime_ms: how long that lives at most, in milliseconds, 0 for ever
 * @link: asked: on which link it may be sent alone, 0 for any; answered: on which it was
 * @data: for whoever was asked, until it answers
 *
 * Something that a remote backend is asked for by [vfunc@Memo.RemoteBackend.ask].
 *
 * It belongs to whoever asked, who keeps it as it is until it is answered, which has to happen exactly once:
 * by memo_remote_request_done() or memo_remote_request_fail().
 *
 * Since: 0.1
 */
struct _MemoRemoteRequest
{
  MemoRemoteStep  step;
  const char     *key;
  GBytes         *expected;
  GBytes         *value;
  guint64         lifetime_ms;
  guint64         link;
  gpointer        data[4];

  /*< private >*/
  void          (*answered) (MemoRemoteRequest *request,
                             gboolean           done,
                             GBytes            *found,
                             const GError      *error);
  gpointer        owner;
};

MEMO_AVAILABLE_IN_0_1
void memo_remote_request_done (MemoRemoteRequest *self,
                               guint64            link,
                               gboolean           done,
                               GBytes            *found);
MEMO_AVAILABLE_IN_0_1
void memo_remote_request_fail (MemoRemoteRequest *self,
                               const GError      *error);

G_END_DECLS
