// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstring>

#include "complaints.hpp"

namespace memo_test {

using Variant = std::unique_ptr<GVariant, Deleter<GVariant, g_variant_unref>>;

class VariantCodecTest : public ::testing::Test
{
protected:
  static MemoCodec *new_codec (const char *expected_type = nullptr)
  {
    return MEMO_CODEC (g_object_new (MEMO_TYPE_VARIANT_CODEC, "expected-type", expected_type, nullptr));
  }

  Bytes encode (const Entry &entry, MemoCodec *codec = nullptr)
  {
    return Bytes (memo_codec_encode_entry (codec != nullptr ? codec : codec_.get (), entry.get (), ErrorOut (error_)));
  }

  std::string encoded (const Entry &entry)
  {
    Bytes bytes = encode (entry);

    return bytes != nullptr ? std::string (static_cast<const char *> (g_bytes_get_data (bytes.get (), nullptr)),
                                           g_bytes_get_size (bytes.get ())) : "";
  }

  Entry decode (const Bytes &bytes, MemoCodec *codec = nullptr)
  {
    return Entry (memo_codec_decode_bytes (codec != nullptr ? codec : codec_.get (), bytes.get (), ErrorOut (error_)));
  }

  Entry decode (const std::string &text)
  {
    return decode (Bytes (g_bytes_new (text.data (), text.size ())));
  }

  // There and back again.
  Entry back (const Entry &entry)
  {
    Bytes bytes = encode (entry);

    EXPECT_NE (bytes, nullptr);
    return bytes != nullptr ? decode (bytes) : nullptr;
  }

  static Entry variant (const char *text)
  {
    return Entry (memo_entry_new_variant (g_variant_new_parsed (text)));
  }

  // A value of a type, set by a function of GLib.
  template <typename Setter, typename T>
  static Entry value (GType type, Setter setter, T content)
  {
    GValue value = G_VALUE_INIT;

    g_value_init (&value, type);
    setter (&value, content);
    Entry made (memo_entry_new (&value));
    g_value_unset (&value);
    return made;
  }

  // For each of these: the type stays, and so does the value.
  template <typename T, typename Setter, typename Getter>
  void expect_kept (GType type, Setter setter, Getter getter, std::initializer_list<T> values)
  {
    for (T content : values)
      {
        Entry there = back (value (type, setter, content));

        ASSERT_NE (there, nullptr);
        EXPECT_EQ (memo_entry_get_value_type (there.get ()), type);
        const T kept = getter (memo_entry_get_value (there.get ()));
        EXPECT_EQ (memcmp (&kept, &content, sizeof kept), 0) << content;
      }
  }

  void expect_refused (const Entry &entry, const char *why, MemoCodec *codec = nullptr)
  {
    EXPECT_EQ (encode (entry, codec), nullptr);
    EXPECT_THAT (error_, IsGError (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
    if (error_ != nullptr)
      {
        EXPECT_THAT (error_->message, ::testing::HasSubstr (why));
      }
  }

  void expect_miss (const std::string &bytes, const char *why)
  {
    EXPECT_THAT (decode (bytes), IsMiss ());
    EXPECT_THAT (error_, IsGError (MEMO_ERROR, MEMO_ERROR_INVALID_DATA));
    if (error_ != nullptr)
      {
        EXPECT_THAT (error_->message, ::testing::HasSubstr (why));
      }
  }

  // A payload with anything in it.
  static std::string payload (char kind, const std::string &data, const std::string &type)
  {
    return std::string (1, kind) + std::string (7, '\0') + data + '\0' + type;
  }

  // What CONTENT, which is taken, is as a payload of this kind: as the codec would write it if it did not care.
  static std::string payload_of (char kind, GVariant *content)
  {
    Variant made (g_variant_ref_sink (g_variant_new ("(yv)", kind, content)));

    return std::string (static_cast<const char *> (g_variant_get_data (made.get ())), g_variant_get_size (made.get ()));
  }

  Ref<MemoCodec> codec_ = adopt (new_codec ());
  Error          error_;
};

} // namespace memo_test
