// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/backend-test.hpp"

#include <thread>

using namespace memo_test;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

// A backend with whichever functions a test gives it.
GType
type_with (const char *name, GInterfaceInitFunc functions)
{
  GType type = g_type_from_name (name);
  const GInterfaceInfo info = { functions, nullptr, nullptr };

  if (type != 0)
    return type;

  type = g_type_register_static_simple (G_TYPE_OBJECT, name, sizeof (GObjectClass), nullptr, sizeof (GObject), nullptr, GTypeFlags (0));
  g_type_add_interface_static (type, MEMO_TYPE_BACKEND, &info);
  return type;
}

} // namespace

// How a backend is asked, whatever it does with that.
class BackendTest : public AskingTest
{
protected:
  Asking ask () { return Asking (backend_); }

  MemoryBackend backend_;
};

// --- opening ---

TEST_F (BackendTest, NothingIsOpenedBeforeItIsUsed)
{
  turn ();
  EXPECT_EQ (backend_.asked (), 0);
}

TEST_F (BackendTest, ItIsOpenedOnceHoweverManyAsk)
{
  for (int i = 0; i < 3; i++)
    EXPECT_THAT (turned (ask ().everything ()), Each (WentWell ()));
  EXPECT_EQ (backend_.asked (Ask::open), 1);
}

TEST_F (BackendTest, WhatIsAskedWaitsUntilItIsOpen)
{
  backend_.hold (Ask::open);
  auto pending = turned (ask ().everything ());

  EXPECT_THAT (pending, Each (Waits ()));
  EXPECT_EQ (backend_.asked (), 1) << "only to be opened";
  backend_.let_go ();
  EXPECT_THAT (turned (pending), Each (WentWell ()));
  EXPECT_EQ (backend_.asked (Ask::open), 1);
}

TEST_F (BackendTest, WhatWaitedIsAskedInItsOrder)
{
  backend_.hold ();
  auto pending = std::vector<Pending> { ask ().store ("a", ""), ask ().load ("b"), ask ().remove ("c"), ask ().load ("d") };
  backend_.let_go (1);

  EXPECT_EQ (backend_.held (), 4u);
  for (const char *key : { "a", "b", "c", "d" })
    EXPECT_STREQ (memo_call_get_key (backend_.take ().get ()), key);
}

TEST_F (BackendTest, WhoAsksWhileTheWaitingAreServedStandsBehindThem)
{
  struct Greedy : BackendActor
  {
    void ask (Ask what, const std::string &key, Ref<MemoCall> call) override
    {
      if (what == Ask::open)
        opening = std::move (call);
      else
        {
          order.push_back (key);
          if (key == "first")
            more = Asking (backend).load ("another");
          memo_call_return_nothing (call.get ());
        }
    }

    MemoBackend             *backend = nullptr;
    Ref<MemoCall>            opening;
    Pending                  more;
    std::vector<std::string> order;
  };
  auto actor = std::make_shared<Greedy> ();
  auto backend = new_backend (actor);
  actor->backend = backend.get ();
  auto first = Asking (backend.get ()).load ("first");
  auto second = Asking (backend.get ()).load ("second");

  memo_call_return_nothing (std::exchange (actor->opening, nullptr).get ());
  turn ();
  EXPECT_THAT (actor->order, ElementsAre ("first", "second", "another"));
  EXPECT_THAT (actor->more, WentWell ());
}

TEST_F (BackendTest, AllWhoWaitHearWhyItCannotBeOpened)
{
  backend_.hold (Ask::open);
  auto pending = ask ().everything ();
  memo_call_return_error (backend_.take ().get (), make_error ("no room", MEMO_ERROR, 4711).release ());

  EXPECT_THAT (turned (pending), Each (EndedWith (MEMO_ERROR, 4711)));
  EXPECT_STREQ (pending.front ()->error->message, "no room");
  EXPECT_EQ (backend_.asked (), 1);
}

TEST_F (BackendTest, WhoAsksAfterItCouldNotBeOpenedTriesAgain)
{
  for (int i = 0; i < 3; i++)
    backend_.fail_next (Ask::open, make_error ("no room"));
  for (int i = 1; i <= 3; i++)
    {
      EXPECT_THAT (turned (ask ().load ("key")), EndedWith (G_IO_ERROR, G_IO_ERROR_FAILED));
      EXPECT_EQ (backend_.asked (Ask::open), i);
    }

  EXPECT_THAT (turned (ask ().load ("key")), WentWell ());
  EXPECT_EQ (backend_.asked (Ask::open), 4);
  EXPECT_EQ (backend_.asked (Ask::load), 1);
}

TEST_F (BackendTest, AnOpeningThatIsDroppedFailsAndIsTriedAgain)
{
  backend_.hold (Ask::open);
  auto pending = ask ().everything ();
  backend_.take ();

  EXPECT_THAT (turned (pending), Each (EndedWith (MEMO_ERROR, MEMO_ERROR_ABANDONED)));
  backend_.hold_no_more ();
  EXPECT_THAT (turned (ask ().load ("key")), WentWell ());
}

TEST_F (BackendTest, ThreadsThatAskAtOnceOpenItOnce)
{
  for (int round = 0; round < 50; round++)
    {
      MemoryBackend backend { Answers::in_a_thread };
      std::atomic<int> ready { 0 };
      std::vector<std::thread> threads;

      for (int i = 0; i < 4; i++)
        threads.emplace_back ([&] {
          memo_conformance::Loop loop;

          ready++;
          while (ready < 4)
            std::this_thread::yield ();
          auto pending = Asking (backend).store ("key", "content");
          loop.run_until ([&] { return pending->done (); });
          EXPECT_THAT (pending, WentWell ());
        });
      for (auto &thread : threads)
        thread.join ();
      EXPECT_EQ (backend.asked (Ask::open), 1);
      EXPECT_EQ (backend.asked (Ask::store), 4);
    }
}

// --- closing ---

TEST_F (BackendTest, WhatWasNeverOpenedNeedNotBeClosed)
{
  EXPECT_THAT (turned (ask ().close ()), WentWell ());
  EXPECT_THAT (turned (ask ().everything ()), Each (EndedWith (MEMO_ERROR, MEMO_ERROR_CLOSED)));
  EXPECT_EQ (backend_.asked (), 0);
}

TEST_F (BackendTest, WhatIsClosedIsAskedNothingMore)
{
  EXPECT_THAT (turned (ask ().open ()), WentWell ());
  EXPECT_THAT (turned (ask ().close ()), WentWell ());
  EXPECT_THAT (turned (ask ().everything ()), Each (EndedWith (MEMO_ERROR, MEMO_ERROR_CLOSED)));
  EXPECT_THAT (turned (ask ().close ()), WentWell ());
  EXPECT_EQ (backend_.asked (), 2);
}

TEST_F (BackendTest, NothingIsAskedAfterTheCloseEvenWhileItGoesOn)
{
  ASSERT_THAT (turned (ask ().open ()), WentWell ());
  backend_.hold ();
  auto before = ask ().load ("key");
  auto close = ask ().close ();
  auto after = ask ().load ("key");

  EXPECT_THAT (turned (after), EndedWith (MEMO_ERROR, MEMO_ERROR_CLOSED));
  backend_.let_go ();
  EXPECT_THAT (turned (close), WentWell ());
  EXPECT_THAT (before, WentWell ());
  EXPECT_EQ (backend_.asked (Ask::load), 1);
}

TEST_F (BackendTest, ItIsOpenedToTheEndBeforeItIsClosed)
{
  backend_.hold (Ask::open);
  auto before = ask ().everything ();
  auto close = ask ().close ();
  auto after = ask ().load ("key");

  EXPECT_THAT (turned (after), EndedWith (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_THAT (close, Waits ());
  backend_.let_go ();
  EXPECT_THAT (turned (before), Each (WentWell ())) << "it was asked before";
  EXPECT_THAT (close, WentWell ());
  EXPECT_EQ (backend_.asked (Ask::close), 1);
  EXPECT_THAT (turned (ask ().open ()), EndedWith (MEMO_ERROR, MEMO_ERROR_CLOSED));
}

TEST_F (BackendTest, OneThatCannotBeOpenedIsClosedAllTheSame)
{
  backend_.hold (Ask::open);
  auto before = ask ().load ("key");
  auto close = ask ().close ();
  memo_call_return_error (backend_.take ().get (), make_error ("no room").release ());

  EXPECT_THAT (turned (before), EndedWith (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_THAT (close, WentWell ());
  EXPECT_THAT (turned (ask ().load ("key")), EndedWith (MEMO_ERROR, MEMO_ERROR_CLOSED)) << "and not tried again";
  EXPECT_EQ (backend_.asked (Ask::open), 1);
  EXPECT_EQ (backend_.asked (Ask::close), 1) << "it may have begun something";
  EXPECT_EQ (backend_.asked (), 2);
}

TEST_F (BackendTest, WhyItCannotBeClosedIsSaid)
{
  ASSERT_THAT (turned (ask ().open ()), WentWell ());
  backend_.fail_next (Ask::close, make_error ("not all was written"));
  EXPECT_THAT (turned (ask ().close ()), EndedWith (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_THAT (turned (ask ().load ("key")), EndedWith (MEMO_ERROR, MEMO_ERROR_CLOSED));
}

// --- cancelling ---

TEST_F (BackendTest, WhatWasCancelledBeforeDoesNotEvenOpenIt)
{
  auto cancellable = adopt (g_cancellable_new ());

  g_cancellable_cancel (cancellable.get ());
  EXPECT_THAT (turned (ask ().everything (cancellable.get ())), Each (EndedWith (G_IO_ERROR, G_IO_ERROR_CANCELLED)));
  EXPECT_EQ (backend_.asked (), 0);
}

TEST_F (BackendTest, WhatWasCancelledWhileItWaitedIsNotAsked)
{
  auto cancellable = adopt (g_cancellable_new ());

  backend_.hold (Ask::open);
  auto cancelled = ask ().everything (cancellable.get ());
  auto other = ask ().load ("key");
  g_cancellable_cancel (cancellable.get ());
  EXPECT_THAT (turned (cancelled), Each (EndedWith (G_IO_ERROR, G_IO_ERROR_CANCELLED))) << "at once";
  backend_.let_go ();

  EXPECT_THAT (turned (other), WentWell ());
  EXPECT_EQ (backend_.asked (), 2);
}

TEST_F (BackendTest, WhoOpensItAndIsCancelledLeavesTheOthersWaiting)
{
  auto cancellable = adopt (g_cancellable_new ());

  backend_.hold (Ask::open);
  auto first = ask ().open (cancellable.get ());
  auto second = ask ().open ();
  g_cancellable_cancel (cancellable.get ());
  EXPECT_THAT (turned (first), EndedWith (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (second, Waits ());
  backend_.let_go ();
  EXPECT_THAT (turned (second), WentWell ());
}

TEST_F (BackendTest, WhoClosesAndIsCancelledHasClosedIt)
{
  auto cancellable = adopt (g_cancellable_new ());

  backend_.hold (Ask::open);
  auto load = ask ().load ("key");
  auto close = ask ().close (cancellable.get ());
  g_cancellable_cancel (cancellable.get ());
  backend_.let_go ();
  EXPECT_THAT (turned (close), EndedWith (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_THAT (load, WentWell ());
  EXPECT_EQ (backend_.asked (Ask::close), 1) << "what was opened is closed";
}

TEST_F (BackendTest, OneThatCouldNotBeOpenedIsClosed)
{
  backend_.fail_next (Ask::open, make_error ("locked"));
  EXPECT_THAT (turned (ask ().open ()), EndedWith (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_THAT (turned (ask ().close ()), WentWell ());
  EXPECT_EQ (backend_.asked (Ask::close), 1) << "it may be trying on";
  EXPECT_THAT (turned (ask ().close ()), WentWell ());
  EXPECT_EQ (backend_.asked (Ask::close), 1);
  EXPECT_THAT (turned (ask ().load ("key")), EndedWith (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_EQ (backend_.asked (Ask::open), 1);
}

TEST_F (BackendTest, OneThatWasNeverAskedIsNotClosed)
{
  EXPECT_THAT (turned (ask ().close ()), WentWell ());
  EXPECT_EQ (backend_.asked (Ask::close), 0);
  EXPECT_EQ (backend_.asked (Ask::open), 0);
}

TEST_F (BackendTest, WhoWasCancelledBeforeClosesItAllTheSame)
{
  auto cancellable = adopt (g_cancellable_new ());

  EXPECT_THAT (turned (ask ().open ()), WentWell ());
  g_cancellable_cancel (cancellable.get ());
  EXPECT_THAT (turned (ask ().close (cancellable.get ())), EndedWith (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (backend_.asked (Ask::close), 1);
}

TEST_F (BackendTest, TheBackendSeesWhatIsCancelled)
{
  auto cancellable = adopt (g_cancellable_new ());

  backend_.hold (Ask::load);
  auto pending = turned (ask ().load ("key", cancellable.get ()));
  auto call = backend_.take ();
  ASSERT_EQ (memo_call_get_cancellable (call.get ()), cancellable.get ());
  g_cancellable_cancel (cancellable.get ());
  memo_call_return_bytes (call.get (), bytes_of ("too late").get ());
  EXPECT_THAT (turned (pending), EndedWith (G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

// --- what it is asked ---

TEST_F (BackendTest, ACallHasWhatItIsAbout)
{
  backend_.hold ();
  backend_.hold_no_more (Ask::open);
  auto pending = std::vector<Pending> {
    ask ().store ("key", "content", 2.5, true), ask ().store ("key", ""), ask ().remove ("key", "only"), ask ().remove ("key"),
    ask ().load ("key"), ask ().clear (),
  };
  std::vector<Ref<MemoCall>> calls;
  while (auto call = backend_.take ())
    calls.push_back (std::move (call));
  ASSERT_EQ (calls.size (), pending.size ());

  EXPECT_STREQ (memo_call_get_key (calls[0].get ()), "key");
  EXPECT_EQ (content_of (memo_call_get_bytes (calls[0].get ())), "content");
  EXPECT_EQ (memo_call_get_ttl (calls[0].get ()), 2.5);
  EXPECT_TRUE (memo_call_get_durable (calls[0].get ()));

  EXPECT_EQ (content_of (memo_call_get_bytes (calls[1].get ())), "");
  EXPECT_EQ (memo_call_get_ttl (calls[1].get ()), MEMO_TTL_FOREVER);
  EXPECT_FALSE (memo_call_get_durable (calls[1].get ()));

  EXPECT_EQ (content_of (memo_call_get_bytes (calls[2].get ())), "only");
  EXPECT_EQ (memo_call_get_bytes (calls[3].get ()), nullptr);
  EXPECT_TRUE (memo_call_get_durable (calls[3].get ())) << "what was removed must not come back";

  EXPECT_STREQ (memo_call_get_key (calls[4].get ()), "key");
  EXPECT_EQ (memo_call_get_bytes (calls[4].get ()), nullptr);
  EXPECT_EQ (memo_call_get_key (calls[5].get ()), nullptr);
}

TEST_F (BackendTest, ACallThatIsDroppedIsAnError)
{
  ASSERT_THAT (turned (ask ().open ()), WentWell ());
  backend_.hold ();
  auto pending = turned (ask ().everything ());
  while (backend_.take () != nullptr)
    ;
  // That it is open already is nothing to ask it for.
  pending.erase (pending.begin ());
  EXPECT_THAT (turned (pending), Each (EndedWith (MEMO_ERROR, MEMO_ERROR_ABANDONED)));
}

TEST_F (BackendTest, AnErrorReachesTheCallerAsItIs)
{
  backend_.fail_next (Ask::load, make_error ("the disk is on fire", MEMO_ERROR, 4711));
  auto load = turned (ask ().load ("key"));
  EXPECT_THAT (load, EndedWith (MEMO_ERROR, 4711));
  EXPECT_STREQ (load->error->message, "the disk is on fire");
  EXPECT_THAT (turned (ask ().load ("key")), WentWell ()) << "the next is another one";
}

TEST_F (BackendTest, WhatIsLeftOutIsNotSupported)
{
  auto backend = adopt (static_cast<MemoBackend *> (g_object_new (type_with ("BackendThatCannotDoAnything", nullptr), nullptr)));
  Asking asking (backend.get ());

  for (auto &pending : { asking.load ("key"), asking.store ("key", ""), asking.remove ("key"), asking.clear () })
    {
      EXPECT_THAT (turned (pending), EndedWith (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
      EXPECT_THAT (pending->error->message, HasSubstr ("BackendThatCannotDoAnything"));
    }
  EXPECT_THAT (turned (asking.open ()), WentWell ());
  EXPECT_THAT (turned (asking.flush ()), WentWell ());
  EXPECT_THAT (turned (asking.close ()), WentWell ());
  EXPECT_THAT (turned (asking.load ("key")), EndedWith (MEMO_ERROR, MEMO_ERROR_CLOSED));
}

TEST_F (BackendTest, WhatNeedsNoOpeningIsClosedAllTheSame)
{
  static int closed;
  closed = 0;
  auto backend = adopt (static_cast<MemoBackend *> (g_object_new (type_with ("BackendThatIsOpen", [] (gpointer iface, gpointer) {
    static_cast<MemoBackendInterface *> (iface)->close = [] (MemoBackend *, MemoCall *call) {
      closed++;
      memo_call_return_nothing (call);
    };
  }), nullptr)));

  EXPECT_THAT (turned (Asking (backend.get ()).close ()), WentWell ());
  EXPECT_EQ (closed, 1) << "it may have something to give back";
}

TEST_F (BackendTest, ItIsHeldByWhatIsUnderWay)
{
  auto place = std::make_shared<MemoryPlace> ();
  auto backend = std::make_unique<MemoryBackend> (place, Answers::in_a_turn);
  auto pending = Asking (*backend).store ("key", "content");

  backend.reset ();
  EXPECT_THAT (turned (pending), WentWell ());
  EXPECT_EQ (place->get ("key"), "content");
}

// --- mistakes ---

TEST_F (BackendTest, WhatMakesNoSenseIsACritical)
{
  Criticals criticals;
  MemoBackend *backend = backend_;
  Bytes bytes = bytes_of ("content");
  auto never = [] (GObject *, GAsyncResult *, gpointer) { ADD_FAILURE () << "it was asked"; };

  memo_backend_load_async (backend, nullptr, nullptr, never, nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("key != NULL"));
  memo_backend_store_async (backend, "key", nullptr, 1.0, FALSE, nullptr, never, nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("bytes != NULL"));
  for (double ttl : { 0.0, -1.0, -MEMO_TTL_FOREVER, static_cast<double> (NAN) })
    {
      memo_backend_store_async (backend, "key", bytes.get (), ttl, FALSE, nullptr, never, nullptr);
      EXPECT_THAT (criticals.take (), IsCritical ("ttl > 0.0"));
    }
  turn ();
  EXPECT_EQ (backend_.asked (), 0);
}

TEST_F (BackendTest, AResultOfAnotherFunctionIsACritical)
{
  GAsyncResult *result = nullptr;

  memo_backend_flush_async (backend_, nullptr, [] (GObject *, GAsyncResult *given, gpointer data) {
    *static_cast<GAsyncResult **> (data) = static_cast<GAsyncResult *> (g_object_ref (given));
  }, &result);
  turn ();
  auto owned = adopt (result);
  Criticals criticals;

  EXPECT_EQ (memo_backend_load_finish (backend_, result, nullptr), nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("memo_call_is_result"));
  EXPECT_FALSE (memo_backend_clear_finish (backend_, result, nullptr));
  EXPECT_THAT (criticals.take (), IsCritical ("memo_call_is_result"));
  EXPECT_TRUE (memo_backend_flush_finish (backend_, result, nullptr));
  EXPECT_THAT (criticals.take (), IsEmpty ());
}

TEST_F (BackendTest, ACallbackMayBeLeftOutWhereNothingIsAnswered)
{
  Bytes bytes = bytes_of ("content");

  memo_backend_store_async (backend_, "key", bytes.get (), 1.0, FALSE, nullptr, nullptr, nullptr);
  memo_backend_remove_async (backend_, "other", nullptr, nullptr, nullptr, nullptr);
  memo_backend_flush_async (backend_, nullptr, nullptr, nullptr);
  turn ();
  EXPECT_EQ (backend_.place ().get ("key"), "content");
}
