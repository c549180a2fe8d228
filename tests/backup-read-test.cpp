// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/backup-test.hpp"

using namespace memo_test;

namespace {

// What comes up from a backup, and for how long it is kept.
class BackupReadTest : public BackupTest
{
protected:
  // A cache with settings of its own in front of what there is.
  template <typename... Options>
  void restart_with (Options... options)
  {
    flush ();
    cache_ = new_cache_over (backend_, options...);
  }

  bool contains (const char *key) { return memo_cache_contains (cache (), key); }

  // What a restart makes of a value.
  Entry again (Entry value)
  {
    set ("key", std::move (value));
    restart ();
    auto got = get ("key");
    turn ();
    EXPECT_EQ (got->callbacks, 1);
    EXPECT_EQ (got->error, nullptr);
    return std::move (got->entry);
  }

  ScriptedLoader loader_;
};

// --- lives ---

TEST_F (BackupReadTest, Rule26TheDefaultOfTheCacheMayEndItEarlier)
{
  set ("key", entry ("value", 100.0));
  restart_with ("default-ttl", 10.0);
  get ("key");
  turn ();
  advance (9.999);
  EXPECT_TRUE (contains ("key"));
  advance (0.001);
  EXPECT_FALSE (contains ("key"));

  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value")) << "the backup has it for longer";
}

TEST_F (BackupReadTest, Rule26TheLoadersLifeMayEndItEarlier)
{
  memo_loader_set_ttl (loader_, 10.0);
  set ("key", entry ("value", 100.0));
  restart_with ("default-ttl", 20.0);
  get ("key", loader_);
  turn ();
  EXPECT_TRUE (contains ("key"));
  advance (10.0);
  EXPECT_FALSE (contains ("key"));
  EXPECT_EQ (loader_.count (), 0);
}

TEST_F (BackupReadTest, Rule26NoDefaultMakesItLonger)
{
  memo_loader_set_ttl (loader_, 1000.0);
  set ("key", entry ("value", 10.0));
  restart_with ("default-ttl", 2000.0);
  advance (9.0);
  get ("key", loader_);
  turn ();
  EXPECT_TRUE (contains ("key"));
  advance (1.0);
  EXPECT_FALSE (contains ("key"));
}

TEST_F (BackupReadTest, Rule26WhatIsOverIsAMiss)
{
  set ("key", entry ("value", 10.0));
  restart ();
  advance (10.0);
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ());
}

TEST_F (BackupReadTest, Rule26WhatEndsWhileItIsReadIsAMiss)
{
  set ("key", entry ("value", 10.0));
  restart ();
  backend_.hold (Ask::load);
  auto got = get ("key", loader_);
  advance (9.0);
  backend_.let_go ();
  advance (1.0);
  turn ();
  EXPECT_THAT (got, IsPending ());
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
}

TEST_F (BackupReadTest, Rule26WhatIsOnItsWayKeepsItsDeadline)
{
  cache_ = new_cache_over (backend_, "maxsize", 0);
  backend_.hold (Ask::store);
  set ("key", entry ("value", 10.0));
  memo_async_cache_set_maxsize (cache_.get (), 10);
  advance (9.0);
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (backend_.asked (Ask::load), 0) << "it never left the process";
  EXPECT_TRUE (contains ("key"));
  advance (1.0);
  EXPECT_FALSE (contains ("key"));

  got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ());
}

TEST_F (BackupReadTest, Rule26AWallClockSetBackProlongsNothing)
{
  memo_manual_clock_set_real_time (clock_.get (), G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC);
  set ("key", entry ("value", 60.0));
  flush ();

  // Another process, which counts the time from another origin.
  clock_.reset (memo_manual_clock_new ());
  advance (5.0);
  memo_manual_clock_set_real_time (clock_.get (), G_GINT64_CONSTANT (1700000000 - 3600) * G_USEC_PER_SEC);
  cache_ = new_cache_over (backend_);
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ());
}

TEST_F (BackupReadTest, Rule26AnotherOriginGoesByTheWallClock)
{
  memo_manual_clock_set_real_time (clock_.get (), G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC);
  set ("key", entry ("value", 60.0));
  flush ();

  clock_.reset (memo_manual_clock_new ());
  advance (12345.0);
  memo_manual_clock_set_real_time (clock_.get (), G_GINT64_CONSTANT (1700000000 + 50) * G_USEC_PER_SEC);
  cache_ = new_cache_over (backend_);
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  advance (9.9);
  EXPECT_TRUE (contains ("key"));
  advance (0.1);
  EXPECT_FALSE (contains ("key"));
}

TEST_F (BackupReadTest, Rule05ALoaderWhoseAnswersAreNotKeptKeepsNoneOfABackup)
{
  memo_loader_set_ttl (loader_, 0.0);
  set ("key", "value");
  restart ();
  auto got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_FALSE (contains ("key"));
}

// --- values ---

TEST_F (BackupReadTest, Rule01ACachedNothingIsAHit)
{
  set ("key", Entry (memo_entry_new (nullptr)));
  restart ();
  auto got = get ("key", loader_);
  turn ();
  EXPECT_EQ (got->callbacks, 1);
  EXPECT_THAT (got->entry, IsNothing ());
  EXPECT_EQ (loader_.count (), 0);
}

TEST_F (BackupReadTest, EveryTypeComesBackAsItWas)
{
  const char *texts[] = { "one", "", "two", nullptr };
  struct { GType type; std::function<void (GValue *)> fill; } cases[] = {
    { G_TYPE_BOOLEAN, [] (GValue *value) { g_value_set_boolean (value, TRUE); } },
    { G_TYPE_INT, [] (GValue *value) { g_value_set_int (value, G_MININT); } },
    { G_TYPE_UINT, [] (GValue *value) { g_value_set_uint (value, G_MAXUINT); } },
    { G_TYPE_INT64, [] (GValue *value) { g_value_set_int64 (value, G_MININT64); } },
    { G_TYPE_UINT64, [] (GValue *value) { g_value_set_uint64 (value, G_MAXUINT64); } },
    { G_TYPE_LONG, [] (GValue *value) { g_value_set_long (value, -1); } },
    { G_TYPE_DOUBLE, [] (GValue *value) { g_value_set_double (value, 0.1); } },
    { G_TYPE_FLOAT, [] (GValue *value) { g_value_set_float (value, 0.5f); } },
    { G_TYPE_STRING, [] (GValue *value) { g_value_set_string (value, "täxt"); } },
    { G_TYPE_STRV, [&] (GValue *value) { g_value_set_boxed (value, texts); } },
    { G_TYPE_BYTES, [] (GValue *value) { g_value_take_boxed (value, g_bytes_new ("a\0b", 3)); } },
    { G_TYPE_VARIANT, [] (GValue *value) { g_value_set_variant (value, g_variant_new ("(si)", "one", 2)); } },
  };

  for (auto &one : cases)
    {
      GValue value = G_VALUE_INIT;

      g_value_init (&value, one.type);
      one.fill (&value);
      Entry back = again (Entry (memo_entry_new (&value)));
      ASSERT_NE (back, nullptr) << g_type_name (one.type);
      ASSERT_NE (memo_entry_get_value (back.get ()), nullptr) << g_type_name (one.type);
      EXPECT_EQ (G_VALUE_TYPE (memo_entry_get_value (back.get ())), one.type);
      std::unique_ptr<char, Deleter<void, g_free>> before (g_strdup_value_contents (&value));
      std::unique_ptr<char, Deleter<void, g_free>> after (g_strdup_value_contents (memo_entry_get_value (back.get ())));
      if (one.type == G_TYPE_BYTES)
        EXPECT_TRUE (g_bytes_equal (g_value_get_boxed (&value), memo_entry_get_bytes (back.get ())));
      else
        EXPECT_STREQ (before.get (), after.get ());
      g_value_unset (&value);
    }
}

TEST_F (BackupReadTest, AnObjectStaysInMemoryAndWhatWasThereBeforeGoes)
{
  set ("key", "old");
  flush ();
  EXPECT_TRUE (is_stored ("key"));
  auto object = adopt (G_OBJECT (g_object_new (G_TYPE_OBJECT, nullptr)));
  set ("key", Entry (memo_entry_new_object (object.get ())));
  flush ();
  EXPECT_TRUE (contains ("key"));
  EXPECT_FALSE (is_stored ("key"));
}

// --- keys ---

TEST_F (BackupReadTest, Rule02AKeyThatIsTooLongStaysInMemory)
{
  const std::string fits (64 * 1024, 'k'), longer = fits + "k";

  set (fits.c_str (), "fits");
  set (longer.c_str (), "longer");
  auto got = get (longer.c_str ());
  turn ();
  EXPECT_THAT (got, GotText ("longer"));

  restart ();
  auto one = get (fits.c_str ()), two = get (longer.c_str ());
  turn ();
  auto three = get (longer.c_str (), loader_);
  turn ();
  EXPECT_THAT (one, GotText ("fits"));
  EXPECT_THAT (two, GotMiss ());
  EXPECT_EQ (backend_.asked (Ask::load), 1);
  loader_.answer ("loaded");
  turn ();
  EXPECT_THAT (three, GotText ("loaded"));
  remove (longer.c_str ());
  EXPECT_EQ (flush ()->error, nullptr);
}

TEST_F (BackupReadTest, Rule02AnEmptyKeyIsAKey)
{
  set ("", "value");
  restart ();
  auto got = get ("");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
}

// --- without memory ---

TEST_F (BackupReadTest, Rule04WithoutMemoryTheBackupAnswers)
{
  cache_ = new_cache_over (backend_, "maxsize", 0);
  auto first = get ("key", loader_), joined = get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 1);
  loader_.answer ("value");
  turn ();
  EXPECT_THAT (joined, GotText ("value"));

  auto again = get ("key", loader_);
  turn ();
  EXPECT_THAT (again, GotText ("value"));
  EXPECT_EQ (loader_.count (), 1);
  remove ("key");
  again = get ("key");
  turn ();
  EXPECT_THAT (again, GotMiss ());
}

TEST_F (BackupReadTest, WhatHadToMakeRoomComesBack)
{
  cache_ = new_cache_over (backend_, "maxsize", 1);
  set ("one", "1");
  set ("two", "2");
  EXPECT_FALSE (contains ("one"));
  auto got = get ("one", loader_);
  turn ();
  EXPECT_THAT (got, GotText ("1"));
  EXPECT_EQ (loader_.count (), 0);
}

// --- refreshes ---

TEST_F (BackupReadTest, Rule13ARefreshReadsNothing)
{
  set ("key", "old");
  restart ();
  auto got = refresh ("key", loader_);
  turn ();
  EXPECT_EQ (backend_.asked (Ask::load), 0);
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
  restart ();
  got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
}

TEST_F (BackupReadTest, Rule13ARefreshWantsNoneOfWhatIsBeingRead)
{
  set ("key", "old");
  restart ();
  backend_.hold (Ask::load);
  auto first = get ("key", loader_), fresh = refresh ("key", loader_);
  backend_.let_go ();
  turn ();
  EXPECT_THAT (first, IsPending ());
  EXPECT_EQ (loader_.count (), 1);
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (first, GotText ("new"));
  EXPECT_THAT (fresh, GotText ("new"));
}

TEST_F (BackupReadTest, Rule13ARefreshWantsNoneOfWhatWasReadAndHadNoTurnYet)
{
  set ("key", "old");
  restart ();
  auto first = get ("key", loader_);
  ASSERT_EQ (backend_.answered (Ask::load), 1);
  auto fresh = refresh ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 1);
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (first, GotText ("new"));
  EXPECT_THAT (fresh, GotText ("new"));
}

TEST_F (BackupReadTest, Rule13ARefreshGivesItsLoaderToWhoHasNone)
{
  set ("key", "old");
  restart ();
  backend_.hold (Ask::load);
  auto first = get ("key"), fresh = refresh ("key", loader_);
  backend_.let_go ();
  turn ();
  ASSERT_EQ (loader_.count (), 1);
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (first, GotText ("new"));
  EXPECT_THAT (fresh, GotText ("new"));
}

TEST_F (BackupReadTest, Rule13ARefreshThatCannotLoadTakesNothingFromOthers)
{
  set ("key", "old");
  restart ();
  backend_.hold (Ask::load);
  auto first = get ("key"), fresh = refresh ("key", nullptr);
  backend_.let_go ();
  turn ();
  EXPECT_THAT (first, GotText ("old"));
  EXPECT_THAT (fresh, GotMiss ());
}

TEST_F (BackupReadTest, Rule13WhenARefreshFailsTheBackupStillHasTheOldOne)
{
  set ("key", "old");
  restart ();
  auto fresh = refresh ("key", loader_);
  turn ();
  loader_.fail (make_error ("no"));
  turn ();
  EXPECT_THAT (fresh, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  auto got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotText ("old"));
}

TEST_F (BackupReadTest, Rule08ARememberedErrorDoesNotHideWhatTheBackupHas)
{
  memo_loader_set_error_ttl (loader_, 10.0);
  set ("key", "old");
  restart ();
  auto fresh = refresh ("key", loader_);
  turn ();
  loader_.fail (make_error ("no"));
  turn ();
  EXPECT_THAT (fresh, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  auto got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotText ("old"));
}

} // namespace
