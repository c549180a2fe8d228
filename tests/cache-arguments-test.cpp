// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"
#include "support/tracking.hpp"

using namespace memo_test;
using ::testing::IsEmpty;

// What is no mistake of the library but of its caller is a critical, and does nothing.
class ArgumentsTest : public CacheTest
{
protected:
  // That CALL logs one critical, which has PART in it, and starts nothing.
  void expect_critical (const std::string &part, const std::function<void ()> &call)
  {
    SCOPED_TRACE (part);
    call ();
    EXPECT_THAT (criticals_.take (), IsCritical (part));
    EXPECT_FALSE (g_main_context_pending (context_)) << "something was started";
  }

  static void never (GObject *, GAsyncResult *, gpointer) { FAIL () << "a callback of a call that was refused"; }

  // Something that is no cache, no loader and no cancellable.
  template <typename T>
  T *wrong () { return reinterpret_cast<T *> (clock_.get ()); }

  Criticals criticals_;
};

TEST_F (ArgumentsTest, EveryFunctionWantsACache)
{
  Entry value = entry ("value");
  auto warmup = adopt (memo_warmup_new ());
  const std::string what = "MEMO_IS_CACHE (self)";

  for (MemoCache *bad : { static_cast<MemoCache *> (nullptr), wrong<MemoCache> () })
    {
      expect_critical (what, [&] { EXPECT_EQ (Entry (memo_cache_lookup (bad, "key")), nullptr); });
      expect_critical (what, [&] { EXPECT_EQ (Entry (memo_cache_peek (bad, "key")), nullptr); });
      expect_critical (what, [&] { EXPECT_FALSE (memo_cache_contains (bad, "key")); });
      expect_critical (what, [&] { memo_cache_get_async (bad, "key", MEMO_GET_NONE, nullptr, nullptr, never, nullptr); });
      expect_critical (what, [&] { memo_cache_set (bad, "key", value.get ()); });
      expect_critical (what, [&] { memo_cache_set_async (bad, "key", value.get (), nullptr, never, nullptr); });
      expect_critical (what, [&] { EXPECT_FALSE (memo_cache_delete (bad, "key")); });
      expect_critical (what, [&] { memo_cache_delete_async (bad, "key", nullptr, never, nullptr); });
      expect_critical (what, [&] { memo_cache_clear (bad); });
      expect_critical (what, [&] { memo_cache_clear_async (bad, nullptr, never, nullptr); });
      expect_critical (what, [&] { memo_cache_invalidate_tags (bad, Tags ({ "tag" })); });
      expect_critical (what, [&] { memo_cache_invalidate_tags_async (bad, Tags ({ "tag" }), nullptr, never, nullptr); });
      expect_critical (what, [&] { memo_cache_flush_async (bad, nullptr, never, nullptr); });
      expect_critical (what, [&] { memo_cache_close_async (bad, nullptr, never, nullptr); });
      expect_critical (what, [&] { memo_cache_warmup_async (bad, warmup.get (), nullptr, never, nullptr); });
      expect_critical (what, [&] { EXPECT_EQ (Metrics (memo_cache_get_metrics (bad)), nullptr); });
      expect_critical (what, [&] { memo_cache_reset_metrics (bad); });
    }
}

TEST_F (ArgumentsTest, EveryFunctionOfAKeyWantsOne)
{
  Entry value = entry ("value");
  const std::string what = "key != NULL";

  expect_critical (what, [&] { EXPECT_EQ (lookup (nullptr), nullptr); });
  expect_critical (what, [&] { EXPECT_EQ (peek (nullptr), nullptr); });
  expect_critical (what, [&] { EXPECT_FALSE (contains (nullptr)); });
  expect_critical (what, [&] { memo_cache_get_async (cache (), nullptr, MEMO_GET_NONE, nullptr, nullptr, never, nullptr); });
  expect_critical (what, [&] { memo_cache_set (cache (), nullptr, value.get ()); });
  expect_critical (what, [&] { memo_cache_set_async (cache (), nullptr, value.get (), nullptr, never, nullptr); });
  expect_critical (what, [&] { EXPECT_FALSE (memo_cache_delete (cache (), nullptr)); });
  expect_critical (what, [&] { memo_cache_delete_async (cache (), nullptr, nullptr, never, nullptr); });
  EXPECT_EQ (metrics ()->misses, 0u);
}

TEST_F (ArgumentsTest, EveryOtherArgumentIsLookedAtToo)
{
  auto *cancellable = wrong<GCancellable> ();
  const std::string not_cancellable = "G_IS_CANCELLABLE (cancellable)";
  Entry value = entry ("value");
  auto warmup = adopt (memo_warmup_new ());

  expect_critical ("entry != NULL", [&] { memo_cache_set (cache (), "key", nullptr); });
  expect_critical ("entry != NULL", [&] { memo_cache_set_async (cache (), "key", nullptr, nullptr, never, nullptr); });
  expect_critical ("tags != NULL", [&] { memo_cache_invalidate_tags (cache (), nullptr); });
  expect_critical ("tags != NULL", [&] { memo_cache_invalidate_tags_async (cache (), nullptr, nullptr, never, nullptr); });
  expect_critical ("MEMO_IS_LOADER (loader)", [&] {
    memo_cache_get_async (cache (), "key", MEMO_GET_NONE, wrong<MemoLoader> (), nullptr, never, nullptr);
  });
  expect_critical ("MEMO_IS_WARMUP (warmup)", [&] { memo_cache_warmup_async (cache (), nullptr, nullptr, never, nullptr); });

  expect_critical (not_cancellable, [&] {
    memo_cache_get_async (cache (), "key", MEMO_GET_NONE, nullptr, cancellable, never, nullptr);
  });
  expect_critical (not_cancellable, [&] { memo_cache_set_async (cache (), "key", value.get (), cancellable, never, nullptr); });
  expect_critical (not_cancellable, [&] { memo_cache_delete_async (cache (), "key", cancellable, never, nullptr); });
  expect_critical (not_cancellable, [&] { memo_cache_clear_async (cache (), cancellable, never, nullptr); });
  expect_critical (not_cancellable, [&] {
    memo_cache_invalidate_tags_async (cache (), Tags ({ "tag" }), cancellable, never, nullptr);
  });
  expect_critical (not_cancellable, [&] { memo_cache_flush_async (cache (), cancellable, never, nullptr); });
  expect_critical (not_cancellable, [&] { memo_cache_close_async (cache (), cancellable, never, nullptr); });
  expect_critical (not_cancellable, [&] { memo_cache_warmup_async (cache (), warmup.get (), cancellable, never, nullptr); });
  EXPECT_FALSE (contains ("key"));
}

TEST_F (ArgumentsTest, TheFunctionsOfACacheWantItsType)
{
  const std::string what = "MEMO_IS_ASYNC_CACHE (self)";
  auto *bad = wrong<MemoAsyncCache> ();

  expect_critical (what, [&] { memo_async_cache_get_maxsize (bad); });
  expect_critical (what, [&] { memo_async_cache_set_maxsize (bad, 1); });
  expect_critical (what, [&] { memo_async_cache_get_default_ttl (bad); });
  expect_critical (what, [&] { memo_async_cache_set_default_ttl (bad, 1.0); });
  expect_critical (what, [&] { memo_async_cache_get_max_batch_size (bad); });
  expect_critical (what, [&] { memo_async_cache_set_max_batch_size (bad, 1); });
  expect_critical (what, [&] { memo_async_cache_get_trim_on_low_memory (bad); });
  expect_critical (what, [&] { memo_async_cache_set_trim_on_low_memory (bad, TRUE); });
  expect_critical (what, [&] { memo_async_cache_get_clock (bad); });
  expect_critical (what, [&] { memo_async_cache_trim (bad, 10); });
}

// --- results that belong to something else ---

class ResultTest : public CacheTest
{
protected:
  static void keep_cb (GObject *, GAsyncResult *result, gpointer data)
  {
    *static_cast<Ref<GAsyncResult> *> (data) = share (result);
  }

  // That FINISH refuses the result of something else, whatever that came to.
  template <typename Finish>
  void expect_refused (Finish finish, MemoCache *source, GAsyncResult *result)
  {
    Error error;

    EXPECT_FALSE (finish (source, result, ErrorOut (error)));
    EXPECT_THAT (criticals_.take (), ::testing::SizeIs (1));
    EXPECT_EQ (error, nullptr);
  }

  Criticals criticals_;
};

static bool
finish_get (MemoCache *cache, GAsyncResult *result, GError **error)
{
  return Entry (memo_cache_get_finish (cache, result, error)) != nullptr;
}

TEST_F (ResultTest, AFinishRefusesTheResultOfAnotherFunction)
{
  Ref<GAsyncResult> got, set;

  memo_cache_set (cache (), "key", entry ("value").release ());
  memo_cache_get_async (cache (), "key", MEMO_GET_NONE, nullptr, nullptr, keep_cb, &got);
  memo_cache_set_async (cache (), "key", entry ("value").release (), nullptr, keep_cb, &set);
  turn ();

  expect_refused (finish_get, cache (), set.get ());
  expect_refused (memo_cache_set_finish, cache (), got.get ());
  expect_refused (memo_cache_delete_finish, cache (), set.get ());
  expect_refused (memo_cache_clear_finish, cache (), set.get ());
  expect_refused (memo_cache_invalidate_tags_finish, cache (), set.get ());
  expect_refused (memo_cache_flush_finish, cache (), set.get ());
  expect_refused (memo_cache_close_finish, cache (), set.get ());
  expect_refused (memo_cache_warmup_finish, cache (), set.get ());
}

TEST_F (ResultTest, AFinishRefusesTheResultOfAnotherCache)
{
  auto other = new_cache ();
  Ref<GAsyncResult> got, flushed, warmed;
  auto warmup = adopt (memo_warmup_new ());

  memo_cache_set (MEMO_CACHE (other.get ()), "key", entry ("value").release ());
  memo_cache_get_async (MEMO_CACHE (other.get ()), "key", MEMO_GET_NONE, nullptr, nullptr, keep_cb, &got);
  memo_cache_flush_async (MEMO_CACHE (other.get ()), nullptr, keep_cb, &flushed);
  memo_cache_warmup_async (MEMO_CACHE (other.get ()), warmup.get (), nullptr, keep_cb, &warmed);
  turn ();

  expect_refused (finish_get, cache (), got.get ());
  expect_refused (memo_cache_flush_finish, cache (), flushed.get ());
  expect_refused (memo_cache_warmup_finish, cache (), warmed.get ());
}

TEST_F (ResultTest, AFinishRefusesTheResultOfATask)
{
  auto task = adopt (g_task_new (cache (), nullptr, nullptr, nullptr));

  g_task_return_boolean (task.get (), TRUE);
  expect_refused (finish_get, cache (), G_ASYNC_RESULT (task.get ()));
  expect_refused (memo_cache_set_finish, cache (), G_ASYNC_RESULT (task.get ()));
  expect_refused (memo_cache_warmup_finish, cache (), G_ASYNC_RESULT (task.get ()));
  turn ();
}

TEST_F (ResultTest, AFinishRefusesTheCallOfALoader)
{
  ScriptedLoader loader;
  auto got = get ("key", loader);

  turn ();
  auto call = loader.next ();
  expect_refused (finish_get, cache (), G_ASYNC_RESULT (call.get ()));
  memo_call_return_nothing (call.get ());
  turn ();
  EXPECT_THAT (got, GotMiss ());
}

TEST_F (ResultTest, AFinishRefusesNoResultAndAnErrorThatIsSet)
{
  Ref<GAsyncResult> got;
  GError *set = make_error ("left from before").release ();

  expect_refused (finish_get, cache (), nullptr);
  expect_refused (memo_cache_set_finish, cache (), nullptr);

  memo_cache_set (cache (), "key", entry ("value").release ());
  memo_cache_get_async (cache (), "key", MEMO_GET_NONE, nullptr, nullptr, keep_cb, &got);
  turn ();
  EXPECT_FALSE (finish_get (cache (), got.get (), &set));
  EXPECT_THAT (criticals_.take (), IsCritical ("error == NULL"));
  g_error_free (set);
}

TEST_F (ResultTest, AResultCanBeFinishedLaterAndWithoutAskingForTheError)
{
  ScriptedLoader loader;
  Ref<GAsyncResult> good, bad;

  memo_cache_set (cache (), "good", entry ("value").release ());
  memo_cache_get_async (cache (), "good", MEMO_GET_NONE, nullptr, nullptr, keep_cb, &good);
  memo_cache_get_async (cache (), "bad", MEMO_GET_NONE, loader, nullptr, keep_cb, &bad);
  turn ();
  loader.fail (make_error ("down"));
  turn ();

  EXPECT_THAT (Entry (memo_cache_get_finish (cache (), good.get (), nullptr)), HoldsText ("value"));
  EXPECT_THAT (Entry (memo_cache_get_finish (cache (), bad.get (), nullptr)), IsMiss ());
  EXPECT_THAT (criticals_.take (), IsEmpty ());
}
