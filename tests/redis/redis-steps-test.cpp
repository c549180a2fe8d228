// SPDX-License-Identifier: LGPL-2.1-or-later
#include "redis-steps-test.hpp"

using namespace memo_test;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

static auto *needs [[maybe_unused]] = ::testing::AddGlobalTestEnvironment (new NeedsPrograms ({ "redis-server" }));

namespace {

// --- each step ---

TEST_F (RedisStepsTest, LoadFindsWhatIsThere)
{
  auto backend = make ();

  EXPECT_THAT (have (backend, MEMO_REMOTE_LOAD, "d:key"), WasNotDone ());
  another_stores ("d:key", value);
  auto found = have (backend, MEMO_REMOTE_LOAD, "d:key");
  EXPECT_THAT (found, WasFound (value));
  EXPECT_TRUE (found->done);
  EXPECT_EQ (found->link, 1u);
  EXPECT_EQ (number (backend, "hits"), 1u);
  EXPECT_EQ (number (backend, "misses"), 1u);
}

TEST_F (RedisStepsTest, CreateLeavesWhatIsThere)
{
  auto backend = make ();

  EXPECT_THAT (have (backend, MEMO_REMOTE_CREATE, "t:tag", "T" + id), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_CREATE, "t:tag", "Tother"), WasNotDone ());
  EXPECT_EQ (now ("t:tag"), "T" + id);
  EXPECT_NE (server_->say ({ "PTTL", "memo:t:tag" }), ":-1");
  EXPECT_THAT (have (backend, MEMO_REMOTE_CREATE, "t:eternal", "T" + id, "", 0), WasDone ());
  EXPECT_EQ (server_->say ({ "PTTL", "memo:t:eternal" }), ":-1");
}

TEST_F (RedisStepsTest, ALoadIsLeasedAndFilled)
{
  auto backend = make ();

  EXPECT_THAT (have (backend, MEMO_REMOTE_ACQUIRE, "d:key", lease), WasDone ());
  EXPECT_EQ (now ("d:key"), lease);
  EXPECT_THAT (have (backend, MEMO_REMOTE_ACQUIRE, "d:key", "Lfedcba9876543210"), WasFound (lease));
  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", value, "Lfedcba9876543210"), WasNotDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", value, lease), WasDone ());
  EXPECT_EQ (now ("d:key"), value);
  EXPECT_EQ (number (backend, "stored"), 1u);
  // What is void is given to the lease.
  EXPECT_THAT (have (backend, MEMO_REMOTE_ACQUIRE, "d:key", lease, value.substr (0, 17)), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_RELEASE, "d:key", "Lfedcba9876543210"), WasNotDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_RELEASE, "d:key", lease), WasDone ());
  EXPECT_EQ (now ("d:key"), "$-1");
}

TEST_F (RedisStepsTest, AValueMayLiveForEver)
{
  auto backend = make ();

  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", value, lease, 0), WasDone ());
  EXPECT_EQ (server_->say ({ "PTTL", "memo:d:key" }), ":-1");
}

TEST_F (RedisStepsTest, AFenceKeepsOthersAway)
{
  auto backend = make ();

  another_stores ("d:key", value);
  EXPECT_THAT (have (backend, MEMO_REMOTE_FENCE, "d:key", id), WasDone ());
  EXPECT_EQ (now ("d:key").substr (0, 17), "F" + id);
  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease), WasNotDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_INVALIDATE, "d:key"), WasNotDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_UNFENCE, "d:key", id), WasDone ());
  EXPECT_EQ (now ("d:key"), "$-1");
  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_INVALIDATE, "d:key"), WasDone ());
  EXPECT_EQ (now ("d:key"), "$-1");
}

TEST_F (RedisStepsTest, BytesOfAnyKindComeThrough)
{
  auto backend = make ();
  std::string all = "V" + id;

  for (int i = 0; i < 256; i++)
    all += static_cast<char> (i);
  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", "L" + std::string ("\0\r\n$*\xff", 6) + "0123456789"), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", all, "L" + std::string ("\0\r\n$*\xff", 6) + "0123456789"), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_LOAD, "d:key"), WasFound (all));
}

TEST_F (RedisStepsTest, RepliesAreHandledInTheOrderOfTheQuestions)
{
  auto backend = make ();
  std::vector<int> order;

  for (int n = 0; n < 300; n++)
    begin (backend, n % 3 == 0 ? MEMO_REMOTE_LOAD : n % 3 == 1 ? MEMO_REMOTE_CLAIM : MEMO_REMOTE_INVALIDATE, "d:key", lease, "", 60000, 0,
           [&order, n] { order.push_back (n); });
  wait (steps_.back ());
  for (int n = 0; n < 300; n++)
    EXPECT_EQ (order[n], n);
}

TEST_F (RedisStepsTest, AServerThatForgotItsScriptsIsGivenThemAgain)
{
  auto backend = make ();

  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease), WasDone ());
  ASSERT_EQ (server_->say ({ "SCRIPT", "FLUSH" }), "+OK");
  std::vector<Asked> all;
  for (int n = 0; n < 10; n++)
    all.push_back (begin (backend, MEMO_REMOTE_CLAIM, "d:key", lease));
  for (auto &each : all)
    EXPECT_THAT (wait (each), WasDone ());
}

TEST_F (RedisStepsTest, WhatIsTooLargeToBeReadIsNotStored)
{
  setup_.max_bulk = 1000;
  auto backend = make ();

  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", std::string (1001, 'V'), lease), Failed (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED, "too many"));
}

TEST_F (RedisStepsTest, OneWithoutAUriRefusesEachStep)
{
  Backend unmade (MEMO_BACKEND (g_object_new (MEMO_TYPE_REDIS_BACKEND, nullptr)));

  EXPECT_THAT (have (unmade.get (), MEMO_REMOTE_LOAD, "d:key"), Failed (MEMO_ERROR, MEMO_ERROR_FAILED, "memo_backend_new_for_uri"));
  EXPECT_LE (lease_of (unmade.get ()), 0.0);
}

// --- links ---

TEST_F (RedisStepsTest, LinkedComesBeforeTheFirstAnswer)
{
  auto backend = make ();
  auto step = begin (backend, MEMO_REMOTE_LOAD, "d:key", "", "", 0, 0, [this] { note ("answer"); });

  wait (step);
  EXPECT_THAT (noted (), ElementsAre ("linked", "answer"));
  EXPECT_TRUE (memo_remote_backend_get_connected (MEMO_REMOTE_BACKEND (backend)));
  EXPECT_EQ (memo_remote_backend_get_max_staleness_ms (MEMO_REMOTE_BACKEND (backend)), 2000u);
  EXPECT_GT (lease_of (backend), 0.0);
  EXPECT_LE (lease_of (backend), 2.0);
}

TEST_F (RedisStepsTest, AnotherLinkIsAnotherNumber)
{
  auto backend = make ();
  const guint64 first = have (backend, MEMO_REMOTE_LOAD, "d:key")->link;

  forget ();
  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease, "", 60000, first), WasDone ());
  ASSERT_NE (server_->say ({ "CLIENT", "KILL", "TYPE", "normal" }), "");
  wait_until_noted ("linked");
  EXPECT_THAT (noted (), ElementsAre ("unlinked", "linked"));
  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", value, lease, 60000, first), IsAway ("has ended"));
  EXPECT_EQ (now ("d:key"), lease);
  EXPECT_GT (have (backend, MEMO_REMOTE_LOAD, "d:key")->link, first);
}

TEST_F (RedisStepsTest, AKilledSubscriptionEndsTheLink)
{
  auto backend = make ("max-staleness-ms=2000&timeout-ms=20000&protocol=2");

  have (backend, MEMO_REMOTE_LOAD, "d:key");
  forget ();
  EXPECT_EQ (server_->say ({ "CLIENT", "KILL", "TYPE", "pubsub" }), ":1");
  wait_until_noted ("linked");
  EXPECT_THAT (noted (), ElementsAre ("unlinked", "linked"));
}

TEST_F (RedisStepsTest, TheServerIsNamedByItsRun)
{
  auto backend = make ();
  guint8 run[16];

  have (backend, MEMO_REMOTE_LOAD, "d:key");
  MEMO_REMOTE_BACKEND_GET_IFACE (backend)->get_server (MEMO_REMOTE_BACKEND (backend), run);
  EXPECT_THAT (server_->say ({ "INFO", "server" }), HasSubstr ("run_id:" + std::string (reinterpret_cast<char *> (run), 16)));
}

TEST_F (RedisStepsTest, AFrozenServerEndsTheLinkAndTheLease)
{
  auto backend = make ("max-staleness-ms=400&timeout-ms=20000");

  have (backend, MEMO_REMOTE_LOAD, "d:key");
  server_->freeze ();
  auto under_way = begin (backend, MEMO_REMOTE_LOAD, "d:key");
  wait_until_noted ("unlinked");
  EXPECT_THAT (wait (under_way), IsAway ());
  EXPECT_LE (lease_of (backend), 0.0);
  server_->thaw ();
  forget ();
  wait_until_noted ("linked");
  EXPECT_GT (lease_of (backend), 0.0);
}

TEST_F (RedisStepsTest, WhatIsAskedBeforeACloseIsAnswered)
{
  auto backend = make ();
  std::vector<Asked> all;

  EXPECT_THAT (open (backend), WentWell ());
  for (int n = 0; n < 100; n++)
    all.push_back (begin (backend, MEMO_REMOTE_CLAIM, "d:key", lease));
  EXPECT_THAT (wait (Asking (backend).close ()), WentWell ());
  for (auto &each : all)
    EXPECT_THAT (each, WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_LOAD, "d:key"), Failed (MEMO_ERROR, MEMO_ERROR_CLOSED, "closed"));
  EXPECT_EQ (noted ().back (), "unlinked");
}

// --- what others change ---

TEST_F (RedisStepsTest, WhatAnotherChangesIsToldOnce)
{
  auto backend = make ();

  another_stores ("d:key", value);
  have (backend, MEMO_REMOTE_LOAD, "d:key");
  forget ();
  another_stores ("d:key", "V2");
  another_stores ("d:key", "V3");
  another_stores ("d:unread", value);
  hear_all (backend);
  EXPECT_THAT (noted (), ElementsAre ("d:key"));
  EXPECT_GE (number (backend, "messages"), 2u);
}

TEST_F (RedisStepsTest, AMessageIsBehindTheReplyThatItIsAbout)
{
  auto backend = make ();

  // Whatever is read is either the new value, or is outdated by a message.
  for (int n = 0; n < 200; n++)
    {
      another_stores ("d:key", "Vold");
      forget ();
      auto read = begin (backend, MEMO_REMOTE_LOAD, "d:key");
      another_stores ("d:key", "Vnew");
      wait (read);
      hear_all (backend);
      if (read->found == "Vold")
        {
          EXPECT_THAT (noted (), Contains ("d:key"));
        }
    }
}

TEST_F (RedisStepsTest, OwnWritesGiveNoMessageAndStayTracked)
{
  auto backend = make ();

  have (backend, MEMO_REMOTE_LOAD, "d:key");
  forget ();
  EXPECT_THAT (have (backend, MEMO_REMOTE_ACQUIRE, "d:key", lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", value, lease), WasDone ());
  hear_all (backend);
  EXPECT_THAT (noted (), IsEmpty ());

  // FILL has read the key again.
  another_stores ("d:key", "V2");
  hear_all (backend);
  EXPECT_THAT (noted (), ElementsAre ("d:key"));
}

TEST_F (RedisStepsTest, ALeaseThatEndsIsTold)
{
  auto backend = make ();

  EXPECT_THAT (have (backend, MEMO_REMOTE_ACQUIRE, "d:key", lease, "", 50), WasDone ());
  forget ();
  // An expiry is told when somebody looks, or when the server finds it by itself.
  wait_really_until ([&] { return now ("d:key") == "$-1"; });
  hear_all (backend);
  EXPECT_THAT (noted (), ElementsAre ("d:key"));
}

TEST_F (RedisStepsTest, TwoProcessesHearOfEachOther)
{
  auto one = make ();
  auto other = RedisTest::make (server_->uri ("max-staleness-ms=2000&timeout-ms=20000"));

  EXPECT_THAT (have (one, MEMO_REMOTE_ACQUIRE, "d:key", lease), WasDone ());
  forget ();
  EXPECT_THAT (have (other, MEMO_REMOTE_LOAD, "d:key"), WasFound (lease));
  EXPECT_THAT (have (other, MEMO_REMOTE_FENCE, "d:key", id), WasDone ());
  hear_all (one);
  EXPECT_THAT (noted (), ElementsAre ("d:key"));
}

TEST_F (RedisStepsTest, AFlushOutdatesEverything)
{
  auto backend = make ();

  have (backend, MEMO_REMOTE_LOAD, "d:key");
  forget ();
  ASSERT_EQ (server_->say ({ "FLUSHALL" }), "+OK");
  wait_until_noted ("everything");
}

TEST_F (RedisStepsTest, KeysOfOthersAreNotTold)
{
  auto backend = make ("max-staleness-ms=2000&timeout-ms=20000&prefix=memo%3A");

  have (backend, MEMO_REMOTE_LOAD, "d:key");
  forget ();
  // What a script reads is tracked, too.
  auto spare = RedisTest::make (server_->uri ("max-staleness-ms=2000&timeout-ms=20000&prefix=other%3A"));
  EXPECT_THAT (have (spare, MEMO_REMOTE_LOAD, "d:key"), WasNotDone ());
  ASSERT_EQ (server_->say ({ "SET", "other:d:key", "x" }), "+OK");
  hear_all (backend);
  EXPECT_THAT (noted (), IsEmpty ());
}

TEST_F (RedisStepsTest, ALongKeyIsToldByItsName)
{
  auto backend = make ();
  const std::string key = "d:" + std::string (1000, 'x');

  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, key, lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_LOAD, key), WasFound (lease));
  forget ();
  auto other = RedisTest::make (server_->uri ("max-staleness-ms=2000&timeout-ms=20000"));
  EXPECT_THAT (have (other, MEMO_REMOTE_INVALIDATE, key), WasDone ());
  wait_until_noted (key);
}

// --- what this process writes by other ways ---

TEST_F (RedisStepsTest, WhatThePlainFunctionsWriteIsTold)
{
  auto backend = make ();

  forget ();
  EXPECT_THAT (store (backend, "d:key", "value"), WentWell ());
  EXPECT_THAT (remove (backend, "d:other"), WentWell ());
  EXPECT_THAT (noted (), ElementsAre ("linked", "d:key", "d:other"));
  forget ();
  EXPECT_THAT (clear (backend), WentWell ());
  EXPECT_THAT (noted (), Contains ("everything"));
}

TEST_F (RedisStepsTest, AReplyThatIsTooLateIsToldAllTheSame)
{
  // Not given up, and not answered in time.
  auto backend = make ("max-staleness-ms=60000&timeout-ms=300");

  setup_.heartbeat = 600 * G_USEC_PER_SEC;
  memo_redis_backend_set_setup (MEMO_REDIS_BACKEND (backend), &setup_);
  wait_really_until ([&] { return wait (begin (backend, MEMO_REMOTE_LOAD, "d:key"))->error == nullptr; });
  forget ();
  server_->freeze ();
  auto late = begin (backend, MEMO_REMOTE_FENCE, "d:key", id);
  EXPECT_THAT (wait (late), Failed (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "no answer within"));
  EXPECT_THAT (noted (), IsEmpty ());
  server_->thaw ();
  wait_until_noted ("d:key");
  EXPECT_THAT (noted (), Not (Contains ("unlinked")));
}

// --- by other ways than a socket ---

TEST_F (RedisStepsTest, ByTcp)
{
  auto backend = listen (server_->tcp_uri ("max-staleness-ms=2000&timeout-ms=20000"));

  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease), WasDone ());
  have (backend, MEMO_REMOTE_LOAD, "d:key");
  forget ();
  another_stores ("d:key", value);
  hear_all (backend);
  EXPECT_THAT (noted (), ElementsAre ("d:key"));
}

} // namespace
