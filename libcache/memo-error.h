/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-version-macros.h"

G_BEGIN_DECLS

/**
 * MEMO_ERROR:
 *
 * The error domain of libcache; its codes are [error@Memo.Error].
 *
 * Since: 0.1
 */
#define MEMO_ERROR (memo_error_quark ())

/**
 * MemoError:
 * @MEMO_ERROR_FAILED: something failed for a reason that only the message tells
 * @MEMO_ERROR_ABANDONED: whoever had to answer a [class@Memo.Call] let go of it without an answer
 * @MEMO_ERROR_RECURSION: a loader asked for the very key that it is loading, and would have waited for itself
 * @MEMO_ERROR_CLOSED: the cache was closed
 * @MEMO_ERROR_NOT_SUPPORTED: this implementation does not offer what it was asked for
 * @MEMO_ERROR_NOT_FOUND: a batch was answered, and this key was left out
 * @MEMO_ERROR_NO_BACKEND: no plugin has the kind of backend that was asked for
 * @MEMO_ERROR_INVALID_URI: the URI of a backend is not one, or has something in it that the backend does not know
 * @MEMO_ERROR_INVALID_DATA: what a tier gave back is damaged, or was never written by this library
 * @MEMO_ERROR_BUSY: too much is under way already
 * @MEMO_ERROR_UNAVAILABLE: a tier cannot be used at present, and is tried again later
 * @MEMO_ERROR_NO_SESSION: what belongs to a session was asked for without one
 * @MEMO_ERROR_AGENT_LOOP: the calls of an agent go round in a loop
 * @MEMO_ERROR_INVALID_RESOURCE: the name of a resource is not written as it should be, or names an argument that is not there
 *
 * What can go wrong in a cache.
 *
 * A miss is not an error; see [method@Memo.Cache.get_finish]. A cancelled
 * call ends with `G_IO_ERROR_CANCELLED`, a load that took too long with
 * `G_IO_ERROR_TIMED_OUT`, and the errors of loaders reach the callers as they are.
 *
 * Since: 0.1
 */
typedef enum {
  MEMO_ERROR_FAILED,
  MEMO_ERROR_ABANDONED,
  MEMO_ERROR_RECURSION,
  MEMO_ERROR_CLOSED,
  MEMO_ERROR_NOT_SUPPORTED,
  MEMO_ERROR_NOT_FOUND,
  MEMO_ERROR_NO_BACKEND,
  MEMO_ERROR_INVALID_URI,
  MEMO_ERROR_INVALID_DATA,
  MEMO_ERROR_BUSY,
  MEMO_ERROR_UNAVAILABLE,
  MEMO_ERROR_NO_SESSION,
  MEMO_ERROR_AGENT_LOOP,
  MEMO_ERROR_INVALID_RESOURCE,
} MemoError;

MEMO_AVAILABLE_IN_0_1
GQuark memo_error_quark (void);

G_END_DECLS
