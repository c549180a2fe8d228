// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/complaints.hpp"

#include <cmath>
#include <limits>
#include <thread>

using namespace memo_test;
using ::testing::ElementsAre;

namespace {

using Variant = std::unique_ptr<GVariant, Deleter<GVariant, g_variant_unref>>;

// A GValue that is unset at its end.
class Value
{
public:
  explicit Value (GType type) { g_value_init (&value_, type); }
  ~Value () { g_value_unset (&value_); }
  Value (const Value &) = delete;
  operator GValue * () { return &value_; }

private:
  GValue value_ = G_VALUE_INIT;
};

template <typename T, typename Setter>
Entry
entry_of (GType type, Setter setter, T content)
{
  Value value (type);

  setter (value, content);
  return Entry (memo_entry_new (value));
}

class EntryTest : public CacheTest
{
protected:
  // Runs FUNCTION, which is a mistake that the library says so of.
  template <typename Function>
  static void expect_complaint (const char *about, Function function)
  {
    EXPECT_THAT (complaints_of (function), ElementsAre (::testing::HasSubstr (about)));
  }

  static std::vector<std::string> tags_of (MemoEntry *entry)
  {
    std::vector<std::string> tags;

    for (const char * const *tag = memo_entry_get_tags (entry); tag != nullptr && *tag != nullptr; tag++)
      tags.push_back (*tag);

    return tags;
  }

  // All getters that answer NULL for what is something else, but for one.
  static void expect_only (MemoEntry *entry, GType type)
  {
    EXPECT_EQ (memo_entry_get_variant (entry) != nullptr, type == G_TYPE_VARIANT);
    EXPECT_EQ (memo_entry_get_string (entry) != nullptr, type == G_TYPE_STRING);
    EXPECT_EQ (memo_entry_get_bytes (entry) != nullptr, type == G_TYPE_BYTES);
    EXPECT_EQ (memo_entry_get_object (entry) != nullptr, type == G_TYPE_OBJECT);
  }

  static GObject *new_object () { return G_OBJECT (g_object_new (G_TYPE_OBJECT, nullptr)); }
};

// --- what an entry holds ---

TEST_F (EntryTest, AStringIsCopied)
{
  char buffer[] = "naïve";
  Entry text (memo_entry_new_string (buffer));

  buffer[0] = 'X';
  EXPECT_STREQ (memo_entry_get_string (text.get ()), "naïve");
  EXPECT_EQ (memo_entry_get_value_type (text.get ()), G_TYPE_STRING);
  expect_only (text.get (), G_TYPE_STRING);
}

TEST_F (EntryTest, AVariantIsShared)
{
  Variant variant (g_variant_ref_sink (g_variant_new ("(si)", "text", 42)));
  Entry holder (memo_entry_new_variant (variant.get ()));

  EXPECT_EQ (memo_entry_get_variant (holder.get ()), variant.get ());
  EXPECT_EQ (memo_entry_get_value_type (holder.get ()), G_TYPE_VARIANT);
  expect_only (holder.get (), G_TYPE_VARIANT);
}

TEST_F (EntryTest, AFloatingVariantIsTaken)
{
  GVariant *variant = g_variant_new_int32 (42);
  Entry holder (memo_entry_new_variant (variant));

  EXPECT_FALSE (g_variant_is_floating (variant));
  EXPECT_EQ (g_variant_get_int32 (memo_entry_get_variant (holder.get ())), 42);
}

TEST_F (EntryTest, BytesAreShared)
{
  Bytes bytes (g_bytes_new ("a\0b", 3));
  Entry holder (memo_entry_new_bytes (bytes.get ()));

  EXPECT_EQ (memo_entry_get_bytes (holder.get ()), bytes.get ());
  EXPECT_EQ (g_bytes_get_size (memo_entry_get_bytes (holder.get ())), 3u);
  EXPECT_EQ (memo_entry_get_value_type (holder.get ()), G_TYPE_BYTES);
  expect_only (holder.get (), G_TYPE_BYTES);
}

TEST_F (EntryTest, AnObjectIsSharedAndKeepsItsType)
{
  auto cancellable = adopt (g_cancellable_new ());
  Entry holder (memo_entry_new_object (G_OBJECT (cancellable.get ())));

  EXPECT_EQ (memo_entry_get_object (holder.get ()), G_OBJECT (cancellable.get ()));
  EXPECT_EQ (memo_entry_get_value_type (holder.get ()), G_TYPE_CANCELLABLE);
  expect_only (holder.get (), G_TYPE_OBJECT);
}

TEST_F (EntryTest, NumbersAndTruthValues)
{
  for (gint64 number : { G_MININT64, G_GINT64_CONSTANT (-1), G_GINT64_CONSTANT (0), G_MAXINT64 })
    {
      Entry holder (memo_entry_new_int64 (number));

      EXPECT_EQ (memo_entry_get_int64 (holder.get ()), number);
      EXPECT_EQ (memo_entry_get_value_type (holder.get ()), G_TYPE_INT64);
      expect_only (holder.get (), G_TYPE_INT64);
    }

  for (double number : { 0.0, -1.5, G_MAXDOUBLE, std::numeric_limits<double>::infinity () })
    {
      Entry holder (memo_entry_new_double (number));

      EXPECT_EQ (memo_entry_get_double (holder.get ()), number);
      EXPECT_EQ (memo_entry_get_value_type (holder.get ()), G_TYPE_DOUBLE);
      expect_only (holder.get (), G_TYPE_DOUBLE);
    }
  EXPECT_TRUE (std::isnan (memo_entry_get_double (Entry (memo_entry_new_double (NAN)).get ()))) << "is a value as any";

  for (bool truth : { true, false })
    {
      Entry holder (memo_entry_new_boolean (truth));

      EXPECT_EQ (memo_entry_get_boolean (holder.get ()) != FALSE, truth);
      EXPECT_EQ (memo_entry_get_value_type (holder.get ()), G_TYPE_BOOLEAN);
      expect_only (holder.get (), G_TYPE_BOOLEAN);
    }
}

TEST_F (EntryTest, AnyValueIsCopied)
{
  Value value (G_TYPE_STRV);
  const char *words[] = { "one", "two", nullptr };

  g_value_set_boxed (value, words);
  Entry holder (memo_entry_new (value));
  const GValue *held = memo_entry_get_value (holder.get ());

  ASSERT_NE (held, nullptr);
  EXPECT_EQ (G_VALUE_TYPE (held), G_TYPE_STRV);
  EXPECT_NE (g_value_get_boxed (held), g_value_get_boxed (value));
  EXPECT_STREQ (static_cast<char **> (g_value_get_boxed (held))[1], "two");
  EXPECT_EQ (memo_entry_get_value_type (holder.get ()), G_TYPE_STRV);
  expect_only (holder.get (), G_TYPE_STRV);
}

TEST_F (EntryTest, AValueMadeByHandIsReadAsWell)
{
  Entry text = entry_of (G_TYPE_STRING, g_value_set_string, "text");
  Entry object = entry_of (G_TYPE_CANCELLABLE, g_value_take_object, static_cast<gpointer> (g_cancellable_new ()));

  EXPECT_THAT (text, HoldsText ("text"));
  EXPECT_TRUE (G_IS_CANCELLABLE (memo_entry_get_object (object.get ())));
}

TEST_F (EntryTest, Rule01NothingIsNoValue)
{
  Entry nothing (memo_entry_new (nullptr));

  EXPECT_EQ (memo_entry_get_value (nothing.get ()), nullptr);
  EXPECT_EQ (memo_entry_get_value_type (nothing.get ()), G_TYPE_NONE);
  expect_only (nothing.get (), G_TYPE_NONE);

  Entry same (memo_entry_new_nothing ());

  EXPECT_EQ (memo_entry_get_value (same.get ()), nullptr);
  expect_only (same.get (), G_TYPE_NONE);
}

TEST_F (EntryTest, Failure12AValueThatHoldsNullIsNotNothing)
{
  for (GType type : { G_TYPE_STRING, G_TYPE_VARIANT, G_TYPE_OBJECT, G_TYPE_BYTES, G_TYPE_STRV })
    {
      Entry holder (memo_entry_new (Value (type)));

      EXPECT_NE (memo_entry_get_value (holder.get ()), nullptr) << g_type_name (type);
      EXPECT_EQ (memo_entry_get_value_type (holder.get ()), type);
      expect_only (holder.get (), G_TYPE_NONE);
    }
}

TEST_F (EntryTest, Rule01NothingInACacheIsAHit)
{
  set ("key", Entry (memo_entry_new (nullptr)));

  EXPECT_THAT (lookup ("key"), IsNothing ());
  EXPECT_THAT (lookup ("other"), IsMiss ());
  EXPECT_EQ (metrics ()->hits, 1u);
}

// --- numbers of every type ---

TEST_F (EntryTest, AnIntegerOfAnyTypeIsRead)
{
  const std::pair<Entry, gint64> all[] = {
    { entry_of (G_TYPE_CHAR, g_value_set_schar, -128), -128 },
    { entry_of (G_TYPE_UCHAR, g_value_set_uchar, 255), 255 },
    { entry_of (G_TYPE_INT, g_value_set_int, G_MININT), G_MININT },
    { entry_of (G_TYPE_UINT, g_value_set_uint, G_MAXUINT), G_MAXUINT },
    { entry_of (G_TYPE_LONG, g_value_set_long, G_MINLONG), G_MINLONG },
    { entry_of (G_TYPE_ULONG, g_value_set_ulong, 42ul), 42 },
    { entry_of (G_TYPE_INT64, g_value_set_int64, G_MININT64), G_MININT64 },
    { entry_of (G_TYPE_UINT64, g_value_set_uint64, static_cast<guint64> (G_MAXINT64)), G_MAXINT64 },
  };

  for (auto &[holder, number] : all)
    {
      EXPECT_EQ (memo_entry_get_int64 (holder.get ()), number)
        << g_type_name (memo_entry_get_value_type (holder.get ()));
      EXPECT_EQ (memo_entry_get_double (holder.get ()), static_cast<double> (number));
    }
}

TEST_F (EntryTest, AFloatIsReadAsADouble)
{
  EXPECT_EQ (memo_entry_get_double (entry_of (G_TYPE_FLOAT, g_value_set_float, 0.5f).get ()), 0.5);
}

TEST_F (EntryTest, WhatIsNoIntegerIsAMistakeToReadAsOne)
{
  Entry others[] = { Entry (memo_entry_new_double (2.0)), entry_of (G_TYPE_FLOAT, g_value_set_float, 2.0f),
                     Entry (memo_entry_new_string ("2")), Entry (memo_entry_new_boolean (TRUE)),
                     Entry (memo_entry_new_variant (g_variant_new_int64 (2))), Entry (memo_entry_new (nullptr)) };

  for (Entry &other : others)
    expect_complaint ("memo_entry_get_int64", [&] { EXPECT_EQ (memo_entry_get_int64 (other.get ()), 0); });
}

TEST_F (EntryTest, WhatIsNoNumberIsAMistakeToReadAsOne)
{
  Entry others[] = { Entry (memo_entry_new_string ("2")), Entry (memo_entry_new_boolean (TRUE)),
                     Entry (memo_entry_new (nullptr)) };

  for (Entry &other : others)
    expect_complaint ("memo_entry_get_double", [&] { EXPECT_EQ (memo_entry_get_double (other.get ()), 0.0); });
}

TEST_F (EntryTest, WhatIsNoTruthValueIsAMistakeToReadAsOne)
{
  Entry others[] = { Entry (memo_entry_new_int64 (1)), Entry (memo_entry_new_string ("true")),
                     Entry (memo_entry_new (nullptr)) };

  for (Entry &other : others)
    expect_complaint ("memo_entry_get_boolean", [&] { EXPECT_FALSE (memo_entry_get_boolean (other.get ())); });
}

TEST_F (EntryTest, ConstructorsWantSomething)
{
  GValue unset = G_VALUE_INIT;

  expect_complaint ("memo_entry_new_string", [] { EXPECT_EQ (memo_entry_new_string (nullptr), nullptr); });
  expect_complaint ("memo_entry_new_variant", [] { EXPECT_EQ (memo_entry_new_variant (nullptr), nullptr); });
  expect_complaint ("memo_entry_new_bytes", [] { EXPECT_EQ (memo_entry_new_bytes (nullptr), nullptr); });
  expect_complaint ("memo_entry_new_object", [] { EXPECT_EQ (memo_entry_new_object (nullptr), nullptr); });
  expect_complaint ("memo_entry_new:", [&] { EXPECT_EQ (memo_entry_new (&unset), nullptr); });
}

// --- time to live and tags ---

TEST_F (EntryTest, ATimeToLiveIsKeptAsItWasGiven)
{
  Entry holder (memo_entry_new_string ("value"));

  EXPECT_EQ (memo_entry_get_ttl (holder.get ()), MEMO_TTL_DEFAULT) << "it says nothing of its own accord";
  for (double ttl : { 0.0, 1e-9, 0.5, 300.0, 1e300, MEMO_TTL_FOREVER, MEMO_TTL_DEFAULT })
    {
      memo_entry_set_ttl (holder.get (), ttl);
      EXPECT_EQ (memo_entry_get_ttl (holder.get ()), ttl);
    }
}

TEST_F (EntryTest, Rule05ATimeToLiveThatIsNoneIsRefused)
{
  Entry holder = entry ("value", 7.0);

  for (double ttl : { static_cast<double> (NAN), -0.5, -2.0, -MEMO_TTL_FOREVER })
    {
      expect_complaint ("memo_entry_set_ttl", [&] { memo_entry_set_ttl (holder.get (), ttl); });
      EXPECT_EQ (memo_entry_get_ttl (holder.get ()), 7.0);
    }
}

TEST_F (EntryTest, Failure12DefaultAndForeverAreNotTheSame)
{
  EXPECT_EQ (MEMO_TTL_DEFAULT, -1.0);
  EXPECT_TRUE (std::isinf (MEMO_TTL_FOREVER) && MEMO_TTL_FOREVER > 0);

  auto mortal = new_cache (10, 1.0);
  memo_cache_set (MEMO_CACHE (mortal.get ()), "default", entry ("value", MEMO_TTL_DEFAULT).release ());
  memo_cache_set (MEMO_CACHE (mortal.get ()), "forever", entry ("value", MEMO_TTL_FOREVER).release ());
  advance (1.0);
  EXPECT_FALSE (memo_cache_contains (MEMO_CACHE (mortal.get ()), "default"));
  EXPECT_TRUE (memo_cache_contains (MEMO_CACHE (mortal.get ()), "forever"));
}

TEST_F (EntryTest, TagsAreCopiedAndReplaced)
{
  char buffer[] = "tag:1";
  Entry holder = entry ("value");

  EXPECT_EQ (memo_entry_get_tags (holder.get ()), nullptr);
  memo_entry_set_tags (holder.get (), Tags { buffer, "other" });
  buffer[4] = '2';
  EXPECT_THAT (tags_of (holder.get ()), ElementsAre ("tag:1", "other"));

  memo_entry_set_tags (holder.get (), Tags { "new" });
  EXPECT_THAT (tags_of (holder.get ()), ElementsAre ("new"));
}

TEST_F (EntryTest, NoTagsAreNull)
{
  Entry holder = entry ("value", MEMO_TTL_DEFAULT, { "tag" });

  memo_entry_set_tags (holder.get (), nullptr);
  EXPECT_EQ (memo_entry_get_tags (holder.get ()), nullptr);

  memo_entry_set_tags (holder.get (), Tags { "tag" });
  memo_entry_set_tags (holder.get (), Tags {});
  EXPECT_EQ (memo_entry_get_tags (holder.get ()), nullptr);
}

TEST_F (EntryTest, ItsOwnTagsMayBeSetAgain)
{
  Entry holder = entry ("value", MEMO_TTL_DEFAULT, { "a", "b" });

  memo_entry_set_tags (holder.get (), memo_entry_get_tags (holder.get ()));
  EXPECT_THAT (tags_of (holder.get ()), ElementsAre ("a", "b"));
}

// --- sealed ---

TEST_F (EntryTest, AnEntryIsSealedOnceItIsSet)
{
  Entry holder = entry ("value", 7.0, { "tag" });

  set ("key", Entry (memo_entry_ref (holder.get ())));
  expect_complaint ("sealed", [&] { memo_entry_set_ttl (holder.get (), 1.0); });
  expect_complaint ("sealed", [&] { memo_entry_set_tags (holder.get (), nullptr); });
  EXPECT_EQ (memo_entry_get_ttl (holder.get ()), 7.0);
  EXPECT_THAT (tags_of (holder.get ()), ElementsAre ("tag"));
}

TEST_F (EntryTest, AnEntryIsSealedEvenWhereNothingIsKept)
{
  memo_async_cache_set_maxsize (cache_.get (), 0);
  Entry holder = entry ("value");

  set ("key", Entry (memo_entry_ref (holder.get ())));
  expect_complaint ("sealed", [&] { memo_entry_set_ttl (holder.get (), 1.0); });
}

TEST_F (EntryTest, AnEntryIsSealedOnceALoaderAnswersIt)
{
  ScriptedLoader loader;
  auto got = get ("key", loader);

  turn ();
  loader.answer ("value");
  turn ();
  ASSERT_THAT (got, GotText ("value"));
  expect_complaint ("sealed", [&] { memo_entry_set_ttl (got->entry.get (), 1.0); });
}

// --- references ---

TEST_F (EntryTest, OneEntryUnderManyKeysIsOneEntry)
{
  Entry holder = entry ("value");

  for (const char *key : { "a", "b", "c" })
    set (key, Entry (memo_entry_ref (holder.get ())));
  EXPECT_EQ (lookup ("a").get (), holder.get ());
  EXPECT_EQ (lookup ("c").get (), holder.get ());

  memo_cache_delete (cache (), "a");
  EXPECT_THAT (lookup ("b"), HoldsText ("value"));
  memo_cache_clear (cache ());
  EXPECT_THAT (holder, HoldsText ("value"));
}

TEST_F (EntryTest, AHitOutlivesTheEntryInTheCache)
{
  set ("key", "value");
  Entry held = lookup ("key");

  set ("key", "new");
  cache_.reset ();
  turn ();
  EXPECT_THAT (held, HoldsText ("value"));
}

// Counts how often the object is finalized.
void
watch (GObject *object, int &finalized)
{
  g_object_weak_ref (object, [] (gpointer data, GObject *) { (*static_cast<int *> (data))++; }, &finalized);
}

TEST_F (EntryTest, TheObjectOfAnEntryEndsWithItsLastReference)
{
  GObject *object = new_object ();
  int finalized = 0;

  watch (object, finalized);
  Entry holder (memo_entry_new_object (object));
  g_object_unref (object);

  Entry other (memo_entry_ref (holder.get ()));
  EXPECT_EQ (other.get (), holder.get ());
  holder.reset ();
  EXPECT_EQ (finalized, 0);
  other.reset ();
  EXPECT_EQ (finalized, 1);
}

TEST_F (EntryTest, TheObjectOfAnEntryUnderManyKeysEndsOnce)
{
  GObject *object = new_object ();
  int finalized = 0;

  watch (object, finalized);
  Entry holder (memo_entry_new_object (object));
  g_object_unref (object);
  for (int i = 0; i < 100; i++)
    set (std::to_string (i).c_str (), Entry (memo_entry_ref (holder.get ())));
  holder.reset ();

  for (int i = 0; i < 99; i++)
    memo_cache_delete (cache (), std::to_string (i).c_str ());
  EXPECT_EQ (finalized, 0);
  memo_cache_clear (cache ());
  turn ();
  EXPECT_EQ (finalized, 1);
}

TEST_F (EntryTest, ManyThreadsMayShareAnEntry)
{
  Entry holder = entry ("value");
  std::vector<std::thread> threads;

  for (int thread = 0; thread < 4; thread++)
    {
      threads.emplace_back ([&holder] {
        for (int i = 0; i < 50'000; i++)
          memo_entry_unref (memo_entry_ref (holder.get ()));
      });
    }
  for (auto &thread : threads)
    thread.join ();
  EXPECT_THAT (holder, HoldsText ("value"));
}

TEST_F (EntryTest, EntriesAreABoxedType)
{
  EXPECT_TRUE (G_TYPE_IS_BOXED (MEMO_TYPE_ENTRY));
  Entry holder = entry ("value");
  Value value (MEMO_TYPE_ENTRY);

  g_value_set_boxed (value, holder.get ());
  EXPECT_EQ (g_value_get_boxed (value), holder.get ()) << "a reference, not a copy";
  holder.reset ();
  EXPECT_STREQ (memo_entry_get_string (static_cast<MemoEntry *> (g_value_get_boxed (value))), "value");
}

} // namespace
