// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/contexts.hpp"

using namespace memo_test;

// Who started a load leaves before the loader ran: it runs where somebody stays.
class MovingTest : public CacheTest
{
protected:
  MovingTest ()
  {
    loader_.on_call = [this] (MemoCall *call) {
      called_in_ = g_main_context_get_thread_default ();
      called_by_ = g_thread_self ();
      memo_call_return_entry (call, entry ("value").release ());
    };
  }

  // The first who asks does so in another context, which is not turned.
  void start (Context &context, GCancellable *cancellable)
  {
    starter_ = context.within ([&] { return get_by_closure (cache (), "key", loader_, cancellable); });
  }

  void cancel () { g_cancellable_cancel (cancellable_.get ()); }

  Ref<GCancellable>    cancellable_ = adopt (g_cancellable_new ());
  ScriptedLoader       loader_;
  std::shared_ptr<Got> starter_;
  GMainContext        *called_in_ = nullptr;
  GThread             *called_by_ = nullptr;
};

TEST_F (MovingTest, Rule09TheLoaderRunsInTheContextOfWhoStays)
{
  Context starters;
  start (starters, cancellable_.get ());
  auto staying = get ("key");
  turn ();
  ASSERT_EQ (loader_.count (), 0) << "it is the starter's to call";

  cancel ();
  EXPECT_EQ (loader_.count (), 0) << "no loader inside g_cancellable_cancel()";
  turn ();
  EXPECT_EQ (loader_.count (), 1);
  EXPECT_EQ (called_in_, context_);
  EXPECT_THAT (staying, GotText ("value"));

  // The starter's context has nothing left to do but tell it.
  EXPECT_THAT (starter_, IsPending ());
  starters.turn ();
  EXPECT_THAT (starter_, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (loader_.count (), 1);
}

TEST_F (MovingTest, Rule09TheStartersContextNeedNeverTurnAgain)
{
  {
    Context starters;
    start (starters, cancellable_.get ());
    auto staying = get ("key");
    cancel ();
    turn ();
    EXPECT_THAT (staying, GotText ("value"));
  }

  EXPECT_EQ (loader_.count (), 1);
  EXPECT_THAT (starter_, IsPending ()) << "its context went away before it could be told";
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}

TEST_F (MovingTest, Rule09TheStartersContextMayBeDestroyedAtOnce)
{
  Context starters;
  start (starters, cancellable_.get ());
  auto staying = get ("key");
  cancel ();
  starters.destroy ();
  turn ();

  EXPECT_EQ (loader_.count (), 1);
  EXPECT_EQ (called_in_, context_);
  EXPECT_THAT (staying, GotText ("value"));
}

TEST_F (MovingTest, Rule09ItStaysWhereSomebodyElseOfThatContextStays)
{
  Context starters;
  start (starters, cancellable_.get ());
  auto neighbour = starters.within ([&] { return get ("key"); });
  auto elsewhere = get ("key");
  cancel ();
  turn ();
  EXPECT_EQ (loader_.count (), 0);

  starters.turn ();
  EXPECT_EQ (called_in_, static_cast<GMainContext *> (starters));
  EXPECT_THAT (neighbour, GotText ("value"));
  turn ();
  EXPECT_THAT (elsewhere, GotText ("value"));
  EXPECT_EQ (loader_.count (), 1);
}

TEST_F (MovingTest, Rule09ItMovesAsOftenAsItHasTo)
{
  Context first, second, third;
  auto cancellable_of_second = adopt (g_cancellable_new ());
  auto cancellable_of_third = adopt (g_cancellable_new ());
  start (first, cancellable_.get ());
  auto in_second = second.within ([&] { return get ("key", nullptr, cancellable_of_second.get ()); });
  auto in_third = third.within ([&] { return get ("key", nullptr, cancellable_of_third.get ()); });
  auto staying = get ("key");

  cancel ();
  g_cancellable_cancel (cancellable_of_second.get ());
  g_cancellable_cancel (cancellable_of_third.get ());
  first.turn ();
  second.turn ();
  third.turn ();
  EXPECT_EQ (loader_.count (), 0);
  turn ();

  EXPECT_EQ (called_in_, context_);
  EXPECT_EQ (loader_.count (), 1);
  EXPECT_THAT (staying, GotText ("value"));
  EXPECT_THAT (in_second, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (in_third, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

TEST_F (MovingTest, Rule09ItMayMoveBackToWhereItBegan)
{
  Context starters, second;
  auto cancellable_of_second = adopt (g_cancellable_new ());
  start (starters, cancellable_.get ());
  auto in_second = second.within ([&] { return get ("key", nullptr, cancellable_of_second.get ()); });
  cancel ();
  auto back = starters.within ([&] { return get ("key"); });
  g_cancellable_cancel (cancellable_of_second.get ());

  // Two attempts were posted here; only one of them calls the loader.
  starters.turn ();
  second.turn ();
  EXPECT_EQ (loader_.count (), 1);
  EXPECT_EQ (called_in_, static_cast<GMainContext *> (starters));
  EXPECT_THAT (back, GotText ("value"));
  EXPECT_THAT (in_second, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

TEST_F (MovingTest, Rule09NobodyStaysThenNobodyCallsTheLoader)
{
  Context starters;
  auto cancellable_of_joiner = adopt (g_cancellable_new ());
  start (starters, cancellable_.get ());
  auto joiner = get ("key", nullptr, cancellable_of_joiner.get ());
  cancel ();
  g_cancellable_cancel (cancellable_of_joiner.get ());
  turn ();
  starters.turn ();

  EXPECT_EQ (loader_.count (), 0);
  EXPECT_THAT (joiner, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (starter_, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

TEST_F (MovingTest, Rule09ALoaderThatRanIsNotCalledAgainWhenTheStarterLeaves)
{
  Context starters;
  loader_.on_call = nullptr;
  start (starters, cancellable_.get ());
  starters.turn ();
  auto staying = get ("key");
  cancel ();
  turn ();
  starters.turn ();
  EXPECT_EQ (loader_.count (), 1);

  loader_.answer ("value");
  turn ();
  EXPECT_THAT (staying, GotText ("value"));
}

TEST_F (MovingTest, Rule09AnOutdatedLoadMovesToo)
{
  Context starters;
  start (starters, cancellable_.get ());
  auto staying = get ("key");
  memo_cache_delete (cache (), "key");
  cancel ();
  turn ();

  EXPECT_THAT (staying, GotText ("value"));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (MovingTest, Rule09ItMovesFromAThreadThatEnded)
{
  Context starters;
  GThread *starters_thread = nullptr;
  in_thread ([&] {
    starters_thread = g_thread_self ();
    start (starters, cancellable_.get ());
  });
  auto staying = get ("key");
  cancel ();
  turn ();

  EXPECT_EQ (loader_.count (), 1);
  EXPECT_EQ (called_by_, g_thread_self ());
  EXPECT_NE (called_by_, starters_thread);
  EXPECT_THAT (staying, GotText ("value"));
}

TEST_F (MovingTest, Rule09ItMovesIntoTheThreadOfWhoStays)
{
  Context stayers;
  std::shared_ptr<Got> staying;
  GThread *stayers_thread = nullptr;
  auto starter = get ("key", loader_, cancellable_.get ());

  in_thread ([&] { staying = stayers.within ([&] { return get ("key"); }); });
  cancel ();
  turn ();
  EXPECT_EQ (loader_.count (), 0);
  EXPECT_THAT (starter, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));

  in_thread ([&] {
    stayers_thread = g_thread_self ();
    stayers.turn ();
  });
  EXPECT_EQ (called_by_, stayers_thread);
  EXPECT_THAT (staying, GotText ("value"));
}

TEST_F (MovingTest, Rule09ItMovesWhenCancelledInAThirdThread)
{
  Context starters;
  in_thread ([&] { start (starters, cancellable_.get ()); });
  auto staying = get ("key");
  in_thread ([&] { cancel (); });
  EXPECT_EQ (loader_.count (), 0) << "the loader is not called where it was cancelled";
  turn ();

  EXPECT_EQ (called_by_, g_thread_self ());
  EXPECT_THAT (staying, GotText ("value"));
}

// --- while a load is being started ---

// A clock that lets a test have its say whenever a source is made.
static std::function<void ()> when_source_is_made;

static gint64
meddling_clock_get_time (MemoClock *)
{
  return 0;
}

static GSource *
meddling_clock_create_source (MemoClock *, gint64)
{
  static GSourceFuncs never = { nullptr, nullptr, nullptr, nullptr, nullptr, nullptr };

  if (when_source_is_made)
    when_source_is_made ();
  return g_source_new (&never, sizeof (GSource));
}

static Ref<MemoClock>
new_meddling_clock ()
{
  static const GType type = [] {
    const GInterfaceInfo info = {
      [] (gpointer iface, gpointer) {
        static_cast<MemoClockInterface *> (iface)->get_time = meddling_clock_get_time;
        static_cast<MemoClockInterface *> (iface)->create_source = meddling_clock_create_source;
      }, nullptr, nullptr,
    };
    GType registered = g_type_register_static_simple (G_TYPE_OBJECT, "MeddlingClock", sizeof (GObjectClass), nullptr,
                                                      sizeof (GObject), nullptr, GTypeFlags (0));

    g_type_add_interface_static (registered, MEMO_TYPE_CLOCK, &info);
    return registered;
  } ();

  return adopt (MEMO_CLOCK (g_object_new (type, nullptr)));
}

// The first of those who get a new load after an invalidation leaves in the very moment.
TEST_F (MovingTest, Rule09WhoeverALoadIsMadeForMayLeaveBeforeItIsLaunched)
{
  auto clock = new_meddling_clock ();
  auto mine = adopt (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock.get (), nullptr)));
  MemoCache *cache = MEMO_CACHE (mine.get ());
  Context first, second;
  loader_.on_call = nullptr;
  memo_loader_set_timeout (loader_, 1.0);
  auto early = AsyncTest::get (cache, "key", loader_);
  turn ();
  memo_cache_invalidate_tags (cache, Tags { "tag" });
  auto leaving = first.within ([&] { return get_by_closure (cache, "key", nullptr, cancellable_.get ()); });
  auto staying = second.within ([&] { return AsyncTest::get (cache, "key"); });

  when_source_is_made = [&] { cancel (); };
  loader_.answer (entry ("old", MEMO_TTL_DEFAULT, { "tag" }));
  when_source_is_made = nullptr;
  first.destroy ();
  second.turn ();
  turn ();

  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (staying, IsPending ());
  ASSERT_EQ (loader_.count (), 2);
  loader_.answer ("new");
  second.turn ();
  EXPECT_THAT (staying, GotText ("new"));
}

// An in-thread loader is called in no context, so there is nothing to move.
TEST_F (MovingTest, Rule09AnInThreadLoaderRunsWithoutItsStarter)
{
  Context starters;
  auto threaded = loader_of ([] (MemoCall *call) {
    memo_call_return_entry (call, entry ("value").release ());
  }, {}, true);
  auto starter = starters.within ([&] { return get_by_closure (cache (), "key", threaded.get (), cancellable_.get ()); });
  auto staying = get ("key");
  cancel ();
  starters.destroy ();
  wait_until ([&] { return staying->done (); });

  EXPECT_THAT (staying, GotText ("value"));
  EXPECT_EQ (metrics ()->loads, 1u);
}
