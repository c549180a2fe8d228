// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "memo-test.hpp"

#include <atomic>

extern "C" {
#include "memo-mailbox-private.h"
}

namespace memo_test {

// Mail that tells what became of it, and then does what it is told.
struct Letter
{
  MemoMail              mail;   // first, so that mail is a letter
  std::function<void ()> on_deliver, on_discard;
  std::atomic<int>      delivered { 0 }, discarded { 0 };

  static inline MemoMail decoy = {
    nullptr,
    [] (MemoMail *) { ADD_FAILURE () << "it was never posted"; },
    [] (MemoMail *) { ADD_FAILURE () << "it was never posted"; }
  };

  explicit Letter (std::function<void ()> deliver = nullptr, std::function<void ()> discard = nullptr)
    : on_deliver (std::move (deliver)), on_discard (std::move (discard))
  {
    mail.next = &decoy;   // what was there before is of no importance
    mail.deliver = [] (MemoMail *mail) {
      auto *self = reinterpret_cast<Letter *> (mail);

      self->delivered++;
      if (self->on_deliver)
        self->on_deliver ();
    };
    mail.discard = [] (MemoMail *mail) {
      auto *self = reinterpret_cast<Letter *> (mail);

      self->discarded++;
      if (self->on_discard)
        self->on_discard ();
    };
  }
};

using Context = std::unique_ptr<GMainContext, Deleter<GMainContext, g_main_context_unref>>;

class MailboxTest : public AsyncTest
{
protected:
  // A letter that writes its number down, in ORDER.
  Letter &letter (int number)
  {
    letters_.push_back (std::make_unique<Letter> ([this, number] { order_.push_back (number); }));
    return *letters_.back ();
  }

  void post (Letter &letter) { memo_mailbox_post (context_, &letter.mail); }
  void post (int number) { post (letter (number)); }
  void post_ahead (int number) { memo_mailbox_post_ahead (context_, &letter (number).mail); }
  bool once () { return g_main_context_iteration (context_, FALSE); }

  std::vector<std::unique_ptr<Letter>> letters_;
  std::vector<int>                     order_;
};

}
