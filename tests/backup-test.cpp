// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/backup-test.hpp"

using namespace memo_test;

namespace {

// A cache with a backup: what is read from it, what is written to it, and what it costs.

TEST_F (BackupTest, WhatWasSetIsThereAfterTheEndOfTheProcess)
{
  set ("key", "value");
  restart ();
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (BackupTest, WhatWasLoadedIsNotLoadedAgain)
{
  ScriptedLoader loader;
  auto first = get ("key", loader);
  turn ();
  loader.answer ("value");
  turn ();
  EXPECT_THAT (first, GotText ("value"));

  restart ();
  auto second = get ("key", loader);
  turn ();
  EXPECT_THAT (second, GotText ("value"));
  EXPECT_EQ (loader.count (), 1);
}

TEST_F (BackupTest, WhatIsInMemoryIsNotReadFromTheBackup)
{
  set ("key", "value");
  turn ();
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (backend_.asked (Ask::load), 0);
}

TEST_F (BackupTest, AKeyThatIsNowhereIsLoadedOnce)
{
  ScriptedLoader loader;
  auto one = get ("key", loader), two = get ("key", loader);
  turn ();
  EXPECT_EQ (backend_.asked (Ask::load), 1);
  EXPECT_EQ (loader.count (), 1);
  loader.answer ("value");
  turn ();
  EXPECT_THAT (one, GotText ("value"));
  EXPECT_THAT (two, GotText ("value"));
}

TEST_F (BackupTest, Rule01WithoutALoaderAKeyThatIsNowhereIsAMiss)
{
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ());
  EXPECT_EQ (backend_.asked (Ask::load), 1);
}

TEST_F (BackupTest, Rule08WhoHasALoaderGivesItToWhoHasNone)
{
  ScriptedLoader loader;
  backend_.hold (Ask::load);
  auto without = get ("key"), with = get ("key", loader);
  backend_.let_go ();
  turn ();
  EXPECT_EQ (loader.count (), 1);
  loader.answer ("value");
  turn ();
  EXPECT_THAT (without, GotText ("value"));
  EXPECT_THAT (with, GotText ("value"));
}

TEST_F (BackupTest, Rule15ADeleteIsADeleteInTheBackup)
{
  set ("key", "value");
  remove ("key");
  restart ();
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ());
  EXPECT_FALSE (is_stored ("key"));
}

TEST_F (BackupTest, Rule26WhatComesBackHasWhatIsLeftOfItsLife)
{
  set ("key", entry ("value", 60.0));
  restart ();
  advance (45.0);
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  advance (14.9);
  EXPECT_TRUE (memo_cache_contains (cache (), "key"));
  advance (0.1);
  EXPECT_FALSE (memo_cache_contains (cache (), "key"));
}

TEST_F (BackupTest, Rule15ATagIsATagInTheBackup)
{
  set ("tagged", entry ("value", MEMO_TTL_DEFAULT, { "tag" }));
  set ("other", entry ("value", MEMO_TTL_DEFAULT, { "other" }));
  restart ();
  invalidate ("tag");
  restart ();
  auto tagged = get ("tagged"), other = get ("other");
  turn ();
  EXPECT_THAT (tagged, GotMiss ());
  EXPECT_THAT (other, GotText ("value"));
}

TEST_F (BackupTest, Rule15TheTagsOfWhatComesBackAreTags)
{
  set ("tagged", entry ("value", MEMO_TTL_DEFAULT, { "tag" }));
  restart ();
  get ("tagged");
  turn ();
  EXPECT_TRUE (memo_cache_contains (cache (), "tagged"));
  invalidate ("tag");
  EXPECT_FALSE (memo_cache_contains (cache (), "tagged"));
}

TEST_F (BackupTest, Rule28AClearIsAClearInTheBackup)
{
  set ("one", "value");
  set ("two", entry ("value", MEMO_TTL_DEFAULT, { "tag" }));
  clear ();
  restart ();
  EXPECT_EQ (backend_.place ().size (), 0u);
}

TEST_F (BackupTest, Rule23AHitInTheBackupIsAMissAndABackupHit)
{
  set ("key", "value");
  restart ();
  auto one = get ("key"), two = get ("key");
  turn ();
  EXPECT_EQ (metrics ()->hits, 0u);
  EXPECT_EQ (metrics ()->misses, 2u);
  EXPECT_EQ (metrics ()->coalesced, 1u);
  EXPECT_EQ (metrics ()->backup_hits, 1u);
  EXPECT_EQ (metrics ()->loads, 0u);
}

TEST_F (BackupTest, ALoaderThatHasNothingRemovesNothingWhereNothingWas)
{
  ScriptedLoader loader;
  get ("key", loader);
  turn ();
  loader.answer (Entry ());
  turn ();
  EXPECT_EQ (backend_.asked (Ask::remove), 0);

  set ("key", "value");
  auto got = refresh ("key", loader);
  turn ();
  loader.answer (Entry ());
  turn ();
  EXPECT_THAT (got, GotMiss ());
  EXPECT_FALSE (is_stored ("key"));
}

} // namespace
