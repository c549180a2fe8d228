// SPDX-License-Identifier: LGPL-2.1-or-later
#include "disk-test.hpp"

using namespace memo_test;

class DiskBackendTest : public DiskTest {};

// --- keeping ---

TEST_F (DiskBackendTest, WhatWasStoredIsFound)
{
  auto backend = make ();

  EXPECT_THAT (store (backend, "key", "value"), IsDone ());
  EXPECT_THAT (load (backend, "key"), Found ("value"));
  EXPECT_THAT (load (backend, "other"), FoundNothing ());
}

TEST_F (DiskBackendTest, ItIsStillThereForTheNextWhoOpensTheFile)
{
  auto first = make ();

  store (first, "key", "value");
  EXPECT_THAT (close (first), IsDone ());
  EXPECT_THAT (load (make (), "key"), Found ("value"));
}

TEST_F (DiskBackendTest, BytesAndKeysOfAnyKindAreKept)
{
  auto backend = make ();
  std::string all;

  for (int i = 0; i < 256; i++)
    all += char (i);
  for (const std::string &text : { all, std::string (), std::string (3, '\0'), std::string (5 * 1000 * 1000, 'x') })
    {
      store (backend, "Schlüssel “1”", text);
      EXPECT_THAT (load (backend, "Schlüssel “1”"), Found (text));
    }
  store (backend, std::string (64 * 1024, 'k'), "long");
  EXPECT_THAT (load (backend, std::string (64 * 1024, 'k')), Found ("long"));
  EXPECT_THAT (load (backend, std::string (64 * 1024 - 1, 'k')), FoundNothing ());
  store (backend, "", "empty");
  EXPECT_THAT (load (backend, ""), Found ("empty"));
}

TEST_F (DiskBackendTest, TheNewValueTakesThePlaceOfTheOld)
{
  auto backend = make ();

  store (backend, "key", "old");
  store (backend, "key", "new");
  EXPECT_THAT (load (backend, "key"), Found ("new"));
  EXPECT_EQ (sql ("SELECT count(*) FROM kv"), 1);
}

TEST_F (DiskBackendTest, NothingIsOnTheDiskBeforeItIsOpened)
{
  auto backend = make ();

  EXPECT_FALSE (fs::exists (path ()));
  EXPECT_FALSE (fs::exists (path ().parent_path ()));
  EXPECT_THAT (open (backend), IsDone ());
  EXPECT_TRUE (fs::exists (path ()));
}

// --- removing ---

TEST_F (DiskBackendTest, WhatWasRemovedIsGone)
{
  auto backend = make ();

  store (backend, "key", "value");
  store (backend, "other", "value");
  EXPECT_THAT (remove (backend, "key"), IsDone ());
  EXPECT_THAT (load (backend, "key"), FoundNothing ());
  EXPECT_THAT (load (backend, "other"), Found ("value"));
  EXPECT_THAT (remove (backend, "key"), IsDone ()) << "there is nothing to remove, which is no error";
}

TEST_F (DiskBackendTest, OnlyWhatIsStillTheSameIsRemovedWhereThatIsAsked)
{
  auto backend = make ();

  store (backend, "key", "value");
  EXPECT_THAT (remove (backend, "key", bytes_of ("other").get ()), IsDone ());
  EXPECT_THAT (remove (backend, "key", bytes_of ("val").get ()), IsDone ());
  EXPECT_THAT (remove (backend, "key", bytes_of ("value ").get ()), IsDone ());
  EXPECT_THAT (load (backend, "key"), Found ("value"));
  EXPECT_THAT (remove (backend, "key", bytes_of ("value").get ()), IsDone ());
  EXPECT_THAT (load (backend, "key"), FoundNothing ());

  store (backend, "key", "");
  EXPECT_THAT (remove (backend, "key", bytes_of ("").get ()), IsDone ());
  EXPECT_THAT (load (backend, "key"), FoundNothing ());
}

TEST_F (DiskBackendTest, ClearingRemovesEverything)
{
  auto backend = make ();

  for (int i = 0; i < 500; i++)
    ask_store (backend, std::to_string (i), "value");
  EXPECT_THAT (clear (backend), IsDone ());
  for (int i = 0; i < 500; i += 50)
    EXPECT_THAT (load (backend, std::to_string (i)), FoundNothing ());
  EXPECT_EQ (sql ("SELECT count(*) FROM kv"), 0);
  EXPECT_EQ (sql ("SELECT total FROM meta"), 0);
  store (backend, "key", "value");
  EXPECT_THAT (load (backend, "key"), Found ("value"));
}

// --- expiry ---

TEST_F (DiskBackendTest, WhatHasExpiredIsNotFound)
{
  auto backend = make ();

  store (backend, "short", "value", 10);
  store (backend, "long", "value", 1000);
  store (backend, "ever", "value");
  ask_store (backend, "gathered", "value", 10);
  later (9.999);
  EXPECT_THAT (load (backend, "short"), Found ("value"));
  EXPECT_THAT (load (backend, "gathered"), Found ("value"));
  later (0.001);
  EXPECT_THAT (load (backend, "short"), FoundNothing ());
  EXPECT_THAT (load (backend, "gathered"), FoundNothing ()) << "not from what was gathered either";
  later (1e9);
  EXPECT_THAT (load (backend, "long"), FoundNothing ());
  EXPECT_THAT (load (backend, "ever"), Found ("value"));
}

TEST_F (DiskBackendTest, ATimeThatIsTooLongToCountIsForEver)
{
  auto backend = make ();

  store (backend, "key", "value", 1e300);
  later (1e9);
  EXPECT_THAT (load (backend, "key"), Found ("value"));
}

TEST_F (DiskBackendTest, AStoreThatExpiredBeforeItWasWrittenRemovesWhatWasThere)
{
  auto backend = make ();

  store (backend, "key", "old");
  ask_store (backend, "key", "new", 1);
  later (2);
  EXPECT_THAT (flush (backend), IsDone ());
  EXPECT_THAT (load (backend, "key"), FoundNothing ());
}

// --- the order of things ---

TEST_F (DiskBackendTest, ALoadSeesAllThatWasAskedBeforeIt)
{
  auto backend = make ();
  std::vector<Telling> loads;

  ask_store (backend, "a", "1");
  loads.push_back (ask_load (backend, "a"));
  ask_store (backend, "a", "2");
  loads.push_back (ask_load (backend, "a"));
  ask_remove (backend, "a");
  loads.push_back (ask_load (backend, "a"));
  ask_store (backend, "a", "3");
  loads.push_back (ask_load (backend, "a"));
  ask_remove (backend, "a", bytes_of ("other").get ());
  loads.push_back (ask_load (backend, "a"));
  ask_remove (backend, "a", bytes_of ("3").get ());
  loads.push_back (ask_load (backend, "a"));
  ask_store (backend, "b", "4");
  ask_clear (backend);
  loads.push_back (ask_load (backend, "b"));
  ask_store (backend, "b", "5");
  loads.push_back (ask_load (backend, "b"));
  wait (loads.back ());

  EXPECT_THAT (loads[0], Found ("1"));
  EXPECT_THAT (loads[1], Found ("2"));
  EXPECT_THAT (loads[2], FoundNothing ());
  EXPECT_THAT (loads[3], Found ("3"));
  EXPECT_THAT (loads[4], Found ("3"));
  EXPECT_THAT (loads[5], FoundNothing ());
  EXPECT_THAT (loads[6], FoundNothing ());
  EXPECT_THAT (loads[7], Found ("5"));
}

// A map and a backend are told the same; the file is looked at now and then.
TEST_F (DiskBackendTest, AnyOrderOfStoresAndRemovesComesToWhatAMapHas)
{
  auto backend = make ();
  g_autoptr(GRand) dice = g_rand_new_with_seed (1);
  std::map<std::string, std::string> model;
  std::vector<std::pair<Telling, std::string>> loads;
  int finds = 0;

  for (int i = 0; i < 4000; i++)
    {
      std::string key = std::to_string (g_rand_int_range (dice, 0, 20));
      std::string text = std::to_string (g_rand_int_range (dice, 0, 3));

      switch (g_rand_int_range (dice, 0, 12))
        {
        case 0:
        case 1:
        case 2:
          ask_store (backend, key, text, MEMO_TTL_FOREVER, g_rand_int_range (dice, 0, 8) == 0);
          model[key] = text;
          break;

        case 3:
          ask_remove (backend, key);
          model.erase (key);
          break;

        case 4:
        case 5:
          ask_remove (backend, key, bytes_of (text).get ());
          if (model.count (key) && model[key] == text)
            model.erase (key);
          break;

        case 6:
          if (g_rand_int_range (dice, 0, 20) == 0)
            {
              ask_clear (backend);
              model.clear ();
            }
          else if (g_rand_int_range (dice, 0, 20) == 0)
            {
              flush (backend);
            }
          break;

        default:
          loads.emplace_back (ask_load (backend, key), model.count (key) ? model[key] : "nothing");
          break;
        }
    }
  flush (backend);

  for (auto &[told, expected] : loads)
    {
      ASSERT_EQ (told->callbacks, 1);
      ASSERT_EQ (told->found ? told->text : "nothing", expected);
      finds += told->found;
    }
  EXPECT_GT (finds, 500);
  EXPECT_EQ (sql ("SELECT count(*) FROM kv"), gint64 (model.size ()));
  EXPECT_EQ (sql ("SELECT total FROM meta"), sql ("SELECT ifnull(sum(size), 0) FROM kv"));
}

// --- flushing and closing ---

TEST_F (DiskBackendTest, AFlushIsAnsweredWhenAllIsWritten)
{
  auto backend = make ();
  auto stored = ask_store (backend, "key", "value");

  EXPECT_THAT (flush (backend), IsDone ());
  EXPECT_THAT (stored, IsDone ());
  EXPECT_EQ (sql ("SELECT count(*) FROM kv"), 1);
  EXPECT_THAT (flush (backend), IsDone ()) << "with nothing to write";
}

TEST_F (DiskBackendTest, ClosingFinishesWhatWasAsked)
{
  auto backend = make ();

  open (backend);
  auto stored = ask_store (backend, "key", "value");
  auto loaded = ask_load (backend, "key");
  EXPECT_THAT (close (backend), IsDone ());
  EXPECT_THAT (stored, IsDone ());
  EXPECT_THAT (loaded, Found ("value"));
  EXPECT_THAT (load (backend, "key"), FailedWith (MEMO_ERROR_CLOSED, "closed"));
  EXPECT_EQ (sql ("SELECT count(*) FROM kv"), 1);
}

TEST_F (DiskBackendTest, WhenTheLastReferenceGoesAllIsAnswered)
{
  std::vector<Telling> told;

  {
    auto backend = make ();

    for (int i = 0; i < 50; i++)
      {
        told.push_back (ask_store (backend, std::to_string (i), "value"));
        told.push_back (ask_load (backend, std::to_string (i)));
      }
    told.push_back (ask_flush (backend));
    made_.clear ();
  }

  wait (told.back ());
  for (auto &each : told)
    EXPECT_THAT (each, IsDone ());
}

TEST_F (DiskBackendTest, OneThatWasNeverUsedEndsAtOnce)
{
  make ();
  made_.clear ();
  EXPECT_FALSE (fs::exists (path ()));
}

TEST_F (DiskBackendTest, ACancelledLoadIsOverAtOnce)
{
  auto backend = make ();
  auto cancellable = adopt (g_cancellable_new ());

  open (backend);
  auto told = ask_load (backend, "key", cancellable.get ());
  g_cancellable_cancel (cancellable.get ());
  wait (told);
  EXPECT_TRUE (told->good || g_error_matches (told->error.get (), G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (store (backend, "key", "value"), IsDone ());
}

// --- looking at it ---

TEST_F (DiskBackendTest, ItCountsWhatItDoes)
{
  auto backend = make ();

  store (backend, "key", "value");
  load (backend, "key");
  load (backend, "key");
  load (backend, "other");
  remove (backend, "key");
  EXPECT_EQ (number (backend, "hits"), 2u);
  EXPECT_EQ (number (backend, "misses"), 1u);
  EXPECT_EQ (number (backend, "written"), 1u);
  EXPECT_EQ (number (backend, "removed"), 1u);
  EXPECT_EQ (number (backend, "commits"), 2u);
  EXPECT_EQ (number (backend, "durable-commits"), 2u);
  EXPECT_EQ (number (backend, "recreated"), 0u);
  EXPECT_EQ (number (backend, "failures"), 0u);
  EXPECT_EQ (number (backend, "size"), 0u);
}

TEST_F (DiskBackendTest, TheFileIsMarkedAsOurs)
{
  auto backend = make ();

  open (backend);
  EXPECT_EQ (sql ("PRAGMA application_id"), 0x4d656d6f);
  EXPECT_EQ (sql ("PRAGMA user_version"), 1);
  EXPECT_EQ (sql ("PRAGMA auto_vacuum"), 2);
  EXPECT_TRUE (fs::exists (path ().string () + "-wal"));
}

TEST_F (DiskBackendTest, OneThatWasNotInitializedSaysSo)
{
  auto object = adopt (MEMO_BACKEND (g_object_new (MEMO_TYPE_DISK_BACKEND, nullptr)));

  EXPECT_THAT (open (object.get ()), FailedWith (MEMO_ERROR_FAILED, "memo_backend_new_for_uri"));
}
