/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-remote-backend.h"

/**
 * MemoRemoteBackend:
 *
 * A backend that several processes share, over a link that may break.
 *
 * It is what [property@Memo.AsyncCache:remote-cache] is for. While the link is broken each of its functions is answered
 * with `MEMO_ERROR_UNAVAILABLE`, at once, and it connects again by itself.
 *
 * Since: 0.1
 */

G_DEFINE_INTERFACE (MemoRemoteBackend, memo_remote_backend, MEMO_TYPE_BACKEND)

static void
memo_remote_backend_default_init (MemoRemoteBackendInterface *iface)
{
  /**
   * MemoRemoteBackend:connected: (getter get_connected)
   *
   * Whether the link is up at present.
   *
   * It is `FALSE` until the backend was opened. The notification comes in whichever thread sees it first.
   *
   * Since: 0.1
   */
  g_object_interface_install_property (iface,
                                       g_param_spec_boolean ("connected", NULL, NULL, FALSE,
                                                             G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY |
                                                             G_PARAM_STATIC_STRINGS));
}

/**
 * memo_remote_backend_get_connected: (get-property connected)
 * @self: a remote backend
 *
 * Gets whether the link is up at present.
 *
 * Returns: whether it is
 *
 * Since: 0.1
 */
gboolean
memo_remote_backend_get_connected (MemoRemoteBackend *self)
{
  gboolean connected = FALSE;

  g_return_val_if_fail (MEMO_IS_REMOTE_BACKEND (self), FALSE);

  g_object_get (self, "connected", &connected, NULL);

  return connected;
}
