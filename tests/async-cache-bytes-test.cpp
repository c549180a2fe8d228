// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"

using namespace memo_test;

namespace {

// How much memory a cache takes, and what goes when that is too much.
class CacheBytesTest : public CacheTest
{
protected:
  void use_cache (guint64 max_bytes, MemoEvictionPolicy policy = MEMO_EVICTION_LRU, guint maxsize = MEMO_UNLIMITED)
  {
    cache_ = adopt (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "maxsize", maxsize, "max-bytes", max_bytes,
                                                    "eviction-policy", policy, "clock", clock_.get (), nullptr)));
  }

  static Entry sized (gsize bytes)
  {
    Entry made (memo_entry_new_int64 (0));
    memo_entry_set_size (made.get (), bytes);

    return made;
  }

  guint64 bytes () { return metrics ()->bytes; }
};

TEST_F (CacheBytesTest, ThereIsNoLimitUnlessOneIsSet)
{
  cache_ = adopt (memo_async_cache_new (MEMO_UNLIMITED, MEMO_TTL_FOREVER));

  EXPECT_EQ (memo_async_cache_get_max_bytes (cache_.get ()), MEMO_UNLIMITED_BYTES);
  EXPECT_EQ (memo_async_cache_get_eviction_policy (cache_.get ()), MEMO_EVICTION_LRU);
  EXPECT_EQ (bytes (), 0u);
}

TEST_F (CacheBytesTest, Rule07WhatIsOverTheBytesIsEvicted)
{
  use_cache (100'000);
  for (guint i = 0; i < 100; i++)
    set (std::to_string (i).c_str (), sized (10'000));

  EXPECT_EQ (metrics ()->size, 9u);
  EXPECT_EQ (metrics ()->evictions, 91u);
  EXPECT_LE (bytes (), 100'000u);
  EXPECT_GT (bytes (), 90'000u);
  EXPECT_TRUE (contains ("99"));
  EXPECT_FALSE (contains ("90"));
}

TEST_F (CacheBytesTest, BothLimitsHold)
{
  use_cache (100'000, MEMO_EVICTION_LRU, 3);
  for (guint i = 0; i < 10; i++)
    set (std::to_string (i).c_str (), sized (10));

  EXPECT_EQ (metrics ()->size, 3u);
}

TEST_F (CacheBytesTest, Rule07WhatIsLargerThanAllIsGivenToThoseWhoWaitAndNotKept)
{
  ScriptedLoader loader;

  use_cache (10'000);
  auto got = get ("large", loader);
  turn ();
  loader.answer (sized (10'001));
  turn ();

  EXPECT_EQ (got->callbacks, 1);
  ASSERT_NE (got->entry, nullptr);
  EXPECT_FALSE (contains ("large"));
  EXPECT_EQ (bytes (), 0u);
}

TEST_F (CacheBytesTest, ALowerLimitEvictsAtOnceOrInSlices)
{
  use_cache (MEMO_UNLIMITED_BYTES);
  for (guint i = 0; i < 2000; i++)
    set (std::to_string (i).c_str (), sized (10'000));

  guint notified = 0;
  g_signal_connect_swapped (cache_.get (), "notify::max-bytes", G_CALLBACK (+[] (guint *n) { ++*n; }), &notified);
  memo_async_cache_set_max_bytes (cache_.get (), 1'000'000);
  memo_async_cache_set_max_bytes (cache_.get (), 1'000'000);
  EXPECT_EQ (notified, 1u);
  turn ();

  EXPECT_LE (bytes (), 1'000'000u);
  EXPECT_GE (metrics ()->size, 98u);
  EXPECT_TRUE (contains ("1999"));
}

TEST_F (CacheBytesTest, WhatGoesIsCountedOut)
{
  use_cache (MEMO_UNLIMITED_BYTES);
  set ("deleted", sized (1));
  set ("expires", entry ("soon", 1.0));
  set ("tagged", entry ("value", MEMO_TTL_FOREVER, { "tag" }));
  set ("replaced", sized (1'000'000));
  EXPECT_GT (bytes (), 1'000'000u);
  set ("replaced", sized (1));
  EXPECT_LT (bytes (), 10'000u);

  memo_cache_delete (cache (), "deleted");
  memo_cache_invalidate_tags (cache (), Tags { "tag" });
  advance (2.0);
  turn ();
  memo_cache_delete (cache (), "replaced");
  EXPECT_EQ (bytes (), 0u);

  set ("cleared", sized (1));
  memo_cache_clear (cache ());
  EXPECT_EQ (bytes (), 0u);
}

TEST_F (CacheBytesTest, TheOtherPolicyKeepsWhatIsAskedForOften)
{
  use_cache (MEMO_UNLIMITED_BYTES, MEMO_EVICTION_S3_FIFO, 100);
  for (guint round = 0; round < 3; round++)
    for (guint i = 0; i < 50; i++)
      if (lookup (("hot:" + std::to_string (i)).c_str ()) == nullptr)
        set (("hot:" + std::to_string (i)).c_str (), "value");
  for (guint i = 0; i < 1000; i++)
    set (("scan:" + std::to_string (i)).c_str (), "value");

  for (guint i = 0; i < 50; i++)
    EXPECT_TRUE (contains (("hot:" + std::to_string (i)).c_str ())) << i;

  // The same after a clear.
  memo_cache_clear (cache ());
  set ("hot", "value");
  lookup ("hot");
  lookup ("hot");
  for (guint i = 0; i < 1000; i++)
    set (("scan:" + std::to_string (i)).c_str (), "value");
  EXPECT_TRUE (contains ("hot"));
}

TEST_F (CacheBytesTest, TrimAndTheSizeOfAnyPolicyGoTogether)
{
  use_cache (MEMO_UNLIMITED_BYTES, MEMO_EVICTION_S3_FIFO);
  for (guint i = 0; i < 1000; i++)
    set (std::to_string (i).c_str (), "value");
  memo_async_cache_trim (cache_.get (), 50);
  turn ();

  EXPECT_EQ (metrics ()->size, 500u);
}

// --- how large an entry is ---

gsize
size_of (MemoEntry *raw)
{
  return memo_entry_get_size (Entry (raw).get ());
}

TEST (EntrySizeTest, TextBytesAndVariantsAreAsLargeAsTheyAre)
{
  const gsize nothing = size_of (memo_entry_new (nullptr));
  g_autoptr(GBytes) bytes = g_bytes_new_static ("12345", 5);

  EXPECT_GT (nothing, 0u);
  EXPECT_EQ (size_of (memo_entry_new_int64 (7)), nothing);
  EXPECT_EQ (size_of (memo_entry_new_string ("1234")), nothing + 5);
  EXPECT_EQ (size_of (memo_entry_new_bytes (bytes)), nothing + 5);
  EXPECT_EQ (size_of (memo_entry_new_variant (g_variant_new_string ("1234"))), nothing + 5);
}

TEST (EntrySizeTest, NoStringHasNoSize)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  EXPECT_EQ (size_of (memo_entry_new (&value)), size_of (memo_entry_new (nullptr)));
  g_value_unset (&value);
}

TEST (EntrySizeTest, WhatIsSaidCounts)
{
  Entry made (memo_entry_new_string ("a text"));

  memo_entry_set_size (made.get (), 12);
  EXPECT_EQ (memo_entry_get_size (made.get ()), 12u);
}

TEST (EntrySizeTest, AnEntryThatWasHandedOutDoesNotChangeItsSize)
{
  auto cache = adopt (memo_async_cache_new (10, MEMO_TTL_FOREVER));
  MemoEntry *kept = memo_entry_new_int64 (7);
  const gsize size = memo_entry_get_size (kept);

  memo_cache_set (MEMO_CACHE (cache.get ()), "key", memo_entry_ref (kept));
  g_test_expect_message ("Memo", G_LOG_LEVEL_CRITICAL, "*memo_entry_set_size*sealed*");
  memo_entry_set_size (kept, 1000);
  g_test_assert_expected_messages ();
  EXPECT_EQ (memo_entry_get_size (kept), size);
  memo_entry_unref (kept);
}

} // namespace
