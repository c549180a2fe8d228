/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A shop that is a process of its own, as seen by the program that tells the story.
 *
 * The program starts itself once more, as "PROGRAM shop FOLDER URI MEMORY-TTL", and talks to that process through
 * a pipe: a line to ask, a line for the answer.  So the story decides what comes after what, in every run.
 *
 * FOLDER has the database.  URI is that of the Redis they share, or "none".  MEMORY-TTL is how many seconds a price lives in the
 * memory of the process: up to AN_HOUR, which is how long it lives in Redis, or 0 for not at all.
 *
 * The time of each shop stands still until it is told to let some pass.  That of the Redis server cannot be told anything, which
 * is why prices live there for longer than any story takes. */

#define AN_HOUR (3600.0)

typedef struct _Shop Shop;

/* The main function of the other process.  Ends when nobody asks any more. */
int    shop_run   (char       **argv);

Shop  *shop_start (const char  *program,
                   const char  *folder,
                   const char  *uri,
                   double       memory_ttl);
void   shop_end   (Shop        *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Shop, shop_end)

/* Asks in the words of printf(), such as "get price:7", and gives the answer.
 *
 *   get KEY       the price
 *   all           asks for all prices, and says how many are right
 *   delete KEY    waits until it is acknowledged
 *   crowd KEY     a hundred customers ask at once, and the database takes its time
 *   serve         the database answers; how many of them are told the price
 *   flush         the same for all that was asked before
 *   pass SECONDS  lets time pass
 *   reconnected   waits until it is connected to Redis for the second time
 *   queries       how often this process has asked the database
 *   remote-hits   how many it has found in Redis */
char  *shop_ask   (Shop        *self,
                   const char  *format,
                   ...) G_GNUC_PRINTF (2, 3);

/* The same for an answer that is a number. */
guint  shop_count (Shop        *self,
                   const char  *question);

/* The same for an answer that does not matter. */
void   shop_tell  (Shop        *self,
                   const char  *question);

G_END_DECLS
