/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-call.h"

G_BEGIN_DECLS

/**
 * MEMO_BACKEND_EXTENSION_POINT_NAME:
 *
 * The extension point of [iface@Memo.Backend]: an extension of it has the scheme of its URIs as its name.
 *
 * Since: 0.1
 */
#define MEMO_BACKEND_EXTENSION_POINT_NAME "memo-backend"

#define MEMO_TYPE_BACKEND (memo_backend_get_type ())

MEMO_AVAILABLE_IN_ALL
G_DECLARE_INTERFACE (MemoBackend, memo_backend, MEMO, BACKEND, GObject)

/**
 * MemoBackendInterface:
 * @parent_iface: the parent interface
 * @open: opens what the bytes are kept in; see [vfunc@Memo.Backend.open]
 * @load: finds the bytes of a key; see [vfunc@Memo.Backend.load]
 * @store: keeps bytes under a key; see [vfunc@Memo.Backend.store]
 * @remove: removes a key; see [vfunc@Memo.Backend.remove]
 * @clear: removes all keys; see [vfunc@Memo.Backend.clear]
 * @flush: makes durable what was stored; see [vfunc@Memo.Backend.flush]
 * @close: gives everything back; see [vfunc@Memo.Backend.close]
 *
 * The virtual functions of [iface@Memo.Backend].
 *
 * Each is handed a call, which it answers exactly once, before it returns or later, from any thread. One that
 * is left out is not supported, but for @open, @flush and @close: what needs no such thing leaves
 * them out.
 *
 * Since: 0.1
 */
struct _MemoBackendInterface
{
  GTypeInterface parent_iface;

  /*< public >*/
  void     (*open)   (MemoBackend *self,
                      MemoCall    *call);
  void     (*load)   (MemoBackend *self,
                      const char  *key,
                      MemoCall    *call);
  void     (*store)  (MemoBackend *self,
                      const char  *key,
                      MemoCall    *call);
  void     (*remove) (MemoBackend *self,
                      const char  *key,
                      MemoCall    *call);
  void     (*clear)  (MemoBackend *self,
                      MemoCall    *call);
  void     (*flush)  (MemoBackend *self,
                      MemoCall    *call);
  void     (*close)  (MemoBackend *self,
                      MemoCall    *call);

  /*< private >*/
  gpointer padding[16];
};

MEMO_AVAILABLE_IN_0_1
MemoBackend  *memo_backend_new_for_uri   (const char           *uri,
                                          GError              **error) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
char        **memo_backend_list_schemes  (void) G_GNUC_WARN_UNUSED_RESULT;

MEMO_AVAILABLE_IN_0_1
void          memo_backend_open_async    (MemoBackend          *self,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
gboolean      memo_backend_open_finish   (MemoBackend          *self,
                                          GAsyncResult         *result,
                                          GError              **error);
MEMO_AVAILABLE_IN_0_1
void          memo_backend_load_async    (MemoBackend          *self,
                                          const char           *key,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
GBytes       *memo_backend_load_finish   (MemoBackend          *self,
                                          GAsyncResult         *result,
                                          GError              **error) G_GNUC_WARN_UNUSED_RESULT;
MEMO_AVAILABLE_IN_0_1
void          memo_backend_store_async   (MemoBackend          *self,
                                          const char           *key,
                                          GBytes               *bytes,
                                          double                ttl,
                                          gboolean              durable,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
gboolean      memo_backend_store_finish  (MemoBackend          *self,
                                          GAsyncResult         *result,
                                          GError              **error);
MEMO_AVAILABLE_IN_0_1
void          memo_backend_remove_async  (MemoBackend          *self,
                                          const char           *key,
                                          GBytes               *only,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
gboolean      memo_backend_remove_finish (MemoBackend          *self,
                                          GAsyncResult         *result,
                                          GError              **error);
MEMO_AVAILABLE_IN_0_1
void          memo_backend_clear_async   (MemoBackend          *self,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
gboolean      memo_backend_clear_finish  (MemoBackend          *self,
                                          GAsyncResult         *result,
                                          GError              **error);
MEMO_AVAILABLE_IN_0_1
void          memo_backend_flush_async   (MemoBackend          *self,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
gboolean      memo_backend_flush_finish  (MemoBackend          *self,
                                          GAsyncResult         *result,
                                          GError              **error);
MEMO_AVAILABLE_IN_0_1
void          memo_backend_close_async   (MemoBackend          *self,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
MEMO_AVAILABLE_IN_0_1
gboolean      memo_backend_close_finish  (MemoBackend          *self,
                                          GAsyncResult         *result,
                                          GError              **error);

G_END_DECLS
