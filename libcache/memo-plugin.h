/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-backend.h"

G_BEGIN_DECLS

/* What a plugin needs that has a MemoBackend in it: one line, MEMO_DEFINE_PLUGIN. */

/**
 * MEMO_PLUGIN_ABI:
 *
 * The version of what a plugin and the library expect of one another.
 *
 * A plugin that was built with another one is refused before any of its functions is called.
 *
 * Since: 0.1
 */
#define MEMO_PLUGIN_ABI 1

/**
 * MEMO_DEFINE_PLUGIN_ABI: (skip)
 *
 * Defines `memo_plugin_abi`, the variable by which a plugin says what it was built with.
 *
 * `MEMO_DEFINE_PLUGIN` does so as well; this is for a plugin that writes the functions of its [class@Gio.IOModule] itself.
 *
 * Since: 0.1
 */
#define MEMO_DEFINE_PLUGIN_ABI \
  G_BEGIN_DECLS \
  G_MODULE_EXPORT extern const guint memo_plugin_abi; \
  G_END_DECLS \
  const guint memo_plugin_abi = MEMO_PLUGIN_ABI;

/**
 * MEMO_DEFINE_PLUGIN: (skip)
 * @name: what is between `libmemo-` and `.so` in the name of the file, with `_` in place of `-`
 * @type: the type that implements [iface@Memo.Backend], such as `SHELF_TYPE_BACKEND`
 * @...: the schemes of the URIs that it takes, as strings; the first is the one in the name of the file
 *
 * Makes a plugin of a source file: a module with a backend in it that [func@Memo.Backend.new_for_uri] finds.
 *
 * ```c
 * MEMO_DEFINE_PLUGIN (shelf, SHELF_TYPE_BACKEND, "shelf")
 * ```
 *
 * The module is called `libmemo-SCHEME.so` and is put into the folder that `pkg-config --variable=plugindir libcache-1` prints,
 * or into one that the environment variable `MEMO_PLUGIN_PATH` names. One that takes several schemes
 * needs no more than that where the others are `SCHEMEs`, or begin with `SCHEME+`, as `rediss` and `redis+unix` do; for any
 * other it has another name as well, which is a symbolic link.
 *
 * The type has a construct property `uri`, a string. What is wrong with the URI it says as a
 * [iface@Gio.Initable], with the error `MEMO_ERROR_INVALID_URI`; it opens nothing there, since that is what
 * [vfunc@Memo.Backend.open] is for. No error that it makes shows a password.
 *
 * It is an ordinary type, defined by `G_DEFINE_TYPE` or its like: the module stays in memory once it was loaded. A
 * dynamic type works, too: @type is evaluated once, where `module` is a [class@Gio.IOModule].
 *
 * Since: 0.1
 */
#define MEMO_DEFINE_PLUGIN(name, type, ...) \
  MEMO_DEFINE_PLUGIN_ABI \
  G_BEGIN_DECLS \
  G_MODULE_EXPORT void   g_io_memo_##name##_load   (GIOModule *module); \
  G_MODULE_EXPORT void   g_io_memo_##name##_unload (GIOModule *module); \
  G_MODULE_EXPORT char **g_io_memo_##name##_query  (void); \
  G_MODULE_EXPORT extern const char * const memo_plugin_schemes[]; \
  G_END_DECLS \
  const char * const memo_plugin_schemes[] = { __VA_ARGS__, NULL }; \
  \
  void \
  g_io_memo_##name##_load (GIOModule *module) \
  { \
    /* GIO unloads a module when it has looked into it, and would take the code of the type away. */ \
    g_type_module_use (G_TYPE_MODULE (module)); \
    /* GIO knows a type by one name; the library reads the others. */ \
    g_io_extension_point_implement (MEMO_BACKEND_EXTENSION_POINT_NAME, (type), memo_plugin_schemes[0], 0); \
  } \
  \
  void \
  g_io_memo_##name##_unload (GIOModule *module) \
  { \
    (void) module; \
  } \
  \
  char ** \
  g_io_memo_##name##_query (void) \
  { \
    const gsize n = G_N_ELEMENTS (memo_plugin_schemes) - 1; \
    char **points = g_new0 (char *, n + 2); \
    points[0] = g_strdup (MEMO_BACKEND_EXTENSION_POINT_NAME); \
    /* No extension points, but what gio-querymodules writes down for others to read. */ \
    for (gsize i = 0; i < n; i++) \
      points[i + 1] = g_strconcat (MEMO_BACKEND_EXTENSION_POINT_NAME, ":", memo_plugin_schemes[i], NULL); \
    return points; \
  }

G_END_DECLS
