// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/mutation-test.hpp"

using namespace memo_test;

// Which reads a change makes wrong.
class InvalidatorKeysTest : public InvalidatorTest
{
protected:
  Read new_read (const char *name, Read::Options options = {}) { return { name, clock_.get (), options }; }

  // Has a change done, and says which of the calls of a read are forgotten by it.
  std::vector<std::string> forgotten_by (Change &change, GVariant *change_args, Read &read,
                                         std::initializer_list<GVariant *> calls)
  {
    std::vector<Variant> all;
    std::vector<std::string> forgotten;

    for (auto call : calls)
      {
        all.emplace_back (g_variant_ref_sink (call));
        remember (read, all.back ().get ());
      }

    auto changed = change.call (change_args);
    turn ();
    for (auto &call : all)
      {
        if (read.remembers (call.get ()))
          continue;
        forgotten.push_back (print (call.get ()));
        EXPECT_FALSE (keeps (read, call.get ())) << "it is held, too";
      }
    change.function.answer ("done");
    turn ();
    EXPECT_THAT (changed, GotText ("done"));
    for (auto &call : all)
      EXPECT_TRUE (keeps (read, call.get ())) << "nothing is held afterwards";

    return forgotten;
  }

  // A change that is refused: its function is not called, and nothing is forgotten.
  void expect_refused (Change &change, GVariant *change_args, Read &read, GVariant *call, const char *why)
  {
    Variant kept (g_variant_ref_sink (call));
    int count = change.function.count ();

    remember (read, kept.get ());
    auto changed = change.call (change_args);
    turn ();
    EXPECT_THAT (changed, GotError (MEMO_ERROR, MEMO_ERROR_FAILED));
    EXPECT_THAT (changed->error->message, ::testing::HasSubstr (why));
    EXPECT_EQ (change.function.count (), count);
    EXPECT_TRUE (read.remembers (kept.get ()));
    EXPECT_TRUE (keeps (read, kept.get ()));
  }

  using Texts = std::vector<std::string>;
};

// --- by the arguments ---

TEST_F (InvalidatorKeysTest, Rule18TheLeadingArgumentsNameTheRead)
{
  auto get_user = new_read ("get_user", { 1 });
  Change update_user (get_user);
  auto name = [] (const char *text) { return g_variant_new_parsed ("{'name': <%s>}", text); };

  EXPECT_EQ (forgotten_by (update_user, args (1, name ("Ada")), get_user,
                           { args (1), args (2), args (), args (1, 2), args ("1"), args (g_variant_new_int64 (1)) }),
             Texts { "(1,)" });
}

TEST_F (InvalidatorKeysTest, Rule18AsManyArgumentsAsTheReadTakes)
{
  auto get_line = new_read ("get_line", { 2 });
  Change change (get_line);

  EXPECT_EQ (forgotten_by (change, args (1, 2, 3), get_line, { args (1, 2), args (1), args (1, 2, 3), args (1, 3) }),
             Texts { "(1, 2)" });

  auto get_all = new_read ("get_all", { 0 });
  Change add (get_all);
  EXPECT_EQ (forgotten_by (add, args (1, 2), get_all, { args (), args (1) }), Texts { "()" });
}

TEST_F (InvalidatorKeysTest, Rule18TooFewArgumentsAreRefused)
{
  auto get_line = new_read ("get_line", { 2 });
  Change change (get_line);

  expect_refused (change, args (1), get_line, args (1, 2), "“get_line”, which takes 2");
  expect_refused (change, args (), get_line, args (1, 2), "has 0 arguments");
  expect_refused (change, nullptr, get_line, args (1), "key function");
}

TEST_F (InvalidatorKeysTest, Rule18WhereAnyNumberIsTakenEachNumberOfLeadingArgumentsIs)
{
  auto search = new_read ("search");
  Change change (search);

  EXPECT_EQ (forgotten_by (change, args (1, 2, 3), search,
                           { args (), args (1), args (1, 2), args (1, 2, 3), args (1, 2, 3, 4),
                             args (2), args (1, 3), args (2, 3) }),
             (Texts { "()", "(1,)", "(1, 2)", "(1, 2, 3)" }));
  EXPECT_EQ (forgotten_by (change, nullptr, search, { args (), args (1) }), Texts { "()" });
}

TEST_F (InvalidatorKeysTest, Rule18TheArgumentsThatTheReadSkipsAreSkipped)
{
  auto get_session = new_read ("get_session", { 1, 1 });
  Change end_session (get_session);

  EXPECT_EQ (memo_async_invalidator_get_skip_args (end_session), MEMO_AS_THE_READ);
  EXPECT_EQ (forgotten_by (end_session, args ("a connection", 7), get_session,
                           { args ("one", 7), args ("one", 8), args ("a connection") }),
             Texts { "('one', 7)" });
  expect_refused (end_session, args ("a connection"), get_session, args ("one", 7), "has 0 arguments");
}

TEST_F (InvalidatorKeysTest, Rule18AnInvalidatorMaySkipOthers)
{
  auto get_session = new_read ("get_session", { 1, 1 });
  Change by_number (get_session);
  memo_async_invalidator_set_skip_args (by_number, 0);
  EXPECT_EQ (forgotten_by (by_number, args (7), get_session, { args ("one", 7), args ("one", 8) }), Texts { "('one', 7)" });

  auto get_user = new_read ("get_user", { 1 });
  Change audited (get_user);
  memo_async_invalidator_set_skip_args (audited, 2);
  EXPECT_EQ (forgotten_by (audited, args ("who", "why", 1, "name"), get_user, { args (1), args ("who") }), Texts { "(1,)" });
  expect_refused (audited, args ("who", "why"), get_user, args (1), "has 0 arguments");
  expect_refused (audited, args ("who"), get_user, args (1), "has 0 arguments");

  auto search = new_read ("search");
  Change any (search);
  memo_async_invalidator_set_skip_args (any, 2);
  EXPECT_EQ (forgotten_by (any, args ("who"), search, { args (), args ("who") }), Texts { "()" });
}

TEST_F (InvalidatorKeysTest, TheOptionsAreProperties)
{
  auto get_user = new_read ("get_user", { 1 });
  Change change (get_user);
  MemoAsyncInvalidator *tied = change;
  Criticals criticals;
  int notified = 0, skip_args = 0;
  gboolean clear_all = TRUE;

  g_signal_connect_swapped (tied, "notify", G_CALLBACK (+[] (int *count) { ++*count; }), &notified);
  g_object_get (tied, "skip-args", &skip_args, "clear-all", &clear_all, nullptr);
  EXPECT_EQ (skip_args, MEMO_AS_THE_READ);
  EXPECT_FALSE (clear_all);
  g_object_set (tied, "skip-args", 3, "clear-all", TRUE, nullptr);
  EXPECT_EQ (notified, 2);
  memo_async_invalidator_set_skip_args (tied, 3);
  memo_async_invalidator_set_clear_all (tied, 2);
  EXPECT_EQ (notified, 2);
  EXPECT_EQ (memo_async_invalidator_get_skip_args (tied), 3);
  EXPECT_TRUE (memo_async_invalidator_get_clear_all (tied));
  memo_async_invalidator_set_skip_args (tied, -2);
  EXPECT_THAT (criticals.take (), IsCritical ("skip_args"));
}

// --- clear all ---

TEST_F (InvalidatorKeysTest, Rule18ClearAllForgetsAllAnswers)
{
  auto get_user = new_read ("get_user", { 1 });
  Change import (get_user);
  memo_async_invalidator_set_clear_all (import, TRUE);

  EXPECT_EQ (forgotten_by (import, nullptr, get_user, { args (1), args (2), args () }), (Texts { "(1,)", "(2,)", "()" }));
  memo_async_invalidator_set_clear_all (import, FALSE);
  EXPECT_EQ (forgotten_by (import, args (2), get_user, { args (1), args (2) }), Texts { "(2,)" });
}

TEST_F (InvalidatorKeysTest, Rule18ClearAllInASharedCacheForgetsOnlyThisFunctionsAnswers)
{
  auto shared = new_cache ();
  auto get_user = new_read ("get_user", { 1, 0, MEMO_CACHE (shared.get ()) });
  auto get_order = new_read ("get_order", { 1, 0, MEMO_CACHE (shared.get ()) });
  Change import (get_user);
  memo_async_invalidator_set_clear_all (import, TRUE);
  remember (get_order, args (1));
  memo_cache_set (MEMO_CACHE (shared.get ()), "by hand", entry ("value").release ());
  auto order_under_way = get_order.ask (args (2));
  auto user_under_way = get_user.ask (args (2));
  turn ();

  import.call (nullptr);
  turn ();
  EXPECT_TRUE (get_order.remembers (args (1)));
  EXPECT_TRUE (memo_cache_contains (MEMO_CACHE (shared.get ()), "by hand"));
  get_order.function.answer ("order");
  get_user.function.answer ("user");
  turn ();
  EXPECT_THAT (order_under_way, GotText ("order"));
  EXPECT_THAT (user_under_way, GotText ("user"));
  EXPECT_TRUE (get_order.remembers (args (2))) << "another function's load is not overtaken";
  EXPECT_FALSE (get_user.remembers (args (2)));
  EXPECT_TRUE (keeps (get_order, args (3)));
  EXPECT_FALSE (keeps (get_user, args (3)));
  import.function.answer ("done");
  EXPECT_TRUE (keeps (get_user, args (3)));
}

// --- several reads ---

TEST_F (InvalidatorKeysTest, Rule18SeveralReadsWithCachesOfTheirOwnAndAShared)
{
  auto shared = new_cache ();
  auto get_user = new_read ("get_user", { 1 });
  auto get_name = new_read ("get_name", { 1, 1, MEMO_CACHE (shared.get ()) });
  auto get_users = new_read ("get_users", { 0, 0, MEMO_CACHE (shared.get ()) });
  Change update_user (get_user);
  memo_async_invalidator_set_skip_args (update_user, 0);
  update_user.tie_to (get_name);
  update_user.tie_to (get_users);
  update_user.tie_to (get_user);        // twice is once
  remember (get_user, args (1));
  remember (get_name, args ("a connection", 1));
  remember (get_name, args ("a connection", 2));
  remember (get_users, args ());

  update_user.call (args (1, "name"));
  turn ();
  EXPECT_FALSE (keeps (get_user, args (1)));
  EXPECT_FALSE (keeps (get_name, args ("another", 1)));
  EXPECT_FALSE (keeps (get_users, args ()));
  EXPECT_TRUE (get_name.remembers (args ("another", 2)));
  update_user.function.answer ("done");
  EXPECT_TRUE (keeps (get_user, args (1)));
  EXPECT_TRUE (keeps (get_name, args ("another", 1)));
  EXPECT_TRUE (keeps (get_users, args ()));
  EXPECT_EQ (update_user.function.count (), 1);
}

TEST_F (InvalidatorKeysTest, Rule18WhatOneReadRefusesIsForgottenByNone)
{
  auto get_user = new_read ("get_user", { 1 });
  auto get_line = new_read ("get_line", { 2 });
  Change change (get_user);
  change.tie_to (get_line);

  expect_refused (change, args (1), get_user, args (1), "“get_line”");
}

TEST_F (InvalidatorKeysTest, Rule18WhatBeganEndsWhenAnotherCannotBegin)
{
  auto plain = adopt (MEMO_CACHE (g_object_new (plain_cache_get_type (), nullptr)));
  auto get_user = new_read ("get_user", { 1 });
  auto get_name = new_read ("get_name", { 1, 0, plain.get () });
  Change change (get_user);
  change.tie_to (get_name);

  auto changed = change.call (args (1));
  turn ();
  EXPECT_THAT (changed, GotError (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
  EXPECT_EQ (change.function.count (), 0);
  EXPECT_TRUE (keeps (get_user, args (1)));
}

// A cache that has tiers behind it may need time to begin and to end.
TEST_F (InvalidatorKeysTest, Rule18TheFunctionIsCalledWhenAllHaveBegunAndTheCallerToldWhenAllHaveEnded)
{
  SlowCache slow, slower;
  auto get_user = new_read ("get_user", { 1, 0, slow.object.get () });
  auto get_name = new_read ("get_name", { 1, 0, slower.object.get () });
  Change change (get_user);
  change.tie_to (get_name);

  auto changed = change.call (args (1));
  turn ();
  memo_call_return_nothing (slower.begins.front ().get ());
  turn ();
  EXPECT_EQ (change.function.count (), 0);
  in_thread ([&] { memo_call_return_nothing (slow.begins.front ().get ()); });
  EXPECT_EQ (change.function.count (), 0) << "not in that thread";
  turn ();
  ASSERT_EQ (change.function.count (), 1);
  change.function.answer ("done");
  ASSERT_EQ (slow.ends.size (), 1u);
  ASSERT_EQ (slower.ends.size (), 1u);
  memo_call_return_error (slow.ends.front ().get (), make_error ("the tier is gone").release ());
  turn ();
  EXPECT_THAT (changed, IsPending ());
  memo_call_return_nothing (slower.ends.front ().get ());
  turn ();
  EXPECT_THAT (changed, GotText ("done")) << "that a tier did not acknowledge is no error of the function's";
}

TEST_F (InvalidatorKeysTest, Rule18WhatCannotBeginIsNotChanged)
{
  SlowCache slow, slower;
  auto get_user = new_read ("get_user", { 1, 0, slow.object.get () });
  auto get_name = new_read ("get_name", { 1, 0, slower.object.get () });
  Change change (get_user);
  change.tie_to (get_name);

  auto changed = change.call (args (1));
  memo_call_return_error (slow.begins.front ().get (), make_error ("the tier is gone").release ());
  turn ();
  EXPECT_EQ (slower.ends.size (), 0u) << "it did not begin yet";
  slower.begins.clear ();
  turn ();
  ASSERT_EQ (slow.ends.size (), 1u);
  ASSERT_EQ (slower.ends.size (), 1u);
  slow.ends.clear ();
  slower.ends.clear ();
  turn ();
  EXPECT_EQ (change.function.count (), 0);
  EXPECT_THAT (changed, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_STREQ (changed->error->message, "the tier is gone");
}
