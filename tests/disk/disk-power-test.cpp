// SPDX-License-Identifier: LGPL-2.1-or-later
#include "disk-test.hpp"
#include "trial-vfs.hpp"

#include <map>
#include <random>
#include <set>

using namespace memo_test;

// What the power takes with it.  How many losses of power are tried may be said as MEMO_DISK_LOSSES.
class DiskPowerTest : public DiskTest
{
protected:
  DiskPowerTest ()
  {
    setup_.vfs = vfs_.name ();
    setup_.gather_count = 10;
  }

  ~DiskPowerTest () override { close_all (); }

  // All that was stored under a key, and what it was told last.
  struct History
  {
    std::set<std::string> stored;
    Telling               removed;    // by the last thing it was asked; else NULL
    Telling               stored_for_good;
    std::string           text;
  };

  void step (MemoBackend *backend, std::mt19937 &dice, std::map<std::string, History> &all)
  {
    std::string key = "key " + std::to_string (dice () % 40);
    History &history = all[key];
    std::string text = key + ": " + std::to_string (dice () % 1000) + std::string (dice () % 3000, 'x');

    history.stored_for_good = nullptr;
    switch (dice () % 8)
      {
      case 0:
      case 1:
        history.removed = ask_remove (backend, key);
        removes_++;
        break;

      case 2:
        history.text = text;
        history.stored.insert (text);
        history.removed = nullptr;
        history.stored_for_good = ask_store (backend, key, text, MEMO_TTL_FOREVER, true);
        break;

      default:
        history.stored.insert (text);
        history.removed = nullptr;
        ask_store (backend, key, text);
        break;
      }
  }

  // What of the answers was there when the power went.
  struct Promise
  {
    bool removed;
    bool stored_for_good;
  };

  static std::map<std::string, Promise> promises (const std::map<std::string, History> &all)
  {
    std::map<std::string, Promise> promised;

    for (auto &[key, history] : all)
      promised[key] = { history.removed != nullptr && history.removed->done (),
                        history.stored_for_good != nullptr && history.stored_for_good->done () };
    return promised;
  }

  // Opens what is left, and looks what is in it.
  void look (const fs::path &folder, const std::map<std::string, History> &all,
             const std::map<std::string, Promise> &promised)
  {
    if (!fs::exists (folder / "test.db"))
      return;

    setup_.vfs = nullptr;
    auto backend = make ("disk://" + (folder / "test.db").string ());

    for (auto &[key, history] : all)
      {
        auto told = load (backend, key);

        ASSERT_TRUE (told->good) << told->error->message;
        if (told->found && history.stored.count (told->text) == 0)
          wrong_++;
        if (told->found && promised.at (key).removed)
          resurrected_++;
        if (promised.at (key).stored_for_good && (!told->found || told->text != history.text))
          lost_++;
      }
    damaged_ += number (backend, "recreated");
    close (backend);
    made_.pop_back ();
    EXPECT_EQ (sql (folder / "test.db", "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
    EXPECT_EQ (sql (folder / "test.db", "SELECT total FROM meta"),
               sql (folder / "test.db", "SELECT ifnull(sum(size), 0) FROM kv"));
    setup_.vfs = vfs_.name ();
    looked_++;
  }

  void lose_power_once (unsigned seed)
  {
    std::mt19937 dice (seed);
    std::map<std::string, History> all;
    fs::path after = folder_ / ("after-" + std::to_string (seed));
    fs::path before = folder_ / ("before-" + std::to_string (seed));
    std::string uri = "disk://" + (before / "test.db").string ();
    double kept = (dice () % 5) / 4.0;
    bool amid = dice () % 2 == 0;
    int steps = 20 + dice () % 200;

    // What there is to come back: all that a run before this one has left.
    auto first = make (uri);
    for (int i = 0; i < 40; i++)
      {
        History &history = all["key " + std::to_string (i)];

        history.stored.insert ("of the first run");
        ask_store (first, "key " + std::to_string (i), "of the first run");
      }
    ASSERT_THAT (close (first), IsDone ());
    made_.pop_back ();

    auto backend = make (uri);
    ASSERT_THAT (open (backend), IsDone ());
    for (int i = 0; i < steps; i++)
      {
        step (backend, dice, all);
        // Sometimes all of it is in one transaction, sometimes each has its own.
        if (dice () % 8 == 0)
          wait (load (backend, "key 0"));
      }

    std::map<std::string, Promise> promised;

    // What was promised by now must hold whatever comes of what is asked after it.
    wait (ask_remove (backend, "another key"));
    turn ();
    promised = promises (all);

    if (amid)
      vfs_.lose_power_at (1 + dice () % 20, before, after, kept, seed);
    for (int i = 0; i < 30; i++)
      ask_store (backend, "another key " + std::to_string (i), "value");
    if (amid)
      ask_remove (backend, "another key");
    wait (ask_load (backend, "another key"));
    if (!fs::exists (after))
      vfs_.lose_power (before, after, kept, seed);
    look (after, all, promised);
    for (auto &[key, promise] : promised)
      {
        promised_removes_ += promise.removed;
        promised_stores_ += promise.stored_for_good;
      }
    close (backend);
    made_.pop_back ();
  }

  TrialVfs vfs_;
  int      removes_ = 0, promised_removes_ = 0, promised_stores_ = 0;
  int      looked_ = 0, wrong_ = 0, resurrected_ = 0, lost_ = 0, damaged_ = 0;
};

TEST_F (DiskPowerTest, NothingThatWasRemovedComesBackAndNothingIsDamaged)
{
  const char *count = g_getenv ("MEMO_DISK_LOSSES");
  int losses = count != nullptr ? atoi (count) : 40;

  for (int i = 0; i < losses; i++)
    lose_power_once (i);

  std::cout << looked_ << " losses of power, " << vfs_.lost () << " sectors lost, " << promised_removes_
            << " removals and " << promised_stores_ << " durable stores acknowledged; " << resurrected_
            << " came back, " << lost_ << " durable stores lost, " << damaged_ << " files damaged, " << wrong_
            << " wrong values\n";
  EXPECT_EQ (looked_, losses);
  EXPECT_GT (promised_removes_, 5 * losses);
  EXPECT_GT (promised_stores_, losses);
  EXPECT_GT (vfs_.lost (), losses);
  EXPECT_EQ (resurrected_, 0);
  EXPECT_EQ (lost_, 0);
  EXPECT_EQ (damaged_, 0);
  EXPECT_EQ (wrong_, 0);
}

TEST_F (DiskPowerTest, ARemovalOfWhatWasPurgedBeforeIsDurableToo)
{
  setup_.gather_count = 1;
  auto backend = make (uri ("?max-size=64K"));

  store (backend, "key", std::string (10000, 'x'));
  // Purged by a transaction that nobody waits for: what is in it is lost when the power goes.
  for (int i = 0; number (backend, "purged") == 0 && i < 100; i++)
    {
      later (10);
      wait (ask_store (backend, std::to_string (i), std::string (5000, 'y')));
    }
  ASSERT_EQ (sql ("SELECT count(*) FROM kv WHERE k = x'6b6579'"), 0);
  ASSERT_EQ (number (backend, "durable-commits"), 1u);

  EXPECT_THAT (remove (backend, "key"), IsDone ());
  vfs_.lose_power (path ().parent_path (), folder_ / "after", 0.0, 1);
  setup_.vfs = nullptr;
  EXPECT_THAT (load (make ("disk://" + (folder_ / "after" / "test.db").string ()), "key"), FoundNothing ());
}

TEST_F (DiskPowerTest, WhatWasLoadedIsNotWaitedFor)
{
  auto backend = make ();

  setup_.gather_count = 1;
  auto quick = make ();
  open (backend);
  open (quick);
  int before = vfs_.syncs ();

  for (int i = 0; i < 50; i++)
    EXPECT_THAT (wait (ask_store (quick, std::to_string (i), "value")), IsDone ());
  EXPECT_EQ (number (quick, "commits"), 50u);
  EXPECT_LE (vfs_.syncs () - before, 1);
}

TEST_F (DiskPowerTest, EachDurableCommitIsSynced)
{
  auto backend = make ();

  open (backend);
  for (int i = 0; i < 10; i++)
    {
      int before = vfs_.syncs ();

      if (i % 3 == 0)
        remove (backend, "nothing");
      else if (i % 3 == 1)
        flush (backend);
      else
        clear (backend);
      EXPECT_GT (vfs_.syncs (), before) << i;
    }
}
