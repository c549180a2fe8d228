// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/complaints.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <thread>

using namespace memo_test;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

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
        EXPECT_THAT (error_->message, HasSubstr (why));
      }
  }

  void expect_miss (const std::string &bytes, const char *why)
  {
    EXPECT_THAT (decode (bytes), IsMiss ());
    EXPECT_THAT (error_, IsGError (MEMO_ERROR, MEMO_ERROR_INVALID_DATA));
    if (error_ != nullptr)
      {
        EXPECT_THAT (error_->message, HasSubstr (why));
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

// --- there and back ---

TEST_F (VariantCodecTest, IntegersComeBackAsTheTypeThatTheyWere)
{
  expect_kept<gint8> (G_TYPE_CHAR, g_value_set_schar, g_value_get_schar, { G_MININT8, -1, 0, 1, G_MAXINT8 });
  expect_kept<guchar> (G_TYPE_UCHAR, g_value_set_uchar, g_value_get_uchar, { 0, 1, 0x80, G_MAXUINT8 });
  expect_kept<int> (G_TYPE_INT, g_value_set_int, g_value_get_int, { G_MININT, -1, 0, 1, G_MAXINT });
  expect_kept<guint> (G_TYPE_UINT, g_value_set_uint, g_value_get_uint, { 0, 1, G_MAXUINT });
  expect_kept<long> (G_TYPE_LONG, g_value_set_long, g_value_get_long, { G_MINLONG, -1, 0, 1, G_MAXLONG });
  expect_kept<gulong> (G_TYPE_ULONG, g_value_set_ulong, g_value_get_ulong, { 0, 1, G_MAXULONG });
  expect_kept<gint64> (G_TYPE_INT64, g_value_set_int64, g_value_get_int64, { G_MININT64, -1, 0, 1, G_MAXINT64 });
  expect_kept<guint64> (G_TYPE_UINT64, g_value_set_uint64, g_value_get_uint64, { 0, 1, G_MAXUINT64 });
  expect_kept<gboolean> (G_TYPE_BOOLEAN, g_value_set_boolean, g_value_get_boolean, { FALSE, TRUE });
}

TEST_F (VariantCodecTest, NumbersKeepEveryBit)
{
  using Double = std::numeric_limits<double>;
  using Float = std::numeric_limits<float>;

  expect_kept<double> (G_TYPE_DOUBLE, g_value_set_double, g_value_get_double,
                       { 0.0, -0.0, 0.1, Double::infinity (), -Double::infinity (), Double::denorm_min (), Double::max (),
                         Double::quiet_NaN (), -Double::quiet_NaN () });
  expect_kept<float> (G_TYPE_FLOAT, g_value_set_float, g_value_get_float,
                      { 0.0f, -0.0f, 0.1f, Float::infinity (), -Float::infinity (), Float::denorm_min (), Float::max (),
                        Float::quiet_NaN (), Float::signaling_NaN () });
}

TEST_F (VariantCodecTest, NothingComesBackAsNothing)
{
  EXPECT_THAT (back (Entry (memo_entry_new (nullptr))), IsNothing ());
}

TEST_F (VariantCodecTest, StringsComeBack)
{
  for (const char *text : { "", "value", "a\nb", "städte", "\xf0\x9f\x98\x80" })
    EXPECT_THAT (back (Entry (memo_entry_new_string (text))), HoldsText (text));
  EXPECT_THAT (back (Entry (memo_entry_new_string (std::string (1'000'000, 'x').c_str ()))),
               HoldsText (std::string (1'000'000, 'x')));
}

TEST_F (VariantCodecTest, BytesComeBack)
{
  for (const std::string &text : { std::string (), std::string (1, '\0'), std::string ("\xff\0\xfe", 3), std::string (1'000'000, 'x') })
    {
      Bytes bytes (g_bytes_new (text.data (), text.size ()));
      Entry there = back (Entry (memo_entry_new_bytes (bytes.get ())));

      ASSERT_NE (there, nullptr);
      ASSERT_NE (memo_entry_get_bytes (there.get ()), nullptr);
      EXPECT_TRUE (g_bytes_equal (memo_entry_get_bytes (there.get ()), bytes.get ()));
    }
}

TEST_F (VariantCodecTest, LargeBytesAreNotCopied)
{
  Bytes bytes (g_bytes_new_take (g_malloc0 (1'000'000), 1'000'000));
  Bytes payload = encode (Entry (memo_entry_new_bytes (bytes.get ())));
  gsize size;
  auto *begin = static_cast<const guint8 *> (g_bytes_get_data (payload.get (), &size));
  Entry there = decode (payload);
  auto *data = static_cast<const guint8 *> (g_bytes_get_data (memo_entry_get_bytes (there.get ()), nullptr));

  EXPECT_GE (data, begin);
  EXPECT_LT (data, begin + size);
}

TEST_F (VariantCodecTest, ArraysOfStringsComeBack)
{
  const Tags arrays[] = { {}, { "" }, { "a", "", "städte" } };

  for (const Tags &array : arrays)
    {
      auto *strv = static_cast<const char * const *> (array);
      Entry there = back (value (G_TYPE_STRV, g_value_set_boxed, strv));

      ASSERT_NE (there, nullptr);
      ASSERT_EQ (memo_entry_get_value_type (there.get ()), G_TYPE_STRV);
      EXPECT_TRUE (g_strv_equal (static_cast<const char * const *> (g_value_get_boxed (memo_entry_get_value (there.get ()))), strv));
    }
}

TEST_F (VariantCodecTest, NullIsAValueOfItsType)
{
  for (GType type : { G_TYPE_STRING, G_TYPE_BYTES, G_TYPE_STRV, G_TYPE_VARIANT })
    {
      Entry there = back (value (type, [] (GValue *, int) {}, 0));

      ASSERT_NE (there, nullptr);
      EXPECT_EQ (memo_entry_get_value_type (there.get ()), type);
      const GValue *kept = memo_entry_get_value (there.get ());
      EXPECT_EQ (type == G_TYPE_VARIANT ? static_cast<gconstpointer> (g_value_get_variant (kept)) :
                 type == G_TYPE_STRING ? g_value_get_string (kept) : g_value_get_boxed (kept), nullptr) << g_type_name (type);
    }
}

TEST_F (VariantCodecTest, VariantsComeBack)
{
  for (const char *text : { "()", "true", "int16 -5", "'text'", "@as []", "[1, 2, 3]", "{'a': <1>, 'b': <['x']>}", "@ms nothing",
                            "@mms just nothing", "('x', <<<(1, 2.5)>>>)", "objectpath '/a'", "signature 'a{sv}'", "@a{sv} {}",
                            "b'bytes'", "@aay []", "(byte 1, int64 2, byte 3, 4.0)" })
    {
      Entry there = back (variant (text));
      Variant same (g_variant_ref_sink (g_variant_new_parsed (text)));

      ASSERT_NE (there, nullptr) << text;
      ASSERT_NE (memo_entry_get_variant (there.get ()), nullptr);
      EXPECT_TRUE (g_variant_equal (memo_entry_get_variant (there.get ()), same.get ())) << text;
      EXPECT_STREQ (g_variant_get_type_string (memo_entry_get_variant (there.get ())), g_variant_get_type_string (same.get ()));
    }
}

TEST_F (VariantCodecTest, WhatIsNotInNormalFormIsMadeSo)
{
  // A boolean of 2, in an array.
  Bytes bytes (g_bytes_new ("\2\1", 2));
  Variant odd (g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE ("ab"), bytes.get (), FALSE)));
  Entry there = back (Entry (memo_entry_new_variant (odd.get ())));

  ASSERT_FALSE (g_variant_is_normal_form (odd.get ()));
  ASSERT_NE (there, nullptr);
  EXPECT_TRUE (g_variant_is_normal_form (memo_entry_get_variant (there.get ())));
  EXPECT_EQ (g_variant_n_children (memo_entry_get_variant (there.get ())), 2u);
}

// --- the bytes ---

TEST_F (VariantCodecTest, TheBytesAreLittleEndianEverywhere)
{
  EXPECT_EQ (encoded (value (G_TYPE_INT, g_value_set_int, 0x01020304)), payload ('i', "\4\3\2\1", "i"));
  EXPECT_EQ (encoded (value (G_TYPE_UINT, g_value_set_uint, 0xfffefdfcu)), payload ('u', "\xfc\xfd\xfe\xff", "u"));
  EXPECT_EQ (encoded (Entry (memo_entry_new_int64 (G_GINT64_CONSTANT (0x0102030405060708)))),
             payload ('x', "\x08\7\6\5\4\3\2\1", "x"));
  EXPECT_EQ (encoded (Entry (memo_entry_new_double (1.0))), payload ('d', std::string ("\0\0\0\0\0\0\xf0\x3f", 8), "d"));
  EXPECT_EQ (encoded (value (G_TYPE_FLOAT, g_value_set_float, 1.0f)), payload ('f', std::string ("\0\0\x80\x3f", 4), "u"));
  EXPECT_EQ (encoded (value (G_TYPE_LONG, g_value_set_long, -2L)), payload ('l', "\xfe" + std::string (7, '\xff'), "x"));
  EXPECT_EQ (encoded (value (G_TYPE_ULONG, g_value_set_ulong, 2ul)), payload ('L', "\2" + std::string (7, '\0'), "t"));
  EXPECT_EQ (encoded (value (G_TYPE_UINT64, g_value_set_uint64, 2)), payload ('t', "\2" + std::string (7, '\0'), "t"));
  EXPECT_EQ (encoded (value (G_TYPE_CHAR, g_value_set_schar, -2)), payload ('c', "\xfe", "y"));
  EXPECT_EQ (encoded (value (G_TYPE_UCHAR, g_value_set_uchar, 2)), payload ('y', "\2", "y"));
  EXPECT_EQ (encoded (Entry (memo_entry_new_boolean (TRUE))), payload ('b', "\1", "b"));
  EXPECT_EQ (encoded (Entry (memo_entry_new_string ("ab"))), payload ('s', std::string ("ab\0\0", 4), "ms"));
  EXPECT_EQ (encoded (Entry (memo_entry_new (nullptr))), payload ('n', std::string (1, '\0'), "()"));
  EXPECT_EQ (encoded (value (G_TYPE_VARIANT, [] (GValue *, int) {}, 0)), payload ('V', std::string (1, '\0'), "()"));
  EXPECT_EQ (encoded (variant ("(int16 1, 'a')")), payload ('v', std::string ("\1\0a\0", 4), "(ns)"));
  EXPECT_EQ (encoded (value (G_TYPE_STRV, g_value_set_boxed, static_cast<const char * const *> (Tags { "a" }))),
             payload ('S', std::string ("a\0\2\0", 4), "mas"));

  Bytes bytes (g_bytes_new ("ab", 2));
  EXPECT_EQ (encoded (Entry (memo_entry_new_bytes (bytes.get ()))), payload ('B', std::string ("ab\0", 3), "may"));
}

TEST_F (VariantCodecTest, BytesOfTheOtherOrderAreNotTakenForTheirOwn)
{
  // What a machine of the other order would write, if it did not swap.
  Variant made (g_variant_ref_sink (g_variant_new ("(yv)", 'v', g_variant_new_parsed ("(1, 'a', [int16 2, 3], <uint64 4>)"))));
  Variant swapped (g_variant_byteswap (made.get ()));
  Bytes bytes (g_variant_get_data_as_bytes (swapped.get ()));
  Entry there = decode (bytes);
  Variant other (g_variant_ref_sink (g_variant_new_parsed ("(16777216, 'a', [int16 512, 768], <uint64 288230376151711744>)")));

  // Nothing in a number says in which order it is: this is another value, and read as one, the same on every machine.
  ASSERT_NE (there, nullptr);
  EXPECT_TRUE (g_variant_equal (memo_entry_get_variant (there.get ()), other.get ()));
}

TEST_F (VariantCodecTest, ItDoesNotMatterWhereInMemoryTheyLie)
{
  Entry there = variant ("(int64 1, [1.5, 2.5], 'a')");
  const std::string text = encoded (there);

  for (size_t shift = 0; shift < 16; shift++)
    {
      const std::string longer = std::string (shift, 'x') + text;
      Bytes outer (g_bytes_new (longer.data (), longer.size ()));
      Entry same = decode (Bytes (g_bytes_new_from_bytes (outer.get (), shift, text.size ())));

      ASSERT_NE (same, nullptr);
      EXPECT_TRUE (g_variant_equal (memo_entry_get_variant (same.get ()), memo_entry_get_variant (there.get ())));
    }
}

// --- what is not taken ---

enum Colour { RED };

TEST_F (VariantCodecTest, OtherTypesStayInMemory)
{
  static const GEnumValue colours[] = { { RED, "RED", "red" }, { 0, nullptr, nullptr } };
  const GType colour = g_enum_register_static ("Colour", colours);
  auto object = adopt (G_OBJECT (g_object_new (G_TYPE_OBJECT, nullptr)));

  expect_refused (Entry (memo_entry_new_object (object.get ())), "values of the type GObject");
  EXPECT_THAT (error_->message, AllOf (HasSubstr ("stays in memory"), HasSubstr ("a codec of one’s own can keep it")));
  expect_refused (value (colour, g_value_set_enum, RED), "values of the type Colour");
  expect_refused (value (G_TYPE_POINTER, g_value_set_pointer, nullptr), "values of the type gpointer");
  expect_refused (value (G_TYPE_DATE_TIME, g_value_set_boxed, nullptr), "values of the type GDateTime");
  expect_refused (value (G_TYPE_GTYPE, g_value_set_gtype, G_TYPE_INT), "values of the type GType");
  expect_refused (value (G_TYPE_ERROR, g_value_set_boxed, nullptr), "values of the type GError");
}

TEST_F (VariantCodecTest, TextThatIsNotUtf8StaysInMemory)
{
  const Tags array = { "good", "b\xe4" "d" };

  expect_refused (Entry (memo_entry_new_string ("b\xe4" "d")), "text that is not UTF-8");
  EXPECT_THAT (error_->message, Not (HasSubstr ("b\xe4" "d")));
  expect_refused (value (G_TYPE_STRV, g_value_set_boxed, static_cast<const char * const *> (array)), "text that is not UTF-8");
}

TEST_F (VariantCodecTest, Rule25HandlesAreTakenNowhere)
{
  for (const char *text : { "handle 0", "[handle 0]", "@ah []", "@mh nothing", "<<handle 0>>", "(1, <[<handle 3>]>)", "@a(sh) []",
                            "[<1>, <handle 1>]" })
    {
      expect_refused (variant (text), "holds handles");
      expect_miss (payload_of ('v', g_variant_new_parsed (text)), "holds handles");
    }
}

// A variant nested so deep, in one of several ways.
GVariant *
nested (char how, int depth)
{
  GVariant *value = g_variant_new_int32 (1);

  for (; depth > 0; depth--)
    switch (how)
      {
      case 'v': value = g_variant_new_variant (value); break;
      case 'm': value = g_variant_new_maybe (nullptr, value); break;
      case 'a': value = g_variant_new_array (nullptr, &value, 1); break;
      case '(': value = g_variant_new_tuple (&value, 1); break;
      default:
        // One after the other.
        value = depth % 3 == 0 ? g_variant_new_variant (value) : depth % 3 == 1 ? g_variant_new_array (nullptr, &value, 1) :
                g_variant_new_dict_entry (g_variant_new_boolean (TRUE), value);
      }
  return value;
}

TEST_F (VariantCodecTest, Rule25NestingEndsAt32)
{
  for (char how : { 'v', 'm', 'a', '(', '*' })
    {
      EXPECT_NE (back (Entry (memo_entry_new_variant (nested (how, 32)))), nullptr) << how;
      expect_refused (Entry (memo_entry_new_variant (nested (how, 33))), "nested too deep");
      for (int depth : { 33, 60, 100 })
        expect_miss (payload_of ('v', nested (how, depth)), "nested too deep");
    }

  // By its type alone, empty as it is.
  const std::string type = std::string (33, 'a') + "i";
  expect_refused (Entry (memo_entry_new_variant (g_variant_new_array (G_VARIANT_TYPE (type.c_str () + 1), nullptr, 0))), "too deep");
  expect_miss (payload ('v', "", type), "nested too deep");
}

TEST_F (VariantCodecTest, Rule25NestingWithoutEndEndsToo)
{
  const std::string brackets (100'000, '(');

  for (const std::string &type : { std::string (100'000, 'a') + "i", brackets + "i" + std::string (100'000, ')'), brackets })
    EXPECT_THAT (decode (payload ('v', "\1\1\1\1", type)), IsMiss ());

  std::string onions;
  for (int i = 0; i < 100'000; i++)
    onions += std::string ("\0v", 2);
  EXPECT_THAT (decode (payload ('v', std::string ("\1\0y", 3) + onions, "v")), IsMiss ());
}

TEST_F (VariantCodecTest, Rule25ValuesUpTo16MiB)
{
  const gsize limit = 16 * 1024 * 1024, overhead = 8 + 1 + 1 + 3;   // the kind, the end of "may", and its type

  for (gsize size : { limit - overhead, limit - overhead + 1 })
    {
      Bytes bytes (g_bytes_new_take (g_malloc0 (size), size));
      Entry large (memo_entry_new_bytes (bytes.get ()));

      if (size == limit - overhead)
        {
          Bytes payload = encode (large);
          ASSERT_NE (payload, nullptr);
          EXPECT_EQ (g_bytes_get_size (payload.get ()), limit);
          EXPECT_NE (decode (payload), nullptr);
        }
      else
        {
          expect_refused (large, "The value is of 16777217 bytes, and the limit is 16777216");
          expect_miss (payload ('B', std::string (size + 1, '\0'), "may"), "The value is of 16777217 bytes");
        }
    }
}

TEST_F (VariantCodecTest, Rule25OnlyKnownKindsOfTheRightTypeAreTaken)
{
  // What each kind has for a type.
  const std::string kinds = "nvVsBSbcyiulLxtfd", types[] = { "()", "*", "()", "ms", "may", "mas", "b", "y", "y", "i", "u", "x", "t", "x",
                                                             "t", "u", "d" };
  const char * const contents[] = { "()", "@ms nothing", "@may nothing", "@mas nothing", "true", "byte 1", "int16 1", "uint16 1", "1",
                                    "uint32 1", "int64 1", "uint64 1", "1.0", "'s'", "@ay []", "@as []", "objectpath '/'", "<1>", "(1,)" };
  int taken = 0;

  for (int kind = 0; kind < 256; kind++)
    {
      for (const char *text : contents)
        {
          Variant content (g_variant_ref_sink (g_variant_new_parsed (text)));
          const size_t i = kinds.find (static_cast<char> (kind));
          const bool good = i != std::string::npos && g_variant_is_of_type (content.get (), G_VARIANT_TYPE (types[i].c_str ()));
          const std::string bytes = payload_of (static_cast<char> (kind), content.get ());

          taken += good;
          if (!good)
            expect_miss (bytes, "unknown kind");
          else
            EXPECT_NE (decode (bytes), nullptr) << kind << " " << text;
        }
    }
  EXPECT_EQ (taken, 16 + int (G_N_ELEMENTS (contents)));
}

TEST_F (VariantCodecTest, Rule25WhatIsNotInNormalFormIsAMiss)
{
  for (const std::string &bytes : {
         std::string (),
         std::string ("i"),
         std::string (8, '\0'),
         payload ('i', "\1\1\1", "i"),
         payload ('i', "\1\1\1\1\1", "i"),
         payload ('i', "\1\1\1\1", ""),
         payload ('i', "\1\1\1\1", "?"),
         payload ('i', "\1\1\1\1", "ii"),
         payload ('b', "\2", "b"),
         payload ('s', std::string ("ab\0", 3), "ms"),
         payload ('s', std::string ("a\0b\0\0", 5), "ms"),
         payload ('s', std::string ("\xff\0\0", 3), "ms"),
         payload ('s', std::string ("ab\0\1", 4), "ms"),
         payload ('v', std::string ("a", 1), "s"),
         payload ('v', std::string ("x\0", 2), "o"),
         payload ('v', std::string ("??\0", 3), "g"),
         payload ('v', std::string ("a\0\7", 3), "as"),
         payload ('v', std::string ("a\0b\0\4\2", 6), "as"),
         payload ('n', "", "()"),
         payload ('n', "\1", "()"),
         "i\1" + payload ('i', "\1\1\1\1", "i").substr (2),
       })
    expect_miss (bytes, "");
  EXPECT_NE (decode (payload ('i', "\1\1\1\1", "i")), nullptr);
}

TEST_F (VariantCodecTest, Rule25EveryCutIsAMiss)
{
  for (const Entry &entry : { variant ("{'a': <1>, 'b': <['x', 'yy']>}"), Entry (memo_entry_new_string ("text")) })
    {
      const std::string good = encoded (entry);

      for (size_t size = 0; size < good.size (); size++)
        {
          // What is left may be a value yet, but is never read beyond.
          Entry there = decode (good.substr (0, size));
          if (there != nullptr)
            {
              EXPECT_EQ (encoded (there), good.substr (0, size));
            }
        }
    }
}

// --- expected types ---

TEST_F (VariantCodecTest, Rule25VariantsOfAnotherTypeAreRefusedBothWays)
{
  auto strict = adopt (new_codec ("a{sv}"));
  Entry good = variant ("@a{sv} {}");

  EXPECT_NE (decode (encode (good, strict.get ()), strict.get ()), nullptr);
  for (const char *text : { "1", "@a{ss} {}", "<@a{sv} {}>", "@aa{sv} []", "({'a': <1>},)" })
    {
      expect_refused (variant (text), "variants of the type a{sv} only", strict.get ());
      EXPECT_EQ (decode (encode (variant (text)), strict.get ()), nullptr);
      EXPECT_THAT (error_, IsGError (MEMO_ERROR, MEMO_ERROR_INVALID_DATA));
    }

  Entry none = value (G_TYPE_VARIANT, [] (GValue *, int) {}, 0);
  expect_refused (none, "variants of the type a{sv} only", strict.get ());
  EXPECT_EQ (decode (encode (none), strict.get ()), nullptr);

  // Which says nothing of other values.
  EXPECT_THAT (decode (encode (Entry (memo_entry_new_string ("text")), strict.get ()), strict.get ()), HoldsText ("text"));
}

TEST_F (VariantCodecTest, AnExpectedTypeMayStandForSeveral)
{
  auto loose = adopt (new_codec ("a{s*}"));

  EXPECT_NE (encode (variant ("{'a': 1}"), loose.get ()), nullptr);
  EXPECT_NE (encode (variant ("{'a': 'b'}"), loose.get ()), nullptr);
  expect_refused (variant ("{1: 'b'}"), "variants of the type a{s*} only", loose.get ());
}

TEST_F (VariantCodecTest, TheExpectedTypeIsAProperty)
{
  auto any = adopt (memo_variant_codec_new ());
  auto strict = adopt (new_codec ("(ii)"));
  char *type;

  EXPECT_EQ (memo_variant_codec_get_expected_type (any.get ()), nullptr);
  EXPECT_STREQ (memo_variant_codec_get_expected_type (MEMO_VARIANT_CODEC (strict.get ())), "(ii)");
  g_object_get (strict.get (), "expected-type", &type, nullptr);
  EXPECT_STREQ (type, "(ii)");
  g_free (type);

  for (const char *mistake : { "", "?!", "ii", "(i" })
    EXPECT_THAT (complaints_of ([&] { adopt (new_codec (mistake)); }),
                 ::testing::ElementsAre (HasSubstr ("g_variant_type_string_is_valid"))) << mistake;
}

TEST_F (VariantCodecTest, ThreadsMayShareOne)
{
  std::vector<std::thread> threads;

  for (int i = 0; i < 4; i++)
    {
      threads.emplace_back ([this, i] {
        for (int step = 0; step < 1'000; step++)
          {
            Entry number (memo_entry_new_int64 (i * 1'000 + step));
            Bytes bytes (memo_codec_encode_entry (codec_.get (), number.get (), nullptr));
            Entry there (memo_codec_decode_bytes (codec_.get (), bytes.get (), nullptr));

            ASSERT_EQ (memo_entry_get_int64 (there.get ()), i * 1'000 + step);
          }
      });
    }
  for (auto &thread : threads)
    thread.join ();
}

} // namespace
