// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/mutation-test.hpp"

using namespace memo_test;

// A key function says which reads a change makes wrong: it is asked once, before.
class KeyFunctionTest : public InvalidatorTest
{
protected:
  KeyFunctionTest ()
  {
    ship_order_.use_key_function ();
    for (int i = 1; i <= 4; i++)
      remember (get_order_, args (i));
  }

  void TearDown () override { EXPECT_THAT (criticals_.take (), ::testing::IsEmpty ()); }

  void cancel () { g_cancellable_cancel (cancellable_.get ()); }

  // A change whose key function was called and has not answered.
  std::shared_ptr<Got> start ()
  {
    auto got = ship_order_.call (args ("parcel"), cancellable_.get ());

    turn ();
    EXPECT_EQ (ship_order_.keys.pending (), 1u);
    EXPECT_EQ (ship_order_.function.count (), 0);
    return got;
  }

  std::vector<int> remembered (Read &read)
  {
    std::vector<int> all;

    for (int i = 1; i <= 4; i++)
      if (read.remembers (args (i)))
        all.push_back (i);
    return all;
  }

  // No change has been, or is, under way.
  void expect_untouched ()
  {
    EXPECT_EQ (ship_order_.function.count (), 0);
    EXPECT_EQ (remembered (get_order_), (std::vector<int> { 1, 2, 3, 4 }));
    for (int i = 1; i <= 4; i++)
      EXPECT_TRUE (keeps (get_order_, args (i)));
  }

  Read              get_order_ { "get_order", clock_.get (), { 1 } };
  Change            ship_order_ { get_order_ };
  Ref<GCancellable> cancellable_ = adopt (g_cancellable_new ());
  Criticals         criticals_;
};

TEST_F (KeyFunctionTest, Rule18ItIsAskedOnceAndBefore)
{
  auto shipped = ship_order_.call (args ("parcel"));
  EXPECT_EQ (ship_order_.keys.count (), 0) << "never inside the call";
  turn ();
  ASSERT_EQ (ship_order_.keys.count (), 1);
  EXPECT_EQ (remembered (get_order_).size (), 4u) << "nothing begins before it has answered";

  ship_order_.keys.answer (args (2));
  EXPECT_EQ (remembered (get_order_), (std::vector<int> { 1, 3, 4 }));
  EXPECT_EQ (ship_order_.function.count (), 0) << "never inside the answer";
  turn ();
  EXPECT_FALSE (keeps (get_order_, args (2)));
  ship_order_.function.answer ("shipped");
  turn ();
  EXPECT_THAT (shipped, GotText ("shipped"));
  EXPECT_TRUE (keeps (get_order_, args (2)));
  EXPECT_EQ (ship_order_.keys.count (), 1);
}

TEST_F (KeyFunctionTest, Rule18ItGetsWhatTheChangeGets)
{
  auto instance = adopt (G_OBJECT (g_object_new (G_TYPE_OBJECT, nullptr)));
  Context callers;
  GMainContext *called_in = nullptr;

  ship_order_.keys.on_call = [&] (MemoCall *call) {
    called_in = g_main_context_get_thread_default ();
    EXPECT_EQ (memo_call_get_instance (call), instance.get ());
    EXPECT_EQ (memo_call_get_cancellable (call), cancellable_.get ());
    memo_call_return_nothing (call);
  };
  callers.within ([&] { ship_order_.call (args ("parcel", 3), cancellable_.get (), instance.get ()); });
  turn ();
  EXPECT_EQ (ship_order_.keys.count (), 0);
  callers.turn ();
  EXPECT_EQ (called_in, static_cast<GMainContext *> (callers));
  EXPECT_EQ (ship_order_.keys.asked (), (std::vector<std::string> { "('parcel', 3)" }));
  EXPECT_EQ (ship_order_.function.asked (), (std::vector<std::string> { "('parcel', 3)" }));
  ship_order_.function.answer ("shipped");
}

// What is asked once is held until the end, whatever the key function would say by then.
TEST_F (KeyFunctionTest, Rule18TheEndIsOfWhatBegan)
{
  int order = 1;
  ship_order_.keys.on_call = [&] (MemoCall *call) {
    memo_call_return_entry (call, variant_entry (args (order)).release ());
  };
  ship_order_.call (args ("parcel"));
  turn ();
  order = 2;
  ship_order_.call (args ("parcel"));
  turn ();
  order = 3;
  EXPECT_FALSE (keeps (get_order_, args (1)));
  EXPECT_FALSE (keeps (get_order_, args (2)));
  ship_order_.function.answer ("shipped");
  EXPECT_TRUE (keeps (get_order_, args (1)));
  EXPECT_FALSE (keeps (get_order_, args (2)));
  ship_order_.function.answer ("shipped");
  EXPECT_TRUE (keeps (get_order_, args (2)));
  EXPECT_EQ (remembered (get_order_).size (), 4u);
}

// --- what it may answer ---

struct Naming
{
  const char      *name;
  const char      *answer;       // as g_variant_parse() reads it; NULL is no entry
  std::vector<int> left;
};

class NamingTest : public KeyFunctionTest, public ::testing::WithParamInterface<Naming>
{
};

INSTANTIATE_TEST_SUITE_P (With, NamingTest, ::testing::Values (
  Naming { "OneCall", "(2,)", { 1, 3, 4 } },
  Naming { "AnArrayOfCalls", "[(2,), (4,)]", { 1, 3 } },
  Naming { "AnArrayOfOne", "[(3,)]", { 1, 2, 4 } },
  Naming { "TheSameCallTwice", "[(3,), (3,)]", { 1, 2, 4 } },
  Naming { "AnArrayOfVariants", "[<(1,)>, <(2,)>, <('two', 2)>]", { 3, 4 } },
  Naming { "AVariant", "<(1,)>", { 2, 3, 4 } },
  Naming { "AnEmptyArray", "@a(i) []", { 1, 2, 3, 4 } },
  Naming { "AnEmptyArrayOfVariants", "@av []", { 1, 2, 3, 4 } },
  Naming { "ACallThatIsNotRemembered", "(9,)", { 1, 2, 3, 4 } },
  Naming { "ACallOfAnotherType", "('2',)", { 1, 2, 3, 4 } },
  Naming { "ACallWithoutArguments", "()", { 1, 2, 3, 4 } },
  Naming { "NoEntry", nullptr, { 1, 2, 3, 4 } }),
  [] (const auto &info) { return std::string (info.param.name); });

TEST_P (NamingTest, Rule18TheKeyFunctionNamesTheReads)
{
  auto shipped = start ();

  if (GetParam ().answer != nullptr)
    ship_order_.keys.answer (g_variant_new_parsed (GetParam ().answer));
  else
    memo_call_return_nothing (ship_order_.keys.next ().get ());
  turn ();
  ASSERT_EQ (ship_order_.function.count (), 1);
  EXPECT_EQ (remembered (get_order_), GetParam ().left);
  for (int i = 1; i <= 4; i++)
    keeps (get_order_, args (i));
  EXPECT_EQ (remembered (get_order_), GetParam ().left) << "and only these are kept now";
  ship_order_.function.answer ("shipped");
  turn ();
  EXPECT_THAT (shipped, GotText ("shipped"));
  for (int i = 1; i <= 4; i++)
    EXPECT_TRUE (keeps (get_order_, args (i)));
}

TEST_F (KeyFunctionTest, Rule18AnEmptyTupleNamesTheCallWithoutArguments)
{
  remember (get_order_, args ());
  start ();
  ship_order_.keys.answer (args ());
  EXPECT_FALSE (get_order_.remembers (args ()));
  turn ();
  ship_order_.function.answer ("shipped");
}

TEST_F (KeyFunctionTest, Rule18ItNamesCallsWithoutTheArgumentsThatAReadSkips)
{
  Read get_status ("get_status", clock_.get (), { 1, 2 });
  ship_order_.tie_to (get_status);
  remember (get_status, args ("who", "why", 2));
  remember (get_status, args ("who", "why", 3));

  start ();
  ship_order_.keys.answer (args (2));
  EXPECT_FALSE (get_status.remembers (args ("another", "reason", 2)));
  EXPECT_TRUE (get_status.remembers (args ("another", "reason", 3)));
  EXPECT_EQ (remembered (get_order_), (std::vector<int> { 1, 3, 4 })) << "it names calls of all reads";
  turn ();
  EXPECT_FALSE (keeps (get_status, args ("who", "why", 2)));
  ship_order_.function.answer ("shipped");
  EXPECT_TRUE (keeps (get_status, args ("who", "why", 2)));
}

TEST_F (KeyFunctionTest, Rule18TheArgumentsOfTheChangeNameNothingThen)
{
  remember (get_order_, args ("parcel"));
  start ();
  ship_order_.keys.answer (args (2));
  EXPECT_TRUE (get_order_.remembers (args ("parcel")));
  turn ();
  ship_order_.function.answer ("shipped");
}

// --- when it answers ---

TEST_F (KeyFunctionTest, Rule18ItMayAnswerLateAndFromAThread)
{
  auto shipped = start ();
  auto call = ship_order_.keys.next ();

  in_thread ([&] {
    memo_call_return_entry (call.get (), variant_entry (args (2)).release ());
    EXPECT_EQ (ship_order_.function.count (), 0) << "the function belongs in the caller's context";
  });
  EXPECT_EQ (remembered (get_order_), (std::vector<int> { 1, 3, 4 })) << "the bracket opens with the answer";
  turn ();
  ship_order_.function.answer ("shipped");
  turn ();
  EXPECT_THAT (shipped, GotText ("shipped"));
}

TEST_F (KeyFunctionTest, Rule18ItMayAnswerAtOnce)
{
  ship_order_.keys.on_call = [] (MemoCall *call) {
    memo_call_return_entry (call, variant_entry (args (2)).release ());
  };
  auto shipped = ship_order_.call (args ("parcel"));
  turn ();
  EXPECT_EQ (remembered (get_order_), (std::vector<int> { 1, 3, 4 }));
  ship_order_.function.answer ("shipped");
  turn ();
  EXPECT_THAT (shipped, GotText ("shipped"));
}

TEST_F (KeyFunctionTest, Rule10ItAnswersOnce)
{
  auto shipped = start ();
  auto call = share (ship_order_.keys.front ());

  ship_order_.keys.answer (args (2));
  memo_call_return_entry (call.get (), variant_entry (args (3)).release ());
  EXPECT_THAT (criticals_.take (), IsCritical ("answered twice"));
  EXPECT_EQ (remembered (get_order_), (std::vector<int> { 1, 3, 4 }));
  turn ();
  ASSERT_EQ (ship_order_.function.count (), 1);
  ship_order_.function.answer ("shipped");
  turn ();
  EXPECT_THAT (shipped, GotText ("shipped"));
}

// --- when it fails ---

TEST_F (KeyFunctionTest, Rule18WhereItFailsNothingIsChanged)
{
  auto shipped = start ();
  ship_order_.keys.fail (make_error ("no such parcel", g_quark_from_static_string ("shop-error"), 23));
  turn ();
  EXPECT_THAT (shipped, GotError (g_quark_from_static_string ("shop-error"), 23));
  EXPECT_STREQ (shipped->error->message, "no such parcel");
  expect_untouched ();
}

TEST_F (KeyFunctionTest, Rule18WhereItDropsItsCallNothingIsChanged)
{
  auto shipped = start ();
  ship_order_.keys.drop ();
  EXPECT_THAT (shipped, IsPending ());
  turn ();
  EXPECT_THAT (shipped, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  expect_untouched ();
}

struct Refused
{
  const char *name;
  const char *answer;
  const char *type;       // what the message says that it is
};

class RefusedTest : public KeyFunctionTest, public ::testing::WithParamInterface<Refused>
{
};

INSTANTIATE_TEST_SUITE_P (With, RefusedTest, ::testing::Values (
  Refused { "OneNumber", "2", "“i”" },
  Refused { "AString", "'2'", "“s”" },
  Refused { "AMaybe", "@m(i) (2,)", "“m(i)”" },
  Refused { "AnArrayOfNumbers", "[2, 3]", "“i”" },
  Refused { "ADictionary", "{'order': 2}", "“{si}”" },
  Refused { "AVariantOfANumber", "<2>", "“i”" },
  Refused { "AVariantOfAnArray", "<[(2,)]>", "“a(i)”" },
  Refused { "OneOfManyThatIsNoTuple", "[<(2,)>, <3>]", "“i”" }),
  [] (const auto &info) { return std::string (info.param.name); });

TEST_P (RefusedTest, Rule18ItHasToNameCalls)
{
  auto shipped = start ();
  ship_order_.keys.answer (g_variant_new_parsed (GetParam ().answer));
  turn ();
  EXPECT_THAT (shipped, GotError (MEMO_ERROR, MEMO_ERROR_FAILED));
  EXPECT_THAT (shipped->error->message, ::testing::HasSubstr (GetParam ().type));
  EXPECT_THAT (shipped->error->message, ::testing::HasSubstr ("tuple"));
  expect_untouched ();
}

TEST_F (KeyFunctionTest, Rule18AnythingButAVariantIsRefused)
{
  for (auto make : { +[] { return memo_entry_new_string ("(2,)"); }, +[] { return memo_entry_new_int64 (2); },
                     +[] { return memo_entry_new (nullptr); } })
    {
      auto shipped = start ();
      ship_order_.keys.answer (Entry (make ()));
      turn ();
      EXPECT_THAT (shipped, GotError (MEMO_ERROR, MEMO_ERROR_FAILED));
      EXPECT_THAT (shipped->error->message, ::testing::HasSubstr ("without a variant"));
    }
  expect_untouched ();
}

TEST_F (KeyFunctionTest, Rule18ItIsNotAskedWhereAllIsForgotten)
{
  memo_async_invalidator_set_clear_all (ship_order_, TRUE);
  auto shipped = ship_order_.call (args ("parcel"));

  turn ();
  EXPECT_EQ (ship_order_.keys.count (), 0);
  EXPECT_EQ (ship_order_.function.count (), 1);
  ship_order_.function.answer ("shipped");
  turn ();
  EXPECT_EQ (shipped->callbacks, 1);
  EXPECT_THAT (remembered (get_order_), ::testing::IsEmpty ());
}

// --- cancelled while it is asked ---

TEST_F (KeyFunctionTest, Rule18CancelledBeforeItIsAskedItIsNot)
{
  auto shipped = ship_order_.call (args ("parcel"), cancellable_.get ());
  cancel ();
  turn ();
  EXPECT_THAT (shipped, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (ship_order_.keys.count (), 0);
  expect_untouched ();
}

TEST_F (KeyFunctionTest, Rule18CancelledWhileItIsAskedNothingIsChanged)
{
  auto shipped = start ();
  cancel ();
  turn ();
  EXPECT_THAT (shipped, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED)) << "at once";
  ship_order_.keys.answer (args (2));
  turn ();
  expect_untouched ();
  EXPECT_EQ (shipped->callbacks, 1);
  EXPECT_THAT (criticals_.take (), ::testing::IsEmpty ()) << "a late answer is no mistake";
}

TEST_F (KeyFunctionTest, Rule18CancelledAndThenItFails)
{
  auto shipped = start ();
  cancel ();
  ship_order_.keys.fail (make_error ("no such parcel"));
  turn ();
  EXPECT_THAT (shipped, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  expect_untouched ();
}

TEST_F (KeyFunctionTest, Rule18CancelledBetweenItsAnswerAndTheFunction)
{
  auto shipped = start ();
  ship_order_.keys.answer (args (2));
  cancel ();
  turn ();
  EXPECT_THAT (shipped, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (ship_order_.function.count (), 0);
  EXPECT_EQ (remembered (get_order_), (std::vector<int> { 1, 3, 4 }));
  EXPECT_TRUE (keeps (get_order_, args (2)));
}

TEST_F (KeyFunctionTest, Rule18NothingIsHeldByACallWhoseContextWentAway)
{
  Watch invalidator (static_cast<MemoAsyncInvalidator *> (ship_order_));
  Context callers;

  auto shipped = callers.within ([&] { return ship_order_.call (args ("parcel"), cancellable_.get ()); });
  cancel ();
  callers.destroy ();
  ship_order_.forget_reference ();
  turn ();
  EXPECT_TRUE (invalidator.gone ());
  EXPECT_THAT (shipped, IsPending ());
  expect_untouched ();
}
