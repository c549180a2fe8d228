/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include "story.h"

G_BEGIN_DECLS

/* The cache of this chapter's programs, and what customers do with it. */
typedef struct
{
  MemoCache    *cache;
  MemoLoader   *loader;
  MemoMutation *mutation;   /* while the price is being changed, for those who say so */
} Prices;

void prices_tell   (const char   *title,
                    const Script *script,
                    double        default_ttl);
void prices_ask    (Story        *story,
                    gpointer      prices);
void prices_delete (Story        *story,
                    gpointer      prices);
void prices_evict  (Story        *story,
                    gpointer      prices);

G_END_DECLS
