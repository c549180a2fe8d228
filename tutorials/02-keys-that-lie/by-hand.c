/* SPDX-License-Identifier: CC0-1.0 */

/* Keys made of two texts, as it first comes to mind. */

#include "customers.h"

/* [joined] */
static char *
dup_joined_key (const char *words,
                const char *category)
{
  return g_strconcat ("search:", words, category, NULL);
}
/* [/joined] */

/* [comma] */
static char *
dup_key_with_comma (const char *words,
                    const char *category)
{
  return g_strconcat ("search:", words, ",", category, NULL);
}
/* [/comma] */

int
main (void)
{
  customers_search ("One after the other", dup_joined_key);
  g_print ("\n");
  customers_search ("With a comma between", dup_key_with_comma);

  return 0;
}
