// SPDX-License-Identifier: LGPL-2.1-or-later
#include "redis-backend-test.hpp"

#include <algorithm>

#include "../support/contexts.hpp"

#include "fake-server.hpp"

#include "memo-redis-commands.h"

using namespace memo_test;
using ::testing::HasSubstr;
using ::testing::Not;

static auto *needs [[maybe_unused]] = ::testing::AddGlobalTestEnvironment (new NeedsPrograms ({ "redis-server" }));

class RedisBackendTest : public SharedServerTest {};

// --- what is in Redis ---

TEST_F (RedisBackendTest, AKeyIsUnderThePrefix)
{
  auto backend = make ("timeout-ms=20000&prefix=shop:");

  EXPECT_THAT (store (backend, "d:user:1", "Amira"), WentWell ());
  EXPECT_EQ (server_->say ({ "GET", "shop:d:user:1" }), "Amira");
  EXPECT_EQ (server_->say ({ "PTTL", "shop:d:user:1" }), ":-1");
  EXPECT_THAT (remove (backend, "d:user:1"), WentWell ());
  EXPECT_EQ (server_->say ({ "DBSIZE" }), ":0");
}

TEST_F (RedisBackendTest, TheTimeToLiveIsKeptByTheServer)
{
  auto backend = make ();

  store (backend, "d:key", "value", 1000.0);
  const long ms = std::stol (server_->say ({ "PTTL", "memo:d:key" }).substr (1));
  EXPECT_LE (ms, 1000 * 1000);
  EXPECT_GT (ms, 900 * 1000);
  store (backend, "d:key", "value");
  EXPECT_EQ (server_->say ({ "PTTL", "memo:d:key" }), ":-1");

  store (backend, "d:short", "value", 0.02);
  wait_really_until ([&] { return server_->say ({ "EXISTS", "memo:d:short" }) == ":0"; });
  EXPECT_THAT (load (backend, "d:short"), FoundNothing ());
}

TEST_F (RedisBackendTest, ALongKeyIsUnderItsHash)
{
  auto backend = make ();
  const std::string longest (512, 'k'), longer (513, 'k');
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, longer.c_str (), -1);

  store (backend, longest, "longest");
  store (backend, longer, "longer");
  EXPECT_EQ (server_->say ({ "GET", "memo:" + longest }), "longest");
  EXPECT_EQ (server_->say ({ "GET", "memo:h:" + std::string (hash) }), "longer");
  EXPECT_THAT (load (backend, longer), Found ("longer"));
}

TEST_F (RedisBackendTest, PrefixesAndDatabasesDoNotSeeEachOther)
{
  auto one = make ("timeout-ms=20000&prefix=one:"), two = make ("timeout-ms=20000&prefix=two:"),
       elsewhere = make ("timeout-ms=20000&prefix=one:&db=1");

  store (one, "d:key", "one");
  store (two, "d:key", "two");
  store (elsewhere, "d:key", "elsewhere");
  EXPECT_THAT (load (one, "d:key"), Found ("one"));
  EXPECT_THAT (load (two, "d:key"), Found ("two"));
  EXPECT_THAT (clear (one), WentWell ());
  EXPECT_THAT (load (one, "d:key"), FoundNothing ());
  EXPECT_THAT (load (two, "d:key"), Found ("two"));
  EXPECT_THAT (load (elsewhere, "d:key"), Found ("elsewhere"));
}

TEST_F (RedisBackendTest, AValueThatCouldNotBeReadIsNotStored)
{
  setup_.max_bulk = 1000;
  auto backend = make ();

  EXPECT_THAT (store (backend, "d:key", std::string (1000, 'x')), WentWell ());
  EXPECT_THAT (load (backend, "d:key"), Found (std::string (1000, 'x')));
  EXPECT_THAT (store (backend, "d:key", std::string (1001, 'x')), EndedWith (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
}

// --- clearing ---

TEST_F (RedisBackendTest, AClearRemovesThePrefixAndNothingElse)
{
  setup_.scan = 10;
  for (const char *prefix : { "p:", "p*", "p?", "[p]", "p\\", "^", "[^p]" })
    {
      g_autofree char *escaped = g_uri_escape_string (prefix, nullptr, FALSE);
      auto backend = make (std::string ("timeout-ms=20000&prefix=") + escaped);

      ASSERT_EQ (server_->say ({ "FLUSHALL" }), "+OK");
      for (const char *other : { "p", "px", "pd:key", "p\\x", "q:", "[", "x", "d:key" })
        server_->say ({ "SET", std::string ("of others:") + other, "value" });
      for (const char *other : { "pa", "P:", "[q]d", "q" })
        server_->say ({ "SET", other, "value" });
      for (int i = 0; i < 300; i++)
        Asking (backend).store ("d:" + std::to_string (i), "value");
      EXPECT_THAT (flush (backend), WentWell ());
      EXPECT_EQ (server_->say ({ "DBSIZE" }), ":312");
      EXPECT_THAT (clear (backend), WentWell ());
      EXPECT_EQ (server_->say ({ "DBSIZE" }), ":12") << prefix;
    }
}

TEST_F (RedisBackendTest, WhatIsAskedWhileAClearIsUnderWayIsDoneAfterIt)
{
  setup_.scan = 1;
  auto backend = make ();

  for (int i = 0; i < 500; i++)
    Asking (backend).store ("d:" + std::to_string (i), "value");
  flush (backend);

  auto clear = Asking (backend).clear ();
  auto miss = Asking (backend).load ("d:7");
  auto stored = Asking (backend).store ("d:7", "new");
  auto found = Asking (backend).load ("d:7");
  auto again = Asking (backend).clear ();
  auto last = Asking (backend).store ("d:8", "last");
  EXPECT_THAT (wait (miss), FoundNothing ());
  EXPECT_THAT (wait (last), WentWell ());
  EXPECT_THAT (clear, WentWell ());
  EXPECT_THAT (stored, WentWell ());
  EXPECT_THAT (found, Found ("new"));
  EXPECT_THAT (again, WentWell ());
  EXPECT_EQ (server_->say ({ "DBSIZE" }), ":1");
}

TEST_F (RedisBackendTest, WhatAClearHoldsBackTooLongIsNotDone)
{
  TemporaryFolder folder;
  FakeServer fake (context_, folder / "redis.sock");
  bool endless = true;
  size_t scans = 0;

  fake.answer = [&] (const Words &words) -> std::string {
    if (words[0] != "SCAN")
      return fake.usual_answer (words);
    scans++;
    return endless ? "*2\r\n$1\r\n1\r\n*0\r\n" : "*2\r\n$1\r\n0\r\n*0\r\n";
  };
  setup_.clock = MEMO_CLOCK (clock_.get ());
  auto backend = RedisTest::make ("redis+unix://" + (folder / "redis.sock"));
  EXPECT_THAT (open (backend), WentWell ());

  auto clear = Asking (backend).clear ();
  wait_until ([&] { return scans > 3; });
  auto stored = Asking (backend).store ("d:key", "value");
  for (int i = 0; i < 5; i++)
    {
      // Each step of the clear is in time.
      EXPECT_THAT (stored, Waits ());
      wait_until ([&, before = scans] { return scans > before + 3; });
      advance (0.05);
    }
  EXPECT_THAT (wait (stored), EndedWith (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_THAT (clear, Waits ());

  endless = false;
  EXPECT_THAT (wait (clear), WentWell ());
  EXPECT_THAT (store (backend, "d:key", "value"), WentWell ());
  EXPECT_EQ (std::count_if (fake.heard.begin (), fake.heard.end (), [] (auto &words) { return words[0] == "SET"; }), 1);
  close_all ();
}

TEST_F (RedisBackendTest, AClearRemovesOnlyWhatIsItsOwnWhateverTheServerSays)
{
  TemporaryFolder folder;
  FakeServer fake (context_, folder / "redis.sock");

  fake.answer = [&] (const Words &words) -> std::string {
    if (words[0] == "UNLINK")
      return ":1\r\n";
    return words[0] != "SCAN" ? fake.usual_answer (words)
                              : "*2\r\n" + bulk ("0") + "*5\r\n" + bulk ("shop:d:one") + bulk ("memo:d:one") + bulk ("memo") + ":1\r\n" + bulk ("");
  };
  auto backend = RedisTest::make ("redis+unix://" + (folder / "redis.sock"));
  EXPECT_THAT (clear (backend), WentWell ());
  EXPECT_THAT (fake.heard.back (), ::testing::ElementsAre ("UNLINK", "memo:d:one"));
  close_all ();
}

TEST_F (RedisBackendTest, MoreThanAClearCanHoldBackIsRefused)
{
  TemporaryFolder folder;
  FakeServer fake (context_, folder / "redis.sock");
  bool endless = true;

  fake.answer = [&] (const Words &words) -> std::string {
    return words[0] != "SCAN" ? fake.usual_answer (words) : endless ? "*2\r\n$1\r\n1\r\n*0\r\n" : "*2\r\n$1\r\n0\r\n*0\r\n";
  };
  setup_.clock = MEMO_CLOCK (clock_.get ());
  setup_.in_flight = 10;
  auto backend = RedisTest::make ("redis+unix://" + (folder / "redis.sock"));
  EXPECT_THAT (open (backend), WentWell ());

  auto clear = Asking (backend).clear ();
  std::vector<Pending> held;
  for (int i = 0; i < 10; i++)
    {
      held.push_back (Asking (backend).store ("d:key", "value"));
      // Each has to be with the clear, and not in the queue before it.
      const guint64 received = number (backend, "received");
      wait_until ([&] { return number (backend, "received") > received + 100; });
    }
  EXPECT_THAT (wait (Asking (backend).store ("d:key", "value")), EndedWith (MEMO_ERROR, MEMO_ERROR_BUSY));
  endless = false;
  for (auto &each : held)
    EXPECT_THAT (wait (each), WentWell ());
  EXPECT_THAT (clear, WentWell ());
  close_all ();
}

// --- removing ---

TEST_F (RedisBackendTest, ARemoveOfCertainBytesSurvivesTheLossOfItsScript)
{
  auto backend = make ();

  for (int i = 0; i < 3; i++)
    {
      store (backend, "d:key", "value");
      EXPECT_THAT (remove (backend, "d:key", "other"), WentWell ());
      EXPECT_THAT (remove (backend, "d:key", "value"), WentWell ());
      EXPECT_THAT (load (backend, "d:key"), FoundNothing ());
      EXPECT_EQ (server_->say ({ "SCRIPT", "FLUSH" }), "+OK");
    }
  EXPECT_EQ (number (backend, "removed"), 3u);
  EXPECT_EQ (number (backend, "connections"), 1u);
}

TEST_F (RedisBackendTest, WhatIsNoStringIsNotOurs)
{
  auto backend = make ();

  EXPECT_EQ (server_->say ({ "RPUSH", "memo:d:key", "value" }), ":1");
  EXPECT_THAT (load (backend, "d:key"), EndedWith (MEMO_ERROR, MEMO_ERROR_FAILED));
  EXPECT_THAT (remove (backend, "d:key", "value"), WentWell ());
  EXPECT_EQ (server_->say ({ "EXISTS", "memo:d:key" }), ":1");
  EXPECT_THAT (store (backend, "d:key", "value"), WentWell ());
  EXPECT_THAT (load (backend, "d:key"), Found ("value"));
  EXPECT_TRUE (is_connected (backend));
}

// --- the object ---

TEST_F (RedisBackendTest, ItTellsWhetherItIsConnected)
{
  auto backend = make ();
  int notified = 0;

  g_signal_connect (backend, "notify::connected", G_CALLBACK (+[] (GObject *, GParamSpec *, gpointer data) {
    ++*static_cast<int *> (data);
  }), &notified);
  EXPECT_FALSE (is_connected (backend));
  EXPECT_THAT (open (backend), WentWell ());
  EXPECT_TRUE (is_connected (backend));
  EXPECT_TRUE (memo_remote_backend_get_connected (MEMO_REMOTE_BACKEND (static_cast<MemoBackend *> (backend))));
  wait_until ([&] { return notified == 1; });
  EXPECT_THAT (wait (Asking (backend).close ()), WentWell ());
  EXPECT_FALSE (is_connected (backend));
  wait_until ([&] { return notified == 2; });
}

TEST_F (RedisBackendTest, ItTellsWhereItWasMadeAndOnceForAllThatChanged)
{
  Context other;
  MemoBackend *backend = other.within ([&] { return make (); });
  std::vector<bool> told;
  struct Told { std::vector<bool> &told; GMainContext *context; } data { told, other };

  g_signal_connect (backend, "notify::connected", G_CALLBACK (+[] (GObject *backend, GParamSpec *, gpointer data) {
    auto told = static_cast<Told *> (data);

    EXPECT_TRUE (g_main_context_is_owner (told->context));
    told->told.push_back (is_connected (MEMO_BACKEND (backend)));
  }), &data);

  EXPECT_THAT (open (backend), WentWell ());
  // Nobody runs the other context meanwhile.
  for (guint64 i = 2; i < 8; i++)
    {
      server_->say ({ "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes" });
      wait_really_until ([&] { return number (backend, "connections") == i; });
    }
  wait_until_connected (backend);
  EXPECT_THAT (told, ::testing::IsEmpty ());
  other.turn ();
  EXPECT_THAT (told, ::testing::ElementsAre (true));

  EXPECT_THAT (wait (Asking (backend).close ()), WentWell ());
  other.turn ();
  EXPECT_THAT (told, ::testing::ElementsAre (true, false));
}

TEST_F (RedisBackendTest, NothingIsAskedBeforeItIsOpened)
{
  const std::string before = server_->say ({ "CLIENT", "ID" });
  auto backend = make ();

  turn ();
  EXPECT_EQ (std::stol (server_->say ({ "CLIENT", "ID" }).substr (1)), std::stol (before.substr (1)) + 1);
  EXPECT_EQ (number (backend, "connections"), 0u);
}

TEST_F (RedisBackendTest, WhatItDidIsCounted)
{
  auto backend = make ();

  store (backend, "d:key", "value");
  load (backend, "d:key");
  load (backend, "d:key");
  load (backend, "d:other");
  remove (backend, "d:key");
  remove (backend, "d:key");
  EXPECT_EQ (number (backend, "hits"), 2u);
  EXPECT_EQ (number (backend, "misses"), 1u);
  EXPECT_EQ (number (backend, "stored"), 1u);
  EXPECT_EQ (number (backend, "removed"), 1u);
  EXPECT_EQ (number (backend, "connections"), 1u);
  EXPECT_EQ (number (backend, "failures"), 0u);
  EXPECT_EQ (number (backend, "timeouts"), 0u);
  EXPECT_EQ (number (backend, "discarded"), 0u);
  EXPECT_EQ (number (backend, "refused"), 0u);
  EXPECT_GT (number (backend, "sent"), 100u);
  EXPECT_GT (number (backend, "received"), 30u);

  double round_trip;
  g_object_get (backend, "round-trip", &round_trip, nullptr);
  EXPECT_GT (round_trip, 0.0);
  EXPECT_LT (round_trip, 20.0) << "it is in seconds, and nothing timed out";
}

TEST_F (RedisBackendTest, ThePasswordIsNotGivenBack)
{
  auto backend = RedisTest::make ("redis://me:hunter2@localhost:6380/3?prefix=shop:&timeout-ms=1000");
  g_autofree char *uri = nullptr, *prefix = nullptr;
  guint timeout;

  g_object_get (backend, "uri", &uri, "prefix", &prefix, "timeout-ms", &timeout, nullptr);
  EXPECT_STREQ (uri, "redis://localhost:6380/3");
  EXPECT_STREQ (prefix, "shop:");
  EXPECT_EQ (timeout, 1000u);
}

TEST_F (RedisBackendTest, AUriThatMeansNothingIsSaidWithoutIt)
{
  Error error;
  Backend backend (MEMO_BACKEND (g_initable_new (MEMO_TYPE_REDIS_BACKEND, nullptr, ErrorOut (error), "uri",
                                                 "redis://me:hunter2@localhost/x", nullptr)));

  EXPECT_EQ (backend, nullptr);
  EXPECT_THAT (error, IsGError (MEMO_ERROR, MEMO_ERROR_INVALID_URI));
  EXPECT_THAT (error->message, Not (HasSubstr ("hunter2")));
}

TEST_F (RedisBackendTest, OneThatWasNotInitializedSaysSo)
{
  auto object = adopt (MEMO_BACKEND (g_object_new (MEMO_TYPE_REDIS_BACKEND, nullptr)));

  EXPECT_THAT (open (object.get ()), EndedWith (MEMO_ERROR, MEMO_ERROR_FAILED));
}

// --- names ---

TEST (RedisNamesTest, WhatMeansSomethingInAPatternIsEscaped)
{
  g_autofree char *plain = memo_redis_pattern_of ("shop:"), *odd = memo_redis_pattern_of ("a*b?[c]^-\\");

  EXPECT_STREQ (plain, "shop:*");
  EXPECT_STREQ (odd, "a\\*b\\?\\[c\\]\\^\\-\\\\*");
}

// --- with a cache in front ---

class RedisCacheTest : public SharedServerTest
{
protected:
  Ref<MemoAsyncCache> cache_over (MemoBackend *backend)
  {
    return adopt (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "backup", backend, nullptr)));
  }

  std::shared_ptr<Got> ask (const Ref<MemoAsyncCache> &cache, const char *key, MemoLoader *loader)
  {
    auto got = get (MEMO_CACHE (cache.get ()), key, loader);

    wait_until ([&] { return got->callbacks > 0; });
    return got;
  }

  void flush_cache (const Ref<MemoAsyncCache> &cache)
  {
    bool done = false;

    memo_cache_flush_async (MEMO_CACHE (cache.get ()), nullptr, [] (GObject *source, GAsyncResult *result, gpointer data) {
      Error error;

      EXPECT_TRUE (memo_cache_flush_finish (MEMO_CACHE (source), result, ErrorOut (error))) << error->message;
      *static_cast<bool *> (data) = true;
    }, &done);
    wait_until ([&] { return done; });
  }
};

TEST_F (RedisCacheTest, WhatOneCacheLoadedTheNextFinds)
{
  ScriptedLoader loader, unused;

  loader.on_call = [] (MemoCall *call) { memo_call_return_entry (call, entry ("Amira").release ()); };
  {
    auto cache = cache_over (make ());

    EXPECT_THAT (ask (cache, "user:1", loader), GotText ("Amira"));
    flush_cache (cache);
  }
  EXPECT_EQ (server_->say ({ "EXISTS", "memo:d:user:1" }), ":1");
  EXPECT_THAT (ask (cache_over (make ()), "user:1", unused), GotText ("Amira"));
  EXPECT_EQ (unused.count (), 0);
}

TEST_F (RedisCacheTest, WhatIsDamagedInRedisIsLoadedAnew)
{
  ScriptedLoader loader;
  auto cache = cache_over (make ());

  loader.on_call = [] (MemoCall *call) { memo_call_return_entry (call, entry ("new").release ()); };
  ask (cache, "one", loader);
  flush_cache (cache);

  // A whole record, but that of another key; and rubbish.
  EXPECT_EQ (server_->say ({ "COPY", "memo:d:one", "memo:d:two" }), ":1");
  EXPECT_EQ (server_->say ({ "SET", "memo:d:three", "rubbish" }), "+OK");
  auto next = cache_over (make ());
  EXPECT_THAT (ask (next, "two", loader), GotText ("new"));
  EXPECT_THAT (ask (next, "three", loader), GotText ("new"));
  EXPECT_EQ (loader.count (), 3);
}
