// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/backup-test.hpp"

#include "support/complaints.hpp"
#include "support/mutation-test.hpp"

using namespace memo_test;

namespace {

// A backend is anybody's code, which may do what it likes with the cache while it is asked.
class MeddlingBackend : public BackendActor
{
public:
  explicit MeddlingBackend (std::shared_ptr<MemoryActor> inner) : inner_ (std::move (inner)) {}

  void ask (Ask what, const std::string &key, Ref<MemoCall> call) override
  {
    auto meddle = std::exchange (when[static_cast<size_t> (what)], nullptr);

    if (!meddle || !meddle (call.get ()))
      inner_->ask (what, key, std::move (call));
  }

  // What is done before the next of each kind; says whether it has answered.
  std::array<std::function<bool (MemoCall *)>, n_asks> when;

private:
  std::shared_ptr<MemoryActor> inner_;
};

class BackupForeignCodeTest : public BackupTest
{
protected:
  BackupForeignCodeTest () { cache_ = new_cache (); }

  Ref<MemoAsyncCache> new_cache () { return new_cache_over (meddling_.get ()); }

  // The old value is in the backend alone.
  void begin ()
  {
    set ("key", entry ("old", MEMO_TTL_DEFAULT, { "tag" }));
    flush ();
    cache_ = new_cache ();
  }

  void when (Ask what, std::function<void ()> meddle)
  {
    actor_->when[static_cast<size_t> (what)] = [meddle] (MemoCall *) { meddle (); return false; };
  }

  // At rest, here and elsewhere.
  void expect_at_rest (const char *text)
  {
    for (bool other_process : { false, true })
      {
        if (other_process)
          {
            flush ();
            cache_ = new_cache ();
          }
        auto got = get ("key");
        turn ();
        if (text != nullptr)
          EXPECT_THAT (got, GotText (text));
        else
          EXPECT_THAT (got, GotMiss ());
      }
  }

  std::shared_ptr<MemoryPlace>     place_ = std::make_shared<MemoryPlace> (MEMO_CLOCK (clock_.get ()));
  std::shared_ptr<MeddlingBackend> actor_ =
    std::make_shared<MeddlingBackend> (std::make_shared<MemoryActor> (place_, Answers::at_once));
  Ref<MemoBackend>                 meddling_ = new_backend (actor_);
  ScriptedLoader                   loader_;
};

TEST_F (BackupForeignCodeTest, Rule17ItDeletesWhatItIsToLoad)
{
  begin ();
  when (Ask::load, [this] { remove ("key"); });
  auto got = get ("key");
  turn ();
  EXPECT_EQ (got->callbacks, 1);
  expect_at_rest (nullptr);
}

TEST_F (BackupForeignCodeTest, Rule17ItSetsWhatItIsToLoad)
{
  begin ();
  when (Ask::load, [this] { set ("key", "new"); });
  auto got = get ("key");
  turn ();
  EXPECT_EQ (got->callbacks, 1);
  expect_at_rest ("new");
}

TEST_F (BackupForeignCodeTest, Rule17ItClearsOrInvalidatesWhileItLoads)
{
  for (bool tag : { false, true })
    {
      begin ();
      when (Ask::load, [&] { tag ? invalidate ("tag") : clear (); });
      auto got = get ("key");
      turn ();
      EXPECT_EQ (got->callbacks, 1);
      expect_at_rest (nullptr);
    }
}

TEST_F (BackupForeignCodeTest, Rule08ItAsksForWhatItIsToLoad)
{
  begin ();
  std::shared_ptr<Got> inner;
  when (Ask::load, [&] { inner = get ("key", loader_); });
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("old"));
  EXPECT_THAT (inner, GotText ("old"));
  EXPECT_EQ (metrics ()->coalesced, 1u);
}

TEST_F (BackupForeignCodeTest, Rule13ItRefreshesWhatItIsToLoad)
{
  begin ();
  std::shared_ptr<Got> inner;
  when (Ask::load, [&] { inner = refresh ("key", loader_); });
  auto got = get ("key");
  turn ();
  ASSERT_EQ (loader_.count (), 1);
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
  EXPECT_THAT (inner, GotText ("new"));
}

TEST_F (BackupForeignCodeTest, Rule09ItCancelsWhoAsked)
{
  begin ();
  auto cancellable = adopt (g_cancellable_new ());
  when (Ask::load, [&] { g_cancellable_cancel (cancellable.get ()); });
  auto got = get ("key", loader_, cancellable.get ());
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (loader_.count (), 0);
}

TEST_F (BackupForeignCodeTest, Rule12ItDropsTheLastReferenceToTheCache)
{
  begin ();
  Watch watch (cache_.get ());
  when (Ask::load, [&] { cache_.reset (); });
  auto got = get ("key");
  EXPECT_FALSE (watch.gone ()) << "somebody waits";
  turn ();
  EXPECT_THAT (got, GotText ("old"));
  EXPECT_TRUE (watch.gone ());
}

TEST_F (BackupForeignCodeTest, Rule12ItDropsTheCacheThatStores)
{
  Watch watch (cache_.get ());
  when (Ask::store, [&] { cache_.reset (); });
  auto kept = share (cache_.get ());
  memo_cache_set (MEMO_CACHE (kept.get ()), "key", entry ("value").release ());
  kept.reset ();
  EXPECT_TRUE (watch.gone ());
  EXPECT_TRUE (place_->get ("d:key").has_value ());
}

TEST_F (BackupForeignCodeTest, Rule28ItClosesTheCache)
{
  begin ();
  when (Ask::load, [&] { memo_cache_close_async (cache (), nullptr, nullptr, nullptr); });
  auto got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
  EXPECT_EQ (loader_.count (), 0);
}

TEST_F (BackupForeignCodeTest, Rule18ItBeginsAChangeOfWhatItIsToLoad)
{
  begin ();
  auto change = adopt (memo_mutation_new (cache ()));
  memo_mutation_add_key (change.get (), "key");
  when (Ask::load, [&] { memo_test::begin (change); });
  auto got = get ("key", loader_);
  turn ();
  while (loader_.pending () > 0)
    {
      loader_.answer ("during");
      turn ();
    }
  EXPECT_EQ (got->callbacks, 1);
  EXPECT_FALSE (memo_cache_contains (cache (), "key"));
  end (change);
  turn ();
  expect_at_rest (nullptr);
}

TEST_F (BackupForeignCodeTest, Rule11ItAnswersBeforeItReturnsAndNobodyIsCalledBackIn)
{
  begin ();
  auto got = get ("key");
  EXPECT_THAT (got, IsPending ());
  turn ();
  EXPECT_THAT (got, GotText ("old"));
}

TEST_F (BackupForeignCodeTest, Rule25ItAnswersWithSomethingElseThanBytes)
{
  begin ();
  actor_->when[static_cast<size_t> (Ask::load)] = [] (MemoCall *call) {
    memo_call_return_entry (call, entry ("a string").release ());
    return true;
  };
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ());
}

TEST_F (BackupForeignCodeTest, Rule24ItCannotBeOpenedAndThenItCan)
{
  begin ();
  auto other = std::make_shared<MemoryActor> (place_, Answers::at_once);
  auto backend = new_backend (other);
  cache_ = new_cache_over (backend.get ());
  place_->obstructed = true;
  std::shared_ptr<Got> got;
  const auto complaints = complaints_of ([&] {
    got = get ("key", loader_);
    turn ();
  });
  EXPECT_THAT (complaints, ::testing::ElementsAre (::testing::HasSubstr ("obstructed")));
  ASSERT_EQ (loader_.count (), 1);
  loader_.fail (make_error ("no"));
  turn ();
  place_->obstructed = false;
  got = get ("key", loader_);
  turn ();
  EXPECT_THAT (got, GotText ("old"));
}

// A change of everything, while which no key is read.
TEST_F (BackupForeignCodeTest, Rule18AChangeOfEverything)
{
  begin ();
  auto change = adopt (memo_mutation_new (cache ()));
  memo_mutation_add_everything (change.get ());
  auto begun = memo_test::begin (change);
  turn ();
  EXPECT_TRUE (begun->success);
  EXPECT_EQ (place_->size (), 0u);
  bool asked = false;
  when (Ask::load, [&] { asked = true; });
  auto got = get ("any key");
  turn ();
  EXPECT_THAT (got, GotMiss ());
  EXPECT_FALSE (asked);
  end (change);
  turn ();
  get ("any key");
  turn ();
  EXPECT_TRUE (asked);
}

} // namespace
