// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/mailbox-test.hpp"

#include <thread>

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Mail that follows the one that brings it, before all that was posted earlier.
class MailboxAheadTest : public MailboxTest {};

TEST_F (MailboxAheadTest, WhatIsPostedAheadFollowsTheMailThatBringsItInTheSameTurn)
{
  Letter first ([this] {
    order_.push_back (1);
    post_ahead (2);
    post_ahead (3);
    EXPECT_THAT (order_, ElementsAre (1)) << "not from within";
  });

  post (first);
  post (4);
  once ();
  EXPECT_THAT (order_, ElementsAre (1, 2, 3, 4));
}

TEST_F (MailboxAheadTest, WhatFollowsWhatIsAheadComesInALaterTurn)
{
  Letter second ([this] {
    order_.push_back (2);
    post (4);
  });
  Letter first ([&] {
    order_.push_back (1);
    memo_mailbox_post_ahead (context_, &second.mail);
  });

  post (first);
  post (3);
  once ();
  EXPECT_THAT (order_, ElementsAre (1, 2, 3));
  once ();
  EXPECT_THAT (order_, ElementsAre (1, 2, 3, 4));
}

TEST_F (MailboxAheadTest, ALoopInsideADeliveryDeliversWhatIsAheadFirst)
{
  Letter third ([this] { order_.push_back (3); });
  Letter second ([&] {
    order_.push_back (2);
    while (third.delivered == 0 && once ())
      ;
    order_.push_back (5);
  });
  Letter first ([&] {
    order_.push_back (1);
    memo_mailbox_post_ahead (context_, &second.mail);
    memo_mailbox_post_ahead (context_, &third.mail);
  });

  post (first);
  post (4);
  turn ();
  EXPECT_THAT (order_, ElementsAre (1, 2, 3, 4, 5));
  EXPECT_EQ (second.delivered, 1);
  EXPECT_EQ (third.delivered, 1);
}

TEST_F (MailboxAheadTest, WhatIsPostedAheadAfterALoopEmptiedTheMailboxIsDelivered)
{
  Letter first ([this] {
    order_.push_back (1);
    once ();            // delivers 2, and the mailbox is empty
    post_ahead (3);
  });

  post (first);
  post (2);
  turn ();
  EXPECT_THAT (order_, ElementsAre (1, 2, 3));
}

TEST_F (MailboxAheadTest, AheadOfNothingIsPostedAsUsual)
{
  post_ahead (1);
  EXPECT_THAT (order_, IsEmpty ());
  once ();
  EXPECT_THAT (order_, ElementsAre (1));
}

TEST_F (MailboxAheadTest, WhoDoesNotRunTheContextIsNotAheadInIt)
{
  Letter &second = letter (2);
  Letter first ([&] {
    order_.push_back (1);
    std::thread ([&] { memo_mailbox_post_ahead (context_, &second.mail); }).join ();
  });

  post (first);
  post (3);
  once ();
  EXPECT_THAT (order_, ElementsAre (1, 3));
  once ();
  EXPECT_THAT (order_, ElementsAre (1, 3, 2));
}

TEST_F (MailboxAheadTest, WhatIsAheadInAContextThatGoesAwayIsDiscardedOnce)
{
  Context context (g_main_context_new ());
  Letter first, second, third;

  memo_mailbox_post (context.get (), &first.mail);
  ASSERT_TRUE (g_main_context_acquire (context.get ()));
  memo_mailbox_post_ahead (context.get (), &second.mail);
  memo_mailbox_post_ahead (context.get (), &third.mail);
  g_main_context_release (context.get ());
  context.reset ();

  for (Letter *each : { &first, &second, &third })
    {
      EXPECT_EQ (each->delivered, 0);
      EXPECT_EQ (each->discarded, 1);
    }
}
