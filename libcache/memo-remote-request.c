/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-remote-request.h"

/**
 * memo_remote_request_done:
 * @self: a request, which is gone when this returns
 * @link: the number of the link that it was sent on, as in [struct@Memo.RemoteRequest]
 * @done: whether it was done, see [enum@Memo.RemoteStep]
 * @found: (nullable): what was there, of those that say it
 *
 * Answers a request.
 *
 * To be called in the handler of the server's reply, before anything that came later on the same link is handled.
 *
 * Since: 0.1
 */
void
memo_remote_request_done (MemoRemoteRequest *self,
                          guint64            link,
                          gboolean           done,
                          GBytes            *found)
{
  g_return_if_fail (self != NULL);

  self->link = link;
  self->answered (self, done, found, NULL);
}

/**
 * memo_remote_request_fail:
 * @self: a request, which is gone when this returns
 * @error: why; `MEMO_ERROR_UNAVAILABLE` where there is no link
 *
 * Answers a request that was not done, or of which nobody knows.
 *
 * From any thread, also before [vfunc@Memo.RemoteBackend.ask] returns.
 *
 * Since: 0.1
 */
void
memo_remote_request_fail (MemoRemoteRequest *self,
                          const GError      *error)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (error != NULL);

  self->answered (self, FALSE, NULL, error);
}
