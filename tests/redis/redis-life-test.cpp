// SPDX-License-Identifier: LGPL-2.1-or-later
#include "redis-cache-test.hpp"

using namespace memo_test;
using ::testing::AnyOf;

namespace {

// Cancelling, closing, letting go and asking again, at each of the moments that a server has a part in: it lives in the context of
// the test, and does nothing but in turns of it.
class RedisLifeTest : public FakeCacheTest
{
protected:
  static constexpr int n_moments = 25;

  RedisLifeTest ()
  {
    server_.answer = [this] (const Words &words) -> std::string {
      return words[0] == "SCAN"                            ? "*2\r\n$1\r\n0\r\n*1\r\n" + bulk ("memo:d:key")
             : words[0] == "UNLINK" || words[0] == "EVAL" ? ":1\r\n"
                                                          : server_.usual_answer (words);
    };
  }

  void turn_times (int n)
  {
    for (int i = 0; i < n; i++)
      come_true ([n = 0] () mutable { return n++ > 0; });
  }

  void expect_one_answer_each (const std::vector<Pending> &all)
  {
    for (auto &each : all)
      EXPECT_EQ (wait (each)->callbacks, 1) << each->text ();
  }
};

TEST_F (RedisLifeTest, EverythingMayBeCancelledAtAnyMoment)
{
  for (int moment = 0; moment < n_moments; moment++)
    {
      auto cancellable = adopt (g_cancellable_new ());
      MemoBackend *backend = make ();
      Asking asking (backend);
      std::vector<Pending> all { asking.load ("d:one", cancellable.get ()), asking.store ("d:one", "value", 10.0, false, cancellable.get ()),
                                 asking.clear (cancellable.get ()), asking.load ("d:two", cancellable.get ()),
                                 asking.remove ("d:one", "value", cancellable.get ()), asking.flush (cancellable.get ()) };
      // One who is not cancelled, and has to have the right answer behind them all.
      auto other = asking.load ("d:other");

      turn_times (moment);
      g_cancellable_cancel (cancellable.get ());
      expect_one_answer_each (all);
      EXPECT_THAT (wait (other), AnyOf (memo_test::Found ("value of memo:d:other"), FoundNothing ())) << "nothing is there behind a clear";
      EXPECT_THAT (flush (backend), WentWell ()) << "a clear that was begun is done";
      EXPECT_THAT (load (backend, "d:last"), memo_test::Found ("value of memo:d:last"));
    }
}

TEST_F (RedisLifeTest, TheLastReferenceMayGoAtAnyMoment)
{
  for (int moment = 0; moment < n_moments; moment++)
    {
      auto all = Asking (make ()).everything ();

      turn_times (moment);
      // The calls hold it yet.
      made_.clear ();
      expect_one_answer_each (all);
      all.clear ();
      wait_really_until ([] { return memo_redis_worker_count () == 0; });
    }
}

TEST_F (RedisLifeTest, ItMayBeClosedAtAnyMoment)
{
  for (int moment = 0; moment < n_moments; moment++)
    {
      MemoBackend *backend = make ();
      auto all = Asking (backend).everything ();

      turn_times (moment);
      all.push_back (Asking (backend).close ());
      expect_one_answer_each (all);
      EXPECT_EQ (all.back ()->error, nullptr);
      EXPECT_THAT (load (backend, "d:key"), EndedWith (MEMO_ERROR, MEMO_ERROR_CLOSED));
    }
}

TEST_F (RedisLifeTest, TheServerMayGoAtAnyMoment)
{
  setup_.first_pause = setup_.longest_pause = 0;
  for (int moment = 0; moment < n_moments; moment++)
    {
      MemoBackend *backend = make ();
      auto all = Asking (backend).everything ();

      turn_times (moment);
      server_.close_all ();
      expect_one_answer_each (all);
      wait_until_connected (backend);
    }
}

// Asks again from within the answer, so many times, and lets go of the backend in the last.
struct Again
{
  Backend backend;
  int     times;
  int     answers = 0;

  static void answered (GObject *source, GAsyncResult *result, gpointer data)
  {
    auto self = static_cast<Again *> (data);

    g_clear_pointer (&self->last, g_bytes_unref);
    self->last = memo_backend_load_finish (MEMO_BACKEND (source), result, nullptr);
    self->answers++;
    if (self->answers < self->times)
      self->ask ();
    else
      self->backend.reset ();
  }

  void ask ()
  {
    memo_backend_load_async (backend.get (), "d:key", nullptr, answered, this);
  }

  ~Again () { g_clear_pointer (&last, g_bytes_unref); }

  GBytes *last = nullptr;
};

TEST_F (RedisLifeTest, WhoIsAnsweredMayAskAgainAndLetGo)
{
  Again again { new_redis_backend ("redis+unix://" + (folder_ / "redis.sock") + "?max-staleness-ms=0", &setup_), 50 };

  again.ask ();
  wait_until ([&] { return again.answers == 50; });
  EXPECT_EQ (again.backend, nullptr);
  ASSERT_NE (again.last, nullptr);
  wait_really_until ([] { return memo_redis_worker_count () == 0; });
}

} // namespace
