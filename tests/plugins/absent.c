/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A library that a plugin needs, and that is not found when it is loaded. */

int what_is_absent (void);

int
what_is_absent (void)
{
  return 0;
}
