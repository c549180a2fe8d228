/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../workload.h"

G_BEGIN_DECLS

#define TRACE_EXPONENT 0.99

Draws *trace_new (guint  n_requests,
                  guint  n_keys,
                  double scans);

G_END_DECLS
