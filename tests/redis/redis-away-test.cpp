// SPDX-License-Identifier: LGPL-2.1-or-later
#include "redis-cache-test.hpp"

using namespace memo_test;

namespace {

// A server that is away, in one way or another.  Where the clock stands still nobody can have waited for a deadline.
class RedisAwayTest : public FakeCacheTest
{
protected:
  // These are answered by the loader, each of a key of its own.
  void expect_to_cost_nothing (const Ref<MemoAsyncCache> &cache, int times)
  {
    const gint64 before = now ();

    for (int i = 0; i < times; i++)
      {
        const std::string key = "new " + std::to_string (n_keys_++);

        EXPECT_THAT (wait (ask (cache, key)), GotText ("loaded " + key));
      }
    EXPECT_EQ (now (), before);
  }

  gint64 now () { return memo_clock_get_time (MEMO_CLOCK (clock_.get ())); }

  int n_keys_ = 0;
};

TEST_F (RedisAwayTest, Failure18WhileNobodyListensAGetCostsItsLoader)
{
  server_.deaf ();
  auto backend = make ();
  auto cache = cache_over (backend);

  expect_to_cost_nothing (cache, 100);
  EXPECT_EQ (loader_.count (), 100);
  for (int i = 0; i < 10; i++)
    {
      // Whether it is about to try again or not.
      advance (0.03);
      expect_to_cost_nothing (cache, 10);
    }

  server_.listen ();
  advance (5.0);
  wait_until_connected (backend);
  EXPECT_THAT (wait (Asking (backend).flush ()), WentWell ());
}

TEST_F (RedisAwayTest, Failure18AServerThatIsSilentCostsOneDeadline)
{
  auto backend = make ();
  auto cache = cache_over (backend);

  EXPECT_THAT (open (backend), WentWell ());
  server_.freeze ();

  // All who ask at once wait, and at the same time.
  std::vector<std::shared_ptr<Got>> all;
  for (int i = 0; i < 50; i++)
    all.push_back (ask (cache, "key " + std::to_string (i)));
  EXPECT_FALSE (come_true ([&] { return all.front ()->done (); }));
  advance (0.25);
  for (auto &got : all)
    EXPECT_EQ (wait (got)->error, nullptr);
  EXPECT_EQ (number (backend, "timeouts"), 50u);

  // Until it is left, while it is dialled again and again in vain, and in the pauses.
  for (int i = 0; i < 60; i++)
    {
      expect_to_cost_nothing (cache, 3);
      advance (0.1);
    }
  wait_until_connected (backend, false);
  expect_to_cost_nothing (cache, 3);

  server_.thaw ();
  for (int i = 0; i < 100 && !is_connected (backend); i++)
    if (!come_true ([&] { return is_connected (backend); }))
      advance (1.0);
  EXPECT_TRUE (is_connected (backend));
}

TEST_F (RedisAwayTest, Failure18AServerThatNeverAnsweredCostsOneAttempt)
{
  server_.freeze ();
  auto backend = make ();
  auto cache = cache_over (backend);

  auto first = ask (cache, "first"), second = ask (cache, "second");
  EXPECT_FALSE (come_true ([&] { return first->done () || second->done (); }));
  wait_until ([&] { return server_.accepted == 1; });
  while (!come_true ([&] { return first->done (); }))
    advance (0.25);
  EXPECT_LE (now (), 10 * 250 * 1000);
  EXPECT_THAT (first, GotText ("loaded first"));
  EXPECT_THAT (wait (second), GotText ("loaded second"));
  for (int i = 0; i < 30; i++)
    {
      expect_to_cost_nothing (cache, 3);
      advance (0.1);
    }
}

TEST_F (RedisAwayTest, Failure18AServerThatIsAlwaysTooLateCostsOneDeadline)
{
  auto backend = make ();
  auto cache = cache_over (backend);
  std::string held;
  bool late = false;

  server_.answer = [&] (const Words &words) -> std::string {
    if (!late)
      return server_.usual_answer (words);
    held += server_.usual_answer (words);
    return "";
  };
  EXPECT_THAT (open (backend), WentWell ());
  late = true;
  auto first = ask (cache, "first");
  EXPECT_FALSE (come_true ([&] { return first->done (); }));
  for (int i = 0; i < 20; i++)
    {
      // Even the answer to what only asks whether it is in time again.
      advance (0.3);
      EXPECT_THAT (wait (first), GotText ("loaded first"));
      server_.say (held);
      held.clear ();
      wait_until ([&] { return !held.empty (); });
      expect_to_cost_nothing (cache, 3);
    }
  EXPECT_TRUE (is_connected (backend));
}

TEST_F (RedisAwayTest, OneThatNeverConnectedTriesNoMoreWhenItWasClosed)
{
  server_.deaf ();
  auto backend = make ();

  EXPECT_THAT (open (backend), IsUnavailable ("redis+unix://"));
  EXPECT_THAT (wait (Asking (backend).close ()), WentWell ());
  server_.listen ();
  for (int i = 0; i < 5; i++)
    {
      advance (5.0);
      EXPECT_FALSE (come_true ([&] { return server_.accepted > 0; }));
    }
}

} // namespace
