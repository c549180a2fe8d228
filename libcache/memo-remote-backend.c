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
 * One whose [property@Memo.RemoteBackend:max-staleness-ms] is not 0 keeps processes *coherent*: what one of them has in memory is not
 * served for longer than that after another has changed it. For that it does the steps of [enum@Memo.RemoteStep], and tells, by its
 * signals, what others have changed. The signals are emitted in a thread of the backend, in the order in which the server said so,
 * and every one has taken effect when its emission returns. What is to happen when is
 * [said here](coherence-protocol.html).
 *
 * Since: 0.1
 */

G_DEFINE_INTERFACE (MemoRemoteBackend, memo_remote_backend, MEMO_TYPE_BACKEND)

enum
{
  LINKED,
  UNLINKED,
  BEAT,
  OUTDATED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

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

  /**
   * MemoRemoteBackend:max-staleness-ms: (getter get_max_staleness_ms)
   *
   * How long a value may be served after it was changed elsewhere, in milliseconds, or 0 when nothing is said about that.
   *
   * It does not change.
   *
   * Since: 0.1
   */
  g_object_interface_install_property (iface,
                                       g_param_spec_uint ("max-staleness-ms", NULL, NULL, 0, G_MAXINT, 0,
                                                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));

  /**
   * MemoRemoteBackend::linked:
   * @self: a remote backend
   *
   * There is a new link, on which nothing was read yet.
   *
   * What was read before may have been changed without a word.
   *
   * Since: 0.1
   */
  signals[LINKED] = g_signal_new ("linked", MEMO_TYPE_REMOTE_BACKEND, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);

  /**
   * MemoRemoteBackend::unlinked:
   * @self: a remote backend
   *
   * The link is broken.
   *
   * What was asked on it and not answered fails before or after.
   *
   * Since: 0.1
   */
  signals[UNLINKED] = g_signal_new ("unlinked", MEMO_TYPE_REMOTE_BACKEND, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 0);

  /**
   * MemoRemoteBackend::beat:
   * @self: a remote backend
   *
   * The link is up, and the lease may have become longer.
   *
   * It comes once a second or more often, while the link is up and whether the server answers or not.
   *
   * Since: 0.1
   */
  signals[BEAT] = g_signal_new ("beat", MEMO_TYPE_REMOTE_BACKEND, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 0);

  /**
   * MemoRemoteBackend::outdated:
   * @self: a remote backend
   * @key: (nullable): a key, or `NULL` for all of them
   *
   * What the server had under a key was changed, and not by a step that was answered in time.
   *
   * Since: 0.1
   */
  signals[OUTDATED] = g_signal_new ("outdated", MEMO_TYPE_REMOTE_BACKEND, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
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

/**
 * memo_remote_backend_get_max_staleness_ms: (get-property max-staleness-ms)
 * @self: a remote backend
 *
 * Gets how long a value may be served after it was changed elsewhere.
 *
 * Returns: the time in milliseconds, or 0 when nothing is said about that
 *
 * Since: 0.1
 */
guint
memo_remote_backend_get_max_staleness_ms (MemoRemoteBackend *self)
{
  guint max_staleness_ms = 0;

  g_return_val_if_fail (MEMO_IS_REMOTE_BACKEND (self), 0);

  g_object_get (self, "max-staleness-ms", &max_staleness_ms, NULL);

  return max_staleness_ms;
}

/**
 * memo_remote_backend_emit_linked:
 * @self: a remote backend
 *
 * Emits [signal@Memo.RemoteBackend::linked]; for implementations.
 *
 * Since: 0.1
 */
void
memo_remote_backend_emit_linked (MemoRemoteBackend *self)
{
  g_return_if_fail (MEMO_IS_REMOTE_BACKEND (self));

  g_signal_emit (self, signals[LINKED], 0);
}

/**
 * memo_remote_backend_emit_unlinked:
 * @self: a remote backend
 *
 * Emits [signal@Memo.RemoteBackend::unlinked]; for implementations.
 *
 * Since: 0.1
 */
void
memo_remote_backend_emit_unlinked (MemoRemoteBackend *self)
{
  g_return_if_fail (MEMO_IS_REMOTE_BACKEND (self));

  g_signal_emit (self, signals[UNLINKED], 0);
}

/**
 * memo_remote_backend_emit_beat:
 * @self: a remote backend
 *
 * Emits [signal@Memo.RemoteBackend::beat]; for implementations.
 *
 * Since: 0.1
 */
void
memo_remote_backend_emit_beat (MemoRemoteBackend *self)
{
  g_return_if_fail (MEMO_IS_REMOTE_BACKEND (self));

  g_signal_emit (self, signals[BEAT], 0);
}

/**
 * memo_remote_backend_emit_outdated:
 * @self: a remote backend
 * @key: (nullable): a key, or `NULL` for all of them
 *
 * Emits [signal@Memo.RemoteBackend::outdated]; for implementations.
 *
 * Since: 0.1
 */
void
memo_remote_backend_emit_outdated (MemoRemoteBackend *self,
                                   const char        *key)
{
  g_return_if_fail (MEMO_IS_REMOTE_BACKEND (self));

  g_signal_emit (self, signals[OUTDATED], 0, key);
}
