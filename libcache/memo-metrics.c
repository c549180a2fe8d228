/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-metrics.h"

G_DEFINE_BOXED_TYPE (MemoMetrics, memo_metrics, memo_metrics_copy, memo_metrics_free)

/**
 * memo_metrics_new:
 *
 * Creates metrics that are all zero: what an implementation of
 * [iface@Memo.Cache] fills in.
 *
 * Returns: (transfer full): the new metrics
 *
 * Since: 0.1
 */
MemoMetrics *
memo_metrics_new (void)
{
  return g_new0 (MemoMetrics, 1);
}

/**
 * memo_metrics_copy:
 * @self: metrics
 *
 * Copies metrics.
 *
 * Returns: (transfer full): the copy
 *
 * Since: 0.1
 */
MemoMetrics *
memo_metrics_copy (const MemoMetrics *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_memdup2 (self, sizeof *self);
}

/**
 * memo_metrics_free:
 * @self: (transfer full): metrics
 *
 * Frees metrics.
 *
 * Since: 0.1
 */
void
memo_metrics_free (MemoMetrics *self)
{
  g_free (self);
}
