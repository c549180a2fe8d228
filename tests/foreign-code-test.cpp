// SPDX-License-Identifier: LGPL-2.1-or-later
#include <unistd.h>

#include "support/contexts.hpp"

using namespace memo_test;

// No code of anybody else runs under a lock: not even where a reference is taken or dropped.
//
// Language bindings are told when somebody else refers to one of their objects, and when
// nobody does any more.  What is told so here calls back into the cache.  A lock that is
// held then is held for ever: so each test is in a process of its own, which an alarm ends.
class ForeignCodeTest : public CacheTest
{
protected:
  ForeignCodeTest () { GTEST_FLAG_SET (death_test_style, "threadsafe"); }

  // From now on only the cache and those who wait for it refer to an object.
  void tell_about (gpointer object)
  {
    g_object_add_toggle_ref (G_OBJECT (object), told_cb, this);
    g_object_unref (object);
  }

  [[noreturn]] void end (bool well)
  {
    _exit (well && told_ > 0 ? 0 : 1);
  }

  static void told_cb (gpointer data, GObject *, gboolean)
  {
    auto test = static_cast<ForeignCodeTest *> (data);

    test->told_++;
    memo_cache_contains (test->bare_, "key");
    Entry (memo_cache_lookup (test->bare_, "another key"));
  }

  // Somebody asks for a key that is being loaded, after its tag was invalidated.
  void come_late ()
  {
    memo_cache_invalidate_tags (cache (), Tags { "tag" });
    in_thread ([this] { elsewhere_.within ([this] { late_ = get ("key"); }); });
  }

  Context                    elsewhere_;
  ScriptedLoader             loader_;
  MemoCache                 *bare_ = cache ();
  int                        told_ = 0;
  int                        rounds_ = 0;
  std::shared_ptr<Got>       late_;
  std::vector<Ref<MemoCall>> calls_;
};

#define EXPECT_NO_LOCK_HELD(...) \
  EXPECT_EXIT ({ alarm (10); __VA_ARGS__ }, ::testing::ExitedWithCode (0), "")

TEST_F (ForeignCodeTest, Rule12WhereALoaderIsTaken)
{
  EXPECT_NO_LOCK_HELD (
    MemoLoader *loader = loader_of ([] (MemoCall *call) { memo_call_return_nothing (call); }).release ();
    tell_about (loader);
    auto got = get ("key", loader);
    turn ();
    end (got->done ());
  );
}

TEST_F (ForeignCodeTest, Rule12WhereALoaderIsTakenForARefresh)
{
  EXPECT_NO_LOCK_HELD (
    MemoLoader *loader = loader_of ([] (MemoCall *) {}).release ();
    tell_about (loader);
    set ("key", "old");
    auto got = refresh ("key", loader);
    turn ();
    end (got->done ());
  );
}

TEST_F (ForeignCodeTest, Rule12WhereALoaderIsTakenForThoseWhoMove)
{
  EXPECT_NO_LOCK_HELD (
    MemoLoader *loader = loader_of ([&] (MemoCall *call) {
      // Somebody comes late, and is loaded for again.
      if (++rounds_ == 1)
        come_late ();
      memo_call_return_entry (call, entry ("value", 10.0, { "tag" }).release ());
    }).release ();
    tell_about (loader);
    auto got = get ("key", loader);
    turn ();
    elsewhere_.turn ();
    end (got->done () && late_ != nullptr && late_->done () && rounds_ == 2);
  );
}

TEST_F (ForeignCodeTest, Rule12WhereALoadIsOutdatedAbandonedOrTimedOut)
{
  EXPECT_NO_LOCK_HELD (
    MemoLoader *loader = loader_of ([&] (MemoCall *call) { calls_.push_back (share (call)); }).release ();
    auto cancellable = adopt (g_cancellable_new ());
    memo_loader_set_timeout (loader, 1.0);
    tell_about (loader);
    get ("key", loader);
    turn ();
    memo_cache_delete (cache (), "key");
    get ("key", loader);
    turn ();
    memo_cache_clear (cache ());
    get ("key", loader, cancellable.get ());
    turn ();
    g_cancellable_cancel (cancellable.get ());
    calls_.clear ();
    auto got = get ("key", loader);
    turn ();
    advance (1.0);
    turn ();
    calls_.clear ();
    end (got->done ());
  );
}

TEST_F (ForeignCodeTest, Rule12WhereACancellableIsTaken)
{
  EXPECT_NO_LOCK_HELD (
    GCancellable *cancellable = g_cancellable_new ();
    tell_about (cancellable);
    auto got = get ("key", loader_, cancellable);
    turn ();
    g_cancellable_cancel (cancellable);
    turn ();
    end (got->done ());
  );
}

TEST_F (ForeignCodeTest, Rule12WhereTheCancellableOfALoadIsKept)
{
  EXPECT_NO_LOCK_HELD (
    auto cancellable = adopt (g_cancellable_new ());
    auto got = get ("key", loader_, cancellable.get ());
    turn ();
    GCancellable *of_load = memo_call_get_cancellable (loader_.front ());
    g_object_ref (of_load);
    tell_about (of_load);
    g_cancellable_cancel (cancellable.get ());
    loader_.drop ();
    turn ();
    end (got->done ());
  );
}

TEST_F (ForeignCodeTest, Rule12WhereACallIsKept)
{
  EXPECT_NO_LOCK_HELD (
    auto got = get ("key", loader_);
    turn ();
    MemoCall *call = loader_.next ().release ();
    tell_about (call);
    g_object_ref (call);
    memo_call_return_entry (call, entry ("value").release ());
    g_object_unref (call);
    turn ();
    end (got->done ());
  );
}

TEST_F (ForeignCodeTest, Rule12WhereTheCacheIsTaken)
{
  EXPECT_NO_LOCK_HELD (
    tell_about (cache_.release ());
    auto got = AsyncTest::get (bare_, "key", loader_);
    turn ();
    loader_.answer (entry ("value", 10.0));
    turn ();
    advance (10.0);
    turn ();
    end (got->done ());
  );
}

TEST_F (ForeignCodeTest, Rule12WhereAValueIsTakenOutAgain)
{
  EXPECT_NO_LOCK_HELD (
    GObject *value = G_OBJECT (g_object_new (G_TYPE_OBJECT, nullptr));
    set ("key", Entry (memo_entry_new_object (value)));
    tell_about (value);
    auto hit = get ("key");
    turn ();
    memo_cache_invalidate_tags (cache (), Tags { "tag" });
    set ("key", "replaced");
    hit->entry.reset ();
    turn ();
    end (hit->done ());
  );
}
