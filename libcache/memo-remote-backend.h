/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-backend.h"
#include "memo-remote-request.h"

G_BEGIN_DECLS

/**
 * MEMO_REMOTE_SERVER_ID_SIZE:
 *
 * How many bytes name a run of a server.
 *
 * Since: 0.1
 */
#define MEMO_REMOTE_SERVER_ID_SIZE 16

#define MEMO_TYPE_REMOTE_BACKEND (memo_remote_backend_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_INTERFACE (MemoRemoteBackend, memo_remote_backend, MEMO, REMOTE_BACKEND, MemoBackend)

/**
 * MemoRemoteBackendInterface:
 * @parent_iface: the parent interface
 * @ask: has a step done by the server, and answers the request: requests are sent in the order in which they were asked, and
 *   their replies handled in the order in which they come; each ends in time whatever the server does; one that is asked before
 *   the first attempt to connect has ended waits for that
 * @get_lease: says how long what came from the server may be served from now on without hearing from it again, in
 *   microseconds; 0 or less when it may not
 * @get_server: fills in the name of the run of the server that the link leads to,
 *   [const@Memo.REMOTE_SERVER_ID_SIZE] bytes
 *
 * What an implementation of [iface@Memo.RemoteBackend] has beside [struct@Memo.BackendInterface]: two properties,
 * [property@Memo.RemoteBackend:connected], which it overrides and notifies, and
 * [property@Memo.RemoteBackend:max-staleness-ms]; and, where that is not 0, these functions, which may be called from any
 * thread, and the signals of the interface.
 *
 * Since: 0.1
 */
struct _MemoRemoteBackendInterface
{
  GTypeInterface parent_iface;

  /*< public >*/
  void     (*ask)        (MemoRemoteBackend *self,
                          MemoRemoteRequest *request);
  gint64   (*get_lease)  (MemoRemoteBackend *self);
  void     (*get_server) (MemoRemoteBackend *self,
                          guint8            *id);

  /*< private >*/
  gpointer padding[29];
};

MEMO_AVAILABLE_IN_0_1
gboolean memo_remote_backend_get_connected        (MemoRemoteBackend *self);
MEMO_AVAILABLE_IN_0_1
guint    memo_remote_backend_get_max_staleness_ms (MemoRemoteBackend *self);

MEMO_AVAILABLE_IN_0_1
void     memo_remote_backend_emit_linked          (MemoRemoteBackend *self);
MEMO_AVAILABLE_IN_0_1
void     memo_remote_backend_emit_unlinked        (MemoRemoteBackend *self);
MEMO_AVAILABLE_IN_0_1
void     memo_remote_backend_emit_beat            (MemoRemoteBackend *self);
MEMO_AVAILABLE_IN_0_1
void     memo_remote_backend_emit_outdated        (MemoRemoteBackend *self,
                                                   const char        *key);

G_END_DECLS
