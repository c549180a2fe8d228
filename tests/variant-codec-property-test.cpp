// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <libcache.h>

#include <map>

#include "support/memo-test.hpp"
#include "support/value-dice.hpp"

using namespace memo_test;

// What was encoded is decoded to the same, and what was damaged to nothing or to something that is well made: for
// values at random.
class VariantCodecPropertyTest : public ::testing::Test
{
protected:
  using Variant = std::unique_ptr<GVariant, Deleter<GVariant, g_variant_unref>>;

  static constexpr int n_cases = 4000;

  static void SetUpTestSuite ()
  {
    g_setenv ("RC_PARAMS", ("seed=20240229 max_success=" + std::to_string (n_cases)).c_str (), FALSE);
  }

  // Checks a property of numbers at random.
  template <typename Property>
  static bool check (const char *what, Property &&property)
  {
    return rc::check (what, [&] {
      auto number = rc::gen::noShrink (rc::gen::resize (rc::kNominalSize, rc::gen::arbitrary<guint32> ()));
      auto numbers = *rc::gen::resize (600, rc::gen::container<std::vector<guint32>> (number));
      Dice dice (std::move (numbers));

      property (dice);
    });
  }

  static bool has_handles (const Value &value)
  {
    return value.type.find ('h') != std::string::npos ||
           std::any_of (value.children.begin (), value.children.end (), [] (const Value &child) { return has_handles (child); });
  }

  Bytes encode (const Entry &entry)
  {
    return Bytes (memo_codec_encode_entry (codec_.get (), entry.get (), ErrorOut (error_)));
  }

  Entry decode (const Bytes &bytes)
  {
    return Entry (memo_codec_decode_bytes (codec_.get (), bytes.get (), ErrorOut (error_)));
  }

  void count (const std::string &what) { tally_[what]++; }

  // --- values that are no variants ---

  static std::string bits_of (const GValue *value)
  {
    GType type = G_VALUE_TYPE (value);

    if (type == G_TYPE_STRV)
      {
        std::string all;

        for (auto *text = static_cast<char **> (g_value_get_boxed (value)); *text != nullptr; text++)
          all += std::string (*text) + '\0';
        return all;
      }
    if (type == G_TYPE_STRING)
      return g_value_get_string (value);
    if (type == G_TYPE_BYTES)
      {
        gsize size;
        auto *data = static_cast<const char *> (g_bytes_get_data (static_cast<GBytes *> (g_value_get_boxed (value)), &size));

        return std::string (data, size);
      }
    return std::string (reinterpret_cast<const char *> (value->data), sizeof value->data[0]);
  }

  // A value of one of the other types.  GLib has it in the first bytes of the data.
  Entry plain (Dice &dice)
  {
    const GType types[] = { G_TYPE_CHAR, G_TYPE_UCHAR, G_TYPE_INT, G_TYPE_UINT, G_TYPE_LONG, G_TYPE_ULONG, G_TYPE_INT64,
                            G_TYPE_UINT64, G_TYPE_BOOLEAN, G_TYPE_FLOAT, G_TYPE_DOUBLE, G_TYPE_STRING, G_TYPE_BYTES, G_TYPE_STRV };
    const GType type = dice.pick (types);
    GValue value = G_VALUE_INIT;
    guint64 bits = dice.bits () >> dice.below (64);
    double number;
    float small;

    g_value_init (&value, type);
    memcpy (&number, &bits, sizeof number);
    memcpy (&small, &bits, sizeof small);
    if (type == G_TYPE_CHAR)
      g_value_set_schar (&value, bits);
    else if (type == G_TYPE_UCHAR)
      g_value_set_uchar (&value, bits);
    else if (type == G_TYPE_INT)
      g_value_set_int (&value, bits);
    else if (type == G_TYPE_UINT)
      g_value_set_uint (&value, bits);
    else if (type == G_TYPE_LONG)
      g_value_set_long (&value, bits);
    else if (type == G_TYPE_ULONG)
      g_value_set_ulong (&value, bits);
    else if (type == G_TYPE_INT64)
      g_value_set_int64 (&value, bits);
    else if (type == G_TYPE_UINT64)
      g_value_set_uint64 (&value, bits);
    else if (type == G_TYPE_BOOLEAN)
      g_value_set_boolean (&value, bits & 1);
    else if (type == G_TYPE_FLOAT)
      g_value_set_float (&value, small);
    else if (type == G_TYPE_DOUBLE)
      g_value_set_double (&value, number);
    else if (type == G_TYPE_STRING)
      g_value_take_string (&value, g_strdup_printf ("ä%" G_GUINT64_FORMAT, bits));
    else if (type == G_TYPE_BYTES)
      g_value_take_boxed (&value, g_bytes_new (&bits, dice.below (9)));
    else
      g_value_take_boxed (&value, g_strsplit (std::string (dice.below (5), ',').c_str (), ",", -1));

    Entry made (memo_entry_new (&value));
    g_value_unset (&value);
    return made;
  }

  Ref<MemoCodec>             codec_ = adopt (MEMO_CODEC (memo_variant_codec_new ()));
  Error                      error_;
  std::map<std::string, int> tally_;
};

TEST_F (VariantCodecPropertyTest, AVariantComesBackAsItWas)
{
  EXPECT_TRUE (check ("variants come back", [this] (Dice &dice) {
    Value value = ValueMaker (dice).any (0);
    Variant variant (g_variant_ref_sink (to_variant (value)));
    Entry entry (memo_entry_new_variant (variant.get ()));
    Bytes bytes = encode (entry);

    count (std::string ("type ") + value.kind ());
    if (has_handles (value))
      {
        count ("handles");
        RC_ASSERT (!bytes);
        RC_ASSERT (g_error_matches (error_.get (), MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
        return;
      }

    RC_ASSERT (!!bytes);
    Entry there = decode (bytes);
    RC_ASSERT (!!there);
    RC_ASSERT (memo_entry_get_value_type (there.get ()) == G_TYPE_VARIANT);
    // To the bit: nans and the order of dictionaries too.
    RC_ASSERT (g_variant_equal (memo_entry_get_variant (there.get ()), variant.get ()));
    count ("came back");
  }));

  EXPECT_GE (tally_["came back"], 3'000);
  EXPECT_GE (tally_["handles"], 100);
  for (char type : std::string ("bynqiuxthdsogvma("))
    EXPECT_GE (tally_[std::string ("type ") + type], 50) << type;
}

TEST_F (VariantCodecPropertyTest, AnythingElseComesBackAsItWas)
{
  EXPECT_TRUE (check ("values come back", [this] (Dice &dice) {
    Entry entry = plain (dice);
    Bytes bytes = encode (entry);
    RC_ASSERT (!!bytes);
    Entry there = decode (bytes);

    RC_ASSERT (!!there);
    RC_ASSERT (memo_entry_get_value_type (there.get ()) == memo_entry_get_value_type (entry.get ()));
    RC_ASSERT (bits_of (memo_entry_get_value (there.get ())) == bits_of (memo_entry_get_value (entry.get ())));
    count (g_type_name (memo_entry_get_value_type (entry.get ())));
  }));

  EXPECT_EQ (tally_.size (), 14u);
  for (auto &[type, n] : tally_)
    EXPECT_GE (n, 150) << type;
}

TEST_F (VariantCodecPropertyTest, Rule25WhatIsDamagedIsAMissOrAnotherValueThatIsWellMade)
{
  constexpr int n_damages = 25;

  EXPECT_TRUE (check ("damage is noticed or harmless", [this] (Dice &dice) {
    Value value = ValueMaker (dice).any (0);
    Bytes good = encode (dice.one_of (4) ? plain (dice) : Entry (memo_entry_new_variant (to_variant (value))));

    if (good == nullptr)
      return;
    for (int i = 0; i < n_damages; i++)
      {
        gsize size;
        auto *data = static_cast<const char *> (g_bytes_get_data (good.get (), &size));
        std::string text (data, size);

        for (size_t n = 1 + dice.below (3); n > 0; n--)
          {
            const size_t at = dice.below (text.size () + 1);

            if (at == text.size () || dice.one_of (4))
              text.insert (at, 1, static_cast<char> (dice.next ()));
            else if (dice.one_of (3))
              text.erase (at, 1 + dice.below (3));
            else
              text[at] ^= 1 << dice.below (8);
          }

        Bytes bad (g_bytes_new (text.data (), text.size ()));
        Entry there = decode (bad);

        count (there != nullptr ? "values" : "misses");
        if (there == nullptr)
          {
            RC_ASSERT (g_error_matches (error_.get (), MEMO_ERROR, MEMO_ERROR_INVALID_DATA));
            continue;
          }
        // There is one way only to write it.
        Bytes again = encode (there);
        RC_ASSERT ((again != nullptr && g_bytes_equal (again.get (), bad.get ())));
      }
  }));

  EXPECT_GE (tally_["values"], 1'000);
  EXPECT_GE (tally_["misses"], 30'000);
}
