/* SPDX-License-Identifier: CC0-1.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Makes the key for "search for WORDS in CATEGORY". */
typedef char *(*DupKeyFunc) (const char *words,
                             const char *category);

/* Something short that a customer types, of the letters a and b, and commas. */
char *customers_dup_word (GRand      *random);

/* Ten thousand customers search, with a cache that is asked for keys made by this function, and it
 * is counted who is shown what somebody else searched for. */
void  customers_search   (const char *title,
                          DupKeyFunc  dup_key);

G_END_DECLS
