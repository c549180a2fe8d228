// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/mailbox-test.hpp"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include <unistd.h>

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

TEST_F (MailboxTest, Rule11MailIsDeliveredInTheNextTurnAndNotBefore)
{
  Letter one;

  post (one);
  EXPECT_EQ (one.delivered, 0);

  EXPECT_TRUE (once ());
  EXPECT_EQ (one.delivered, 1);
  EXPECT_EQ (one.discarded, 0);
  EXPECT_FALSE (once ()) << "nothing is left behind";
  EXPECT_EQ (one.delivered, 1);
}

TEST_F (MailboxTest, AllOfATurnIsDeliveredInOrderByOneSource)
{
  std::vector<int> expected;

  for (int i = 0; i < 1'000; i++)
    {
      post (i);
      expected.push_back (i);
    }

  once ();
  EXPECT_EQ (order_, expected);
  EXPECT_FALSE (once ());
}

TEST_F (MailboxTest, AnEmptiedMailboxIsUsableAgain)
{
  for (int i = 0; i < 10; i++)
    {
      post (2 * i);
      post (2 * i + 1);
      once ();
      ASSERT_EQ (order_.size (), static_cast<size_t> (2 * i + 2));
      ASSERT_FALSE (once ());
    }
}

TEST_F (MailboxTest, ALetterMayBePostedAgainOnceItIsDelivered)
{
  Letter *self = nullptr;
  int times = 0;
  Letter again ([&] {
    if (++times < 5)
      post (*self);
  });

  self = &again;
  post (again);
  turn ();
  EXPECT_EQ (again.delivered, 5);
}

TEST_F (MailboxTest, Rule11WhatIsPostedDuringADeliveryComesInALaterTurn)
{
  Letter first ([this] {
    order_.push_back (1);
    post (3);
    EXPECT_THAT (order_, ElementsAre (1));
  });

  post (first);
  post (2);

  once ();
  EXPECT_THAT (order_, ElementsAre (1, 2));
  once ();
  EXPECT_THAT (order_, ElementsAre (1, 2, 3));
}

TEST_F (MailboxTest, WhoPostsForEverLetsOthersRun)
{
  bool ran = false;
  Letter *self = nullptr;
  Letter busy ([&] {
    if (self->delivered < 1'000)
      post (*self);
  });

  self = &busy;
  post (busy);
  GSource *other = g_idle_source_new ();
  g_source_set_priority (other, G_PRIORITY_DEFAULT);
  g_source_set_callback (other, [] (gpointer data) -> gboolean {
    *static_cast<bool *> (data) = true;
    return G_SOURCE_REMOVE;
  }, &ran, nullptr);
  g_source_attach (other, context_);
  g_source_unref (other);

  for (int i = 0; i < 3; i++)
    once ();
  EXPECT_TRUE (ran);
  EXPECT_EQ (busy.delivered, 3) << "once a turn";

  busy.on_deliver = nullptr;
  turn ();
}

TEST_F (MailboxTest, ALoopInsideADeliveryDeliversTheRest)
{
  Letter last ([this] { order_.push_back (3); });
  Letter first ([&] {
    order_.push_back (1);
    while (last.delivered == 0 && once ())
      ;
    order_.push_back (4);
  });

  post (first);
  post (2);
  post (last);
  turn ();

  EXPECT_THAT (order_, ElementsAre (1, 2, 3, 4));
  EXPECT_EQ (first.delivered, 1);
  EXPECT_EQ (last.delivered, 1);
}

TEST_F (MailboxTest, ALoopInsideADeliveryDeliversWhatIsPostedMeanwhile)
{
  Letter answer ([this] { order_.push_back (2); });
  Letter question ([&] {
    order_.push_back (1);
    post (answer);
    while (answer.delivered == 0 && once ())
      ;
  });

  post (question);
  turn ();
  EXPECT_THAT (order_, ElementsAre (1, 2));

  post (3);
  turn ();
  EXPECT_THAT (order_, ElementsAre (1, 2, 3));
}

TEST_F (MailboxTest, LoopsInsideLoopsDeliverEachLetterOnce)
{
  constexpr int DEPTH = 20;
  std::vector<std::unique_ptr<Letter>> nested;

  for (int i = 0; i < DEPTH; i++)
    nested.push_back (std::make_unique<Letter> ([this] { once (); }));
  for (auto &each : nested)
    post (*each);
  turn ();

  for (auto &each : nested)
    EXPECT_EQ (each->delivered, 1);
}

TEST_F (MailboxTest, Rule11WhatIsPostedAfterALoopInsideADeliveryComesInALaterTurn)
{
  Letter first ([this] {
    order_.push_back (1);
    once ();            // delivers 2 and 3
    post (4);
  });

  post (first);
  post (2);
  post (3);

  once ();
  EXPECT_THAT (order_, ElementsAre (1, 2, 3));
  once ();
  EXPECT_THAT (order_, ElementsAre (1, 2, 3, 4));
}

TEST_F (MailboxTest, Rule11ALoopInsideADeliveryBringsNoLaterTurnForward)
{
  Letter first ([this] {
    order_.push_back (1);
    once ();            // delivers 2 and 3
    EXPECT_THAT (order_, ElementsAre (1, 2, 3));
    post (5);
  });
  Letter second ([this] {
    order_.push_back (2);
    post (4);
  });

  post (first);
  post (second);
  post (3);

  once ();
  EXPECT_THAT (order_, ElementsAre (1, 2, 3)) << "4 and 5 were posted in this turn";
  once ();
  EXPECT_THAT (order_, ElementsAre (1, 2, 3, 4, 5));
}

TEST_F (MailboxTest, AMailboxThatALoopInsideADeliveryEmptiedLeavesTheNextOneAlone)
{
  Letter third ([this] {
    order_.push_back (3);
    post (5);
  });
  Letter first ([&] {
    order_.push_back (1);
    once ();            // delivers 2, and the mailbox is empty
    post (third);
  });

  post (first);
  post (2);
  once ();
  post (4);
  EXPECT_THAT (order_, ElementsAre (1, 2));
  once ();
  EXPECT_THAT (order_, ElementsAre (1, 2, 3, 4)) << "5 was posted in this turn";
  once ();
  EXPECT_THAT (order_, ElementsAre (1, 2, 3, 4, 5));
}

TEST_F (MailboxTest, MailOfAContextThatGoesAwayIsDiscardedOnce)
{
  Context context (g_main_context_new ());
  Letter one, two;

  memo_mailbox_post (context.get (), &one.mail);
  memo_mailbox_post (context.get (), &two.mail);
  context.reset ();

  for (Letter *each : { &one, &two })
    {
      EXPECT_EQ (each->discarded, 1);
      EXPECT_EQ (each->delivered, 0);
    }
}

TEST_F (MailboxTest, WhatIsDeliveredIsNotDiscardedToo)
{
  Context context (g_main_context_new ());
  Letter one, two;

  memo_mailbox_post (context.get (), &one.mail);
  g_main_context_iteration (context.get (), FALSE);
  memo_mailbox_post (context.get (), &two.mail);
  context.reset ();

  EXPECT_EQ (one.delivered, 1);
  EXPECT_EQ (one.discarded, 0);
  EXPECT_EQ (two.delivered, 0);
  EXPECT_EQ (two.discarded, 1);
}

TEST_F (MailboxTest, WhoIsDiscardedMayPostElsewhere)
{
  Context context (g_main_context_new ());
  Letter lost (nullptr, [this] { post (1); });

  memo_mailbox_post (context.get (), &lost.mail);
  context.reset ();
  EXPECT_THAT (order_, IsEmpty ());
  turn ();
  EXPECT_THAT (order_, ElementsAre (1));
}

TEST_F (MailboxTest, DiscardMayFreeTheMail)
{
  static int freed;
  Context context (g_main_context_new ());

  freed = 0;
  for (int i = 0; i < 3; i++)
    {
      auto *mail = g_new0 (MemoMail, 1);

      mail->discard = [] (MemoMail *mail) {
        freed++;
        g_free (mail);
      };
      memo_mailbox_post (context.get (), mail);
    }
  context.reset ();
  EXPECT_EQ (freed, 3);
}

TEST_F (MailboxTest, DeliveryMayFreeTheMail)
{
  static int freed;

  freed = 0;
  for (int i = 0; i < 3; i++)
    {
      auto *mail = g_new0 (MemoMail, 1);

      mail->deliver = [] (MemoMail *mail) {
        freed++;
        g_free (mail);
      };
      memo_mailbox_post (context_, mail);
    }
  turn ();
  EXPECT_EQ (freed, 3);
}

// Contexts come and go with mail in them: a new one at the address of an old one has nothing to do with it.
// Says how many had such an address, or -1 when something went wrong.
int
reuse_addresses ()
{
  std::set<GMainContext *> known;
  int reused = 0;

  for (int i = 0; i < 200; i++)
    {
      Context context (g_main_context_new ());
      Letter delivered, discarded;

      reused += !known.insert (context.get ()).second;
      memo_mailbox_post (context.get (), &delivered.mail);
      g_main_context_iteration (context.get (), FALSE);
      memo_mailbox_post (context.get (), &discarded.mail);
      context.reset ();
      if (delivered.delivered != 1 || delivered.discarded != 0 || discarded.delivered != 0 || discarded.discarded != 1)
        return -1;
    }

  return reused;
}

TEST (MailboxDeathTest, ANewContextAtTheAddressOfAnOldOneHasItsOwnMailbox)
{
  // In a process of its own, where the sanitizer does not keep freed memory from being used again.
  GTEST_FLAG_SET (death_test_style, "threadsafe");
  const char *set = g_getenv ("ASAN_OPTIONS");
  const std::string options = set != nullptr ? std::string (set) + ":" : "";
  g_setenv ("ASAN_OPTIONS", (options + "quarantine_size_mb=0:thread_local_quarantine_size_kb=0").c_str (), TRUE);

  EXPECT_EXIT (_exit (reuse_addresses () > 0 ? 0 : 1), ::testing::ExitedWithCode (0), "");
}

TEST_F (MailboxTest, TwoContextsHaveTwoMailboxes)
{
  Context other (g_main_context_new ());
  Letter &mine = letter (1);
  Letter &theirs = letter (2);

  memo_mailbox_post (other.get (), &theirs.mail);
  post (mine);

  turn ();
  EXPECT_THAT (order_, ElementsAre (1));
  g_main_context_iteration (other.get (), FALSE);
  EXPECT_THAT (order_, ElementsAre (1, 2));
}

TEST_F (MailboxTest, ThreadsPostAndNothingIsLostNorOvertaken)
{
  constexpr int THREADS = 4, EACH = 5'000;
  std::vector<std::thread> threads;
  std::vector<std::unique_ptr<Letter>> letters (THREADS * EACH);
  std::vector<int> seen (THREADS, 0);
  int arrived = 0, out_of_order = 0, elsewhere = 0;
  const auto here = std::this_thread::get_id ();

  for (int i = 0; i < THREADS * EACH; i++)
    {
      letters[i] = std::make_unique<Letter> ([&, i] {
        out_of_order += seen[i / EACH]++ != i % EACH;
        elsewhere += std::this_thread::get_id () != here;
        arrived++;
      });
    }
  for (int thread = 0; thread < THREADS; thread++)
    {
      threads.emplace_back ([&, thread] {
        for (int i = 0; i < EACH; i++)
          post (*letters[thread * EACH + i]);
      });
    }

  wait_until ([&] { return arrived == THREADS * EACH; });
  for (auto &thread : threads)
    thread.join ();
  turn ();

  EXPECT_EQ (arrived, THREADS * EACH);
  EXPECT_EQ (out_of_order, 0);
  EXPECT_EQ (elsewhere, 0) << "in the thread that iterates the context";
}

TEST_F (MailboxTest, MailFromAnotherThreadWakesALoopThatWaits)
{
  Letter one;
  std::thread poster;
  GSource *idle = g_idle_source_new ();

  // It begins to post as the loop is about to wait.
  auto begin = [&] { poster = std::thread ([&] { post (one); }); };
  g_source_set_callback (idle, [] (gpointer data) -> gboolean {
    (*static_cast<decltype (begin) *> (data)) ();
    return G_SOURCE_REMOVE;
  }, &begin, nullptr);
  g_source_attach (idle, context_);
  g_source_unref (idle);

  wait_until ([&] { return one.delivered > 0; });
  poster.join ();
  EXPECT_EQ (one.delivered, 1);
}

TEST_F (MailboxTest, ContextsThatGoAwayWhileThreadsPostToOthersLoseNothing)
{
  constexpr int ROUNDS = 500;
  std::atomic<int> delivered { 0 }, discarded { 0 };
  std::vector<std::thread> threads;

  for (int thread = 0; thread < 4; thread++)
    {
      threads.emplace_back ([&] {
        for (int i = 0; i < ROUNDS; i++)
          {
            Context context (g_main_context_new ());
            Letter one, two;

            memo_mailbox_post (context.get (), &one.mail);
            if (i % 2 == 0)
              g_main_context_iteration (context.get (), FALSE);
            memo_mailbox_post (context.get (), &two.mail);
            context.reset ();
            delivered += one.delivered + two.delivered;
            discarded += one.discarded + two.discarded;
          }
      });
    }
  for (auto &thread : threads)
    thread.join ();

  EXPECT_EQ (delivered, 4 * ROUNDS / 2);
  EXPECT_EQ (discarded, 4 * ROUNDS * 3 / 2);
}

} // namespace
