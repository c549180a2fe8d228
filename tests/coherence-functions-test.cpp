// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/coherence-test.hpp"
#include "support/mutation-test.hpp"

using namespace memo_test;

namespace {

// Decorated functions of two processes that share a server: what one of them changes, the other reads anew.
class CoherenceFunctionsTest : public CoherenceTest
{
protected:
  using Tied = memo_test::Change;

  Read::Options shared (Process &process)
  {
    Read::Options options;

    options.shared = process;
    return options;
  }

  // A read, all that follows from it, and the answer of its function where that is called.
  std::string ask (Read &read, int user, const char *source)
  {
    const size_t before = static_cast<size_t> (read.function.count ());
    auto got = read.ask (args (user));

    settle ();
    if (static_cast<size_t> (read.function.count ()) > before)
      read.function.answer (source);
    settle ();
    EXPECT_EQ (got->callbacks, 1);
    return got->entry != nullptr ? memo_entry_get_string (got->entry.get ()) : "nothing";
  }

  Read get_user_a_ { "get_user", clock_.get (), shared (a_) };
  Read get_user_b_ { "get_user", clock_.get (), shared (b_) };
};

TEST_F (CoherenceFunctionsTest, AFunctionIsCalledInOneProcess)
{
  auto a = get_user_a_.ask (args (1));
  auto b = get_user_b_.ask (args (1));
  settle ();
  ASSERT_EQ (get_user_a_.function.count () + get_user_b_.function.count (), 1);
  (get_user_a_.function.count () > 0 ? get_user_a_ : get_user_b_).function.answer ("Ada");
  settle ();
  EXPECT_THAT (a, GotText ("Ada"));
  EXPECT_THAT (b, GotText ("Ada"));
}

TEST_F (CoherenceFunctionsTest, AnInvalidatorIsSeenByTheOtherProcess)
{
  Tied update_user (get_user_a_);
  EXPECT_EQ (ask (get_user_a_, 1, "Ada"), "Ada");
  EXPECT_EQ (ask (get_user_b_, 1, "not this"), "Ada");
  EXPECT_EQ (ask (get_user_b_, 2, "Bob"), "Bob");

  auto changed = update_user.call (args (1));
  settle ();
  ASSERT_EQ (update_user.function.count (), 1) << "what it changes is fenced";
  EXPECT_EQ (ask (get_user_b_, 1, "Ada, during the change"), "Ada, during the change");
  EXPECT_EQ (ask (get_user_b_, 1, "Ada, during it"), "Ada, during it") << "nothing is kept while somebody changes it";
  update_user.function.answer ("done");
  settle ();
  EXPECT_THAT (changed, GotText ("done"));
  EXPECT_EQ (ask (get_user_b_, 1, "Ada L."), "Ada L.");
  EXPECT_EQ (ask (get_user_a_, 1, "not this"), "Ada L.");
  EXPECT_EQ (ask (get_user_b_, 2, "not this"), "Bob") << "nobody changed him";
}

TEST_F (CoherenceFunctionsTest, AnInvalidatorOfAllIsSeenByTheOtherProcess)
{
  Tied import_users (get_user_a_);
  memo_async_invalidator_set_clear_all (import_users, TRUE);
  EXPECT_EQ (ask (get_user_b_, 1, "Ada"), "Ada");
  EXPECT_EQ (ask (get_user_b_, 2, "Bob"), "Bob");
  EXPECT_EQ (read (b_, "other", "other"), "other");

  auto changed = import_users.call (args (7));
  settle ();
  import_users.function.answer ("done");
  settle ();
  EXPECT_THAT (changed, GotText ("done"));
  EXPECT_EQ (ask (get_user_b_, 1, "Ada L."), "Ada L.");
  EXPECT_EQ (ask (get_user_b_, 2, "Bob M."), "Bob M.");
  EXPECT_EQ (read (b_, "other", "not this"), "other") << "the cache is shared, and this is not of the function";
}

TEST_F (CoherenceFunctionsTest, WhatIsForgottenByHandIsForgottenByTheOtherProcess)
{
  EXPECT_EQ (ask (get_user_b_, 1, "Ada"), "Ada");
  memo_decorator_invalidate (MEMO_DECORATOR (static_cast<MemoAsyncFunction *> (get_user_a_)), args (1));
  settle ();
  EXPECT_EQ (ask (get_user_b_, 1, "Ada L."), "Ada L.");
  EXPECT_EQ (ask (get_user_b_, 2, "Bob"), "Bob");
  memo_decorator_clear (MEMO_DECORATOR (static_cast<MemoAsyncFunction *> (get_user_a_)));
  settle ();
  EXPECT_EQ (ask (get_user_b_, 1, "Ada B."), "Ada B.");
  EXPECT_EQ (ask (get_user_b_, 2, "Bob M."), "Bob M.");
}

TEST_F (CoherenceFunctionsTest, AnAnswerFromBeforeAChangeOfAnotherProcessIsNotKept)
{
  Tied update_user (get_user_a_);
  auto early = get_user_b_.ask (args (1));
  settle ();
  ASSERT_EQ (get_user_b_.function.pending (), 1u);
  auto changed = update_user.call (args (1));
  settle ();
  update_user.function.answer ("done");
  settle ();
  get_user_b_.function.answer ("from before");
  settle ();
  EXPECT_THAT (early, GotText ("from before"));
  EXPECT_THAT (changed, GotText ("done"));
  EXPECT_EQ (ask (get_user_b_, 1, "from after"), "from after");
  EXPECT_EQ (ask (get_user_a_, 1, "not this"), "from after");
}

TEST_F (CoherenceFunctionsTest, AChangeThatFailsIsOneAllTheSame)
{
  Tied update_user (get_user_a_);
  EXPECT_EQ (ask (get_user_b_, 1, "Ada"), "Ada");
  auto changed = update_user.call (args (1));
  settle ();
  update_user.function.fail (make_error ("half of it was written"));
  settle ();
  EXPECT_EQ (changed->callbacks, 1);
  EXPECT_NE (changed->error, nullptr);
  EXPECT_EQ (ask (get_user_b_, 1, "half"), "half");
}

TEST_F (CoherenceFunctionsTest, StrictChangesDoNotCallTheFunctionWithoutTheFence)
{
  Tied update_user (get_user_a_);
  g_object_set (a_.cache.get (), "strict-changes", TRUE, nullptr);
  EXPECT_EQ (ask (get_user_b_, 1, "Ada"), "Ada");
  complaints_.allow ();

  auto changed = update_user.call (args (1));
  turn ();
  ASSERT_GT (a_.link.requests (), 0u);
  ASSERT_EQ (a_.link.next_step (), MEMO_REMOTE_FENCE);
  ASSERT_TRUE (a_.link.lose_request ("nobody answers"));
  settle ();
  EXPECT_EQ (update_user.function.count (), 0) << "the source may not be changed";
  ASSERT_THAT (changed, GotError (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE));
  EXPECT_NE (std::string (changed->error->message).find ("nobody answers"), std::string::npos) << changed->error->message;
  EXPECT_EQ (server_.kind ("d:" + std::string (get_user_a_.key (args (1)).get ())), '-') << "what may be fenced is not";

  auto again = update_user.call (args (1));
  settle ();
  ASSERT_EQ (update_user.function.count (), 1) << "the server answers again";
  update_user.function.answer ("done");
  settle ();
  EXPECT_THAT (again, GotText ("done"));
  EXPECT_EQ (ask (get_user_b_, 1, "Ada L."), "Ada L.");
}

TEST_F (CoherenceFunctionsTest, StrictChangesDoNotCallTheFunctionOfAFullServer)
{
  Tied update_user (get_user_a_);
  g_object_set (a_.cache.get (), "strict-changes", TRUE, nullptr);
  complaints_.allow ();
  server_.set_full (true);

  auto changed = update_user.call (args (1));
  settle ();
  EXPECT_EQ (update_user.function.count (), 0);
  ASSERT_THAT (changed, GotError (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE));
  EXPECT_NE (std::string (changed->error->message).find ("OOM"), std::string::npos) << changed->error->message;
}

TEST_F (CoherenceFunctionsTest, StrictChangesDoNotCallTheFunctionWithoutALink)
{
  Tied update_user (get_user_a_);
  g_object_set (a_.cache.get (), "strict-changes", TRUE, nullptr);
  complaints_.allow ();
  a_.link.break_off ();

  auto changed = update_user.call (args (1));
  settle ();
  EXPECT_EQ (update_user.function.count (), 0);
  EXPECT_THAT (changed, GotError (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE));
}

} // namespace
