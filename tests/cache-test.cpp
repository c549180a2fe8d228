// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"
#include "support/tracking.hpp"

#include <thread>

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

// What the virtual functions of a TestCache do.
struct Script
{
  std::function<MemoEntry * (const char *)>                                    lookup, peek;
  std::function<void (const char *, MemoGetFlags, MemoLoader *, MemoCall *)>   get;
  std::function<void (const char *, MemoCall *)>                               store;
  std::function<gboolean (const char *)>                                       remove;
  std::function<void ()>                                                       clear, reset_metrics;
  std::function<void (const char * const *)>                                   invalidate_tags;
  std::function<void (MemoCall *)>                                             flush, close;
  std::function<MemoMetrics * ()>                                              get_metrics;
};

struct TestCache
{
  GObject  parent_instance;
  Script  *script;
};

struct TestCacheClass { GObjectClass parent_class; };

GType test_cache_get_type ();

Script &script_of (gpointer cache) { return *static_cast<TestCache *> (cache)->script; }

void
test_cache_iface_init (MemoCacheInterface *iface)
{
  iface->lookup = [] (MemoCache *self, const char *key) { return script_of (self).lookup (key); };
  iface->peek = [] (MemoCache *self, const char *key) { return script_of (self).peek (key); };
  iface->get = [] (MemoCache *self, const char *key, MemoGetFlags flags, MemoLoader *loader, MemoCall *call) {
    script_of (self).get (key, flags, loader, call);
  };
  iface->store = [] (MemoCache *self, const char *key, MemoCall *call) { script_of (self).store (key, call); };
  iface->remove = [] (MemoCache *self, const char *key) { return script_of (self).remove (key); };
  iface->clear = [] (MemoCache *self) { script_of (self).clear (); };
  iface->invalidate_tags = [] (MemoCache *self, const char * const *tags) { script_of (self).invalidate_tags (tags); };
  iface->flush = [] (MemoCache *self, MemoCall *call) { script_of (self).flush (call); };
  iface->close = [] (MemoCache *self, MemoCall *call) { script_of (self).close (call); };
  iface->get_metrics = [] (MemoCache *self) { return script_of (self).get_metrics (); };
  iface->reset_metrics = [] (MemoCache *self) { script_of (self).reset_metrics (); };
}

G_DEFINE_TYPE_WITH_CODE (TestCache, test_cache, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (MEMO_TYPE_CACHE, test_cache_iface_init))

void
test_cache_class_init (TestCacheClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = [] (GObject *object) {
    delete reinterpret_cast<TestCache *> (object)->script;
    G_OBJECT_CLASS (test_cache_parent_class)->finalize (object);
  };
}

void test_cache_init (TestCache *self) { self->script = new Script; }

// A cache that leaves out every virtual function.
struct BareCache { GObject parent_instance; };
struct BareCacheClass { GObjectClass parent_class; };

GType bare_cache_get_type ();

G_DEFINE_TYPE_WITH_CODE (BareCache, bare_cache, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (MEMO_TYPE_CACHE, nullptr))

void bare_cache_class_init (BareCacheClass *) {}
void bare_cache_init (BareCache *) {}

} // namespace

class InterfaceTest : public AsyncTest
{
protected:
  MemoCache *cache () { return MEMO_CACHE (cache_.get ()); }
  Script &script () { return *cache_->script; }

  std::shared_ptr<Got> get (const char *key, GCancellable *cancellable = nullptr)
  {
    return AsyncTest::get (cache (), key, nullptr, cancellable);
  }

  // Keeps the calls of get.
  void keep_calls ()
  {
    script ().get = [this] (const char *, MemoGetFlags, MemoLoader *, MemoCall *call) { kept_.push_back (share (call)); };
  }

  Ref<TestCache>             cache_ = adopt (static_cast<TestCache *> (g_object_new (test_cache_get_type (), nullptr)));
  std::vector<Ref<MemoCall>> kept_;
};

// --- what is synchronous ---

TEST_F (InterfaceTest, LookingGoesToTheImplementation)
{
  script ().lookup = [] (const char *key) { return entry (key).release (); };
  script ().peek = [] (const char *key) { return key[0] != '-' ? entry ("peeked").release () : nullptr; };

  EXPECT_THAT (Entry (memo_cache_lookup (cache (), "key")), HoldsText ("key"));
  EXPECT_THAT (Entry (memo_cache_peek (cache (), "key")), HoldsText ("peeked"));
  EXPECT_TRUE (memo_cache_contains (cache (), "key"));
  EXPECT_FALSE (memo_cache_contains (cache (), "-"));
}

TEST_F (InterfaceTest, DroppingGoesToTheImplementation)
{
  std::vector<std::string> done;

  script ().remove = [&] (const char *key) { done.push_back (key); return key[0] == 'y'; };
  script ().clear = [&] { done.push_back ("clear"); };
  script ().invalidate_tags = [&] (const char * const *tags) { done.push_back (tags[1]); };
  script ().reset_metrics = [&] { done.push_back ("reset"); };
  script ().get_metrics = [] { auto made = memo_metrics_new (); made->hits = 42; return made; };

  EXPECT_TRUE (memo_cache_delete (cache (), "yes"));
  EXPECT_FALSE (memo_cache_delete (cache (), "no"));
  memo_cache_clear (cache ());
  memo_cache_invalidate_tags (cache (), Tags ({ "one", "two" }));
  memo_cache_reset_metrics (cache ());
  EXPECT_EQ (Metrics (memo_cache_get_metrics (cache ()))->hits, 42u);
  EXPECT_THAT (done, ElementsAre ("yes", "no", "clear", "two", "reset"));
}

// --- get, and the ways to answer ---

TEST_F (InterfaceTest, AGetHandsEverythingOn)
{
  auto loader = make_loader ([] (MemoCall *) {});
  auto cancellable = adopt (g_cancellable_new ());
  int calls = 0;

  script ().get = [&] (const char *key, MemoGetFlags flags, MemoLoader *given, MemoCall *call) {
    calls++;
    EXPECT_STREQ (key, "key");
    EXPECT_EQ (flags, MEMO_GET_REFRESH);
    EXPECT_EQ (given, loader.get ());
    EXPECT_EQ (memo_call_get_cancellable (call), cancellable.get ());
    EXPECT_EQ (memo_call_get_previous (call), nullptr);
    EXPECT_EQ (memo_call_get_entry (call), nullptr);
    memo_call_return_nothing (call);
  };
  auto got = AsyncTest::get (cache (), "key", loader.get (), cancellable.get (), MEMO_GET_REFRESH);
  turn ();

  EXPECT_EQ (calls, 1);
  EXPECT_THAT (got, GotMiss ());
}

TEST_F (InterfaceTest, TheCallOfAGetKnowsItsKey)
{
  keep_calls ();
  auto got = get ("key");

  EXPECT_STREQ (memo_call_get_key (kept_.at (0).get ()), "key");
  memo_call_return_nothing (kept_.at (0).get ());
  turn ();
}

TEST_F (InterfaceTest, AnAnswerAtOnceArrivesLater)
{
  Entry answer = entry ("value");

  script ().get = [&] (const char *, MemoGetFlags, MemoLoader *, MemoCall *call) {
    memo_call_return_entry (call, memo_entry_ref (answer.get ()));
  };
  auto got = get ("key");
  EXPECT_THAT (got, IsPending ());
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (got->entry, answer) << "a hit is a reference, not a copy";
}

TEST_F (InterfaceTest, AnAnswerLaterArrives)
{
  keep_calls ();
  auto got = get ("key");

  turn ();
  EXPECT_THAT (got, IsPending ());
  memo_call_return_entry (kept_.at (0).get (), entry ("value").release ());
  EXPECT_THAT (got, IsPending ()) << "no callback inside memo_call_return_entry()";
  turn ();
  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (InterfaceTest, AnAnswerFromAThreadArrives)
{
  keep_calls ();
  auto got = get ("key");

  std::thread thread ([this] { memo_call_return_entry (kept_.at (0).get (), entry ("value").release ()); });
  wait_until ([&] { return got->done (); });
  thread.join ();
  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (InterfaceTest, AnErrorArrivesAsItIs)
{
  script ().get = [] (const char *, MemoGetFlags, MemoLoader *, MemoCall *call) {
    memo_call_return_error (call, make_error ("no such thing", MEMO_ERROR, 4711).release ());
  };
  auto got = get ("key");
  turn ();

  EXPECT_THAT (got, GotError (MEMO_ERROR, 4711));
  EXPECT_STREQ (got->error->message, "no such thing");
}

TEST_F (InterfaceTest, Rule10ASecondAnswerIsACriticalAndTheFirstStands)
{
  Tracker tracker;
  Criticals criticals;

  script ().get = [&] (const char *, MemoGetFlags, MemoLoader *, MemoCall *call) {
    memo_call_return_entry (call, entry ("first").release ());
    memo_call_return_entry (call, tracker.entry ().release ());
    EXPECT_THAT (criticals.take (), IsCritical ("answered twice"));
    memo_call_return_error (call, make_error ("third").release ());
    EXPECT_THAT (criticals.take (), IsCritical ("answered twice"));
  };
  auto got = get ("key");
  turn ();

  EXPECT_THAT (got, GotText ("first"));
  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (InterfaceTest, Rule10ADroppedCallIsAbandonedFromTheLoop)
{
  script ().get = [] (const char *, MemoGetFlags, MemoLoader *, MemoCall *) {};
  auto got = get ("key");

  EXPECT_THAT (got, IsPending ());
  turn ();
  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (InterfaceTest, Rule10ADroppedCallIsAbandonedWhenItsCallerCouldCancelToo)
{
  auto cancellable = adopt (g_cancellable_new ());

  script ().get = [] (const char *, MemoGetFlags, MemoLoader *, MemoCall *) {};
  auto got = get ("key", cancellable.get ());
  turn ();

  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (InterfaceTest, Rule10ACallDroppedLaterInAThreadIsAbandoned)
{
  auto cancellable = adopt (g_cancellable_new ());

  keep_calls ();
  auto without = get ("key");
  auto with = get ("key", cancellable.get ());
  turn ();

  std::thread thread ([calls = std::move (kept_)] () mutable { calls.clear (); });
  thread.join ();
  EXPECT_THAT (without, IsPending ()) << "no callback in a foreign thread";
  turn ();
  EXPECT_THAT (without, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  EXPECT_THAT (with, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (InterfaceTest, Rule09ACallerWhoIsCancelledIsToldAtOnceAndALateAnswerIsDroppedInSilence)
{
  Tracker tracker;
  Criticals criticals;
  auto cancellable = adopt (g_cancellable_new ());

  keep_calls ();
  auto got = get ("key", cancellable.get ());
  turn ();
  g_cancellable_cancel (cancellable.get ());
  EXPECT_THAT (got, IsPending ()) << "no callback inside g_cancellable_cancel()";
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));

  memo_call_return_entry (kept_.at (0).get (), tracker.entry ().release ());
  kept_.clear ();
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (tracker.alive (), 0);
  EXPECT_THAT (criticals.take (), IsEmpty ());
}

TEST_F (InterfaceTest, Rule09AGetThatWasCancelledBeforeDoesNotReachTheImplementation)
{
  auto cancellable = adopt (g_cancellable_new ());

  keep_calls ();
  g_cancellable_cancel (cancellable.get ());
  auto got = get ("key", cancellable.get ());
  turn ();

  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (kept_, IsEmpty ());
}

TEST_F (InterfaceTest, WhoWaitsKeepsTheCache)
{
  gpointer weak = cache_.get ();

  keep_calls ();
  auto got = get ("key");
  g_object_add_weak_pointer (G_OBJECT (cache_.get ()), &weak);
  cache_.reset ();
  EXPECT_NE (weak, nullptr);

  memo_call_return_entry (kept_.at (0).get (), entry ("value").release ());
  kept_.clear ();
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (weak, nullptr);
}

// --- set and its like ---

TEST_F (InterfaceTest, ASetIsAStoreWhoseCallHasTheKeyAndTheEntry)
{
  Entry given = entry ("value", 5.0, { "tag" });

  script ().store = [&] (const char *key, MemoCall *call) {
    EXPECT_STREQ (key, "key");
    EXPECT_STREQ (memo_call_get_key (call), "key");
    EXPECT_EQ (memo_call_get_entry (call), given.get ());
    EXPECT_EQ (memo_call_get_previous (call), nullptr);
    kept_.push_back (share (call));
  };
  memo_cache_set (cache (), "key", memo_entry_ref (given.get ()));
  ASSERT_EQ (kept_.size (), 1u) << "a set has acted when it returns";

  Criticals criticals;
  memo_entry_set_ttl (given.get (), 6.0);
  EXPECT_THAT (criticals.take (), IsCritical ("sealed"));

  memo_call_return_nothing (kept_.at (0).get ());
  turn ();
}

TEST_F (InterfaceTest, ASetIsAcknowledgedWhenItsCallIsAnswered)
{
  Done good, bad;

  script ().store = [&] (const char *, MemoCall *call) { kept_.push_back (share (call)); };
  memo_cache_set_async (cache (), "good", entry ("value").release (), nullptr, done_cb<memo_cache_set_finish>, good.keep ());
  memo_cache_set_async (cache (), "bad", entry ("value").release (), nullptr, done_cb<memo_cache_set_finish>, bad.keep ());
  turn ();
  EXPECT_EQ (good->callbacks, 0);

  memo_call_return_nothing (kept_.at (0).get ());
  memo_call_return_error (kept_.at (1).get (), make_error ("disk full").release ());
  turn ();
  EXPECT_THAT (good, Succeeded ());
  EXPECT_THAT (bad, FailedWith (G_IO_ERROR, G_IO_ERROR_FAILED));
}

TEST_F (InterfaceTest, ASetWhoseCallIsDroppedIsAbandoned)
{
  Done done;

  script ().store = [] (const char *, MemoCall *) {};
  memo_cache_set_async (cache (), "key", entry ("value").release (), nullptr, done_cb<memo_cache_set_finish>, done.keep ());
  memo_cache_set (cache (), "key", entry ("value").release ());
  turn ();

  EXPECT_THAT (done, FailedWith (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

TEST_F (InterfaceTest, DeleteClearAndInvalidateActAtOnceAndAreAcknowledgedByAFlush)
{
  std::vector<std::string> order;
  Done deleted, cleared, invalidated;

  script ().remove = [&] (const char *) { order.push_back ("remove"); return TRUE; };
  script ().clear = [&] { order.push_back ("clear"); };
  script ().invalidate_tags = [&] (const char * const *) { order.push_back ("invalidate"); };
  script ().flush = [&] (MemoCall *call) { order.push_back ("flush"); kept_.push_back (share (call)); };
  memo_cache_delete_async (cache (), "key", nullptr, done_cb<memo_cache_delete_finish>, deleted.keep ());
  memo_cache_clear_async (cache (), nullptr, done_cb<memo_cache_clear_finish>, cleared.keep ());
  memo_cache_invalidate_tags_async (cache (), Tags ({ "tag" }), nullptr,
                                    done_cb<memo_cache_invalidate_tags_finish>, invalidated.keep ());
  EXPECT_THAT (order, ElementsAre ("remove", "flush", "clear", "flush", "invalidate", "flush"));
  turn ();
  EXPECT_EQ (deleted->callbacks + cleared->callbacks + invalidated->callbacks, 0);

  memo_call_return_nothing (kept_.at (0).get ());
  memo_call_return_nothing (kept_.at (1).get ());
  memo_call_return_error (kept_.at (2).get (), make_error ("down").release ());
  turn ();
  EXPECT_THAT (deleted, Succeeded ());
  EXPECT_THAT (cleared, Succeeded ());
  EXPECT_THAT (invalidated, FailedWith (G_IO_ERROR, G_IO_ERROR_FAILED));
}

TEST_F (InterfaceTest, FlushAndCloseAreAnsweredByTheImplementation)
{
  Done flushed, closed;

  script ().flush = [] (MemoCall *call) {
    EXPECT_EQ (memo_call_get_key (call), nullptr);
    memo_call_return_nothing (call);
  };
  script ().close = [] (MemoCall *call) { memo_call_return_error (call, make_error ("still busy").release ()); };
  memo_cache_flush_async (cache (), nullptr, done_cb<memo_cache_flush_finish>, flushed.keep ());
  memo_cache_close_async (cache (), nullptr, done_cb<memo_cache_close_finish>, closed.keep ());
  EXPECT_EQ (flushed->callbacks + closed->callbacks, 0);
  turn ();

  EXPECT_THAT (flushed, Succeeded ());
  EXPECT_THAT (closed, FailedWith (G_IO_ERROR, G_IO_ERROR_FAILED));
}

TEST_F (InterfaceTest, AnyImplementationCanBeWarmedUp)
{
  Done done;
  ScriptedLoader loader;
  auto warmup = adopt (memo_warmup_new ());
  std::vector<std::string> asked;

  script ().peek = [] (const char *key) { return key[0] == 'f' ? entry ("fresh").release () : nullptr; };
  script ().get = [&] (const char *key, MemoGetFlags flags, MemoLoader *, MemoCall *call) {
    EXPECT_EQ (flags, MEMO_GET_WARMUP);
    asked.push_back (key);
    memo_call_return_entry (call, entry ("value").release ());
  };
  for (auto key : { "fresh", "stale", "missing" })
    memo_warmup_add (warmup.get (), key, loader);
  memo_cache_warmup_async (cache (), warmup.get (), nullptr, done_cb<memo_cache_warmup_finish>, done.keep ());
  turn ();

  EXPECT_THAT (done, Succeeded ());
  EXPECT_THAT (asked, ElementsAre ("stale", "missing"));
}

// --- what an implementation leaves out ---

class BareTest : public AsyncTest
{
protected:
  MemoCache *cache () { return MEMO_CACHE (cache_.get ()); }

  Ref<GObject> cache_ = adopt (G_OBJECT (g_object_new (bare_cache_get_type (), nullptr)));
};

TEST_F (BareTest, WithoutFunctionsACacheIsEmpty)
{
  Tracker tracker;

  EXPECT_EQ (Entry (memo_cache_lookup (cache (), "key")), nullptr);
  EXPECT_EQ (Entry (memo_cache_peek (cache (), "key")), nullptr);
  EXPECT_FALSE (memo_cache_contains (cache (), "key"));
  EXPECT_FALSE (memo_cache_delete (cache (), "key"));
  memo_cache_set (cache (), "key", tracker.entry ().release ());
  memo_cache_clear (cache ());
  memo_cache_invalidate_tags (cache (), Tags ({ "tag" }));
  memo_cache_reset_metrics (cache ());

  Metrics metrics (memo_cache_get_metrics (cache ()));
  EXPECT_EQ (metrics->misses + metrics->hits + metrics->size, 0u);
  EXPECT_EQ (metrics->hit_rate, 0.0);
  turn ();
  EXPECT_EQ (tracker.alive (), 0);
}

TEST_F (BareTest, WithoutFunctionsACallIsNotSupported)
{
  Done set, flushed, closed;
  auto got = get (cache (), "key");

  memo_cache_set_async (cache (), "key", entry ("value").release (), nullptr, done_cb<memo_cache_set_finish>, set.keep ());
  memo_cache_flush_async (cache (), nullptr, done_cb<memo_cache_flush_finish>, flushed.keep ());
  memo_cache_close_async (cache (), nullptr, done_cb<memo_cache_close_finish>, closed.keep ());
  EXPECT_THAT (got, IsPending ());
  turn ();

  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
  EXPECT_THAT (got->error->message, HasSubstr ("BareCache"));
  EXPECT_THAT (set, FailedWith (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
  EXPECT_THAT (flushed, FailedWith (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
  EXPECT_THAT (closed, FailedWith (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
}

TEST_F (BareTest, WhatCannotBeFlushedCannotBeAcknowledged)
{
  Done deleted, cleared, invalidated;

  memo_cache_delete_async (cache (), "key", nullptr, done_cb<memo_cache_delete_finish>, deleted.keep ());
  memo_cache_clear_async (cache (), nullptr, done_cb<memo_cache_clear_finish>, cleared.keep ());
  memo_cache_invalidate_tags_async (cache (), Tags ({ "tag" }), nullptr,
                                    done_cb<memo_cache_invalidate_tags_finish>, invalidated.keep ());
  turn ();

  EXPECT_THAT (deleted, FailedWith (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
  EXPECT_THAT (cleared, FailedWith (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
  EXPECT_THAT (invalidated, FailedWith (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
}

TEST_F (BareTest, AWarmUpTellsOfEachKeyThatItIsNotSupported)
{
  Done done;
  ScriptedLoader loader;
  auto warmup = adopt (memo_warmup_new ());

  memo_warmup_add (warmup.get (), "key", loader);
  memo_cache_warmup_async (cache (), warmup.get (), nullptr, done_cb<memo_cache_warmup_finish>, done.keep ());
  turn ();

  EXPECT_THAT (done, FailedWith (MEMO_ERROR, MEMO_ERROR_FAILED));
  EXPECT_TRUE (g_error_matches (memo_warmup_get_error (warmup.get (), "key"), MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
  EXPECT_EQ (loader.count (), 0);
}
