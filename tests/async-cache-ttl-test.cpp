// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"
#include "support/tracking.hpp"

using namespace memo_test;

// Rule 5: how long an entry lives, and who says so.
class TtlTest : public CacheTest
{
protected:
  static constexpr double moment = 1e-6;

  void use_cache (double default_ttl) { cache_ = new_cache (128, default_ttl); }

  // Loads "key", which lives as long as ENTRY_TTL or LOADER_TTL say.
  std::shared_ptr<Got> load (double entry_ttl, double loader_ttl = MEMO_TTL_DEFAULT)
  {
    ScriptedLoader loader;

    memo_loader_set_ttl (loader, loader_ttl);
    auto got = refresh ("key", loader);
    turn ();
    loader.answer (entry ("value", entry_ttl));
    turn ();

    return got;
  }

  // That "key" lives for so long from now on.
  void expect_life (double seconds)
  {
    if (seconds == 0.0)
      {
        EXPECT_FALSE (contains ("key"));
        EXPECT_EQ (metrics ()->size, 0u);
        return;
      }

    ASSERT_TRUE (contains ("key"));
    if (seconds == MEMO_TTL_FOREVER)
      {
        advance (1e9);
        turn ();
        EXPECT_TRUE (contains ("key"));
        return;
      }

    advance (seconds - moment);
    turn ();
    EXPECT_TRUE (contains ("key")) << "gone too early";
    advance (moment);
    EXPECT_FALSE (contains ("key")) << "kept too long";
  }
};

TEST_F (TtlTest, Rule05TheEntryThenTheLoaderThenTheCacheDecidesInEveryCombination)
{
  for (double entry_ttl : { MEMO_TTL_DEFAULT, 0.0, 10.0, MEMO_TTL_FOREVER })
    for (double loader_ttl : { MEMO_TTL_DEFAULT, 0.0, 20.0, MEMO_TTL_FOREVER })
      for (double default_ttl : { 0.0, 30.0, MEMO_TTL_FOREVER })
        {
          SCOPED_TRACE (::testing::Message () << "entry " << entry_ttl << ", loader " << loader_ttl
                                              << ", cache " << default_ttl);
          double life = entry_ttl != MEMO_TTL_DEFAULT ? entry_ttl
                      : loader_ttl != MEMO_TTL_DEFAULT ? loader_ttl : default_ttl;

          use_cache (default_ttl);
          EXPECT_THAT (load (entry_ttl, loader_ttl), GotText ("value"));
          expect_life (life);
        }
}

TEST_F (TtlTest, Rule05ForASetTheEntryThenTheCacheDecidesInEveryCombination)
{
  for (double entry_ttl : { MEMO_TTL_DEFAULT, 0.0, 10.0, MEMO_TTL_FOREVER })
    for (double default_ttl : { 0.0, 30.0, MEMO_TTL_FOREVER })
      {
        SCOPED_TRACE (::testing::Message () << "entry " << entry_ttl << ", cache " << default_ttl);
        double life = entry_ttl != MEMO_TTL_DEFAULT ? entry_ttl : default_ttl;

        use_cache (default_ttl);
        set ("key", entry ("value", entry_ttl));
        expect_life (life);
      }
}

TEST_F (TtlTest, Failure12NoTimeToLiveIsNotTheSameAsForEver)
{
  use_cache (10.0);
  set ("default", entry ("value"));
  set ("forever", entry ("value", MEMO_TTL_FOREVER));

  advance (10.0);

  EXPECT_FALSE (contains ("default"));
  EXPECT_TRUE (contains ("forever"));
}

// --- a time to live of 0 ---

TEST_F (TtlTest, Rule05ASetWithZeroRemovesTheOldEntry)
{
  Tracker tracker;

  set ("key", tracker.entry ());
  set ("key", tracker.entry (0.0));

  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_THAT (lookup ("key"), IsMiss ());
  EXPECT_EQ (metrics ()->size, 0u);
}

TEST_F (TtlTest, Rule05AnAnswerWithZeroIsGivenToAllWhoWaitAndStoredNowhere)
{
  Tracker tracker;
  ScriptedLoader loader;

  set ("key", tracker.entry ());
  auto one = refresh ("key", loader);
  auto two = refresh ("key", loader);
  turn ();
  EXPECT_EQ (tracker.alive (), 1) << "the old one stays until the answer is there";
  loader.answer (entry ("passing", 0.0));
  turn ();

  EXPECT_THAT (one, GotText ("passing"));
  EXPECT_THAT (two, GotText ("passing"));
  EXPECT_FALSE (contains ("key"));
  EXPECT_EQ (tracker.alive (), 0) << "the old one is held on to";
}

TEST_F (TtlTest, Rule05ALoaderWithZeroStoresNothingAndRemovesTheOldEntry)
{
  set ("key", "old");
  EXPECT_THAT (load (MEMO_TTL_DEFAULT, 0.0), GotText ("value"));

  EXPECT_FALSE (contains ("key"));
}

TEST_F (TtlTest, Rule05ADefaultOfZeroStoresNothingAndRemovesTheOldEntry)
{
  set ("set", "old");
  set ("key", "old");
  memo_async_cache_set_default_ttl (cache_.get (), 0.0);
  EXPECT_TRUE (contains ("set"));
  EXPECT_TRUE (contains ("key"));

  set ("set", "new");
  EXPECT_THAT (load (MEMO_TTL_DEFAULT), GotText ("value"));

  EXPECT_FALSE (contains ("set"));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (TtlTest, Rule05WithZeroEveryGetLoadsAgain)
{
  ScriptedLoader loader;

  memo_loader_set_ttl (loader, 0.0);
  for (int i = 1; i <= 3; i++)
    {
      auto got = get ("key", loader);
      turn ();
      EXPECT_EQ (loader.count (), i);
      loader.answer ("value");
      turn ();
      EXPECT_THAT (got, GotText ("value"));
    }
}

// --- the default ---

TEST_F (TtlTest, Rule05AChangeOfTheDefaultIsForWhatIsStoredLater)
{
  use_cache (10.0);
  set ("before", "value");
  memo_async_cache_set_default_ttl (cache_.get (), 100.0);
  set ("after", "value");

  advance (10.0);
  EXPECT_FALSE (contains ("before"));
  EXPECT_TRUE (contains ("after"));
  advance (90.0);
  EXPECT_FALSE (contains ("after"));
}

TEST_F (TtlTest, Rule05AShorterDefaultLeavesLivesThatBeganAlone)
{
  use_cache (100.0);
  set ("before", "value");
  memo_async_cache_set_default_ttl (cache_.get (), 10.0);

  advance (99.0);
  turn ();
  EXPECT_TRUE (contains ("before"));
  advance (1.0);
  EXPECT_FALSE (contains ("before"));
}

TEST_F (TtlTest, Rule05TheDefaultOfWhenTheAnswerIsStoredCounts)
{
  ScriptedLoader loader;

  use_cache (10.0);
  auto got = get ("key", loader);
  turn ();
  memo_async_cache_set_default_ttl (cache_.get (), 100.0);
  loader.answer ("value");
  turn ();

  expect_life (100.0);
}

// --- when a life begins ---

TEST_F (TtlTest, Rule05ALifeBeginsWhenTheAnswerIsStored)
{
  ScriptedLoader loader;
  auto got = get ("key", loader);

  turn ();
  advance (7.0);
  loader.answer (entry ("value", 10.0));
  advance (3.0);
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  expect_life (7.0);
}

TEST_F (TtlTest, Rule05ARefreshBeginsANewLife)
{
  set ("key", entry ("old", 10.0));
  advance (9.0);
  EXPECT_THAT (load (10.0), GotText ("value"));

  expect_life (10.0);
}

TEST_F (TtlTest, Rule05ASetBeginsANewLifeWithATimeToLiveOfItsOwn)
{
  set ("key", entry ("old", 10.0));
  set ("key", entry ("new", 3.0));

  expect_life (3.0);
}

TEST_F (TtlTest, Rule05ToBeUsedDoesNotMakeALifeLonger)
{
  set ("key", entry ("value", 10.0));
  for (int i = 0; i < 9; i++)
    {
      advance (1.0);
      EXPECT_NE (lookup ("key"), nullptr);
      auto got = get ("key");
      turn ();
      EXPECT_THAT (got, GotText ("value"));
    }

  expect_life (1.0);
}
