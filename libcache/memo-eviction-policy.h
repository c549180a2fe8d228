/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (MEMO_INSIDE) && !defined (MEMO_COMPILATION)
# error "Only <libcache.h> can be included directly."
#endif

#include "memo-version-macros.h"

G_BEGIN_DECLS

/**
 * MemoEvictionPolicy:
 * @MEMO_EVICTION_LRU: the least recently used goes first
 * @MEMO_EVICTION_S3_FIFO: what nobody came back for goes first, so that a scan through everything does not
 *   push out what is asked for often
 *
 * What goes when a cache is full.
 *
 * The least recently used is right where what was asked for last is asked for next, and easy to foresee. S3-FIFO keeps more of what
 * is asked for often: new entries wait in a small queue, a tenth of the cache, and get among the others when they were
 * asked for twice more, or when they come back soon after they had gone. It is the algorithm of Yang, Zhang, Qiu, Yue and
 * Vigfusson, "FIFO queues are all you need for cache eviction" (SOSP 2023).
 *
 * Since: 0.1
 */
typedef enum {
  MEMO_EVICTION_LRU,
  MEMO_EVICTION_S3_FIFO,
} MemoEvictionPolicy;

G_END_DECLS
