// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <thread>

#include "memo-conformance-fixture.hpp"

// How a backend begins and ends, and what becomes of the calls then.

namespace memo_conformance {

// --- opening ---

TEST_P (BackendConformance, ItIsOpenedByHand)
{
  done (ask ().open ());
  done (ask ().open ());
  store ("key", "content");
  EXPECT_EQ (load ("key"), "content");
}

TEST_P (BackendConformance, ItIsOpenedByItsFirstUseWhateverThatIs)
{
  done (ask ().flush ());
  for (int i = 0; i < 4; i++)
    {
      done (ask ().close ());
      renew ();
      switch (i)
        {
        case 0: EXPECT_EQ (load ("another"), std::nullopt); break;
        case 1: store ("key", "content"); break;
        case 2: done (ask ().remove ("key")); break;
        default: done (ask ().clear ()); break;
        }
    }
}

TEST_P (BackendConformance, EverythingMayBeAskedBeforeItIsOpen)
{
  auto store = ask ().store ("key", "content");
  auto load = ask ().load ("key");
  auto open = ask ().open ();

  done (open);
  done ({ store, load });
  EXPECT_EQ (load->content, "content");
}

TEST_P (BackendConformance, OneThatCannotBeOpenedSaysSoAndIsTriedAgain)
{
  if (!subject_->obstruct (true))
    return;

  for (int i = 0; i < 3; i++)
    {
      auto open = wait (ask ().open ());
      EXPECT_NE (open->error, nullptr) << "it was opened";
      for (auto &pending : wait (ask ().everything ()))
        EXPECT_NE (pending->error, nullptr) << "it was opened";
    }

  subject_->obstruct (false);
  done (ask ().open ());
  store ("key", "content");
  EXPECT_EQ (load ("key"), "content");
}

TEST_P (BackendConformance, OneThatCannotBeOpenedCanBeClosed)
{
  if (!subject_->obstruct (true))
    return;

  auto open = ask ().open ();
  auto close = ask ().close ();
  EXPECT_NE (wait (open)->error, nullptr);
  done (close);
  EXPECT_TRUE (wait (ask ().load ("key"))->closed ());
  subject_->obstruct (false);
}

// --- closing ---

TEST_P (BackendConformance, NothingIsAnsweredButClosedAfterItWasClosed)
{
  store ("key", "content");
  done (ask ().close ());
  for (auto &pending : wait (ask ().everything ()))
    EXPECT_TRUE (pending->closed ()) << pending->text ();
}

TEST_P (BackendConformance, ItMayBeClosedAgain)
{
  store ("key", "content");
  done (ask ().close ());
  done (ask ().close ());
}

TEST_P (BackendConformance, ItMayBeClosedWithoutHavingBeenOpened)
{
  done (ask ().close ());
  EXPECT_TRUE (wait (ask ().load ("key"))->closed ());
}

TEST_P (BackendConformance, ItMayBeClosedWhileItIsBeingOpened)
{
  auto open = ask ().open ();
  auto close = ask ().close ();

  EXPECT_EQ (wait (open)->callbacks, 1);
  done (close);
  EXPECT_TRUE (wait (ask ().load ("key"))->closed ());
}

TEST_P (BackendConformance, WhatIsUnderWayWhenItIsClosedIsAnsweredOnce)
{
  std::vector<Pending> pending;

  done (ask ().open ());
  for (int i = 0; i < 50; i++)
    {
      pending.push_back (ask ().store ("key " + std::to_string (i), "content"));
      for (auto &more : ask ().everything ())
        pending.push_back (more);
    }
  auto close = ask ().close ();
  auto late = ask ().load ("key 0");
  auto again = ask ().close ();

  wait (pending);
  for (auto &each : pending)
    EXPECT_TRUE (each->succeeded () || each->closed ()) << each->text ();
  done ({ close, again });
  EXPECT_TRUE (wait (late)->closed ()) << late->text ();
  for (auto &each : pending)
    EXPECT_EQ (each->callbacks, 1) << "another answer came";
}

TEST_P (BackendConformance, WhatWasAnsweredBeforeItWasClosedIsKept)
{
  if (!subject_->remembers ())
    return;

  std::vector<Pending> stores;
  for (int i = 0; i < 100; i++)
    stores.push_back (ask ().store ("key " + std::to_string (i), "content"));
  done (ask ().close ());
  wait (stores);
  renew ();
  for (int i = 0; i < 100; i++)
    EXPECT_TRUE (has ("key " + std::to_string (i), "content") || !stores[i]->succeeded ());
}

// --- cancelling ---

TEST_P (BackendConformance, WhatIsCancelledBeforeItIsAskedIsNotDone)
{
  GCancellable *cancelled = g_cancellable_new ();

  g_cancellable_cancel (cancelled);
  store ("some key", "content");
  for (auto &pending : wait (ask ().everything (cancelled)))
    EXPECT_TRUE (pending->cancelled ()) << pending->text ();
  EXPECT_EQ (load ("some key"), "content");
  g_object_unref (cancelled);
}

TEST_P (BackendConformance, WhatIsCancelledWhileItIsDoneIsAnsweredOnce)
{
  for (int round = 0; round < 20; round++)
    {
      GCancellable *cancellable = g_cancellable_new ();
      auto pending = ask ().everything (cancellable);

      for (int i = 0; i < round; i++)
        g_main_context_iteration (loop_.context (), FALSE);
      g_cancellable_cancel (cancellable);
      for (auto &each : wait (pending))
        EXPECT_TRUE (each->succeeded () || each->cancelled ()) << each->text ();
      g_object_unref (cancellable);
    }

  done (ask ().clear ());
  store ("key", "content");
  EXPECT_EQ (load ("key"), "content") << "it works as before";
}

TEST_P (BackendConformance, OneThatIsCancelledLeavesTheOthers)
{
  GCancellable *cancellable = g_cancellable_new ();
  auto first = ask ().store ("first", "content");
  auto second = ask ().store ("second", "content", MEMO_TTL_FOREVER, false, cancellable);
  auto third = ask ().store ("third", "content");

  g_cancellable_cancel (cancellable);
  wait (second);
  done ({ first, third });
  EXPECT_EQ (load ("first"), "content");
  EXPECT_EQ (load ("third"), "content");
  g_object_unref (cancellable);
}

// --- the last reference ---

TEST_P (BackendConformance, WhoLetsGoOfItIsAnsweredYet)
{
  std::atomic<bool> gone { false };
  std::vector<Pending> pending;
  struct Notice { std::atomic<bool> *gone; GMainContext *context; } notice { &gone, loop_.context () };

  g_object_weak_ref (G_OBJECT (backend_), [] (gpointer data, GObject *) {
    auto notice = static_cast<Notice *> (data);

    *notice->gone = true;
    g_main_context_wakeup (notice->context);
  }, &notice);

  for (int i = 0; i < 50; i++)
    pending.push_back (ask ().store ("key " + std::to_string (i), "content"));
  for (auto &more : ask ().everything ())
    pending.push_back (more);
  g_clear_object (&backend_);

  done (pending);
  loop_.run_until ([&] { return gone.load (); });
}

TEST_P (BackendConformance, OneThatWasNeverUsedMayGo)
{
  renew ();
  renew ();
}

// --- threads ---

TEST_P (BackendConformance, ItMayBeUsedBySeveralThreads)
{
  constexpr int n_threads = 4, n_rounds = 100;
  std::atomic<int> busy { n_threads };
  std::vector<std::thread> threads;

  for (int t = 0; t < n_threads; t++)
    threads.emplace_back ([&, t] {
      Loop loop;
      Asking asking (backend_);
      auto settle = [&] (const Pending &pending) {
        loop.run_until ([&] { return pending->done (); });
        EXPECT_TRUE (pending->succeeded ()) << pending->text ();
      };

      for (int i = 0; i < n_rounds; i++)
        {
          const std::string key = "key " + std::to_string (t) + " " + std::to_string (i % 7);

          settle (asking.store (key, std::to_string (i)));
          auto found = asking.load (key);
          settle (found);
          EXPECT_EQ (found->content, std::to_string (i));
          settle (asking.remove (key));
          found = asking.load (key);
          settle (found);
          EXPECT_EQ (found->content, std::nullopt);
        }

      // Another thread may need this one's main context: it was asked in that.
      busy--;
      while (busy > 0)
        {
          g_main_context_iteration (loop.context (), FALSE);
          std::this_thread::yield ();
        }
    });
  for (auto &thread : threads)
    thread.join ();
}

TEST_P (BackendConformance, ThreadsThatUseOneKeyFindWhatOneOfThemStored)
{
  constexpr int n_threads = 4, n_rounds = 100;
  std::atomic<int> busy { n_threads };
  std::vector<std::thread> threads;

  done (ask ().open ());
  for (int t = 0; t < n_threads; t++)
    threads.emplace_back ([&, t] {
      Loop loop;
      Asking asking (backend_);
      const std::string mine (1000 + t, static_cast<char> ('a' + t));

      for (int i = 0; i < n_rounds; i++)
        {
          auto stored = asking.store ("key", mine);
          auto found = asking.load ("key");

          loop.run_until ([&] { return stored->done () && found->done (); });
          EXPECT_TRUE (found->content && found->content->size () == 1000u + (found->content->front () - 'a') &&
                       found->content->find_first_not_of (found->content->front ()) == std::string::npos)
            << "a mixture of several";
        }
      busy--;
      while (busy > 0)
        {
          g_main_context_iteration (loop.context (), FALSE);
          std::this_thread::yield ();
        }
    });
  for (auto &thread : threads)
    thread.join ();
}

} // namespace memo_conformance
