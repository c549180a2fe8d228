/* SPDX-License-Identifier: CC0-1.0 */

/* Hashes as keys: how many different questions share one. */

#include <glib.h>

/* [hash] */
static guint
count_collisions (guint n_users,
                  guint n_bits)
{
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (guint user = 1; user <= n_users; user++)
    {
      g_autofree char *question = g_strdup_printf ("basket(%u)", user);
      g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, question, -1);
      guint64 hash = g_ascii_strtoull (digest + 48, NULL, 16) >> (64 - n_bits);

      g_hash_table_add (seen, g_memdup2 (&hash, sizeof hash));
    }

  return n_users - g_hash_table_size (seen);
}
/* [/hash] */

int
main (void)
{
  static const guint users[] = { 1000, 10000, 100000, 300000 };

  g_print ("  users   share a hash of 32 bits   of 64 bits\n");
  for (guint i = 0; i < G_N_ELEMENTS (users); i++)
    g_print ("%7u   %23u   %10u\n", users[i], count_collisions (users[i], 32), count_collisions (users[i], 64));

  return 0;
}
