/* SPDX-License-Identifier: CC0-1.0 */

/* The same minute; every eight seconds the page is loaded before it expires. */

#include "busy-page.h"

int
main (void)
{
  BusyPage get, refreshed;

  busy_page_tell (BUSY_PAGE_GET, &get);
  busy_page_tell (BUSY_PAGE_REFRESHED, &refreshed);

  busy_page_print_head ();
  busy_page_print ("get", &get);
  busy_page_print ("get, and refresh every 8 s", &refreshed);

  return 0;
}
