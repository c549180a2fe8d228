// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <libcache.h>

#include <map>

#include "support/memo-test.hpp"
#include "support/value-dice.hpp"

using namespace memo_test;

// Equal calls have equal keys, and others have others: for values at random, judged by a comparison
// and by a reader that share nothing with the library.
class KeysPropertyTest : public ::testing::Test
{
protected:
  // So many that there are more than a hundred thousand pairs; always the same ones, unless
  // RC_PARAMS says otherwise.
  static constexpr int n_cases = 4000;
  static constexpr int n_others = 30;

  static void SetUpTestSuite ()
  {
    g_setenv ("RC_PARAMS", ("seed=20240229 max_success=" + std::to_string (n_cases)).c_str (), FALSE);
  }

  static std::string key_of (MemoAsyncLru *function, GVariant *arguments)
  {
    std::unique_ptr<char, Deleter<void, g_free>> key (memo_async_function_dup_key (MEMO_ASYNC_FUNCTION (function), arguments));

    return key.get ();
  }

  std::string key_of (const Value &arguments) { return key_of (function_.get (), to_variant (arguments)); }

  static Ref<MemoAsyncLru> new_function (guint skip_args = 0)
  {
    auto loader = adopt (memo_loader_new ([] (MemoCall *, gpointer) {}, nullptr, nullptr));

    return adopt (MEMO_ASYNC_LRU (g_object_new (MEMO_TYPE_ASYNC_LRU, "name", "f", "loader", loader.get (),
                                                "skip-args", skip_args, nullptr)));
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

  // --- what there was ---

  void count (const std::string &what) { tally_[what]++; }

  int count_values (const Value &value)
  {
    int depth = 0;

    count (std::string ("type ") + value.kind ());
    if (value.is_dictionary () && value.children.size () > 1)
      count ("dictionaries with an order");
    if (value.children.empty () && (value.kind () == 'a' || value.kind () == 'm' || value.kind () == '('))
      count (std::string ("empty ") + (value.is_dictionary () ? '{' : value.kind ()));
    if (value.kind () == 'd')
      count (std::isnan (value.number ()) ? "nan" : std::isinf (value.number ()) ? "infinity" :
             value.number () == 0.0 ? (std::signbit (value.number ()) ? "minus zero" : "zero") : "other numbers");
    if (value.kind () == 's')
      count_text (value.text);

    for (const Value &child : value.children)
      depth = std::max (depth, count_values (child) + 1);
    return depth;
  }

  void count_text (const std::string &text)
  {
    if (text.empty ())
      count ("empty texts");
    for (const char *part : { "\"", "\\", "(", ")", ",", ":" })
      if (text.find (part) != std::string::npos)
        count (std::string ("texts with ") + part);
    if (std::any_of (text.begin (), text.end (), [] (char c) { return guchar (c) < 0x20 || c == 0x7f; }))
      count ("texts with control characters");
    if (std::any_of (text.begin (), text.end (), [] (char c) { return guchar (c) >= 0x80; }))
      count ("texts beyond ascii");
  }

  // What two equal values have in other ways.
  void count_equal (const Value &a, const Value &b)
  {
    count ("equal pairs");
    if (differently_ordered (a, b))
      count ("equal pairs in another order");
    if (differently_nan (a, b))
      count ("equal pairs of different nans");
  }

  static bool differently_ordered (const Value &a, const Value &b)
  {
    for (size_t i = 0; i < a.children.size (); i++)
      if (a.is_dictionary () ? !equal (a.children[i], b.children[i]) : differently_ordered (a.children[i], b.children[i]))
        return true;
    return false;
  }

  static bool differently_nan (const Value &a, const Value &b)
  {
    for (size_t i = 0; i < a.children.size (); i++)
      if (equal (a.children[i], b.children[i]) && differently_nan (a.children[i], b.children[i]))
        return true;
    return a.kind () == 'd' && a.bits != b.bits;
  }

  static bool equal_but_for_zeros (Value a, Value b)
  {
    for (Value *value : { &a, &b })
      make_zeros_equal (*value);
    return equal (a, b);
  }

  static void make_zeros_equal (Value &value)
  {
    if (value.kind () == 'd' && value.number () == 0.0)
      value.bits = 0;
    for (Value &child : value.children)
      make_zeros_equal (child);
  }

  static std::string show (const Value &value)
  {
    std::unique_ptr<GVariant, Deleter<GVariant, g_variant_unref>> variant (g_variant_ref_sink (to_variant (value)));
    std::unique_ptr<char, Deleter<void, g_free>> text (g_variant_print (variant.get (), TRUE));

    return text.get ();
  }

  static std::string show (const Value &a, const Value &b, const std::string &key)
  {
    return show (a) + " and " + show (b) + ", " + key;
  }

  // A pair: the same key if they are equal, and only then.
  void judge (const Value &a, const std::string &key_of_a, const Value &b)
  {
    std::string key = key_of (b);
    bool same = equal (a, b);

    count ("pairs");
    if (same)
      count_equal (a, b);
    else
      count ("different pairs");
    if (!same && a.type == b.type)
      count ("different pairs of one type");
    if (!same && a.type == b.type && equal_but_for_zeros (a, b))
      count ("pairs that differ in the sign of a zero");

    if ((key_of_a == key) != same)
      RC_FAIL (show (a, b, key) + (same ? " are equal, their keys are not" : " differ, their keys do not"));

    auto read = KeyReader (key).read ("f");
    if (!read || !equal (*read, b))
      RC_FAIL (show (b) + " cannot be read back from " + key);
  }

  Ref<MemoAsyncLru>          function_ = new_function ();
  std::map<std::string, int> tally_;
};

TEST_F (KeysPropertyTest, Rule03CallsHaveTheSameKeyIfTheyAreEqualAndOnlyThen)
{
  EXPECT_TRUE (check ("keys are equal where values are", [this] (Dice &dice) {
    ValueMaker maker (dice);
    Value base = maker.arguments ();
    std::string key = key_of (base);

    count ("depth " + std::to_string (std::min (count_values (base), 4)));
    for (int i = 0; i < n_others; i++)
      {
        if (i % 3 == 0)
          judge (base, key, maker.same (base));
        else if (i % 3 == 1)
          judge (base, key, maker.almost_the_same (base));
        else
          judge (base, key, maker.same (maker.almost_the_same (base)));
      }
  }));

  std::map<std::string, int> wanted = {
    { "pairs", 100000 }, { "equal pairs", 40000 }, { "different pairs", 40000 }, { "different pairs of one type", 20000 },
    { "equal pairs in another order", 5000 }, { "equal pairs of different nans", 5000 },
    { "pairs that differ in the sign of a zero", 300 },
  };
  for (const char *what : { "empty a", "empty {", "empty m", "empty (", "dictionaries with an order", "nan", "infinity",
                            "minus zero", "zero", "other numbers", "empty texts", "texts with \"", "texts with \\",
                            "texts with (", "texts with )", "texts with ,", "texts with :", "texts with control characters",
                            "texts beyond ascii", "depth 0", "depth 4" })
    wanted[what] = 150;
  for (char type : std::string ("bynqiuxthdsogvma({"))
    wanted[std::string ("type ") + type] = 500;

  for (auto &[what, least] : wanted)
    EXPECT_GE (tally_[what], least) << what;
  EXPECT_EQ (tally_.count (std::string ("type ") + '\0'), 0u);
}

TEST_F (KeysPropertyTest, Rule03WhatIsSkippedIsNoPartOfTheKey)
{
  std::vector<Ref<MemoAsyncLru>> skipping;
  int skipped = 0, all_skipped = 0;

  for (guint n = 0; n < 5; n++)
    skipping.push_back (new_function (n));

  EXPECT_TRUE (check ("keys are those of the arguments that are not skipped", [&] (Dice &dice) {
    Value base = ValueMaker (dice).arguments ();
    size_t n = dice.below (5);
    auto &all = base.children;
    std::string key = key_of (skipping[n].get (), to_variant (base));

    skipped += n > 0 && n < all.size ();
    all_skipped += n >= all.size ();
    all.erase (all.begin (), all.begin () + std::min (n, all.size ()));
    RC_ASSERT (key == key_of (base));
  }));
  EXPECT_GE (skipped, 300);
  EXPECT_GE (all_skipped, 300);
}

TEST_F (KeysPropertyTest, Rule03TheFormInMemoryIsNoPartOfTheKey)
{
  EXPECT_TRUE (check ("keys are those of the serialized value", [this] (Dice &dice) {
    Value base = ValueMaker (dice).arguments ();
    std::unique_ptr<GVariant, Deleter<GVariant, g_variant_unref>> built (g_variant_ref_sink (to_variant (base)));
    Bytes bytes (g_variant_get_data_as_bytes (built.get ()));
    GVariant *from_bytes = g_variant_new_from_bytes (g_variant_get_type (built.get ()), bytes.get (), FALSE);

    RC_ASSERT (key_of (function_.get (), from_bytes) == key_of (base));
  }));
}

// The reader can tell: what is no key, or that of another value, it does not take.
TEST (KeyReaderTest, ItReadsNothingElse)
{
  for (const char *key : { "f()", "f(x 1)", "f(x 1, s \"a\\\"\")", "f(a{sv} {\"a\":<i 1>,\"b\":<as []>})", "f(mms just nothing)" })
    EXPECT_TRUE (KeyReader (key).read ("f")) << key;
  for (const char *key : { "", "f", "f(", "g()", "f() ", "f(x)", "f(x 1,s \"a\")", "f(x 1, )", "f(s a)", "f(s \"a)",
                           "f(s \"\\n\")", "f(s \"\n\")", "f(s \"\\x41\")", "f(y 256)", "f(b yes)", "f(as [\"a\",])",
                           "f(a{si} {\"b\":1,\"a\":2})", "f(a{si} {\"a\":1,\"a\":1})", "f((ii) (1))", "f((i) (1,2))",
                           "f(v x 1)", "f(mi 1)", "f(d -nan)", "f(? 1)" })
    EXPECT_FALSE (KeyReader (key).read ("f")) << key;

  auto read = KeyReader ("f(d -0, t 18446744073709551615, n -1)").read ("f");
  ASSERT_TRUE (read);
  EXPECT_EQ (read->type, "(dtn)");
  EXPECT_TRUE (std::signbit (read->children[0].number ()));
  EXPECT_EQ (read->children[1].bits, G_MAXUINT64);
  EXPECT_EQ (read->children[2].bits, guint64 (-1));
}
