/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include "database.h"
#include "shop.h"

G_BEGIN_DECLS

/* What a story of this chapter needs: a folder for the database, and one with a Redis server of its own. */
typedef struct
{
  char        *folder;
  char        *database;
  char        *uri;
  GSubprocess *server;
} Story;

void story_begin        (Story *self);
void story_start_server (Story *self);
void story_end          (Story *self);

G_END_DECLS
