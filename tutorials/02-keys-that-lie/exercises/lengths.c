/* SPDX-License-Identifier: CC0-1.0 */

/* A key by hand that does not lie. */

#include "customers.h"

#include <string.h>

/* [lengths] */
static char *
dup_key_with_lengths (const char *words,
                      const char *category)
{
  return g_strdup_printf ("search:%zu:%s:%zu:%s", strlen (words), words, strlen (category), category);
}
/* [/lengths] */

int
main (void)
{
  customers_search ("With lengths", dup_key_with_lengths);

  return 0;
}
