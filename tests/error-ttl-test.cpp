// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"
#include "support/tracking.hpp"

using namespace memo_test;
using ::testing::Each;
using ::testing::Le;

// Errors of a kind that counts how many of them there are, copies among them.
struct Counted { int alive; };

static std::atomic<int> errors_alive { 0 };

static GQuark
counted_quark ()
{
  static GQuark quark = g_error_domain_register_static (
    "memo-test-counted", sizeof (Counted),
    [] (GError *) { errors_alive++; },
    [] (const GError *, GError *) {},
    [] (GError *) { errors_alive--; });

  return quark;
}

// Rule 8, what it says of errors that are remembered.
class ErrorTtlTest : public CacheTest
{
protected:
  ErrorTtlTest () { memo_loader_set_error_ttl (loader_, 10.0); }

  // Loads KEY, which fails.
  void fail (const char *key, const char *message = "down")
  {
    auto got = refresh (key, loader_);

    turn ();
    loader_.fail (make_error (message));
    turn ();
    ASSERT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  }

  // Whether a get is given the error again without a load.
  bool remembers (const char *key)
  {
    int before = loader_.count ();
    auto got = get (key, loader_);

    turn ();
    if (loader_.count () == before)
      {
        EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
        return true;
      }

    loader_.answer (entry ("not kept", 0.0));
    turn ();
    EXPECT_THAT (got, GotText ("not kept"));
    return false;
  }

  ScriptedLoader loader_;
};

TEST_F (ErrorTtlTest, Rule08AnErrorIsNotRememberedUnlessTheLoaderSaysSo)
{
  memo_loader_set_error_ttl (loader_, 0.0);
  fail ("key");

  EXPECT_FALSE (remembers ("key"));
}

TEST_F (ErrorTtlTest, Rule08ARememberedErrorIsGivenAgainAsItIs)
{
  auto first = get ("key", loader_);

  turn ();
  loader_.fail (make_error ("no such table", MEMO_ERROR, 4711));
  turn ();
  auto again = get ("key", loader_);
  auto without_loader = get ("key");
  EXPECT_THAT (again, IsPending ());
  turn ();

  for (auto got : { first, again, without_loader })
    {
      EXPECT_THAT (got, GotError (MEMO_ERROR, 4711));
      EXPECT_STREQ (got->error->message, "no such table");
    }
  EXPECT_EQ (loader_.count (), 1);
}

TEST_F (ErrorTtlTest, Rule08ARememberedErrorIsAMissToALookup)
{
  fail ("key");

  EXPECT_THAT (lookup ("key"), IsMiss ());
  EXPECT_THAT (peek ("key"), IsMiss ());
  EXPECT_FALSE (contains ("key"));
  EXPECT_FALSE (memo_cache_delete (cache (), "key"));
  EXPECT_EQ (metrics ()->size, 0u);
}

TEST_F (ErrorTtlTest, Rule08ARememberedErrorExpiresAtItsDeadline)
{
  fail ("key");
  advance (10.0 - 1e-6);
  EXPECT_TRUE (remembers ("key"));
  advance (1e-6);
  EXPECT_FALSE (remembers ("key"));
}

TEST_F (ErrorTtlTest, Rule08BeingAskedForDoesNotMakeARememberedErrorLiveLonger)
{
  fail ("key");
  for (int i = 0; i < 10; i++)
    {
      EXPECT_TRUE (remembers ("key"));
      advance (1.0);
    }

  EXPECT_FALSE (remembers ("key"));
}

TEST_F (ErrorTtlTest, Rule08AnErrorOfARefreshLeavesTheLiveEntryAlone)
{
  set ("key", entry ("good", 100.0));
  fail ("key");

  EXPECT_THAT (lookup ("key"), HoldsText ("good"));
  auto got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotText ("good"));
}

TEST_F (ErrorTtlTest, Rule08AnErrorOfARefreshThatLeftALiveEntryAloneIsNotRemembered)
{
  set ("key", entry ("good", 5.0));
  fail ("key");

  advance (5.0);
  EXPECT_FALSE (remembers ("key")) << "the error came back to life when the entry expired";
}

TEST_F (ErrorTtlTest, Rule08AnErrorTakesThePlaceOfAnExpiredEntry)
{
  set ("key", entry ("old", 5.0));
  advance (5.0);
  fail ("key");

  EXPECT_TRUE (remembers ("key"));
  EXPECT_THAT (lookup ("key"), IsMiss ());
}

TEST_F (ErrorTtlTest, Rule08ASetReplacesARememberedError)
{
  fail ("key");
  set ("key", entry ("value", 1.0));

  auto got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  advance (1.0);
  EXPECT_FALSE (remembers ("key")) << "the error was only hidden";
}

TEST_F (ErrorTtlTest, Rule08ASetThatStoresNothingDropsARememberedErrorToo)
{
  fail ("key");
  set ("key", entry ("passing", 0.0));

  EXPECT_FALSE (remembers ("key"));
}

TEST_F (ErrorTtlTest, Rule08ADeleteDropsARememberedError)
{
  fail ("key");
  fail ("other");
  memo_cache_delete (cache (), "key");

  EXPECT_FALSE (remembers ("key"));
  EXPECT_TRUE (remembers ("other"));
}

TEST_F (ErrorTtlTest, Rule08AClearDropsRememberedErrors)
{
  fail ("key");
  memo_cache_clear (cache ());

  EXPECT_FALSE (remembers ("key"));
}

TEST_F (ErrorTtlTest, Rule08TheTagsOfTheLoaderDropARememberedError)
{
  memo_loader_set_tags (loader_, Tags ({ "table" }));
  fail ("key");
  memo_cache_invalidate_tags (cache (), Tags ({ "chair" }));
  EXPECT_TRUE (remembers ("key"));

  memo_cache_invalidate_tags (cache (), Tags ({ "table" }));
  EXPECT_FALSE (remembers ("key"));
}

TEST_F (ErrorTtlTest, Rule08TheTagsOfTheCallDropARememberedError)
{
  auto got = get ("key", loader_);

  turn ();
  memo_call_add_tags (loader_.front (), Tags ({ "row" }));
  loader_.fail (make_error ("down"));
  turn ();
  EXPECT_TRUE (remembers ("key"));

  memo_cache_invalidate_tags (cache (), Tags ({ "row" }));
  EXPECT_FALSE (remembers ("key"));
}

TEST_F (ErrorTtlTest, Rule08ARefreshGoesPastARememberedErrorAndReplacesIt)
{
  fail ("key", "first");

  auto got = refresh ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 2);
  EXPECT_EQ (memo_call_get_previous (loader_.front ()), nullptr) << "an error is nothing to refresh";
  loader_.answer (entry ("value", 1.0));
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
  advance (1.0);
  EXPECT_FALSE (remembers ("key"));
}

TEST_F (ErrorTtlTest, Rule08ANewErrorReplacesTheRememberedOneAndItsTime)
{
  fail ("key", "first");
  advance (9.0);
  fail ("key", "second");
  advance (9.0);

  auto got = get ("key", loader_);
  turn ();
  ASSERT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_STREQ (got->error->message, "second");
}

TEST_F (ErrorTtlTest, Rule08AnAnswerOfNullDropsARememberedError)
{
  fail ("key");
  auto got = refresh ("key", loader_);
  turn ();
  loader_.answer (Entry ());
  turn ();

  EXPECT_THAT (got, GotMiss ());
  EXPECT_FALSE (remembers ("key"));
}

TEST_F (ErrorTtlTest, Rule08AnErrorOfAnOutdatedLoadIsNotRemembered)
{
  auto got = get ("key", loader_);

  turn ();
  memo_cache_delete (cache (), "key");
  loader_.fail (make_error ("late"));
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_FALSE (remembers ("key"));
}

TEST_F (ErrorTtlTest, Rule08ADroppedCallIsRememberedToo)
{
  auto got = get ("key", loader_);

  turn ();
  loader_.drop ();
  turn ();
  auto again = get ("key", loader_);
  turn ();

  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  EXPECT_THAT (again, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  EXPECT_EQ (loader_.count (), 1);
}

// --- their memory ---

class CountedErrorTest : public ErrorTtlTest
{
protected:
  CountedErrorTest () { errors_alive = 0; }

  void fail_many (int n)
  {
    for (int i = 0; i < n; i++)
      {
        get (std::to_string (i).c_str (), loader_);
        turn ();
        loader_.fail (make_error ("down", counted_quark (), i));
        turn ();
      }
  }
};

TEST_F (CountedErrorTest, Rule06RememberedErrorsThatNobodyAsksForAreGivenBack)
{
  fail_many (100);
  EXPECT_EQ (errors_alive, 100);

  advance (10.0);
  turn ();
  EXPECT_EQ (errors_alive, 0);
}

TEST_F (CountedErrorTest, Rule06ManyRememberedErrorsGoInSlices)
{
  cache_ = new_cache (MEMO_UNLIMITED);
  fail_many (2000);
  advance (10.0);

  for (int before = errors_alive; g_main_context_iteration (context_, FALSE); before = errors_alive)
    EXPECT_LE (before - errors_alive, slice);
  EXPECT_EQ (errors_alive, 0);
}

TEST_F (CountedErrorTest, Rule04RememberedErrorsAreBoundedAsTheEntriesAre)
{
  std::unique_ptr<GMainContext, Deleter<GMainContext, g_main_context_unref>> asleep (g_main_context_new ());

  // Where nobody sweeps, so that it is not the sweep that bounds them.
  g_main_context_push_thread_default (asleep.get ());
  cache_ = new_cache (10);
  g_main_context_pop_thread_default (asleep.get ());
  fail_many (50);

  EXPECT_LE (errors_alive, 10);
  EXPECT_EQ (metrics ()->size, 0u);
}

TEST_F (CountedErrorTest, Rule08RememberedErrorsEvictNoEntries)
{
  cache_ = new_cache (10);
  for (int i = 100; i < 110; i++)
    set (std::to_string (i).c_str (), "value");
  fail_many (50);

  EXPECT_EQ (metrics ()->size, 10u);
  EXPECT_EQ (metrics ()->evictions, 0u);
}

TEST_F (CountedErrorTest, Rule08RememberedErrorsGoWithTheCache)
{
  fail_many (50);
  cache_.reset ();

  EXPECT_EQ (errors_alive, 0);
}
