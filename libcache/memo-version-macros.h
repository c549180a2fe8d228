/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include <glib.h>

#include "memo-version.h"

#ifdef MEMO_COMPILATION
# define _MEMO_EXTERN __attribute__ ((visibility ("default"))) extern
#else
# define _MEMO_EXTERN extern
#endif

/**
 * MEMO_VERSION_0_1:
 *
 * The version 0.1, to compare `MEMO_VERSION_MAX_ALLOWED` with.
 *
 * Since: 0.1
 */
#define MEMO_VERSION_0_1 (G_ENCODE_VERSION (0, 1))

/**
 * MEMO_VERSION_MAX_ALLOWED: (skip)
 *
 * The newest version whose functions a program may use without a warning.
 *
 * Define it, for example to `MEMO_VERSION_0_1`, before `<libcache.h>` is
 * included; it is the version of the headers otherwise.
 *
 * Since: 0.1
 */
#ifndef MEMO_VERSION_MAX_ALLOWED
# define MEMO_VERSION_MAX_ALLOWED (G_ENCODE_VERSION (MEMO_MAJOR_VERSION, MEMO_MINOR_VERSION))
#endif

#define MEMO_AVAILABLE_IN_ALL _MEMO_EXTERN

#if MEMO_VERSION_MAX_ALLOWED < MEMO_VERSION_0_1
# define MEMO_AVAILABLE_IN_0_1 G_UNAVAILABLE (0, 1) _MEMO_EXTERN
#else
# define MEMO_AVAILABLE_IN_0_1 _MEMO_EXTERN
#endif
