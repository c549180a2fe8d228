// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/function-test.hpp"

using namespace memo_test;
using ::testing::ElementsAre;

// Calls of a decorated function.
class DecoratorTest : public FunctionTest
{
protected:
  std::shared_ptr<Got> call (const char *text) { return FunctionTest::call (lru_, text); }

  // A tuple with one string, which counts when it is freed.  Floating.
  GVariant *counted_args ()
  {
    return g_variant_new_from_data (G_VARIANT_TYPE ("(s)"), "one", 4, TRUE,
                                    [] (gpointer data) { ++*static_cast<int *> (data); }, &freed_);
  }

  ScriptedFunction   function_;
  Ref<MemoDecorator> lru_ = new_lru ("f", function_);
  int                freed_ = 0;
};

TEST_F (DecoratorTest, AFunctionRemembersItsAnswer)
{
  auto first = call ("(1, 'two')");
  EXPECT_EQ (function_.count (), 0) << "no function inside of the call";
  turn ();
  EXPECT_THAT (function_.asked (), ElementsAre ("(1, 'two')"));
  function_.answer ("value");
  turn ();
  EXPECT_THAT (first, GotText ("value"));

  auto second = call ("(1, 'two')");
  turn ();
  EXPECT_THAT (second, GotText ("value"));
  EXPECT_EQ (second->entry.get (), first->entry.get ()) << "and not a copy";
  EXPECT_EQ (function_.count (), 1);
}

TEST_F (DecoratorTest, OtherArgumentsAreAnotherCall)
{
  call ("(1,)");
  call ("(2,)");
  call ("(1, 2)");
  turn ();
  EXPECT_THAT (function_.asked (), ElementsAre ("(1,)", "(2,)", "(1, 2)"));
}

TEST_F (DecoratorTest, Failure08ArgumentsOfOtherTypesAreAnotherCall)
{
  for (auto text : { "(int64 1,)", "(true,)", "(1.0,)", "('1',)", "(int32 1,)", "([1, 2],)", "((1, 2),)", "(<1>,)",
                     "(@mi 1,)", "(@as [],)", "(@ai [],)", "(objectpath '/1',)", "('/1',)" })
    call (text);
  turn ();
  EXPECT_EQ (function_.count (), 13);
}

TEST_F (DecoratorTest, Rule03TheSameArgumentsInAnotherOrderOfADictionaryAreTheSameCall)
{
  auto first = call ("({'a': 1, 'b': 2},)");
  auto second = call ("({'b': 2, 'a': 1},)");
  turn ();
  ASSERT_EQ (function_.count (), 1);
  function_.answer ("value");
  turn ();
  EXPECT_THAT (first, GotText ("value"));
  EXPECT_THAT (second, GotText ("value"));
}

TEST_F (DecoratorTest, TheKeyOfACallIsTheTextOfItsArguments)
{
  call ("(int64 1, 'two')");
  turn ();
  EXPECT_STREQ (memo_call_get_key (function_.front ()), "f(x 1, s \"two\")");
  EXPECT_EQ (key_of (lru_, "(int64 1, 'two')"), "f(x 1, s \"two\")");
  function_.answer ("value");
  EXPECT_THAT (Entry (memo_cache_lookup (cache_of (lru_), "f(x 1, s \"two\")")), HoldsText ("value"));
}

// --- the arguments ---

TEST_F (DecoratorTest, FloatingArgumentsAreTaken)
{
  auto got = FunctionTest::call (lru_, counted_args ());
  turn ();
  EXPECT_EQ (freed_, 0) << "the function may read them";
  function_.answer ("value");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (freed_, 1) << "nobody needs them any more";

  FunctionTest::call (lru_, counted_args ());
  turn ();
  EXPECT_EQ (freed_, 2) << "on a hit too";
}

TEST_F (DecoratorTest, FloatingArgumentsAreTakenByWhatAsksForNoAnswer)
{
  memo_decorator_invalidate (lru_.get (), counted_args ());
  EXPECT_EQ (freed_, 1);
  g_free (memo_async_function_dup_key (MEMO_ASYNC_FUNCTION (lru_.get ()), counted_args ()));
  EXPECT_EQ (freed_, 2);
}

TEST_F (DecoratorTest, ArgumentsThatDoNotFloatStayTheCallers)
{
  Variant mine (g_variant_ref_sink (counted_args ()));
  auto got = FunctionTest::call (lru_, mine.get ());
  memo_decorator_invalidate (lru_.get (), mine.get ());
  turn ();
  function_.answer ("value");
  turn ();
  EXPECT_EQ (freed_, 0);
  EXPECT_THAT (got, GotText ("value"));
  mine.reset ();
  EXPECT_EQ (freed_, 1);
}

TEST_F (DecoratorTest, FloatingArgumentsAreFreedWhenTheCallerWasCancelledBefore)
{
  auto cancellable = new_cancellable ();
  g_cancellable_cancel (cancellable.get ());
  auto got = FunctionTest::call (lru_, counted_args (), MEMO_GET_NONE, cancellable.get ());
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (freed_, 1);
}

TEST_F (DecoratorTest, NoArgumentsAreTheEmptyTuple)
{
  auto first = FunctionTest::call (lru_, static_cast<GVariant *> (nullptr));
  auto second = call ("()");
  turn ();
  ASSERT_THAT (function_.asked (), ElementsAre ("()"));
  EXPECT_STREQ (memo_call_get_key (function_.front ()), "f()");
  function_.answer ("value");
  turn ();
  EXPECT_THAT (first, GotText ("value"));
  EXPECT_THAT (second, GotText ("value"));

  memo_decorator_invalidate (lru_.get (), nullptr);
  EXPECT_FALSE (memo_cache_contains (cache_of (lru_), "f()"));
}

TEST_F (DecoratorTest, ArgumentsAreATuple)
{
  Complaints complaints;
  Variant no_tuple = args ("[1, 2]");
  GClosure *closure = g_cclosure_new (G_CALLBACK (called_cb), nullptr, nullptr);

  g_closure_ref (closure);
  g_closure_sink (closure);
  memo_decorator_call_async (lru_.get (), no_tuple.get (), MEMO_GET_NONE, nullptr, nullptr, nullptr);
  EXPECT_THAT (complaints.take (), IsOne ("critical", "are_args"));
  memo_decorator_call_on_async (lru_.get (), G_OBJECT (lru_.get ()), no_tuple.get (), MEMO_GET_NONE, nullptr, nullptr, nullptr);
  EXPECT_THAT (complaints.take (), IsOne ("critical", "are_args"));
  memo_decorator_call_with_closure (lru_.get (), nullptr, no_tuple.get (), MEMO_GET_NONE, nullptr, closure);
  EXPECT_THAT (complaints.take (), IsOne ("critical", "are_args"));
  memo_decorator_invalidate (lru_.get (), no_tuple.get ());
  EXPECT_THAT (complaints.take (), IsOne ("critical", "are_args"));
  EXPECT_EQ (memo_async_function_dup_key (MEMO_ASYNC_FUNCTION (lru_.get ()), no_tuple.get ()), nullptr);
  EXPECT_THAT (complaints.take (), IsOne ("critical", "TUPLE"));

  g_closure_unref (closure);
  turn ();
  EXPECT_EQ (function_.count (), 0);
}

// --- what comes of a call ---

TEST_F (DecoratorTest, Rule08CallsAtTheSameTimeAreOne)
{
  std::vector<std::shared_ptr<Got>> all;
  for (int i = 0; i < 10; i++)
    all.push_back (call ("(1,)"));
  turn ();
  all.push_back (call ("(1,)"));
  turn ();
  ASSERT_EQ (function_.count (), 1);
  function_.answer ("value");
  turn ();

  for (auto &got : all)
    EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (metrics (lru_)->coalesced, 10u);
}

TEST_F (DecoratorTest, Rule08AnErrorReachesTheCallerAsItIsAndIsNotKept)
{
  auto first = call ("(1,)");
  auto second = call ("(1,)");
  turn ();
  function_.fail (make_error ("the table is locked", G_IO_ERROR, G_IO_ERROR_BUSY));
  turn ();
  EXPECT_THAT (first, GotError (G_IO_ERROR, G_IO_ERROR_BUSY));
  EXPECT_STREQ (second->error->message, "the table is locked");
  call ("(1,)");
  turn ();
  EXPECT_EQ (function_.count (), 2);
}

TEST_F (DecoratorTest, Rule01NoEntryIsAMissAndNothingIsKept)
{
  auto miss = call ("(1,)");
  auto nothing = call ("(2,)");
  turn ();
  function_.answer (Entry ());
  function_.answer (Entry (memo_entry_new (nullptr)));
  turn ();
  EXPECT_THAT (miss, GotMiss ());
  EXPECT_THAT (nothing->entry, IsNothing ());
  call ("(1,)");
  auto again = call ("(2,)");
  turn ();
  EXPECT_EQ (function_.count (), 3);
  EXPECT_THAT (again->entry, IsNothing ());
}

TEST_F (DecoratorTest, Rule23OneWhoWasCancelledBeforeIsAMiss)
{
  auto cancellable = new_cancellable ();

  g_cancellable_cancel (cancellable.get ());
  auto got = FunctionTest::call (lru_, "(1,)", MEMO_GET_NONE, cancellable.get ());
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (function_.count (), 0);
  EXPECT_EQ (metrics (lru_)->misses, 1u);
  EXPECT_EQ (metrics (lru_)->hits, 0u);
}

TEST_F (DecoratorTest, Rule09OneWhoIsCancelledLeavesTheOthersWaiting)
{
  auto cancellable = new_cancellable ();
  auto leaving = FunctionTest::call (lru_, "(1,)", MEMO_GET_NONE, cancellable.get ());
  auto staying = call ("(1,)");
  turn ();
  g_cancellable_cancel (cancellable.get ());
  EXPECT_THAT (leaving, IsPending ()) << "no callback inside of g_cancellable_cancel()";
  turn ();
  EXPECT_THAT (leaving, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_FALSE (g_cancellable_is_cancelled (memo_call_get_cancellable (function_.front ())));
  function_.answer ("value");
  turn ();
  EXPECT_THAT (staying, GotText ("value"));
}

TEST_F (DecoratorTest, Rule09TheFunctionIsCancelledWithTheLastCaller)
{
  auto cancellable = new_cancellable ();
  auto got = FunctionTest::call (lru_, "(1,)", MEMO_GET_NONE, cancellable.get ());
  turn ();
  g_cancellable_cancel (cancellable.get ());
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_TRUE (g_cancellable_is_cancelled (memo_call_get_cancellable (function_.front ())));
  function_.answer ("late");
  EXPECT_EQ (metrics (lru_)->size, 0u);
}

TEST_F (DecoratorTest, Rule09WhoWasCancelledBeforeIsNotToldWhatIsRemembered)
{
  auto cancellable = new_cancellable ();
  call ("(1,)");
  turn ();
  function_.answer ("value");
  g_cancellable_cancel (cancellable.get ());
  auto got = FunctionTest::call (lru_, "(1,)", MEMO_GET_NONE, cancellable.get ());
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

TEST_F (DecoratorTest, Rule10AFunctionThatDropsItsCallAbandonsIt)
{
  auto got = call ("(1,)");
  turn ();
  function_.next ();
  turn ();
  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (DecoratorTest, Rule11EverybodyIsToldWhereTheyCalled)
{
  Context others;
  auto there = others.within ([&] { return call ("(1,)"); });
  auto here = call ("(1,)");
  turn ();
  EXPECT_EQ (function_.count (), 0) << "it runs where it was called first";
  others.turn ();
  function_.answer ("value");
  turn ();
  EXPECT_THAT (here, GotText ("value"));
  EXPECT_THAT (there, IsPending ());
  others.turn ();
  EXPECT_THAT (there, GotText ("value"));
}

TEST_F (DecoratorTest, Rule12AFunctionMayCallItselfWithOtherArguments)
{
  function_.on_call = [&] (MemoCall *question) {
    gint64 n;
    g_variant_get (memo_call_get_args (question), "(x)", &n);
    if (n < 2)
      {
        memo_call_return_entry (question, memo_entry_new_int64 (n));
        return;
      }

    struct Sum { Ref<MemoCall> call; gint64 sum = 0; int left = 2; };
    auto sum = std::make_shared<Sum> ();
    sum->call = share (question);
    for (gint64 step : { n - 1, n - 2 })
      memo_decorator_call_async (lru_.get (), g_variant_new ("(x)", step), MEMO_GET_NONE, nullptr,
                                 [] (GObject *source, GAsyncResult *result, gpointer data) {
        std::unique_ptr<std::shared_ptr<Sum>> mine (static_cast<std::shared_ptr<Sum> *> (data));
        Entry part (memo_decorator_call_finish (MEMO_DECORATOR (source), result, nullptr));
        Sum &sum = **mine;

        sum.sum += memo_entry_get_int64 (part.get ());
        if (--sum.left == 0)
          memo_call_return_entry (sum.call.get (), memo_entry_new_int64 (sum.sum));
      }, new std::shared_ptr<Sum> (sum));
  };
  auto got = call ("(int64 80,)");
  turn ();

  ASSERT_NE (got->entry, nullptr);
  EXPECT_EQ (memo_entry_get_int64 (got->entry.get ()), 23416728348467685);
  EXPECT_EQ (function_.count (), 81) << "once for each number";
}

TEST_F (DecoratorTest, Rule12AFunctionThatCallsItselfWithItsOwnArgumentsIsRecursion)
{
  std::shared_ptr<Got> inner;
  function_.on_call = [&] (MemoCall *question) {
    inner = FunctionTest::call (lru_, memo_call_get_args (question));
    memo_call_return_entry (question, entry ("value").release ());
  };
  auto outer = call ("(1,)");
  turn ();
  EXPECT_THAT (inner, GotError (MEMO_ERROR, MEMO_ERROR_RECURSION));
  EXPECT_THAT (outer, GotText ("value"));
}

// --- refreshing and forgetting ---

TEST_F (DecoratorTest, Rule13ARefreshCallsTheFunctionAgain)
{
  call ("(1,)");
  turn ();
  function_.answer ("old");
  auto refreshed = refresh (lru_, "(1,)");
  auto reader = call ("(1,)");
  turn ();
  EXPECT_THAT (reader, GotText ("old"));
  ASSERT_EQ (function_.count (), 2);
  EXPECT_STREQ (memo_entry_get_string (memo_call_get_previous (function_.front ())), "old");
  function_.answer ("new");
  turn ();
  EXPECT_THAT (refreshed, GotText ("new"));
  auto later = call ("(1,)");
  turn ();
  EXPECT_THAT (later, GotText ("new"));
}

TEST_F (DecoratorTest, Failure11ARefreshThatFailsLeavesWhatIsRemembered)
{
  call ("(1,)");
  turn ();
  function_.answer ("old");
  auto refreshed = refresh (lru_, "(1,)");
  turn ();
  function_.fail (make_error ("no"));
  auto later = call ("(1,)");
  turn ();
  EXPECT_THAT (refreshed, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_THAT (later, GotText ("old"));
}

TEST_F (DecoratorTest, ToInvalidateForgetsOneCall)
{
  function_.on_call = [] (MemoCall *question) { memo_call_return_entry (question, entry ("value").release ()); };
  call ("(1,)");
  call ("(2,)");
  turn ();
  invalidate (lru_, "(1,)");
  invalidate (lru_, "('nobody called this',)");
  call ("(1,)");
  call ("(2,)");
  turn ();
  EXPECT_THAT (function_.asked (), ElementsAre ("(1,)", "(2,)", "(1,)"));
}

TEST_F (DecoratorTest, Rule17ACallThatIsInvalidatedWhileItRunsIsNotRemembered)
{
  auto before = call ("(1,)");
  turn ();
  invalidate (lru_, "(1,)");
  auto after = call ("(1,)");
  turn ();
  ASSERT_EQ (function_.count (), 2);
  function_.answer ("old");
  turn ();
  EXPECT_THAT (before, GotText ("old"));
  EXPECT_THAT (after, IsPending ());
  function_.answer ("new");
  turn ();
  EXPECT_THAT (after, GotText ("new"));
  EXPECT_THAT (Entry (memo_cache_lookup (cache_of (lru_), "f(i 1)")), HoldsText ("new"));
}

TEST_F (DecoratorTest, Rule17ACallThatIsClearedWhileItRunsIsNotRemembered)
{
  auto before = call ("(1,)");
  turn ();
  memo_decorator_clear (lru_.get ());
  auto after = call ("(1,)");
  turn ();
  EXPECT_EQ (function_.count (), 2);
  function_.answer ("old");
  turn ();
  EXPECT_THAT (before, GotText ("old"));
  EXPECT_THAT (after, IsPending ());
  EXPECT_EQ (metrics (lru_)->size, 0u);
}

TEST_F (DecoratorTest, Rule23AFunctionHasMetrics)
{
  call ("(1,)");
  turn ();
  function_.answer ("value");
  call ("(1,)");
  call ("(1,)");
  call ("(2,)");
  turn ();
  function_.fail (make_error ("no"));

  auto counted = metrics (lru_);
  EXPECT_EQ (counted->hits, 2u);
  EXPECT_EQ (counted->misses, 2u);
  EXPECT_EQ (counted->loads, 2u);
  EXPECT_EQ (counted->load_failures, 1u);
  EXPECT_EQ (counted->size, 1u);
  EXPECT_DOUBLE_EQ (counted->hit_rate, 0.5);
}

// --- closures ---

TEST_F (DecoratorTest, AClosureIsCalledWithTheFunctionAndTheResult)
{
  struct Seen { Got got; GObject *source = nullptr; int ended = 0; } seen;
  auto called = [] (GObject *source, GAsyncResult *result, gpointer data) {
    auto &seen = *static_cast<Seen *> (data);

    seen.source = source;
    seen.got.callbacks++;
    seen.got.entry.reset (memo_decorator_call_finish (MEMO_DECORATOR (source), result, ErrorOut (seen.got.error)));
  };
  auto instance = new_cancellable ();
  GClosure *closure = g_cclosure_new (G_CALLBACK (+called), &seen, [] (gpointer data, GClosure *) {
    static_cast<Seen *> (data)->ended++;
  });

  memo_decorator_call_with_closure (lru_.get (), G_OBJECT (instance.get ()), args ("(1,)").get (), MEMO_GET_NONE, nullptr, closure);
  turn ();
  EXPECT_EQ (memo_call_get_instance (function_.front ()), G_OBJECT (instance.get ()));
  EXPECT_EQ (seen.got.callbacks, 0);
  EXPECT_EQ (seen.ended, 0);
  function_.answer ("value");
  turn ();
  EXPECT_THAT (&seen.got, GotText ("value"));
  EXPECT_EQ (seen.source, G_OBJECT (lru_.get ()));
  EXPECT_EQ (seen.ended, 1);

  memo_decorator_call_with_closure (lru_.get (), nullptr, args ("(2,)").get (), MEMO_GET_NONE, nullptr,
                                    g_cclosure_new (G_CALLBACK (+called), &seen, nullptr));
  turn ();
  EXPECT_EQ (memo_call_get_instance (function_.front ()), nullptr);
  function_.fail (make_error ("no"));
  turn ();
  EXPECT_THAT (seen.got.error, IsGError (G_IO_ERROR, G_IO_ERROR_FAILED));
}

TEST_F (DecoratorTest, NobodyNeedsToListen)
{
  memo_decorator_call_async (lru_.get (), nullptr, MEMO_GET_NONE, nullptr, nullptr, nullptr);
  turn ();
  function_.answer ("value");
  turn ();
  EXPECT_TRUE (memo_cache_contains (cache_of (lru_), "f()"));
}

// --- the end ---

TEST_F (DecoratorTest, AFunctionMayBeDroppedWhileACallIsUnderWay)
{
  Watch watch (lru_.get ());
  auto got = call ("(1,)");
  turn ();
  lru_.reset ();
  EXPECT_FALSE (watch.gone ()) << "who waits holds it";
  EXPECT_FALSE (function_.ended ());
  function_.answer ("value");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_TRUE (watch.gone ());
  EXPECT_TRUE (function_.ended ()) << "and its data is not needed any more";
}

TEST_F (DecoratorTest, AFunctionThatNobodyWaitsForEndsThoughACallIsUnderWay)
{
  Watch watch (lru_.get ());
  auto cancellable = new_cancellable ();
  FunctionTest::call (lru_, "(1,)", MEMO_GET_NONE, cancellable.get ());
  turn ();
  g_cancellable_cancel (cancellable.get ());
  turn ();
  lru_.reset ();
  EXPECT_TRUE (watch.gone ());
  EXPECT_FALSE (function_.ended ()) << "it may still run";
  function_.answer ("late");
  EXPECT_TRUE (function_.ended ());
}
