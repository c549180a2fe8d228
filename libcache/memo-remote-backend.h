/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-backend.h"

G_BEGIN_DECLS

#define MEMO_TYPE_REMOTE_BACKEND (memo_remote_backend_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_INTERFACE (MemoRemoteBackend, memo_remote_backend, MEMO, REMOTE_BACKEND, MemoBackend)

/**
 * MemoRemoteBackendInterface:
 * @parent_iface: the parent interface
 *
 * What an implementation of [iface@Memo.RemoteBackend] has beside [struct@Memo.BackendInterface]: a property
 * [property@Memo.RemoteBackend:connected], which it overrides and notifies.
 *
 * Since: 0.1
 */
struct _MemoRemoteBackendInterface
{
  GTypeInterface parent_iface;

  /*< private >*/
  gpointer padding[32];
};

MEMO_AVAILABLE_IN_0_1
gboolean memo_remote_backend_get_connected (MemoRemoteBackend *self);

G_END_DECLS
