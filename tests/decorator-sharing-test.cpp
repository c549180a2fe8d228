// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/function-test.hpp"

using namespace memo_test;
using ::testing::ElementsAre;

namespace {

// A cache of somebody else's making: another one does the work, and what was asked is noted.
struct NotingCache
{
  GObject                   parent_instance;
  MemoCache                *inner;
  std::vector<std::string> *notes;
};

struct NotingCacheClass { GObjectClass parent_class; };

GType noting_cache_get_type ();

NotingCache &self_of (gpointer cache) { return *static_cast<NotingCache *> (cache); }

void
got_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Ref<MemoCall> call (static_cast<MemoCall *> (data));
  GError *error = nullptr;
  MemoEntry *entry = memo_cache_get_finish (MEMO_CACHE (source), result, &error);

  if (error != nullptr)
    memo_call_return_error (call.get (), error);
  else
    memo_call_return_entry (call.get (), entry);
}

void
noting_cache_iface_init (MemoCacheInterface *iface)
{
  iface->lookup = [] (MemoCache *self, const char *key) { return memo_cache_lookup (self_of (self).inner, key); };
  iface->peek = [] (MemoCache *self, const char *key) { return memo_cache_peek (self_of (self).inner, key); };
  iface->get = [] (MemoCache *self, const char *key, MemoGetFlags flags, MemoLoader *loader, MemoCall *call) {
    self_of (self).notes->push_back (std::string (flags & MEMO_GET_REFRESH ? "refresh " : "get ") + key);
    memo_cache_get_async (self_of (self).inner, key, flags, loader, memo_call_get_cancellable (call), got_cb,
                          g_object_ref (call));
  };
  iface->remove = [] (MemoCache *self, const char *key) {
    self_of (self).notes->push_back (std::string ("remove ") + key);
    return memo_cache_delete (self_of (self).inner, key);
  };
  iface->invalidate_tags = [] (MemoCache *self, const char * const *tags) {
    self_of (self).notes->push_back ("invalidate " + std::to_string (g_strv_length (const_cast<char **> (tags))));
    memo_cache_invalidate_tags (self_of (self).inner, tags);
  };
  iface->get_metrics = [] (MemoCache *self) { return memo_cache_get_metrics (self_of (self).inner); };
}

G_DEFINE_TYPE_WITH_CODE (NotingCache, noting_cache, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (MEMO_TYPE_CACHE, noting_cache_iface_init))

void noting_cache_class_init (NotingCacheClass *) {}
void noting_cache_init (NotingCache *) {}

// A decorator that leaves out every virtual function.
struct BareDecorator { GObject parent_instance; };
struct BareDecoratorClass { GObjectClass parent_class; };

GType bare_decorator_get_type ();

G_DEFINE_TYPE_WITH_CODE (BareDecorator, bare_decorator, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (MEMO_TYPE_DECORATOR, nullptr))

void bare_decorator_class_init (BareDecoratorClass *) {}
void bare_decorator_init (BareDecorator *) {}

} // namespace

// Functions that share a cache.
class SharingTest : public FunctionTest
{
protected:
  SharingTest ()
  {
    for (ScriptedFunction *function : { &users_, &orders_ })
      function->on_call = [] (MemoCall *call) {
        memo_call_return_entry (call, entry (memo_call_get_key (call)).release ());
      };
  }

  bool contains (const char *key) { return memo_cache_contains (MEMO_CACHE (cache_.get ()), key); }

  ScriptedFunction    users_, orders_;
  Ref<MemoAsyncCache> cache_ = new_cache ();
  Ref<MemoDecorator>  get_user_ = new_lru ("get_user", users_, "cache", cache_.get ());
  Ref<MemoDecorator>  get_order_ = new_ttl ("get_order", orders_, "cache", cache_.get ());
};

TEST_F (SharingTest, FunctionsOfDifferentNamesDoNotMeet)
{
  auto user = call (get_user_, "(int64 1,)");
  auto order = call (get_order_, "(int64 1,)");
  turn ();
  EXPECT_THAT (user, GotText ("get_user(x 1)"));
  EXPECT_THAT (order, GotText ("get_order(x 1)"));
  EXPECT_TRUE (contains ("get_user(x 1)"));
  EXPECT_TRUE (contains ("get_order(x 1)"));
  EXPECT_EQ (cache_of (get_user_), MEMO_CACHE (cache_.get ()));
}

TEST_F (SharingTest, FunctionsOfOneNameShareTheirAnswers)
{
  auto same = new_lru ("get_user", orders_, "cache", cache_.get ());
  call (get_user_, "(int64 1,)");
  turn ();
  auto got = call (same, "(int64 1,)");
  turn ();
  EXPECT_THAT (got, GotText ("get_user(x 1)"));
  EXPECT_EQ (orders_.count (), 0);
}

TEST_F (SharingTest, ToClearAFunctionDropsItsOwnAnswersAlone)
{
  memo_cache_set (MEMO_CACHE (cache_.get ()), "set by hand", entry ("value").release ());
  call (get_user_, "(int64 1,)");
  call (get_user_, "(int64 2,)");
  call (get_order_, "(int64 1,)");
  turn ();
  memo_decorator_clear (get_user_.get ());

  EXPECT_FALSE (contains ("get_user(x 1)"));
  EXPECT_FALSE (contains ("get_user(x 2)"));
  EXPECT_TRUE (contains ("get_order(x 1)"));
  EXPECT_TRUE (contains ("set by hand"));
}

TEST_F (SharingTest, Rule15TheLoadersTagsAreThoseOfTheAnswersToo)
{
  auto loader = users_.new_loader ();
  memo_loader_set_tags (loader.get (), Tags { "shop", "town" });
  auto tagged = new_function (MEMO_TYPE_ASYNC_LRU, "tagged", loader.get (), "cache", cache_.get ());

  for (const char *tag : { "shop", "town", "tagged(*)" })
    {
      call (tagged, "(int64 1,)");
      turn ();
      EXPECT_TRUE (contains ("tagged(x 1)"));
      memo_cache_invalidate_tags (MEMO_CACHE (cache_.get ()), Tags { tag });
      EXPECT_FALSE (contains ("tagged(x 1)")) << tag;
    }
}

TEST_F (SharingTest, ToClearAFunctionWithACacheOfItsOwnDropsAll)
{
  auto alone = new_lru ("alone", users_);
  call (alone, "(int64 1,)");
  turn ();
  memo_cache_set (cache_of (alone), "set by hand", entry ("value").release ());
  memo_decorator_clear (alone.get ());
  EXPECT_EQ (metrics (alone)->size, 0u);
}

TEST_F (SharingTest, Rule17WhatRunsWhenAFunctionIsClearedIsNotRemembered)
{
  users_.on_call = nullptr;
  orders_.on_call = nullptr;
  auto before = call (get_user_, "(int64 1,)");
  auto order = call (get_order_, "(int64 1,)");
  turn ();
  memo_decorator_clear (get_user_.get ());
  auto after = call (get_user_, "(int64 1,)");
  auto order_too = call (get_order_, "(int64 1,)");
  turn ();
  EXPECT_EQ (users_.count (), 2);
  EXPECT_EQ (orders_.count (), 1) << "the other function goes on";
  users_.answer ("old");
  orders_.answer ("order");
  turn ();

  EXPECT_THAT (before, GotText ("old"));
  EXPECT_THAT (after, IsPending ());
  EXPECT_FALSE (contains ("get_user(x 1)"));
  EXPECT_THAT (order, GotText ("order"));
  EXPECT_THAT (order_too, GotText ("order"));
  EXPECT_TRUE (contains ("get_order(x 1)"));
}

TEST_F (SharingTest, ToInvalidateForgetsTheCallOfOneFunction)
{
  call (get_user_, "(int64 1,)");
  call (get_order_, "(int64 1,)");
  turn ();
  invalidate (get_user_, "(int64 1,)");
  EXPECT_FALSE (contains ("get_user(x 1)"));
  EXPECT_TRUE (contains ("get_order(x 1)"));
}

TEST_F (SharingTest, Rule05EachFunctionHasATimeToLiveOfItsOwn)
{
  auto cache = new_cache (128, 20.0);
  auto lru = new_lru ("lru", users_, "cache", cache.get ());
  auto ttl = new_ttl ("ttl", users_, "cache", cache.get (), "time-to-live", 50.0);
  call (lru, "()");
  call (ttl, "()");
  turn ();
  advance (20.0);
  EXPECT_FALSE (memo_cache_contains (MEMO_CACHE (cache.get ()), "lru()")) << "the cache has a default";
  advance (29.999999);
  EXPECT_TRUE (memo_cache_contains (MEMO_CACHE (cache.get ()), "ttl()"));
  advance (0.000001);
  EXPECT_FALSE (memo_cache_contains (MEMO_CACHE (cache.get ()), "ttl()"));
}

TEST_F (SharingTest, ASharedCacheHasItsOwnLimit)
{
  auto cache = new_cache (2);
  auto lru = new_lru ("f", users_, "cache", cache.get (), "maxsize", 10);
  EXPECT_EQ (memo_async_function_get_maxsize (MEMO_ASYNC_FUNCTION (lru.get ())), 2u);
  for (auto text : { "(1,)", "(2,)", "(3,)" })
    call (lru, text);
  turn ();
  EXPECT_EQ (metrics (lru)->size, 2u);
}

TEST_F (SharingTest, Rule23TheMetricsOfASharedCacheAreForAllOfIt)
{
  call (get_user_, "(int64 1,)");
  call (get_order_, "(int64 1,)");
  turn ();
  EXPECT_EQ (metrics (get_user_)->misses, 2u);
  EXPECT_EQ (metrics (get_order_)->loads, 2u);
}

TEST_F (SharingTest, AFunctionHoldsTheCacheThatItShares)
{
  Watch watch (cache_.get ());
  cache_.reset ();
  get_user_.reset ();
  EXPECT_FALSE (watch.gone ());
  auto got = call (get_order_, "(int64 1,)");
  get_order_.reset ();
  turn ();
  EXPECT_THAT (got, GotText ("get_order(x 1)"));
  got.reset ();
  EXPECT_TRUE (watch.gone ());
}

TEST_F (SharingTest, Rule28AFunctionWhoseCacheIsClosedCannotBeCalled)
{
  memo_cache_close_async (MEMO_CACHE (cache_.get ()), nullptr, nullptr, nullptr);
  auto got = call (get_user_, "(int64 1,)");
  turn ();
  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
}

// --- a cache of somebody else's making ---

class NotingCacheTest : public SharingTest
{
protected:
  NotingCacheTest ()
  {
    noting_->inner = MEMO_CACHE (cache_.get ());
    noting_->notes = &notes_;
    function_ = new_lru ("get_user", users_, "cache", noting_.get (), "maxsize", 10);
  }

  std::vector<std::string> notes_;
  Ref<NotingCache>         noting_ = adopt (static_cast<NotingCache *> (g_object_new (noting_cache_get_type (), nullptr)));
  Ref<MemoDecorator>       function_;
};

TEST_F (NotingCacheTest, ItIsAskedForEverything)
{
  auto first = call (function_, "(int64 1,)");
  turn ();
  auto second = call (function_, "(int64 1,)");
  auto refreshed = refresh (function_, "(int64 1,)");
  turn ();
  EXPECT_THAT (first, GotText ("get_user(x 1)"));
  EXPECT_THAT (second, GotText ("get_user(x 1)"));
  EXPECT_THAT (refreshed, GotText ("get_user(x 1)"));
  EXPECT_THAT (users_.asked (), ElementsAre ("(int64 1,)", "(int64 1,)"));

  call (function_, "(int64 2,)");
  turn ();
  invalidate (function_, "(int64 1,)");
  EXPECT_FALSE (contains ("get_user(x 1)"));
  EXPECT_TRUE (contains ("get_user(x 2)"));
  memo_cache_set (MEMO_CACHE (cache_.get ()), "set by hand", entry ("value").release ());
  memo_decorator_clear (function_.get ());
  EXPECT_FALSE (contains ("get_user(x 2)"));
  EXPECT_TRUE (contains ("set by hand"));
  EXPECT_EQ (metrics (function_)->hits, 1u);

  EXPECT_THAT (notes_, ElementsAre ("get get_user(x 1)", "get get_user(x 1)", "refresh get_user(x 1)", "get get_user(x 2)",
                                    "remove get_user(x 1)", "invalidate 1"));
  EXPECT_EQ (memo_async_function_get_maxsize (MEMO_ASYNC_FUNCTION (function_.get ())), 10u) << "as far as one can know";
}

TEST_F (NotingCacheTest, ItsErrorsAndCancellationsReachTheCaller)
{
  auto cancellable = new_cancellable ();
  users_.on_call = nullptr;
  auto failing = call (function_, "(int64 1,)");
  auto leaving = call (function_, "(int64 2,)", MEMO_GET_NONE, cancellable.get ());
  turn ();
  users_.fail (make_error ("the table is locked", G_IO_ERROR, G_IO_ERROR_BUSY));
  g_cancellable_cancel (cancellable.get ());
  turn ();
  EXPECT_THAT (failing, GotError (G_IO_ERROR, G_IO_ERROR_BUSY));
  EXPECT_THAT (leaving, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_TRUE (g_cancellable_is_cancelled (memo_call_get_cancellable (users_.front ())));
}

TEST_F (NotingCacheTest, TheInstanceReachesTheFunction)
{
  auto shop = new_cancellable ();
  GObject *seen = nullptr;
  users_.on_call = [&] (MemoCall *call) { seen = memo_call_get_instance (call); };
  call_on (function_, shop.get (), "(int64 1,)");
  turn ();
  EXPECT_EQ (seen, G_OBJECT (shop.get ()));
}

// --- a decorator of somebody else's making ---

TEST (BareDecoratorTest, WhatIsLeftOutIsNotSupported)
{
  auto bare = adopt (MEMO_DECORATOR (g_object_new (bare_decorator_get_type (), nullptr)));
  Got got;

  memo_decorator_call_async (bare.get (), nullptr, MEMO_GET_NONE, nullptr,
                             [] (GObject *source, GAsyncResult *result, gpointer data) {
    auto &got = *static_cast<Got *> (data);

    got.callbacks++;
    got.entry.reset (memo_decorator_call_finish (MEMO_DECORATOR (source), result, ErrorOut (got.error)));
  }, &got);
  memo_decorator_invalidate (bare.get (), nullptr);
  memo_decorator_clear (bare.get ());
  EXPECT_EQ (got.callbacks, 0);
  while (g_main_context_iteration (nullptr, FALSE))
    ;

  EXPECT_THAT (&got, GotError (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
  EXPECT_EQ (Metrics (memo_decorator_get_metrics (bare.get ()))->hits, 0u);
}
