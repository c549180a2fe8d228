// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <glib.h>

extern "C" {
#include "memo-hash-private.h"
}

namespace memo_test {

using Id = std::array<guint8, 16>;

// The bytes of a record, written down as docs/record.md has them and not as the library does: every field can
// be wrong.
struct RecordBytes
{
  std::string magic = "Memo";
  unsigned    version = 1;
  unsigned    flags = 0;
  std::string key = "key";
  std::string codec = "MemoVariantCodec";
  gint64      written = 1'000, expiry = 61'000, origin_expiry = 0, load_duration = 0;
  Id          origin = {};
  std::string payload = "payload";

  // A token and a text each.
  std::vector<std::pair<Id, std::string>> tags;

  // Added to what is said of a size.
  int more_size = 0, more_key = 0, more_codec = 0, more_n_tags = 0, more_tags = 0, more_payload = 0, more_tag = 0;

  std::string padding;      // in place of zeros
  std::string after_tags;   // counted as part of them

  static std::string number (guint64 number, int size)
  {
    std::string text;

    for (int i = 0; i < size; i++)
      text += static_cast<char> (number >> (8 * i));
    return text;
  }

  static std::string text_of (const Id &id) { return std::string (id.begin (), id.end ()); }

  // Without what stands at the end.
  std::string body (size_t check_size) const
  {
    std::string all_tags;

    for (auto &[token, text] : tags)
      all_tags += text_of (token) + number (text.size () + more_tag, 4) + text + '\0';
    all_tags += after_tags;

    std::string parts = key + '\0' + codec + '\0' + all_tags;
    const std::string zeros (7 - (80 + parts.size () + 7) % 8, '\0');
    parts += (padding.empty () ? zeros : padding) + payload;

    return magic + number (version, 2) + number (flags, 2) + number (80 + parts.size () + check_size + more_size, 4) +
           number (key.size () + more_key, 4) + number (codec.size () + more_codec, 4) +
           number (tags.size () + more_n_tags, 4) + number (all_tags.size () + more_tags, 4) +
           number (payload.size () + more_payload, 4) + number (written, 8) + number (expiry, 8) + text_of (origin) +
           number (origin_expiry, 8) + number (load_duration, 8) + parts;
  }

  static std::string checksum (const std::string &text)
  {
    const char *key = "libcache record1";

    return number (memo_siphash_1_3 (reinterpret_cast<const guint8 *> (key), text.data (), text.size ()), 8);
  }

  static std::string signature (const std::string &text, const std::string &secret)
  {
    char *hex = g_compute_hmac_for_string (G_CHECKSUM_SHA256, reinterpret_cast<const guchar *> (secret.data ()),
                                           secret.size (), text.data (), text.size ());
    std::string made;

    for (int i = 0; i < 64; i += 2)
      made += static_cast<char> (g_ascii_xdigit_value (hex[i]) << 4 | g_ascii_xdigit_value (hex[i + 1]));
    g_free (hex);
    return made;
  }

  std::string with_checksum () const { return body (8) + checksum (body (8)); }

  std::string with_signature (const std::string &secret) const
  {
    RecordBytes other = *this;

    other.flags |= 1;
    return other.body (32) + signature (other.body (32), secret);
  }
};

} // namespace memo_test
