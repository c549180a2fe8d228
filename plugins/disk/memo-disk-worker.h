/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "memo-disk-setup.h"

G_BEGIN_DECLS

typedef enum
{
  MEMO_DISK_OPEN,
  MEMO_DISK_LOAD,
  MEMO_DISK_STORE,
  MEMO_DISK_DELETE,
  MEMO_DISK_CLEAR,
  MEMO_DISK_FLUSH,
  MEMO_DISK_CLOSE,
} MemoDiskAsk;

typedef struct _MemoDiskWorker MemoDiskWorker;

MemoDiskWorker  *memo_disk_worker_new          (const char           *path,
                                                guint64               max_size,
                                                gboolean              exclusive,
                                                const MemoDiskSetup  *setup);
void             memo_disk_worker_end          (MemoDiskWorker       *self);
void             memo_disk_worker_ask          (MemoDiskWorker       *self,
                                                MemoDiskAsk           ask,
                                                const char           *key,
                                                MemoCall             *call);
void             memo_disk_worker_limit        (MemoDiskWorker       *self,
                                                guint64               max_size);
void             memo_disk_worker_get_counters (MemoDiskWorker       *self,
                                                MemoDiskCounters     *counters);

G_END_DECLS
