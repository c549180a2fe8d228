/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  BUSY_PAGE_BY_HAND,      /* who does not find it asks, and puts it there */
  BUSY_PAGE_GET,          /* who does not find it gets it */
  BUSY_PAGE_REFRESHED,    /* the same, and somebody loads it anew before it expires */
} BusyPageWay;

typedef struct
{
  guint  n_readers;
  guint  n_waited;       /* of them */
  double longest_wait;   /* in seconds */
  guint  n_queries;
} BusyPage;

/* A minute in which somebody reads the page every 10 ms; it is kept for 10 s. */
void busy_page_tell       (BusyPageWay     way,
                           BusyPage       *page);

void busy_page_print_head (void);
void busy_page_print      (const char     *title,
                           const BusyPage *page);

G_END_DECLS
