// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/codec-test.hpp"

#include <cmath>
#include <limits>
#include <thread>

using namespace memo_test;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

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

TEST_F (VariantCodecTest, BytesAndStringsAreWrittenAsGVariantWritesThem)
{
  for (size_t size : { 0, 1, 7, 8, 9, 254, 255, 256, 1024, 1025, 65534, 65535, 65536, 1'000'000 })
    {
      const std::string text (size, 'y');
      Bytes bytes (g_bytes_new (text.data (), text.size ()));
      GVariant *array = g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes.get (), TRUE);

      EXPECT_EQ (encoded (Entry (memo_entry_new_bytes (bytes.get ()))), payload_of ('B', g_variant_new_maybe (nullptr, array))) << size;
      EXPECT_EQ (encoded (Entry (memo_entry_new_string (text.c_str ()))), payload_of ('s', g_variant_new ("ms", text.c_str ()))) << size;
    }
}

TEST_F (VariantCodecTest, WhatIsNearlyBytesOrAStringIsRefused)
{
  const std::string zero (1, '\0');

  EXPECT_THAT (decode (payload ('B', "ab" + zero, "may")), ::testing::NotNull ());
  EXPECT_EQ (decode (payload ('B', "ab\1", "may")), nullptr) << "does not say that there is something";
  EXPECT_EQ (decode (payload ('B', "ab" + zero, "mau")), nullptr) << "of another type";
  EXPECT_EQ (decode (payload ('s', "ab" + zero, "may")), nullptr) << "bytes for a string";
  EXPECT_EQ (decode (payload ('B', "ab" + zero + zero, "ms")), nullptr) << "a string for bytes";

  EXPECT_THAT (decode (payload ('s', "ab" + zero + zero, "ms")), ::testing::NotNull ());
  EXPECT_EQ (decode (payload ('s', "ab" + zero, "ms")), nullptr) << "does not end";
  EXPECT_EQ (decode (payload ('s', "a" + zero + "b" + zero + zero, "ms")), nullptr) << "ends too early";
  EXPECT_EQ (decode (payload ('s', "a\xff" + zero + zero, "ms")), nullptr) << "is no UTF-8";

  std::string padded = payload ('B', "ab" + zero, "may");
  padded[3] = 'x';
  EXPECT_EQ (decode (padded), nullptr) << "has something between its parts";
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
