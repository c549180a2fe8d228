/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <libcache.h>

#include "shop-db.h"

G_BEGIN_DECLS

/* What the tools work on: the shop, and a folder with files. */
typedef struct
{
  ShopDb     *db;
  const char *folder;
  guint       n_polls;
} World;

/* Every function gets a dictionary of arguments by their names, as models write them. */
void get_user_cb    (MemoCall *call,
                     gpointer  world);
void set_email_cb   (MemoCall *call,
                     gpointer  world);
void read_file_cb   (MemoCall *call,
                     gpointer  world);
void write_file_cb  (MemoCall *call,
                     gpointer  world);
void job_status_cb  (MemoCall *call,
                     gpointer  world);
void fetch_cb       (MemoCall *call,
                     gpointer  world);
void count_words_cb (MemoCall *call,
                     gpointer  agent_cache);
void plan_cb        (MemoCall *call,
                     gpointer  agent_cache);

G_END_DECLS
