// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/function-test.hpp"

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The options of decorated functions: what they skip, how much and how long they remember.
class OptionsTest : public FunctionTest
{
protected:
  OptionsTest ()
  {
    // Answers with its arguments as text.
    function_.on_call = [] (MemoCall *call) {
      std::unique_ptr<char, Deleter<void, g_free>> text (g_variant_print (memo_call_get_args (call), FALSE));

      memo_call_return_entry (call, entry (text.get ()).release ());
    };
  }

  static Ref<GObject> new_object () { return adopt (G_OBJECT (g_object_new (G_TYPE_OBJECT, nullptr))); }

  ScriptedFunction function_;
};

// --- skipping ---

TEST_F (OptionsTest, Rule03ArgumentsThatAreSkippedAreNoPartOfTheKey)
{
  auto lru = new_lru ("f", function_, "skip-args", 1);
  auto first = call (lru, "('this session', 42)");
  turn ();
  auto second = call (lru, "('another session', 42)");
  auto third = call (lru, "('this session', 43)");
  turn ();

  EXPECT_THAT (function_.asked (), ElementsAre ("('this session', 42)", "('this session', 43)"))
    << "the function gets all of its arguments";
  EXPECT_THAT (second, GotText ("('this session', 42)"));
  EXPECT_EQ (key_of (lru, "('this session', int64 42)"), "f(x 42)");
}

TEST_F (OptionsTest, Rule03WhereMoreAreSkippedThanThereAreTheKeyIsTheNameAlone)
{
  auto lru = new_lru ("f", function_, "skip-args", 3);
  EXPECT_EQ (key_of (lru, "()"), "f()");
  EXPECT_EQ (key_of (lru, "(1, 2)"), "f()");
  EXPECT_EQ (key_of (lru, "(1, 2, 3)"), "f()");
  EXPECT_EQ (key_of (lru, "(1, 2, 3, 4)"), "f(i 4)");
  memo_async_function_set_skip_args (MEMO_ASYNC_FUNCTION (lru.get ()), G_MAXUINT);
  EXPECT_EQ (key_of (lru, "(1, 2, 3, 4)"), "f()");

  call (lru, "(1, 2)");
  turn ();
  auto second = call (lru, "(3,)");
  turn ();
  EXPECT_THAT (second, GotText ("(1, 2)"));
}

TEST_F (OptionsTest, ToInvalidateSkipsAsACallDoes)
{
  auto lru = new_lru ("f", function_, "skip-args", 1);
  call (lru, "('this session', 42)");
  turn ();
  invalidate (lru, "('yet another', 42)");
  call (lru, "('this session', 42)");
  turn ();
  EXPECT_EQ (function_.count (), 2);
}

// --- the instance ---

TEST_F (OptionsTest, AMethodGetsItsInstance)
{
  auto lru = new_lru ("f", function_);
  auto shop = new_object ();
  std::vector<GObject *> seen;
  function_.on_call = [&] (MemoCall *call) {
    seen.push_back (memo_call_get_instance (call));
    memo_call_return_entry (call, entry ("value").release ());
  };
  auto on_shop = call_on (lru, shop.get (), "(1,)");
  auto on_none = call (lru, "(2,)");
  turn ();

  EXPECT_THAT (on_shop, GotText ("value"));
  EXPECT_THAT (seen, ElementsAre (shop.get (), nullptr));
}

TEST_F (OptionsTest, AnInstanceIsNoPartOfTheKey)
{
  auto lru = new_lru ("f", function_);
  auto one = new_object ();
  auto other = new_object ();
  call_on (lru, one.get (), "(1,)");
  turn ();
  auto second = call_on (lru, other.get (), "(1,)");
  auto third = call (lru, "(1,)");
  turn ();

  EXPECT_EQ (function_.count (), 1);
  EXPECT_THAT (second, GotText ("(1,)"));
  EXPECT_THAT (third, GotText ("(1,)"));
}

TEST_F (OptionsTest, WhoseMethodIsCalledIsThatOfWhoAskedFirst)
{
  auto lru = new_lru ("f", function_);
  auto one = new_object ();
  auto other = new_object ();
  GObject *seen = nullptr;
  function_.on_call = [&] (MemoCall *call) { seen = memo_call_get_instance (call); };
  call_on (lru, one.get (), "(1,)");
  call_on (lru, other.get (), "(1,)");
  turn ();

  EXPECT_EQ (function_.count (), 1);
  EXPECT_EQ (seen, one.get ());
}

TEST_F (OptionsTest, AnInstanceLivesAsLongAsTheCallAndNoLonger)
{
  auto lru = new_lru ("f", function_);
  auto shop = new_object ();
  Watch watch (shop.get ());
  function_.on_call = nullptr;
  auto got = call_on (lru, shop.get (), "(1,)");
  shop.reset ();
  EXPECT_FALSE (watch.gone ()) << "before the function is called";
  turn ();
  EXPECT_FALSE (watch.gone ());
  EXPECT_EQ (G_OBJECT_TYPE (memo_call_get_instance (function_.front ())), G_TYPE_OBJECT);
  function_.answer ("value");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_TRUE (watch.gone ()) << "though the answer is remembered";
}

TEST_F (OptionsTest, AnInstanceIsNotKeptByAHitOrACallerThatIsCancelled)
{
  auto lru = new_lru ("f", function_);
  auto cancellable = new_cancellable ();
  auto hitting = new_object ();
  auto cancelled = new_object ();
  Watch watch_hitting (hitting.get ());
  Watch watch_cancelled (cancelled.get ());
  call (lru, "(1,)");
  turn ();
  call_on (lru, hitting.get (), "(1,)");
  memo_decorator_call_on_async (lru.get (), cancelled.get (), args ("(2,)").get (), MEMO_GET_NONE,
                                cancellable.get (), nullptr, nullptr);
  g_cancellable_cancel (cancellable.get ());
  turn ();
  hitting.reset ();
  cancelled.reset ();
  EXPECT_TRUE (watch_hitting.gone ());
  EXPECT_TRUE (watch_cancelled.gone ());
}

// --- how much is remembered ---

TEST_F (OptionsTest, TheLastRecentlyUsedAnswerGoes)
{
  auto lru = new_lru ("f", function_, "maxsize", 2);
  call (lru, "(1,)");
  call (lru, "(2,)");
  turn ();
  call (lru, "(1,)");
  turn ();
  call (lru, "(3,)");
  turn ();
  EXPECT_EQ (metrics (lru)->evictions, 1u);
  call (lru, "(1,)");
  call (lru, "(2,)");
  turn ();

  EXPECT_THAT (function_.asked (), ElementsAre ("(1,)", "(2,)", "(3,)", "(2,)"));
}

TEST_F (OptionsTest, AFunctionRemembersAHundredAndTwentyEightAnswersUnlessItSaysOtherwise)
{
  auto lru = new_lru ("f", function_);
  guint maxsize = 0;
  for (int i = 0; i < 129; i++)
    FunctionTest::call (lru, g_variant_new ("(i)", i));
  turn ();
  EXPECT_EQ (metrics (lru)->size, 128u);
  EXPECT_EQ (metrics (lru)->evictions, 1u);
  EXPECT_EQ (memo_async_function_get_maxsize (MEMO_ASYNC_FUNCTION (lru.get ())), 128u);
  g_object_get (lru.get (), "maxsize", &maxsize, nullptr);
  EXPECT_EQ (maxsize, 128u);
}

TEST_F (OptionsTest, AFunctionThatForgetsRemembersAThousandAndTwentyFourAnswersAtATime)
{
  auto ttl = new_ttl ("f", function_);
  guint maxsize = 0;
  for (int i = 0; i < 1025; i++)
    FunctionTest::call (ttl, g_variant_new ("(i)", i));
  turn ();
  EXPECT_EQ (metrics (ttl)->size, 1024u);
  EXPECT_EQ (metrics (ttl)->evictions, 1u);
  g_object_get (ttl.get (), "maxsize", &maxsize, nullptr);
  EXPECT_EQ (maxsize, 1024u);
}

TEST_F (OptionsTest, Rule04AFunctionMayRememberNothingAndStillShareItsCalls)
{
  auto lru = new_lru ("f", function_, "maxsize", 0);
  auto first = call (lru, "(1,)");
  auto second = call (lru, "(1,)");
  turn ();
  EXPECT_THAT (first, GotText ("(1,)"));
  EXPECT_THAT (second, GotText ("(1,)"));
  EXPECT_EQ (function_.count (), 1);
  call (lru, "(1,)");
  turn ();
  EXPECT_EQ (function_.count (), 2);
}

TEST_F (OptionsTest, Rule04AFunctionMayRememberEverything)
{
  auto lru = new_lru ("f", function_, "maxsize", MEMO_UNLIMITED);
  for (int i = 0; i < 5000; i++)
    FunctionTest::call (lru, g_variant_new ("(i)", i));
  turn ();
  EXPECT_EQ (metrics (lru)->size, 5000u);
}

// --- how long it is remembered ---

TEST_F (OptionsTest, Rule05AnAnswerIsRememberedForItsTimeToLive)
{
  auto ttl = new_ttl ("f", function_, "time-to-live", 30.0);
  call (ttl, "(1,)");
  turn ();
  advance (29.999999);
  call (ttl, "(1,)");
  turn ();
  EXPECT_EQ (function_.count (), 1);
  advance (0.000001);
  call (ttl, "(1,)");
  turn ();
  EXPECT_EQ (function_.count (), 2);
}

TEST_F (OptionsTest, Rule05AnAnswerIsRememberedForAMinuteUnlessTheFunctionSaysOtherwise)
{
  auto ttl = new_ttl ("f", function_);
  double seconds = 0.0;
  g_object_get (ttl.get (), "time-to-live", &seconds, nullptr);
  EXPECT_EQ (seconds, 60.0);
  call (ttl, "(1,)");
  turn ();
  advance (59.999999);
  EXPECT_TRUE (memo_cache_contains (cache_of (ttl), "f(i 1)"));
  advance (0.000001);
  EXPECT_FALSE (memo_cache_contains (cache_of (ttl), "f(i 1)"));
}

TEST_F (OptionsTest, Rule05AnotherTimeToLiveIsForCallsFromThenOn)
{
  auto ttl = new_ttl ("f", function_, "time-to-live", 30.0);
  int notified = 0;
  g_signal_connect_swapped (ttl.get (), "notify::time-to-live", G_CALLBACK (+[] (int *n) { ++*n; }), &notified);
  call (ttl, "(1,)");
  turn ();
  memo_async_ttl_set_time_to_live (MEMO_ASYNC_TTL (ttl.get ()), 10.0);
  memo_async_ttl_set_time_to_live (MEMO_ASYNC_TTL (ttl.get ()), 10.0);
  EXPECT_EQ (notified, 1);
  EXPECT_EQ (memo_async_ttl_get_time_to_live (MEMO_ASYNC_TTL (ttl.get ())), 10.0);
  call (ttl, "(2,)");
  turn ();
  advance (10.0);
  EXPECT_TRUE (memo_cache_contains (cache_of (ttl), "f(i 1)"));
  EXPECT_FALSE (memo_cache_contains (cache_of (ttl), "f(i 2)"));
}

TEST_F (OptionsTest, Rule05ATimeToLiveOfZeroIsForThoseWhoWait)
{
  auto ttl = new_ttl ("f", function_, "time-to-live", 0.0);
  auto got = call (ttl, "(1,)");
  turn ();
  EXPECT_THAT (got, GotText ("(1,)"));
  EXPECT_EQ (metrics (ttl)->size, 0u);
}

TEST_F (OptionsTest, Rule05AnAnswerMayLiveForEver)
{
  auto ttl = new_ttl ("f", function_, "time-to-live", MEMO_TTL_FOREVER);
  auto lru = new_lru ("g", function_);
  call (ttl, "(1,)");
  call (lru, "(1,)");
  turn ();
  advance (1e9);
  EXPECT_TRUE (memo_cache_contains (cache_of (ttl), "f(i 1)"));
  EXPECT_TRUE (memo_cache_contains (cache_of (lru), "g(i 1)"));
}

TEST_F (OptionsTest, Rule05AnAnswersOwnTimeToLiveCountsFirst)
{
  auto ttl = new_ttl ("f", function_, "time-to-live", 30.0);
  auto lru = new_lru ("g", function_);
  function_.on_call = [] (MemoCall *call) { memo_call_return_entry (call, entry ("value", 10.0).release ()); };
  call (ttl, "(1,)");
  call (lru, "(1,)");
  turn ();
  advance (9.999999);
  EXPECT_TRUE (memo_cache_contains (cache_of (ttl), "f(i 1)"));
  EXPECT_TRUE (memo_cache_contains (cache_of (lru), "g(i 1)"));
  advance (0.000001);
  EXPECT_FALSE (memo_cache_contains (cache_of (ttl), "f(i 1)"));
  EXPECT_FALSE (memo_cache_contains (cache_of (lru), "g(i 1)"));
}

TEST_F (OptionsTest, Rule05TheLoadersTimeToLiveComesBeforeTheFunctions)
{
  auto loader = function_.new_loader ();
  memo_loader_set_ttl (loader.get (), 10.0);
  auto ttl = new_function (MEMO_TYPE_ASYNC_TTL, "f", loader.get (), "time-to-live", 30.0);
  call (ttl, "(1,)");
  turn ();
  advance (10.0);
  EXPECT_FALSE (memo_cache_contains (cache_of (ttl), "f(i 1)"));
}

TEST_F (OptionsTest, ATimeToLiveIsNotNegative)
{
  Complaints complaints;
  auto ttl = new_ttl ("f", function_);
  memo_async_ttl_set_time_to_live (MEMO_ASYNC_TTL (ttl.get ()), -0.5);
  EXPECT_THAT (complaints.take (), IsOne ("critical", "seconds >= 0.0"));
  EXPECT_EQ (memo_async_ttl_get_time_to_live (MEMO_ASYNC_TTL (ttl.get ())), 60.0);
  EXPECT_EQ (memo_async_ttl_new ("f", -1.0, ScriptedFunction::func, nullptr, nullptr), nullptr);
  EXPECT_THAT (complaints.take (), IsOne ("critical", "time_to_live >= 0.0"));
}

// --- the options of the loader ---

TEST_F (OptionsTest, Rule10AFunctionMayHaveATimeout)
{
  auto loader = function_.new_loader ();
  memo_loader_set_timeout (loader.get (), 1.0);
  auto lru = new_function (MEMO_TYPE_ASYNC_LRU, "f", loader.get ());
  function_.on_call = nullptr;
  auto got = call (lru, "(1,)");
  turn ();
  advance (1.0);
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_TRUE (g_cancellable_is_cancelled (memo_call_get_cancellable (function_.front ())));
}

TEST_F (OptionsTest, Rule08AFunctionMayRememberItsErrors)
{
  auto loader = function_.new_loader ();
  memo_loader_set_error_ttl (loader.get (), 5.0);
  auto lru = new_function (MEMO_TYPE_ASYNC_LRU, "f", loader.get ());
  function_.on_call = [] (MemoCall *call) { memo_call_return_error (call, make_error ("no").release ()); };
  call (lru, "(1,)");
  turn ();
  auto again = call (lru, "(1,)");
  turn ();
  EXPECT_THAT (again, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_EQ (function_.count (), 1);
  memo_decorator_clear (lru.get ());
  call (lru, "(1,)");
  turn ();
  EXPECT_EQ (function_.count (), 2);
}

TEST_F (OptionsTest, Rule15TheLoadersTagsAndThoseThatAreAddedAreTheAnswers)
{
  auto loader = function_.new_loader ();
  memo_loader_set_tags (loader.get (), Tags { "shop" });
  auto lru = new_function (MEMO_TYPE_ASYNC_LRU, "f", loader.get ());
  function_.on_call = [] (MemoCall *call) {
    memo_call_add_tags (call, Tags { "added" });
    memo_call_return_entry (call, entry ("value").release ());
  };
  for (const char *tag : { "shop", "added" })
    {
      call (lru, "(1,)");
      turn ();
      EXPECT_TRUE (memo_cache_contains (cache_of (lru), "f(i 1)"));
      memo_cache_invalidate_tags (cache_of (lru), Tags { tag });
      EXPECT_FALSE (memo_cache_contains (cache_of (lru), "f(i 1)")) << tag;
    }
}

TEST_F (OptionsTest, AFunctionMayRunInAThread)
{
  GThread *called_by = nullptr;
  std::string seen_args;
  GObject *seen_instance = nullptr;
  auto shop = new_object ();
  auto loader = make_loader ([&] (MemoCall *call) {
    called_by = g_thread_self ();
    seen_args = g_variant_get_type_string (memo_call_get_args (call));
    seen_instance = memo_call_get_instance (call);
    memo_call_return_entry (call, entry ("value").release ());
  }, true);
  auto lru = new_function (MEMO_TYPE_ASYNC_LRU, "f", loader.get ());
  auto first = call_on (lru, shop.get (), "(1, 'two')");
  auto second = call (lru, "(1, 'two')");
  wait_until ([&] { return first->done () && second->done (); });

  EXPECT_THAT (first, GotText ("value"));
  EXPECT_THAT (second, GotText ("value"));
  EXPECT_NE (called_by, g_thread_self ());
  EXPECT_EQ (seen_args, "(is)");
  EXPECT_EQ (seen_instance, shop.get ());
  auto hit = call (lru, "(1, 'two')");
  turn ();
  EXPECT_THAT (hit, GotText ("value"));
}

// --- names and properties ---

TEST_F (OptionsTest, ANameHasNoParentheses)
{
  Complaints complaints;
  for (const char *name : { "f(x)", "(", "f)" })
    {
      new_lru (name, function_);
      EXPECT_THAT (complaints.take (), IsOne ("critical", "without parentheses")) << name;
    }
  adopt (memo_async_lru_new ("f()", ScriptedFunction::func, &function_, nullptr));
  EXPECT_THAT (complaints.take (), IsOne ("critical", "without parentheses"));
  new_lru (nullptr, function_);
  EXPECT_THAT (complaints.take (), IsOne ("critical", "name"));
  EXPECT_EQ (memo_async_lru_new (nullptr, ScriptedFunction::func, &function_, nullptr), nullptr);
  EXPECT_THAT (complaints.take (), IsOne ("critical", "name != NULL"));
}

TEST_F (OptionsTest, AFunctionNeedsALoader)
{
  Complaints complaints;
  adopt (g_object_new (MEMO_TYPE_ASYNC_LRU, "name", "f", nullptr));
  EXPECT_THAT (complaints.take (), IsOne ("critical", "loader"));
}

TEST_F (OptionsTest, ABatchLoaderCannotBeDecorated)
{
  auto loader = adopt (memo_loader_new_batch (ScriptedFunction::func, &function_, nullptr));
  auto lru = new_function (MEMO_TYPE_ASYNC_LRU, "get_user", loader.get ());
  auto got = call (lru, "(1,)");

  turn ();
  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
  EXPECT_THAT (got->error->message, ::testing::HasSubstr ("get_user"));
  EXPECT_EQ (function_.count (), 0);
}

TEST_F (OptionsTest, TheOptionsAreProperties)
{
  auto loader = function_.new_loader ();
  auto lru = new_function (MEMO_TYPE_ASYNC_LRU, "get_product", loader.get (), "skip-args", 2, "n-args", 3);
  auto function = MEMO_ASYNC_FUNCTION (lru.get ());
  std::vector<std::string> notified;
  char *name = nullptr;
  MemoLoader *seen_loader = nullptr;
  MemoCache *cache = nullptr;
  guint skip_args = 0;
  int n_args = 0;

  g_object_get (lru.get (), "name", &name, "loader", &seen_loader, "cache", &cache, "skip-args", &skip_args,
                "n-args", &n_args, nullptr);
  EXPECT_STREQ (name, "get_product");
  EXPECT_EQ (adopt (seen_loader).get (), loader.get ());
  EXPECT_EQ (adopt (cache).get (), cache_of (lru));
  EXPECT_EQ (skip_args, 2u);
  EXPECT_EQ (n_args, 3);
  EXPECT_STREQ (memo_async_function_get_name (function), name);
  EXPECT_EQ (memo_async_function_get_loader (function), loader.get ());
  g_free (name);

  g_signal_connect (lru.get (), "notify", G_CALLBACK (+[] (GObject *, GParamSpec *pspec, gpointer data) {
    static_cast<std::vector<std::string> *> (data)->push_back (pspec->name);
  }), &notified);
  memo_async_function_set_skip_args (function, 2);
  memo_async_function_set_n_args (function, 3);
  EXPECT_THAT (notified, IsEmpty ());
  memo_async_function_set_skip_args (function, 1);
  memo_async_function_set_n_args (function, MEMO_ANY_NUMBER);
  EXPECT_THAT (notified, ElementsAre ("skip-args", "n-args"));
  EXPECT_EQ (memo_async_function_get_skip_args (function), 1u);
  EXPECT_EQ (memo_async_function_get_n_args (function), MEMO_ANY_NUMBER);
  EXPECT_EQ (memo_async_function_get_n_args (MEMO_ASYNC_FUNCTION (new_lru ("g", function_).get ())), MEMO_ANY_NUMBER);
}

TEST_F (OptionsTest, TheConstructorsMakeWhatTheySay)
{
  auto lru = adopt (MEMO_DECORATOR (memo_async_lru_new ("f", ScriptedFunction::func, &function_, ScriptedFunction::destroy)));
  auto ttl = adopt (MEMO_DECORATOR (memo_async_ttl_new ("g", 30.0, ScriptedFunction::func, &function_, nullptr)));
  auto of_lru = call (lru, "(1,)");
  auto of_ttl = call (ttl, "(2,)");
  turn ();
  EXPECT_THAT (of_lru, GotText ("(1,)"));
  EXPECT_THAT (of_ttl, GotText ("(2,)"));
  EXPECT_EQ (memo_async_ttl_get_time_to_live (MEMO_ASYNC_TTL (ttl.get ())), 30.0);
  EXPECT_FALSE (function_.ended ());
  lru.reset ();
  turn ();
  EXPECT_TRUE (function_.ended ());
}
