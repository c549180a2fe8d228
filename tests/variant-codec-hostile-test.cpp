// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/codec-test.hpp"

using namespace memo_test;

namespace {

// What is in a tier may be anything.
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

  // Beside something that is not.
  for (int first = 0; first < 2; first++)
    {
      GVariant *deep = nested ('a', 32), *flat = g_variant_new_int32 (1);
      GVariant *both[] = { first ? deep : flat, first ? flat : deep };

      expect_refused (Entry (memo_entry_new_variant (g_variant_new_tuple (both, 2))), "nested too deep");
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

// A type of so many characters that stands for little.
std::string
long_type (size_t length, int depth = 1)
{
  return std::string (depth, '(') + std::string (length - 2 * depth, 'y') + std::string (depth, ')');
}

TEST_F (VariantCodecTest, Rule25TypesUpTo1024Characters)
{
  for (size_t length : { 1'024, 1'025, 4'000 })
    {
      const std::string type = long_type (length), bytes = payload ('v', std::string (length - 2, '\1'), type);
      Bytes data (g_bytes_new_take (g_malloc0 (length - 2), length - 2));
      Entry entry (memo_entry_new_variant (g_variant_new_from_bytes (G_VARIANT_TYPE (type.c_str ()), data.get (), FALSE)));

      if (length == 1'024)
        {
          EXPECT_NE (back (entry), nullptr);
          EXPECT_NE (decode (bytes), nullptr);
          EXPECT_NE (back (Entry (memo_entry_new_variant (g_variant_new_variant (memo_entry_get_variant (entry.get ()))))), nullptr);
        }
      else
        {
          expect_refused (entry, "a type of more than 1024 characters");
          expect_refused (Entry (memo_entry_new_variant (g_variant_new_variant (memo_entry_get_variant (entry.get ())))), "a type of more than");
          expect_miss (bytes, "a type of more than 1024 characters");
          expect_miss (payload_of ('v', g_variant_new_variant (memo_entry_get_variant (entry.get ()))), "a type of more than 1024 characters");
        }
    }
}

// Of which GLib would make gigabytes.
TEST_F (VariantCodecTest, Rule25TypesMadeToCostMuchAreNotLookedAt)
{
  const size_t size = 8'000'000;
  const std::string type = long_type (size, 100), inside = payload ('v', std::string (size, '\0'), type).substr (8);

  for (const std::string &bytes : { payload ('v', std::string (size, '\0'), type), payload ('v', inside, "v"),
                                    payload ('s', std::string (size, '\0'), type), payload ('v', inside + "more", "av") })
    expect_miss (bytes, "a type of more than 1024 characters");
}

TEST_F (VariantCodecTest, LongTextIsNoType)
{
  for (const std::string &text : { std::string (100'000, 'a'), std::string (100'000, 'x'), std::string (100'000, '('),
                                   "(" + std::string (1'022, 'y') + ")", "a " + long_type (2'000) })
    {
      EXPECT_THAT (back (Entry (memo_entry_new_string (text.c_str ()))), HoldsText (text));
      EXPECT_NE (back (Entry (memo_entry_new_variant (g_variant_new ("(sv)", text.c_str (), g_variant_new_string (text.c_str ()))))),
                 nullptr);
    }

  // Unless it looks as if it were.
  expect_refused (Entry (memo_entry_new_string (long_type (2'000).c_str ())), "a type of more than 1024 characters");
}

TEST_F (VariantCodecTest, WhatIsFullOfVariantsIsKept)
{
  GVariantBuilder dictionary, array;

  g_variant_builder_init (&dictionary, G_VARIANT_TYPE ("a{yv}"));
  g_variant_builder_init (&array, G_VARIANT_TYPE ("av"));
  for (int i = 0; i < 100'000; i++)
    {
      g_variant_builder_add (&dictionary, "{yv}", guchar (i), g_variant_new_byte (1));
      g_variant_builder_add (&array, "v", g_variant_new_byte (1));
    }
  EXPECT_NE (back (Entry (memo_entry_new_variant (g_variant_builder_end (&dictionary)))), nullptr);
  EXPECT_NE (back (Entry (memo_entry_new_variant (g_variant_builder_end (&array)))), nullptr);
}

TEST_F (VariantCodecTest, WhatComesBackIsAsFastAsWhatWentIn)
{
  // One that is not trusted takes GLib more than ten minutes to go through.
  std::vector<GVariant *> texts;
  for (int i = 0; i < 1'000'000; i++)
    texts.push_back (g_variant_new_string ("x"));
  Entry there = back (Entry (memo_entry_new_variant (g_variant_new_array (nullptr, texts.data (), texts.size ()))));

  ASSERT_NE (there, nullptr);
  GVariant *kept = memo_entry_get_variant (there.get ());
  for (gsize i = 0; i < g_variant_n_children (kept); i++)
    {
      Variant child (g_variant_get_child_value (kept, i));

      ASSERT_STREQ (g_variant_get_string (child.get (), nullptr), "x");
    }
}

TEST_F (VariantCodecTest, WhatComesBackIsKnownToBeInNormalForm)
{
  Entry there = back (variant ("[1, 2]"));

  // GLib keeps that to itself, but gives the same one for its normal form.
  Variant same (g_variant_get_normal_form (memo_entry_get_variant (there.get ())));
  EXPECT_EQ (same.get (), memo_entry_get_variant (there.get ()));
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

} // namespace
