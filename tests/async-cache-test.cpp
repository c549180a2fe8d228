// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"
#include "support/tracking.hpp"

using namespace memo_test;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

class AsyncCacheTest : public CacheTest
{
protected:
  void use_cache (guint maxsize, double default_ttl = MEMO_TTL_FOREVER) { cache_ = new_cache (maxsize, default_ttl); }

  // Notifications, in the order they came.
  std::vector<std::string> &watch_properties ()
  {
    g_signal_connect (cache_.get (), "notify", G_CALLBACK (+[] (GObject *, GParamSpec *pspec, gpointer data) {
      static_cast<std::vector<std::string> *> (data)->push_back (pspec->name);
    }), &notified_);
    return notified_;
  }

  std::vector<std::string> notified_;
};

static Entry
nothing (double ttl = MEMO_TTL_DEFAULT)
{
  Entry made (memo_entry_new (nullptr));

  memo_entry_set_ttl (made.get (), ttl);
  return made;
}

// --- properties ---

TEST_F (AsyncCacheTest, HasTheDefaultsThatTheReferenceTells)
{
  auto plain = adopt (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, nullptr)));

  EXPECT_EQ (memo_async_cache_get_maxsize (plain.get ()), 128u);
  EXPECT_EQ (memo_async_cache_get_default_ttl (plain.get ()), MEMO_TTL_FOREVER);
  EXPECT_EQ (memo_async_cache_get_max_batch_size (plain.get ()), 100u);
  EXPECT_FALSE (memo_async_cache_get_trim_on_low_memory (plain.get ()));
  EXPECT_EQ (memo_async_cache_get_clock (plain.get ()), memo_clock_get_default ());
}

TEST_F (AsyncCacheTest, TakesItsSizeAndTimeToLiveFromTheConstructor)
{
  auto made = adopt (memo_async_cache_new (7, 30.0));
  guint maxsize = 0, max_batch_size = 0;
  double default_ttl = 0.0;
  MemoClock *clock = nullptr;

  g_object_get (made.get (), "maxsize", &maxsize, "default-ttl", &default_ttl,
                "max-batch-size", &max_batch_size, "clock", &clock, nullptr);
  auto owned = adopt (clock);

  EXPECT_EQ (maxsize, 7u);
  EXPECT_EQ (default_ttl, 30.0);
  EXPECT_EQ (max_batch_size, 100u);
  EXPECT_EQ (clock, memo_clock_get_default ());
}

TEST_F (AsyncCacheTest, NotifiesWhenAPropertyChangesAndOnlyThen)
{
  auto &notified = watch_properties ();

  memo_async_cache_set_maxsize (cache_.get (), 128);
  memo_async_cache_set_default_ttl (cache_.get (), MEMO_TTL_FOREVER);
  memo_async_cache_set_max_batch_size (cache_.get (), 100);
  memo_async_cache_set_trim_on_low_memory (cache_.get (), FALSE);
  EXPECT_THAT (notified, IsEmpty ());

  memo_async_cache_set_maxsize (cache_.get (), 1);
  memo_async_cache_set_default_ttl (cache_.get (), 2.0);
  memo_async_cache_set_max_batch_size (cache_.get (), 3);
  EXPECT_THAT (notified, ElementsAre ("maxsize", "default-ttl", "max-batch-size"));
  EXPECT_EQ (memo_async_cache_get_maxsize (cache_.get ()), 1u);
  EXPECT_EQ (memo_async_cache_get_default_ttl (cache_.get ()), 2.0);
  EXPECT_EQ (memo_async_cache_get_max_batch_size (cache_.get ()), 3u);
}

TEST_F (AsyncCacheTest, RefusesWhatMakesNoSense)
{
  Criticals criticals;

  EXPECT_EQ (memo_async_cache_new (1, -1.0), nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("default_ttl >= 0.0"));
  EXPECT_EQ (memo_async_cache_new (1, NAN), nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("default_ttl >= 0.0"));

  memo_async_cache_set_default_ttl (cache_.get (), -1.0);
  EXPECT_THAT (criticals.take (), IsCritical ("seconds >= 0.0"));
  memo_async_cache_set_default_ttl (cache_.get (), NAN);
  EXPECT_THAT (criticals.take (), IsCritical ("seconds >= 0.0"));
  memo_async_cache_set_max_batch_size (cache_.get (), 0);
  EXPECT_THAT (criticals.take (), IsCritical ("max_batch_size >= 1"));
  memo_async_cache_trim (cache_.get (), 101);
  EXPECT_THAT (criticals.take (), IsCritical ("percent <= 100"));

  EXPECT_EQ (memo_async_cache_get_default_ttl (cache_.get ()), MEMO_TTL_FOREVER);
  EXPECT_EQ (memo_async_cache_get_max_batch_size (cache_.get ()), 100u);
}

// --- rule 1: a miss, nothing, and an answer that says there is none ---

TEST_F (AsyncCacheTest, Rule01AMissIsNoError)
{
  auto got = get ("key");

  turn ();

  EXPECT_THAT (got, GotMiss ());
  EXPECT_THAT (lookup ("key"), IsMiss ());
  EXPECT_THAT (peek ("key"), IsMiss ());
  EXPECT_FALSE (contains ("key"));
}

TEST_F (AsyncCacheTest, Rule01CachedNothingIsAHitAndNoMiss)
{
  ScriptedLoader loader;

  set ("key", nothing ());
  auto got = get ("key", loader);
  turn ();

  EXPECT_TRUE (got->done ());
  EXPECT_THAT (got->entry, IsNothing ());
  EXPECT_THAT (lookup ("key"), IsNothing ());
  EXPECT_THAT (peek ("key"), IsNothing ());
  EXPECT_TRUE (contains ("key"));
  EXPECT_EQ (loader.count (), 0);
}

TEST_F (AsyncCacheTest, Failure12CachedNothingDoesNotLookLikeAMiss)
{
  ScriptedLoader loader;
  auto first = get ("key", loader);

  turn ();
  loader.answer (nothing ());
  turn ();
  auto second = get ("key", loader);
  turn ();

  EXPECT_THAT (first->entry, IsNothing ());
  EXPECT_THAT (second->entry, IsNothing ());
  EXPECT_EQ (loader.count (), 1) << "what is known not to be there was asked for again";
  EXPECT_EQ (metrics ()->hits, 1u);
  EXPECT_EQ (metrics ()->misses, 1u);
}

TEST_F (AsyncCacheTest, Rule01AnAnswerOfNullIsAMissForAllAndIsNotStored)
{
  ScriptedLoader loader;
  auto one = get ("key", loader);
  auto two = get ("key", loader);

  turn ();
  loader.answer (Entry ());
  turn ();

  EXPECT_THAT (one, GotMiss ());
  EXPECT_THAT (two, GotMiss ());
  EXPECT_FALSE (contains ("key"));
  EXPECT_EQ (metrics ()->size, 0u);

  auto again = get ("key", loader);
  turn ();
  EXPECT_EQ (loader.count (), 2);
  loader.answer ("now there is one");
  turn ();
  EXPECT_THAT (again, GotText ("now there is one"));
}

TEST_F (AsyncCacheTest, Rule01ARefreshThatFindsNoneRemovesTheOldOne)
{
  Tracker tracker;
  ScriptedLoader loader;

  set ("key", tracker.entry ());
  auto got = refresh ("key", loader);
  turn ();
  EXPECT_TRUE (contains ("key"));

  loader.answer (Entry ());
  turn ();

  EXPECT_THAT (got, GotMiss ());
  EXPECT_FALSE (contains ("key"));
  EXPECT_EQ (tracker.alive (), 0);
}

// --- rule 2: keys ---

TEST_F (AsyncCacheTest, Rule02TheEmptyKeyIsAKey)
{
  ScriptedLoader loader;
  auto got = get ("", loader);

  turn ();
  EXPECT_STREQ (memo_call_get_key (loader.front ()), "");
  loader.answer ("value");
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_THAT (lookup (""), HoldsText ("value"));
  EXPECT_FALSE (contains (" "));
  EXPECT_TRUE (memo_cache_delete (cache (), ""));
  EXPECT_FALSE (contains (""));
}

TEST_F (AsyncCacheTest, Rule02KeysOfMegabytesDifferByTheirLastByte)
{
  const std::string stem (5 * 1024 * 1024, 'k');
  const std::string one = stem + "1", two = stem + "2";
  ScriptedLoader loader;

  set (one.c_str (), "one");
  auto got = get (two.c_str (), loader);
  turn ();
  EXPECT_STREQ (memo_call_get_key (loader.front ()), two.c_str ());
  loader.answer ("two");
  turn ();

  EXPECT_THAT (got, GotText ("two"));
  EXPECT_THAT (lookup (one.c_str ()), HoldsText ("one"));
  EXPECT_THAT (lookup (two.c_str ()), HoldsText ("two"));
  EXPECT_FALSE (contains (stem.c_str ()));
  EXPECT_TRUE (memo_cache_delete (cache (), one.c_str ()));
  EXPECT_THAT (lookup (two.c_str ()), HoldsText ("two"));
}

TEST_F (AsyncCacheTest, Rule02AnyTextIsAKeyOfItsOwn)
{
  // Among them texts that look alike and are not the same, and such as have no visible letter.
  const std::vector<const char *> keys = {
    "é", "e\u0301", "E", "e", "ſ", "s", "\u00a0", " ", "\t", "\n", "\r\n", "\x01", "\x7f", "\u200b", "\ufeff",
    "\u2028", "\U0010ffff", "\U0001f469\u200d\U0001f52c", "\U0001f469\U0001f52c", "%s%n", "a\\0b", "ключ", "鍵", "مفتاح",
  };

  for (auto key : keys)
    set (key, entry (key));

  EXPECT_EQ (metrics ()->size, keys.size ());
  for (auto key : keys)
    EXPECT_THAT (lookup (key), HoldsText (key));
}

TEST_F (AsyncCacheTest, Rule02TheCacheKeepsACopyOfTheKey)
{
  std::string key = "key";

  set (key.c_str (), "value");
  key = "yek";

  EXPECT_TRUE (contains ("key"));
  EXPECT_FALSE (contains ("yek"));
}

// --- rule 4: how many are kept ---

TEST_F (AsyncCacheTest, Rule04ACacheOfSizeZeroKeepsNothing)
{
  Tracker tracker;
  ScriptedLoader loader;

  use_cache (0);
  set ("set", tracker.entry ());
  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_FALSE (contains ("set"));

  auto got = get ("loaded", loader);
  turn ();
  loader.answer (tracker.entry ());
  turn ();
  EXPECT_TRUE (got->done ());
  EXPECT_NE (got->entry, nullptr);
  EXPECT_EQ (tracker.alive (), 1) << "who waited holds it";
  got->entry.reset ();
  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_FALSE (contains ("loaded"));
  EXPECT_EQ (metrics ()->size, 0u);
}

TEST_F (AsyncCacheTest, Rule04ACacheOfSizeZeroStillLoadsAKeyOnceForAllWhoAsk)
{
  ScriptedLoader loader;
  std::vector<std::shared_ptr<Got>> all;

  use_cache (0);
  for (int i = 0; i < 100; i++)
    all.push_back (get ("key", loader));
  turn ();
  ASSERT_EQ (loader.count (), 1);
  loader.answer ("value");
  turn ();

  EXPECT_THAT (all, Each (GotText ("value")));

  auto later = get ("key", loader);
  turn ();
  EXPECT_EQ (loader.count (), 2);
  loader.answer ("value");
  turn ();
}

TEST_F (AsyncCacheTest, Rule04TheSizeIsNeverExceeded)
{
  use_cache (3);

  for (int i = 0; i < 100; i++)
    {
      set (std::to_string (i).c_str (), "value");
      ASSERT_EQ (metrics ()->size, MIN (i + 1u, 3u));
    }

  EXPECT_EQ (metrics ()->evictions, 97u);
}

TEST_F (AsyncCacheTest, Rule04AnUnlimitedCacheNeverEvicts)
{
  Tracker tracker;

  use_cache (MEMO_UNLIMITED);
  tracker.fill (cache (), "key", 20000);
  turn ();

  EXPECT_EQ (tracker.alive (), 20000);
  EXPECT_EQ (metrics ()->size, 20000u);
  EXPECT_EQ (metrics ()->evictions, 0u);
  EXPECT_TRUE (contains ("key 0"));
}

TEST_F (AsyncCacheTest, Rule04ALowerSizeEvictsTheLeastRecentAtOnce)
{
  Tracker tracker;

  tracker.fill (cache (), "key", 10);
  memo_async_cache_set_maxsize (cache_.get (), 4);

  EXPECT_EQ (tracker.alive (), 4);
  EXPECT_EQ (metrics ()->evictions, 6u);
  EXPECT_FALSE (contains ("key 5"));
  EXPECT_TRUE (contains ("key 6"));
  EXPECT_TRUE (contains ("key 9"));

  memo_async_cache_set_maxsize (cache_.get (), 0);
  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (AsyncCacheTest, Rule04AMuchLowerSizeEvictsInSlices)
{
  Tracker tracker;

  use_cache (MEMO_UNLIMITED);
  tracker.fill (cache (), "key", 5000);
  memo_async_cache_set_maxsize (cache_.get (), 100);
  EXPECT_LE (tracker.gone (), slice);

  auto turns = gone_by_turn (context_, tracker);

  EXPECT_THAT (turns, Each (Le (slice)));
  EXPECT_THAT (turns, SizeIs (Ge (8u)));
  EXPECT_EQ (tracker.alive (), 100);
  EXPECT_EQ (metrics ()->size, 100u);
  EXPECT_TRUE (contains ("key 4900"));
  EXPECT_FALSE (contains ("key 4899"));
}

TEST_F (AsyncCacheTest, Rule04ALowerSizeIsReachedBySettingWhereNoLoopTurns)
{
  Tracker tracker;

  use_cache (MEMO_UNLIMITED);
  tracker.fill (cache (), "old", 2000);
  memo_async_cache_set_maxsize (cache_.get (), 10);
  tracker.fill (cache (), "new", 500);

  EXPECT_EQ (tracker.alive (), 10);
  EXPECT_TRUE (contains ("new 490"));
  EXPECT_TRUE (contains ("new 499"));
}

TEST_F (AsyncCacheTest, Rule04AHigherSizeEvictsNothing)
{
  Tracker tracker;

  use_cache (5);
  tracker.fill (cache (), "key", 5);
  memo_async_cache_set_maxsize (cache_.get (), 8);
  tracker.fill (cache (), "more", 3);
  turn ();

  EXPECT_EQ (tracker.alive (), 8);
  EXPECT_EQ (metrics ()->evictions, 0u);
}

// --- what is known to go wrong elsewhere ---

TEST_F (AsyncCacheTest, Failure11ARefreshThatFailsHasNotThrownTheGoodValueAway)
{
  ScriptedLoader loader;

  set ("key", "good");
  auto asked = refresh ("key", loader);
  turn ();
  EXPECT_THAT (lookup ("key"), HoldsText ("good")) << "while it is refreshed";
  loader.fail (make_error ("down"));
  turn ();

  EXPECT_THAT (asked, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_THAT (lookup ("key"), HoldsText ("good"));
  auto other = get ("key", loader);
  turn ();
  EXPECT_THAT (other, GotText ("good"));
  EXPECT_EQ (loader.count (), 1);
}

TEST_F (AsyncCacheTest, Failure17TheTimeOfAnEntryThatWasReplacedDoesNotEndTheNewOne)
{
  set ("longer", entry ("old", 1.0));
  set ("longer", entry ("new", 100.0));
  set ("forever", entry ("old", 1.0));
  set ("forever", entry ("new", MEMO_TTL_FOREVER));
  set ("deleted", entry ("old", 1.0));
  memo_cache_delete (cache (), "deleted");
  set ("deleted", entry ("new", 100.0));

  advance (1.0);
  turn ();

  EXPECT_THAT (lookup ("longer"), HoldsText ("new"));
  EXPECT_THAT (lookup ("forever"), HoldsText ("new"));
  EXPECT_THAT (lookup ("deleted"), HoldsText ("new"));
  EXPECT_EQ (metrics ()->expirations, 0u);
}

TEST_F (AsyncCacheTest, Failure17AClearedCacheForgetsTheTimesToo)
{
  set ("key", entry ("old", 1.0));
  memo_cache_clear (cache ());
  set ("key", entry ("new", 100.0));

  advance (1.0);
  turn ();

  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
}

// --- entries ---

TEST_F (AsyncCacheTest, OneEntryServesManyKeysAndCaches)
{
  Tracker tracker;
  Entry shared = tracker.entry (10.0);
  auto other = new_cache ();

  memo_cache_set (cache (), "one", memo_entry_ref (shared.get ()));
  advance (5.0);
  memo_cache_set (cache (), "two", memo_entry_ref (shared.get ()));
  memo_cache_set (MEMO_CACHE (other.get ()), "one", memo_entry_ref (shared.get ()));
  EXPECT_EQ (lookup ("one"), shared);
  EXPECT_EQ (lookup ("two"), shared);

  advance (5.0);
  EXPECT_FALSE (contains ("one")) << "each key has a deadline of its own";
  EXPECT_TRUE (contains ("two"));
  EXPECT_TRUE (memo_cache_contains (MEMO_CACHE (other.get ()), "one"));

  cache_.reset ();
  other.reset ();
  EXPECT_EQ (tracker.alive (), 1);
  shared.reset ();
  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (AsyncCacheTest, ACacheThatGoesTakesItsEntriesAlong)
{
  Tracker tracker;

  tracker.fill (cache (), "key", 100);
  cache_.reset ();

  EXPECT_EQ (tracker.alive (), 0);
}
