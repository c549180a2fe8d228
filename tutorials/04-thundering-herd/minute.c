/* SPDX-License-Identifier: CC0-1.0 */

/* A minute of one busy page, which is kept for ten seconds. */

#include "busy-page.h"

int
main (void)
{
  BusyPage by_hand, libcache;

  busy_page_tell (BUSY_PAGE_BY_HAND, &by_hand);
  busy_page_tell (BUSY_PAGE_GET, &libcache);

  busy_page_print_head ();
  busy_page_print ("look up, ask, set", &by_hand);
  busy_page_print ("get", &libcache);

  return 0;
}
