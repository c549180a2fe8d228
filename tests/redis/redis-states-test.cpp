// SPDX-License-Identifier: LGPL-2.1-or-later
#include "redis-backend-test.hpp"

#include <fstream>
#include <sstream>

#include "counts.hpp"

using namespace memo_test;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

static auto *needs [[maybe_unused]] = ::testing::AddGlobalTestEnvironment (new NeedsPrograms ({ "redis-server" }));

// What a server can be in, and what can become of it.  Each has a server of its own.
class RedisStatesTest : public RedisTest
{
protected:
  MemoBackend *make (const std::string &query = "timeout-ms=20000") { return RedisTest::make (server_.uri (query)); }
  MemoBackend *make_as (const std::string &user, const std::string &query = "timeout-ms=20000")
  {
    return RedisTest::make ("redis+unix://" + user + "@" + server_.path () + "?" + query);
  }

  void expect_to_work (MemoBackend *backend)
  {
    EXPECT_THAT (store (backend, "d:works", "value"), WentWell ());
    EXPECT_THAT (load (backend, "d:works"), memo_test::Found ("value"));
  }

  // Whatever is asked, it is answered once.
  std::vector<Pending> everything (MemoBackend *backend)
  {
    auto all = Asking (backend).everything ();

    for (auto &pending : all)
      {
        wait (pending);
        EXPECT_EQ (pending->callbacks, 1) << pending->text ();
      }
    return all;
  }

  // It goes down for now, and is back when the cause is gone.
  void expect_down_by (MemoBackend *backend, const std::string &code, const std::function<void ()> &end)
  {
    EXPECT_THAT (store (backend, "d:key", "value"), IsUnavailable (code));
    EXPECT_THAT (warnings (), IsEmpty ());
    end ();
    wait_until_connected (backend);
    wait_really_until ([&] { return wait (Asking (backend).store ("d:key", "value"))->succeeded (); });
    expect_to_work (backend);
  }

  RealServer server_;
};

// --- away ---

TEST_F (RedisStatesTest, AServerThatIsAbsentIsSaidAndFoundWhenItIsThere)
{
  server_.stop ();
  auto backend = make ();

  for (int i = 0; i < 10; i++)
    {
      EXPECT_THAT (open (backend), IsUnavailable ("redis+unix://"));
      EXPECT_THAT (everything (backend), Each (IsUnavailable ("redis+unix://")));
    }
  EXPECT_GE (number (backend, "refused"), 80u);
  server_.start ();
  wait_until_connected (backend);
  expect_to_work (backend);
}

TEST_F (RedisStatesTest, AServerThatIsRestartedIsFoundAgain)
{
  auto backend = make ();

  expect_to_work (backend);
  for (int i = 0; i < 3; i++)
    {
      auto pending = Asking (backend).everything ();

      server_.stop ();
      for (auto &each : pending)
        EXPECT_EQ (wait (each)->callbacks, 1);
      wait_until_connected (backend, false);
      EXPECT_THAT (load (backend, "d:key"), IsUnavailable (""));
      server_.start ();
      wait_until_connected (backend);
      expect_to_work (backend);
    }
  EXPECT_EQ (number (backend, "connections"), 4u);
}

TEST_F (RedisStatesTest, ABlackHoleIsGivenUp)
{
  sockaddr_in address = {};
  socklen_t size = sizeof address;
  const int listening = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::vector<int> others;

  // With so many waiting already that the next one gets no answer at all.
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  ASSERT_EQ (bind (listening, reinterpret_cast<sockaddr *> (&address), sizeof address), 0);
  ASSERT_EQ (getsockname (listening, reinterpret_cast<sockaddr *> (&address), &size), 0);
  ASSERT_EQ (listen (listening, 0), 0);
  for (int i = 0; i < 3; i++)
    {
      others.push_back (socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      connect (others.back (), reinterpret_cast<sockaddr *> (&address), sizeof address);
    }

  auto backend = RedisTest::make ("redis://127.0.0.1:" + std::to_string (ntohs (address.sin_port)) + "?timeout-ms=50");
  EXPECT_THAT (open (backend), IsUnavailable ("took longer than 200 ms"));
  EXPECT_THAT (everything (backend), Each (IsUnavailable ("")));
  for (int fd : others)
    ::close (fd);
  ::close (listening);
}

TEST_F (RedisStatesTest, AServerThatIsStoppedCostsOneDeadline)
{
  setup_.heartbeat = 200 * 1000;
  auto backend = make ("timeout-ms=100");

  wait_really_until ([&] { return open (backend)->succeeded (); });
  server_.freeze ();
  EXPECT_THAT (load (backend, "d:key"), EndedWith (G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  EXPECT_THAT (load (backend, "d:key"), IsUnavailable (""));
  wait_until_connected (backend, false);
  server_.thaw ();
  wait_until_connected (backend);
  wait_really_until ([&] { return wait (Asking (backend).store ("d:key", "value"))->succeeded (); });
}

TEST_F (RedisStatesTest, AStoppedServerThatGoesOnAnswersTheRightOnes)
{
  setup_.heartbeat = 60 * G_USEC_PER_SEC;
  auto backend = make ("timeout-ms=200");

  wait_really_until ([&] { return store (backend, "d:key", "right")->succeeded (); });
  for (int i = 0; i < 10; i++)
    {
      server_.freeze ();
      std::vector<Pending> late;
      for (int j = 0; j < 10; j++)
        late.push_back (Asking (backend).store ("d:other", "wrong"));
      late.push_back (Asking (backend).load ("d:other"));
      for (auto &each : late)
        EXPECT_THAT (wait (each), ::testing::AnyOf (EndedWith (G_IO_ERROR, G_IO_ERROR_TIMED_OUT), IsUnavailable ("")));
      server_.thaw ();
      Pending found;
      wait_really_until ([&] { found = load (backend, "d:key"); return found->succeeded (); });
      EXPECT_THAT (found, memo_test::Found ("right"));
    }
  EXPECT_EQ (number (backend, "connections"), 1u);
  EXPECT_EQ (number (backend, "discarded"), number (backend, "timeouts"));
  EXPECT_GE (number (backend, "discarded"), 10u);
}

// --- not able to do its work ---

TEST_F (RedisStatesTest, Loading)
{
  for (int i = 0; i < 2000; i++)
    server_.say ({ "SET", "key" + std::to_string (i), std::string (100, 'x') });
  EXPECT_EQ (server_.say ({ "SAVE" }), "+OK");
  auto backend = make ();
  expect_to_work (backend);
  server_.stop ();
  server_.start ({ "--key-load-delay", "200", "--loading-process-events-interval-bytes", "1024" }, false);

  bool loading = false;
  wait_really_until ([&] {
    auto stored = wait (Asking (backend).store ("d:key", "value"));
    loading |= stored->error != nullptr && strstr (stored->error->message, "LOADING") != nullptr;
    return stored->succeeded ();
  });
  EXPECT_TRUE (loading);
  expect_to_work (backend);
  EXPECT_THAT (warnings (), IsEmpty ());
}

TEST_F (RedisStatesTest, Busy)
{
  auto backend = make ();

  expect_to_work (backend);
  server_.say ({ "CONFIG", "SET", "busy-reply-threshold", "10" });
  std::thread script ([&] { server_.say ({ "EVAL", "while true do end", "0" }); });
  wait_really_until ([&] { return server_.say ({ "PING" }).substr (0, 5) == "-BUSY"; });
  expect_down_by (backend, "BUSY", [&] {
    server_.say ({ "SCRIPT", "KILL" });
    script.join ();
  });
}

TEST_F (RedisStatesTest, OutOfMemory)
{
  auto backend = make ();

  expect_to_work (backend);
  for (int i = 0; i < 10; i++)
    {
      server_.say ({ "CONFIG", "SET", "maxmemory", "1" });
      expect_down_by (backend, "OOM", [&] { server_.say ({ "CONFIG", "SET", "maxmemory", "0" }); });
    }
}

TEST_F (RedisStatesTest, ReadOnly)
{
  auto backend = make ();

  expect_to_work (backend);
  server_.say ({ "REPLICAOF", "127.0.0.1", "1" });
  expect_down_by (backend, "READONLY", [&] { server_.say ({ "REPLICAOF", "NO", "ONE" }); });
}

TEST_F (RedisStatesTest, MasterDown)
{
  auto backend = make ();

  expect_to_work (backend);
  server_.say ({ "CONFIG", "SET", "replica-serve-stale-data", "no" });
  server_.say ({ "REPLICAOF", "127.0.0.1", "1" });
  EXPECT_THAT (load (backend, "d:key"), IsUnavailable ("MASTERDOWN"));
  wait_until_connected (backend, false);
  EXPECT_THAT (warnings (), IsEmpty ());
  server_.say ({ "REPLICAOF", "NO", "ONE" });
  wait_until_connected (backend);
  expect_to_work (backend);
}

TEST_F (RedisStatesTest, TooManyClients)
{
  auto backend = make ();

  // One that is left, on purpose, for the connection that stays.
  Ref<MemoBackend> first (new_redis_backend (server_.uri ("timeout-ms=20000&max-staleness-ms=0"), &setup_));
  EXPECT_THAT (open (first.get ()), WentWell ());
  server_.say ({ "CONFIG", "SET", "maxclients", "1" });
  wait_really_until ([&] {
    auto opened = wait (Asking (backend).open ());
    return opened->error != nullptr && strstr (opened->error->message, "max number of clients") != nullptr;
  });
  EXPECT_THAT (warnings (), IsEmpty ());
  EXPECT_THAT (wait (Asking (first.get ()).close ()), WentWell ());
  wait_until_connected (backend);
  expect_to_work (backend);
}

// --- not allowed ---

TEST_F (RedisStatesTest, AWrongPasswordIsSaidOnceAndWithoutIt)
{
  server_.say ({ "ACL", "SETUSER", "shop", "on", ">right", "~memo:*", "+@all" });
  auto backend = make_as ("shop:hunter2");

  EXPECT_THAT (open (backend), IsUnavailable ("WRONGPASS"));
  wait_really_until ([&] { return number (backend, "failures") >= 3; });
  EXPECT_THAT (warnings (), ElementsAre (HasSubstr ("WRONGPASS")));
  EXPECT_THAT (everything_logged (), Not (HasSubstr ("hunter2")));

  server_.say ({ "ACL", "SETUSER", "shop", ">hunter2" });
  wait_until_connected (backend);
  expect_to_work (backend);
}

TEST_F (RedisStatesTest, APasswordThatIsMissingOrNotWanted)
{
  EXPECT_THAT (open (make_as (":secret")), IsUnavailable ("the server has none"));
  server_.say ({ "CONFIG", "SET", "requirepass", "secret" });
  EXPECT_THAT (open (make ()), IsUnavailable ("NOAUTH"));
  auto backend = make_as (":secret");
  EXPECT_THAT (open (backend), WentWell ());
  expect_to_work (backend);
}

TEST_F (RedisStatesTest, TheRightsOfTheDocumentationAreEnough)
{
  g_autofree char *path = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "..", "docs", "redis.md", nullptr);
  std::ifstream page (path);
  std::string line, word;
  std::vector<std::string> rights;

  while (std::getline (page, line) && line.rfind ("ACL SETUSER", 0) != 0)
    ;
  for (std::istringstream words (line); words >> word; )
    rights.push_back (word == ">PASSWORD" ? ">secret" : word);
  ASSERT_GT (rights.size (), 10u) << path;
  EXPECT_EQ (server_.say (rights), "+OK");
  auto backend = make_as ("shop:secret", "timeout-ms=20000&prefix=shop:&db=1");

  EXPECT_THAT (everything (backend), Each (WentWell ()));
  store (backend, "d:key", "value");
  EXPECT_THAT (remove (backend, "d:key", "value"), WentWell ());
  EXPECT_THAT (clear (backend), WentWell ());
  EXPECT_THAT (warnings (), IsEmpty ());
}

TEST_F (RedisStatesTest, WhatIsNotAllowedIsSaidOnce)
{
  server_.say ({ "ACL", "SETUSER", "shop", "on", ">secret", "~memo:*", "+ping", "+get" });
  auto backend = make_as ("shop:secret");

  EXPECT_THAT (load (backend, "d:key"), FoundNothing ());
  EXPECT_THAT (store (backend, "d:key", "value"), IsUnavailable ("NOPERM"));
  wait_until_connected (backend);
  EXPECT_THAT (store (backend, "d:key", "value"), IsUnavailable ("NOPERM"));
  EXPECT_THAT (warnings (), ElementsAre (HasSubstr ("NOPERM")));

  server_.say ({ "ACL", "SETUSER", "shop", "+set" });
  wait_until_connected (backend);
  expect_to_work (backend);
}

TEST_F (RedisStatesTest, AKeyThatIsNotAllowedIsSaid)
{
  server_.say ({ "ACL", "SETUSER", "shop", "on", ">secret", "~shop:*", "+@all" });
  EXPECT_THAT (load (make_as ("shop:secret"), "d:key"), IsUnavailable ("NOPERM"));
}

TEST_F (RedisStatesTest, AUserThatIsDeleted)
{
  server_.say ({ "ACL", "SETUSER", "shop", "on", ">secret", "~memo:*", "+@all" });
  auto backend = make_as ("shop:secret");

  expect_to_work (backend);
  EXPECT_EQ (server_.say ({ "ACL", "DELUSER", "shop" }), ":1");
  wait_until_connected (backend, false);
  wait_really_until ([&] { return !warnings ().empty (); });
  EXPECT_THAT (load (backend, "d:key"), IsUnavailable ("WRONGPASS"));
  EXPECT_THAT (warnings (), ElementsAre (HasSubstr ("WRONGPASS")));
  server_.say ({ "ACL", "SETUSER", "shop", "on", ">secret", "~memo:*", "+@all" });
  wait_until_connected (backend);
  expect_to_work (backend);
}

// --- what others do ---

TEST_F (RedisStatesTest, ClientKill)
{
  auto backend = make ();

  expect_to_work (backend);
  for (guint64 i = 2; i < 12; i++)
    {
      server_.say ({ "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes" });
      wait_really_until ([&] { return number (backend, "connections") == i; });
      expect_to_work (backend);
    }
}

TEST_F (RedisStatesTest, FlushAll)
{
  auto backend = make ();

  expect_to_work (backend);
  server_.say ({ "FLUSHALL" });
  EXPECT_THAT (load (backend, "d:works"), FoundNothing ());
  expect_to_work (backend);
  EXPECT_EQ (number (backend, "connections"), 1u);
}

TEST_F (RedisStatesTest, IdleTimeout)
{
  setup_.heartbeat = 60 * G_USEC_PER_SEC;
  auto backend = make ();

  expect_to_work (backend);
  server_.say ({ "CONFIG", "SET", "timeout", "1" });
  wait_really_until ([&] { return number (backend, "connections") == 2; });
  expect_to_work (backend);
  EXPECT_THAT (warnings (), IsEmpty ());
}

// How many there are may be said as MEMO_REDIS_RESETS.
TEST_F (RedisStatesTest, ResetsUnderLoad)
{
  const int resets = count_of ("MEMO_REDIS_RESETS", 20);
  auto backend = make ();
  int failed = 0, good = 0;

  expect_to_work (backend);
  for (int i = 0; i < resets; i++)
    {
      std::vector<Pending> pending;

      for (int j = 0; j < 200; j++)
        {
          pending.push_back (Asking (backend).store ("d:" + std::to_string (j), std::string (1000, 'x')));
          pending.push_back (Asking (backend).load ("d:" + std::to_string (j)));
        }
      server_.say ({ "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes" });
      for (auto &each : pending)
        {
          EXPECT_EQ (wait (each)->callbacks, 1);
          failed += !each->succeeded ();
          good += each->succeeded ();
          if (each->content)
            {
              EXPECT_EQ (each->content, std::string (1000, 'x'));
            }
        }
      wait_until_connected (backend);
    }
  EXPECT_GT (good, 0);
  std::cout << resets << " resets under load: " << good << " answers, " << failed << " errors\n";
}
