// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/backup-test.hpp"
#include "support/function-test.hpp"

using namespace memo_test;

namespace {

// So large that every get that hits an entry which took any time to load draws the load.
constexpr double ALWAYS = 1e12;

// Whatever a value comes from, it may be loaded again before it expires.
class EarlyRefreshKindsTest : public BackupTest
{
protected:
  template <typename... Options>
  Ref<MemoAsyncCache> new_cache (Options... options)
  {
    return adopt (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock_.get (), "early-refresh", ALWAYS,
                                                  "default-ttl", 10.0, options..., nullptr)));
  }

  std::shared_ptr<Got> ask (const Ref<MemoAsyncCache> &cache, const char *key, MemoLoader *loader)
  {
    auto got = AsyncTest::get (MEMO_CACHE (cache.get ()), key, loader);

    turn ();
    return got;
  }
};

TEST_F (EarlyRefreshKindsTest, Rule17ABatch)
{
  auto cache = new_cache ("batch-window-ms", 0);
  ScriptedBatch batch;
  for (auto key : { "a", "b" })
    ask (cache, key, batch);
  turn ();
  while (batch.pending () < 1)
    turn ();
  advance (1.0);
  while (batch.pending () > 0)
    batch.answer_all ();
  turn ();
  const int before = batch.count ();

  auto a = AsyncTest::get (MEMO_CACHE (cache.get ()), "a", batch);
  auto b = AsyncTest::get (MEMO_CACHE (cache.get ()), "b", batch);
  turn ();
  EXPECT_EQ (a->callbacks, 1);
  EXPECT_EQ (b->callbacks, 1);
  ASSERT_EQ (batch.count (), before + 1) << "what is refreshed at the same time is one batch";
  EXPECT_THAT (batch.asked ().back (), ::testing::ElementsAre ("a", "b"));
  batch.answer_all ();
  turn ();
  EXPECT_EQ (memo_async_cache_get_early_refresh (cache.get ()), ALWAYS);
}

TEST_F (EarlyRefreshKindsTest, Rule17AThread)
{
  auto cache = new_cache ();
  std::atomic<int> calls { 0 };
  auto loader = adopt (memo_loader_new_in_thread ([] (MemoCall *call, gpointer data) {
    auto calls = static_cast<std::atomic<int> *> (data);

    memo_call_return_entry (call, entry (std::to_string (++*calls).c_str ()).release ());
  }, &calls, nullptr));
  ScriptedLoader slow;

  ask (cache, "key", slow);
  advance (1.0);
  slow.answer ("slow");
  turn ();
  EXPECT_THAT (ask (cache, "key", loader.get ()), GotText ("slow"));
  while (true)
    {
      Entry found (memo_cache_peek (MEMO_CACHE (cache.get ()), "key"));

      ASSERT_NE (found, nullptr);
      if (std::string (memo_entry_get_string (found.get ())) == "1")
        break;
      turn ();
      std::this_thread::yield ();
    }
}

TEST_F (EarlyRefreshKindsTest, Rule17ADecoratedFunction)
{
  auto cache = new_cache ();
  ScriptedFunction function;
  auto loader = function.new_loader ();
  auto decorated = adopt (MEMO_DECORATOR (g_object_new (MEMO_TYPE_ASYNC_TTL, "name", "f", "loader", loader.get (),
                                                        "cache", cache.get (), "time-to-live", 10.0, nullptr)));
  auto call = [&] {
    memo_decorator_call_async (decorated.get (), g_variant_new ("(i)", 7), MEMO_GET_NONE, nullptr, nullptr, nullptr);
    turn ();
  };

  call ();
  advance (1.0);
  function.answer ("old");
  turn ();
  call ();
  ASSERT_EQ (function.count (), 2);
  EXPECT_EQ (function.asked ().back (), "(7,)") << "with the same arguments";
  function.answer ("new");
  turn ();
  EXPECT_EQ (Metrics (memo_cache_get_metrics (MEMO_CACHE (cache.get ())))->size, 1u);
}

TEST_F (EarlyRefreshKindsTest, Rule17WhatCameUpFromATierIsAsOldAsItIs)
{
  auto first = new_cache ("backup", static_cast<MemoBackend *> (backend_));
  ScriptedLoader loader;
  ask (first, "key", loader);
  advance (1.0);
  loader.answer ("old");
  turn ();
  first.reset ();

  auto second = new_cache ("backup", static_cast<MemoBackend *> (backend_));
  EXPECT_THAT (ask (second, "key", loader), GotText ("old"));
  EXPECT_THAT (ask (second, "key", loader), GotText ("old"));
  ASSERT_EQ (loader.pending (), 1u) << "how long it took is in the record";
  loader.answer ("new");
  turn ();
  EXPECT_THAT (ask (second, "key", loader), GotText ("new"));
}

TEST_F (EarlyRefreshKindsTest, WhatAnotherProcessHasRefreshedInATierIsTakenFromThere)
{
  auto first = new_cache ("remote-cache", static_cast<MemoBackend *> (backend_));
  auto second = new_cache ("remote-cache", static_cast<MemoBackend *> (backend_));
  ScriptedLoader loader;
  ask (first, "key", loader);
  advance (1.0);
  loader.answer ("old");
  turn ();
  EXPECT_THAT (ask (second, "key", loader), GotText ("old"));
  advance (5.0);
  EXPECT_THAT (ask (first, "key", loader), GotText ("old"));
  loader.answer ("new");
  turn ();

  EXPECT_THAT (ask (second, "key", loader), GotText ("old"));
  EXPECT_EQ (loader.count (), 2);
  EXPECT_THAT (ask (second, "key", loader), GotText ("new"));
}

} // namespace
