// SPDX-License-Identifier: LGPL-2.1-or-later
#include "conformance/memo-backend-conformance.hpp"
#include "support/backend-test.hpp"
#include "support/fault-backend.hpp"

#include <bitset>
#include <set>

using namespace memo_test;
using ::testing::AnyOf;
using ::testing::Each;
using ::testing::Eq;

// Whether the backend that makes faults for other tests makes those that it is told to.
class FaultBackendTest : public AskingTest
{
protected:
  FaultBackendTest ()
  {
    memory_.place ().put ("key", "content");
    memory_.place ().put ("other", "its content");
  }

  Asking ask () { return Asking (backend_); }

  MemoryBackend memory_;
  FaultBackend  backend_ { memory_ };
};

TEST_F (FaultBackendTest, WithoutAFaultAllGoesThrough)
{
  EXPECT_THAT (turned (ask ().load ("key")), Found ("content"));
  EXPECT_THAT (turned (ask ().store ("new", "content")), WentWell ());
  EXPECT_THAT (turned (ask ().remove ("other", "another content")), WentWell ());
  EXPECT_EQ (memory_.place ().get ("other"), "its content");
  EXPECT_EQ (backend_.asked (Ask::load), 1);
  EXPECT_EQ (backend_.asked (), memory_.asked ());
  EXPECT_EQ (backend_.count (Fault::none), backend_.asked ());
}

TEST_F (FaultBackendTest, TheFaultsOfAScriptComeInTheirOrderAndEnd)
{
  backend_.next (Ask::load, Fault::fail, 2);
  backend_.next (Ask::load, Fault::lose);
  backend_.next (Ask::store, Fault::fail);
  EXPECT_THAT (turned (ask ().load ("key")), EndedWith (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE));
  EXPECT_THAT (turned (ask ().load ("key")), EndedWith (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE));
  EXPECT_THAT (turned (ask ().load ("key")), FoundNothing ());
  EXPECT_THAT (turned (ask ().load ("key")), Found ("content"));
  EXPECT_EQ (backend_.count (Fault::fail), 2);
  EXPECT_EQ (backend_.count (Fault::lose), 1);
}

TEST_F (FaultBackendTest, OneThatAlwaysFailsDoesSoUntilItIsHealed)
{
  backend_.always (Ask::store, Fault::fail);
  backend_.set_error (make_error ("full", G_IO_ERROR, G_IO_ERROR_NO_SPACE));
  for (int i = 0; i < 3; i++)
    EXPECT_THAT (turned (ask ().store ("key", "new")), EndedWith (G_IO_ERROR, G_IO_ERROR_NO_SPACE));
  EXPECT_EQ (memory_.asked (Ask::store), 0);
  backend_.heal ();
  EXPECT_THAT (turned (ask ().store ("key", "new")), WentWell ());
}

TEST_F (FaultBackendTest, WhatIsDelayedIsDoneWhenItIsLetGo)
{
  backend_.next (Ask::store, Fault::delay, 2);
  auto pending = std::vector<Pending> { ask ().store ("key", "one"), ask ().store ("key", "two") };

  EXPECT_THAT (turned (pending), Each (Waits ()));
  EXPECT_EQ (memory_.place ().get ("key"), "content");
  EXPECT_EQ (backend_.held (), 2u);
  EXPECT_EQ (backend_.let_go (1), 1u);
  EXPECT_THAT (turned (pending[0]), WentWell ());
  EXPECT_THAT (pending[1], Waits ());
  EXPECT_EQ (memory_.place ().get ("key"), "one");
  EXPECT_EQ (backend_.let_go (), 1u);
  EXPECT_THAT (turned (pending[1]), WentWell ());
  EXPECT_EQ (memory_.place ().get ("key"), "two");
}

TEST_F (FaultBackendTest, WhatIsLateIsDoneAndAnsweredLater)
{
  backend_.next (Ask::store, Fault::late);
  backend_.next (Ask::load, Fault::late);
  auto store = ask ().store ("key", "new"), load = ask ().load ("other");

  EXPECT_THAT (turned (std::vector<Pending> { store, load }), Each (Waits ()));
  EXPECT_EQ (memory_.place ().get ("key"), "new");
  memory_.place ().put ("other", "changed meanwhile");
  backend_.let_go ();
  EXPECT_THAT (turned (store), WentWell ());
  EXPECT_THAT (load, Found ("its content"));
}

TEST_F (FaultBackendTest, WhatFailsMayHaveBeenDone)
{
  backend_.next (Ask::store, Fault::fail_done);
  EXPECT_THAT (turned (ask ().store ("key", "new")), EndedWith (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE));
  EXPECT_EQ (memory_.place ().get ("key"), "new");
}

TEST_F (FaultBackendTest, WhatIsLostIsAnsweredAllTheSame)
{
  backend_.always (Fault::lose);
  backend_.next (Ask::open, Fault::none);
  EXPECT_THAT (turned (ask ().store ("key", "new")), WentWell ());
  EXPECT_THAT (turned (ask ().remove ("other")), WentWell ());
  EXPECT_THAT (turned (ask ().clear ()), WentWell ());
  EXPECT_THAT (turned (ask ().load ("key")), FoundNothing ());
  EXPECT_EQ (memory_.place ().get ("key"), "content");
  EXPECT_EQ (memory_.place ().get ("other"), "its content");
}

TEST_F (FaultBackendTest, ACallMayNeverBeAnswered)
{
  Pending pending;
  {
    FaultBackend backend (memory_);

    backend.next (Ask::load, Fault::silence);
    pending = Asking (backend).load ("key");
    EXPECT_THAT (turned (pending), Waits ());
    EXPECT_EQ (backend.let_go (), 0u);
    EXPECT_THAT (turned (Asking (backend).load ("key")), Found ("content"));
    EXPECT_THAT (pending, Waits ());
  }
  EXPECT_THAT (turned (pending), EndedWith (MEMO_ERROR, MEMO_ERROR_ABANDONED)) << "the test is over";
}

TEST_F (FaultBackendTest, ACallMayBeDropped)
{
  backend_.next (Ask::store, Fault::drop);
  EXPECT_THAT (turned (ask ().store ("key", "new")), EndedWith (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  EXPECT_EQ (memory_.place ().get ("key"), "content");
}

TEST_F (FaultBackendTest, OneBitOfALoadIsFlipped)
{
  for (int i = 0; i < 50; i++)
    {
      backend_.next (Ask::load, Fault::flip);
      auto load = turned (ask ().load ("key"));
      size_t bits = 0;

      ASSERT_TRUE (load->content.has_value ());
      ASSERT_EQ (load->content->size (), 7u);
      for (size_t j = 0; j < 7; j++)
        bits += std::bitset<8> (static_cast<unsigned char> ((*load->content)[j] ^ "content"[j])).count ();
      EXPECT_EQ (bits, 1u);
    }
  EXPECT_THAT (turned (ask ().load ("key")), Found ("content")) << "what is kept is as it was";
}

TEST_F (FaultBackendTest, TheEndOfALoadIsMissing)
{
  std::set<size_t> sizes;

  for (int i = 0; i < 100; i++)
    {
      backend_.next (Ask::load, Fault::truncate);
      auto load = turned (ask ().load ("key"));

      ASSERT_TRUE (load->content.has_value ());
      EXPECT_EQ (*load->content, std::string ("content").substr (0, load->content->size ()));
      sizes.insert (load->content->size ());
    }
  EXPECT_EQ (sizes, (std::set<size_t> { 0, 1, 2, 3, 4, 5, 6 }));
}

TEST_F (FaultBackendTest, WhatIsStoredIsDamagedForGood)
{
  backend_.next (Ask::store, Fault::truncate);
  EXPECT_THAT (turned (ask ().store ("key", "new content")), WentWell ());
  EXPECT_LT (memory_.place ().get ("key")->size (), std::string ("new content").size ());
  backend_.next (Ask::store, Fault::flip);
  EXPECT_THAT (turned (ask ().store ("key", "new content")), WentWell ());
  EXPECT_NE (memory_.place ().get ("key"), "new content");
}

TEST_F (FaultBackendTest, TwoKeysAreSwapped)
{
  ASSERT_THAT (turned (ask ().load ("other")), Found ("its content"));
  backend_.next (Ask::load, Fault::swap, 2);
  EXPECT_THAT (turned (ask ().load ("key")), Found ("its content"));
  EXPECT_THAT (turned (ask ().load ("other")), Found ("content"));

  backend_.next (Ask::store, Fault::swap);
  EXPECT_THAT (turned (ask ().store ("key", "new")), WentWell ());
  EXPECT_EQ (memory_.place ().get ("key"), "content");
  EXPECT_EQ (memory_.place ().get ("other"), "new");
}

TEST_F (FaultBackendTest, WhatHasNoContentIsNotDamaged)
{
  EXPECT_THAT (turned (ask ().open ()), WentWell ());
  backend_.always (Fault::flip);
  EXPECT_THAT (turned (ask ().remove ("other", "its content")), WentWell ());
  EXPECT_EQ (memory_.place ().get ("other"), std::nullopt);
  EXPECT_EQ (backend_.count (Fault::flip), 0);
}

TEST_F (FaultBackendTest, OpeningMayFailToo)
{
  backend_.next (Ask::open, Fault::fail);
  EXPECT_THAT (turned (ask ().load ("key")), EndedWith (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE));
  EXPECT_THAT (turned (ask ().load ("key")), Found ("content"));
  EXPECT_EQ (backend_.asked (Ask::open), 2);
  EXPECT_EQ (memory_.asked (Ask::open), 1);
}

TEST_F (FaultBackendTest, TheSameSeedMakesTheSameFaults)
{
  auto run = [this] (guint32 seed) {
    MemoryBackend memory;
    FaultBackend backend (memory);
    std::string trace;

    backend.by_seed (seed, 0.5, { Fault::fail, Fault::lose, Fault::drop, Fault::flip, Fault::truncate, Fault::swap });
    for (int i = 0; i < 200; i++)
      {
        auto store = Asking (backend).store ("key " + std::to_string (i % 5), std::to_string (i));
        auto load = turned (Asking (backend).load ("key " + std::to_string (i % 3)));

        trace += store->text () + load->text () + load->content.value_or ("-");
      }
    for (Fault fault : { Fault::none, Fault::fail, Fault::lose, Fault::drop, Fault::flip, Fault::truncate, Fault::swap })
      EXPECT_GT (backend.count (fault), 0);
    EXPECT_NEAR (backend.count (Fault::none), backend.asked () / 2, backend.asked () / 10);
    return trace;
  };

  EXPECT_EQ (run (4711), run (4711));
  EXPECT_NE (run (4711), run (4712));
}

TEST_F (FaultBackendTest, WhateverGoesWrongEachCallIsAnsweredOnce)
{
  for (guint32 seed = 0; seed < 20; seed++)
    {
      MemoryBackend memory { Answers::in_a_turn };
      std::vector<Pending> pending;
      {
        FaultBackend backend (memory);

        backend.by_seed (seed, 0.7, { Fault::delay, Fault::late, Fault::fail, Fault::fail_done, Fault::lose, Fault::silence, Fault::drop,
                                      Fault::flip, Fault::truncate, Fault::swap });
        for (int i = 0; i < 100; i++)
          {
            for (auto &each : Asking (backend).everything ())
              pending.push_back (each);
            if (i % 7 == 0)
              {
                turn ();
                backend.let_go (i % 5);
              }
          }
        pending.push_back (Asking (backend).close ());
        turn ();
        while (backend.let_go () > 0)
          turn ();
      }
      turn ();
      for (auto &each : pending)
        EXPECT_EQ (each->callbacks, 1) << each->text ();
    }
}

// --- without faults it is a backend as any other ---

class FaultSubject : public memo_conformance::Subject
{
public:
  MemoBackend *make () override
  {
    MemoryBackend memory (place_, Answers::in_a_thread);
    FaultBackend backend (memory);

    return static_cast<MemoBackend *> (g_object_ref (static_cast<MemoBackend *> (backend)));
  }

  bool remembers () const override { return true; }
  bool obstruct (bool on) override { return (place_->obstructed = on, true); }

private:
  std::shared_ptr<MemoryPlace> place_ = std::make_shared<MemoryPlace> ();
};

MEMO_BACKEND_CONFORMANCE (Faultless, [] { return std::make_unique<FaultSubject> (); });
