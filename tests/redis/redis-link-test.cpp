// SPDX-License-Identifier: LGPL-2.1-or-later
#include "redis-link-test.hpp"

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RedisLinkTest : public FakeLinkTest {};

// --- asking ---

TEST_F (RedisLinkTest, WhatIsAskedIsAnswered)
{
  start_up ();
  EXPECT_THAT (wait (ask ({ "GET", "one" })), Said ("value of one"));
  EXPECT_EQ (generation (), 1u);
  EXPECT_THAT (changes_, ElementsAre (MEMO_REDIS_UP));
}

TEST_F (RedisLinkTest, AnswersComeInTheOrderOfTheQuestions)
{
  std::vector<int> order;
  std::vector<Replying> replies;

  start_up ();
  for (int i = 0; i < 1000; i++)
    replies.push_back (ask ({ "ECHO", std::to_string (i) }, [&order, i] { order.push_back (i); }));
  wait (replies.back ());
  for (int i = 0; i < 1000; i++)
    {
      EXPECT_THAT (replies[i], Said (std::to_string (i)));
      EXPECT_EQ (order[i], i);
    }
}

TEST_F (RedisLinkTest, TheCommandsOfATurnLeaveInOneWrite)
{
  start_up ();

  const guint64 before = counters_.writes;
  Replying last;
  for (int i = 0; i < 100; i++)
    last = ask ({ "GET", "key" });
  EXPECT_EQ (counters_.writes, before) << "before the turn is over";
  wait (last);
  EXPECT_EQ (counters_.writes, before + 1);
}

TEST_F (RedisLinkTest, BytesOfAnyKindComeThrough)
{
  std::string all;

  for (int i = 0; i < 256; i++)
    all += char (i);
  start_up ();
  for (const auto &text : { all, std::string (), std::string ("\r\n"), std::string (3, '\0'), std::string (100000, '\r') })
    EXPECT_THAT (wait (ask ({ "ECHO", text })), Said (text));
}

TEST_F (RedisLinkTest, RepliesOfAllKindsAreTold)
{
  server_.answer = [&] (const Words &words) -> std::string {
    return words[0] == "SAY" ? words[1] : server_.usual_answer (words);
  };
  start_up ();
  EXPECT_EQ (wait (ask ({ "SAY", "$-1\r\n" }))->kind, MEMO_REDIS_NIL);
  EXPECT_EQ (wait (ask ({ "SAY", "*-1\r\n" }))->kind, MEMO_REDIS_NIL);
  EXPECT_EQ (wait (ask ({ "SAY", ":-12\r\n" }))->integer, -12);
  EXPECT_EQ (wait (ask ({ "SAY", "*0\r\n" }))->kind, MEMO_REDIS_ARRAY);
  EXPECT_EQ (wait (ask ({ "SAY", "*3\r\n:1\r\n*2\r\n$-1\r\n+x\r\n$1\r\na\r\n" }))->items, 3u);
  EXPECT_THAT (wait (ask ({ "SAY", "-WRONGTYPE no\r\n" })), Said ("WRONGTYPE no")) << "an error is a reply, too";
  EXPECT_TRUE (is_up ());
}

TEST_F (RedisLinkTest, WhoIsToldMayAskForMore)
{
  Replying second;

  start_up ();
  auto first = ask ({ "GET", "one" }, [&] { second = ask ({ "GET", "two" }); });
  wait (first);
  EXPECT_THAT (wait (second), Said ("value of two"));
}

TEST_F (RedisLinkTest, BeyondTheHighWaterMarkItIsBusyAtOnce)
{
  setup_.high_water = 1 << 20;
  start_up ();
  server_.freeze ();

  std::vector<Replying> taken;
  Replying last;
  while (taken.size () < 1000 && !(last = ask ({ "SET", "key", std::string (1 << 16, 'x') }))->done ())
    {
      taken.push_back (last);
      turn ();
    }
  EXPECT_THAT (last, FailedWith (MEMO_ERROR, MEMO_ERROR_BUSY, "under way"));
  EXPECT_GE (taken.size (), 16u);

  server_.thaw ();
  wait (taken.back ());
  EXPECT_THAT (taken, ::testing::Each (Said ("OK")));
  EXPECT_THAT (wait (ask ({ "GET", "one" })), Said ("value of one"));
}

TEST_F (RedisLinkTest, WithTooManyUnderWayItIsBusyAtOnce)
{
  setup_.in_flight = 10;
  start_up ();
  for (int i = 0; i < 10; i++)
    EXPECT_THAT (ask ({ "GET", "one" }), NotAnswered ());
  EXPECT_THAT (ask ({ "GET", "one" }), FailedWith (MEMO_ERROR, MEMO_ERROR_BUSY, ""));
}

// --- time ---

TEST_F (RedisLinkTest, AnOperationEndsAtItsDeadlineAndNotBefore)
{
  start_up ();
  server_.freeze ();
  auto reply = ask ({ "GET", "one" });

  settle ();
  advance (0.249);
  turn ();
  EXPECT_THAT (reply, NotAnswered ());
  advance (0.001);
  turn ();
  EXPECT_THAT (reply, TimedOut ());
  EXPECT_EQ (counters_.timeouts, 1u);
}

TEST_F (RedisLinkTest, EachHasItsOwnDeadline)
{
  start_up ();
  server_.freeze ();
  auto first = ask ({ "GET", "one" });

  advance (0.1);
  turn ();
  auto second = ask ({ "GET", "two" });
  advance (0.15);
  turn ();
  EXPECT_THAT (first, TimedOut ());
  EXPECT_THAT (second, NotAnswered ());
  advance (0.1);
  turn ();
  EXPECT_THAT (second, TimedOut ());
}

TEST_F (RedisLinkTest, TheReplyToAnOperationThatTimedOutIsNobodyElses)
{
  bool mute = false;
  std::string held;

  server_.answer = [&] (const Words &words) -> std::string {
    if (!mute)
      return server_.usual_answer (words);
    held += server_.usual_answer (words);
    return "";
  };
  start_up ();
  EXPECT_THAT (wait (ask ({ "GET", "zero" })), Said ("value of zero"));
  mute = true;
  auto late = ask ({ "GET", "one" });
  settle ();
  advance (0.25);
  turn ();
  EXPECT_THAT (late, TimedOut ());

  mute = false;
  server_.say (held);
  settle ();
  EXPECT_THAT (wait (ask ({ "GET", "two" })), Said ("value of two"));
  EXPECT_EQ (late->callbacks, 1);
  EXPECT_EQ (counters_.discarded, 1u);
}

TEST_F (RedisLinkTest, WhileNothingAnswersWhatIsAskedCostsNothing)
{
  start_up ();
  server_.freeze ();
  ask ({ "GET", "one" });
  advance (0.25);
  turn ();
  EXPECT_THAT (ask ({ "GET", "two" }), Unavailable ("does not answer at present"));
  EXPECT_TRUE (is_up ());

  server_.thaw ();
  settle ();
  EXPECT_THAT (wait (ask ({ "GET", "three" })), Said ("value of three"));
}

TEST_F (RedisLinkTest, AnUnansweredHeartbeatClosesTheLink)
{
  start_up ();
  for (int i = 0; i < 5; i++)
    {
      advance (1.0);
      settle ();
    }
  EXPECT_EQ (server_.pings, 6) << "one of them in the greeting";
  EXPECT_TRUE (is_up ());

  server_.freeze ();
  advance (1.0);
  settle ();
  EXPECT_TRUE (is_up ());
  advance (1.0);
  turn ();
  EXPECT_TRUE (is_waiting ());
  EXPECT_THAT (why (), HasSubstr ("does not answer any more"));
}

TEST_F (RedisLinkTest, AServerThatIsSlowButAliveIsNotLeft)
{
  start_up ();
  server_.slice = 1;
  auto reply = ask ({ "ECHO", std::string (200, 'x') });
  for (int i = 0; i < 4; i++)
    {
      for (int j = 0; j < 10; j++)
        g_main_context_iteration (context_, FALSE);
      advance (1.0);
    }
  EXPECT_TRUE (is_up ());
  EXPECT_THAT (wait (reply), TimedOut ());

  // Once all of it has come, and what was asked next to see whether the server is in time again.
  server_.slice = 0;
  wait_until ([&] { return server_.pings == 2; });
  settle ();
  EXPECT_THAT (wait (ask ({ "GET", "one" })), Said ("value of one"));
}

TEST_F (RedisLinkTest, AReplyThatDoesNotComeToItsEndIsGivenUp)
{
  // As where a digit of its length was damaged: all that comes after it is taken for it.
  server_.answer = [&] (const Words &words) { return words[0] == "GET" ? "$9000000\r\nvalue\r\n" : server_.usual_answer (words); };
  start_up ();
  auto first = ask ({ "GET", "one" });
  settle ();
  advance (0.25);
  turn ();
  EXPECT_THAT (first, TimedOut ());
  for (int i = 0; i < 5; i++)
    {
      EXPECT_TRUE (is_up ()) << i;
      // Bytes come, but nobody waits for them.
      server_.say ("+PONG\r\n");
      settle ();
      EXPECT_THAT (ask ({ "GET", "two" }), Unavailable ("does not answer at present"));
      advance (1.0);
      settle ();
    }
  EXPECT_TRUE (is_waiting ());
  EXPECT_THAT (why (), HasSubstr ("does not come to its end"));
  EXPECT_EQ (counters_.timeouts, 1u);
}

TEST_F (RedisLinkTest, AServerThatIsTooSlowForAnythingCostsOneDeadline)
{
  bool slow = false;
  std::string held;

  server_.answer = [&] (const Words &words) -> std::string {
    if (!slow)
      return server_.usual_answer (words);
    held += server_.usual_answer (words);
    return "";
  };
  start_up ();
  slow = true;
  EXPECT_THAT (ask ({ "GET", "one" }), NotAnswered ());
  for (int i = 0; i < 20; i++)
    {
      // Each answer comes, and each too late.
      settle ();
      advance (0.3);
      turn ();
      server_.say (held);
      held.clear ();
      settle ();
      EXPECT_THAT (ask ({ "GET", "two" }), Unavailable ("does not answer at present")) << i;
    }
  EXPECT_TRUE (is_up ());

  slow = false;
  server_.say (held);
  settle ();
  settle ();
  EXPECT_THAT (wait (ask ({ "GET", "three" })), Said ("value of three"));
}

TEST_F (RedisLinkTest, TheTimeOfAReplyIsMeasured)
{
  bool mute = true;

  start_up ();
  EXPECT_EQ (counters_.round_trip, 0.0) << "of the greeting: the clock stands still";
  server_.answer = [&] (const Words &words) { return mute ? "" : server_.usual_answer (words); };
  auto reply = ask ({ "GET", "one" });
  settle ();
  advance (0.08);
  server_.say (server_.usual_answer ({ "GET", "one" }));
  wait (reply);
  EXPECT_EQ (counters_.round_trip, 10000.0) << "an eighth of the newest";
  mute = false;
  wait (ask ({ "GET", "two" }));
  EXPECT_EQ (counters_.round_trip, 8750.0);
}

// --- going and coming back ---

TEST_F (RedisLinkTest, WhoWaitsIsToldWhenTheServerGoes)
{
  start_up ();
  server_.answer = [] (const Words &) { return ""; };
  auto first = ask ({ "GET", "one" }), second = ask ({ "GET", "two" });
  settle ();
  MemoRedisState then = MEMO_REDIS_UP;
  on_change_ = [&] { then = first->done () ? MEMO_REDIS_UP : state (); };
  server_.close_all ();
  EXPECT_THAT (wait (first), Unavailable ("closed the connection"));
  EXPECT_THAT (second, Unavailable ("closed the connection"));
  EXPECT_EQ (then, MEMO_REDIS_WAITING) << "the link says that it is down before anybody is told";
  EXPECT_THAT (ask ({ "GET", "three" }), Unavailable ("closed the connection"));
}

TEST_F (RedisLinkTest, ItComesBack)
{
  start_up ();
  for (guint64 i = 2; i < 6; i++)
    {
      server_.close_all ();
      wait_until_waiting ();
      EXPECT_EQ (generation (), i - 1);
      advance (0.05);
      wait_until_up ();
      EXPECT_EQ (generation (), i);
      EXPECT_THAT (wait (ask ({ "GET", "one" })), Said ("value of one"));
    }
}

TEST_F (RedisLinkTest, PausesGrowAndAreBounded)
{
  static double chance;

  server_.deaf ();
  setup_.random = [] (gpointer) { return chance; };
  for (double each : { 0.0, 1.0 })
    {
      std::vector<double> times;

      chance = each;
      start ();
      on_change_ = [&] { times.push_back (memo_clock_get_time (setup_.clock) / 1e6); };
      wait_until ([&] { return times.size () == 1; });
      while (times.size () < 11)
        {
          advance (0.01);
          turn ();
        }
      for (int i = 0; i < 10; i++)
        EXPECT_NEAR (times[i + 1] - times[i], each == 0.0 ? 0.05 : std::min (5.0, 0.1 * (1 << i)), 0.021) << i;
      end_link ();
    }
}

TEST_F (RedisLinkTest, WhileItIsAwayNobodyWaits)
{
  server_.deaf ();
  start ();
  wait_until_waiting ();
  for (int i = 0; i < 100; i++)
    EXPECT_THAT (ask ({ "GET", "one" }), Unavailable ("redis+unix://"));
  EXPECT_EQ (counters_.refused, 100u);
  server_.listen ();
  advance (0.05);
  wait_until_up ();
  EXPECT_THAT (wait (ask ({ "GET", "one" })), Said ("value of one"));
}

TEST_F (RedisLinkTest, AServerThatAcceptsAndIsSilentIsGivenUp)
{
  server_.freeze ();
  start ();
  wait_until ([&] { return server_.accepted == 1; });
  settle ();
  advance (0.999);
  settle ();
  EXPECT_EQ (state (), MEMO_REDIS_CONNECTING);
  advance (0.001);
  wait_until_waiting ();
  EXPECT_THAT (why (), HasSubstr ("no answer within 1000 ms"));
}

TEST_F (RedisLinkTest, AStopTellsWhoWaits)
{
  start_up ();
  auto reply = ask ({ "GET", "one" });
  memo_redis_link_stop (link_);
  EXPECT_THAT (reply, FailedWith (MEMO_ERROR, MEMO_ERROR_CLOSED, "was closed"));
  EXPECT_THAT (ask ({ "GET", "one" }), FailedWith (MEMO_ERROR, MEMO_ERROR_CLOSED, "was closed"));
  advance (100.0);
  settle ();
  EXPECT_EQ (server_.accepted, 1);
}

TEST_F (RedisLinkTest, ItMayBeStoppedAtAnyMoment)
{
  for (int turns = 0; turns < 30; turns++)
    {
      start ();
      for (int i = 0; i < turns; i++)
        g_main_context_iteration (context_, FALSE);
      ask ({ "GET", "one" });
      g_clear_pointer (&link_, memo_redis_link_free);
    }
  settle ();
  EXPECT_EQ (server_.peers (), 0u);
}

TEST_F (RedisLinkTest, WhoIsToldMayStopIt)
{
  for (const char *what : { "GET", "FAIL" })
    {
      start_up ();
      auto reply = ask ({ what, "one" }, [&] { memo_redis_link_stop (link_); });
      auto other = ask ({ "GET", "two" });
      wait (reply);
      EXPECT_THAT (other, FailedWith (MEMO_ERROR, MEMO_ERROR_CLOSED, ""));
    }

  start_up ();
  on_change_ = [&] { memo_redis_link_stop (link_); };
  auto reply = ask ({ "GET", "one" });
  server_.close_all ();
  wait (reply);
  EXPECT_EQ (state (), MEMO_REDIS_STOPPED);
}

// --- what the server says of itself ---

TEST_F (RedisLinkTest, UserDatabaseAndAPingAreTheGreeting)
{
  start ("redis+unix://me:secret@" + path () + "?db=3");
  wait_until_up ();
  EXPECT_THAT (server_.heard, ElementsAre (Words { "AUTH", "me", "secret" }, Words { "SELECT", "3" }));
  EXPECT_EQ (server_.pings, 1);
  EXPECT_EQ (counters_.writes, 1u);
}

TEST_F (RedisLinkTest, APasswordWithoutAUserIsThatOfTheDefaultUser)
{
  start ("redis+unix://:se%40cret@" + path ());
  wait_until_up ();
  EXPECT_THAT (server_.heard, ElementsAre (Words { "AUTH", "se@cret" }));
}

TEST_F (RedisLinkTest, ARefusedPasswordIsSaidOnceAndNotTriedHotly)
{
  server_.answer = [&] (const Words &words) -> std::string {
    return words[0] == "AUTH" ? "-WRONGPASS invalid username-password pair or user is disabled.\r\n" : "-NOAUTH Authentication required.\r\n";
  };
  start ("redis+unix://me:secret@" + path ());
  wait_until_waiting ();
  EXPECT_THAT (warnings_, ElementsAre (HasSubstr ("does not accept the user and password")));
  for (int i = 0; i < 59; i++)
    {
      advance (1.0);
      settle ();
    }
  EXPECT_EQ (server_.accepted, 1);
  EXPECT_THAT (ask ({ "GET", "one" }), Unavailable ("WRONGPASS"));
  advance (1.0);
  wait_until ([&] { return changes_.size () == 2; });
  EXPECT_EQ (server_.accepted, 2);
  EXPECT_EQ (warnings_.size (), 1u);
}

TEST_F (RedisLinkTest, APasswordIsRepeatedNowhere)
{
  for (const char *said : { "-ERR unknown command `AUTH`, with args beginning with: `me` `hunter2` \r\n", "-WRONGPASS hunter2\r\n",
                            "-ERR hunter2\r\n", "+hunter2\r\n", "$7\r\nhunter2\r\n", "hunter2\r\n", ":1\r\n" })
    {
      server_.answer = [&] (const Words &words) -> std::string { return words[0] == "AUTH" ? said : "+PONG\r\n"; };
      start ("redis+unix://me:hunter2@" + path ());
      wait_until_waiting ();
      EXPECT_THAT (why (), ::testing::Not (HasSubstr ("hunter2"))) << said;
    }
  EXPECT_THAT (everything_logged_, ::testing::Not (HasSubstr ("hunter2")));
  EXPECT_THAT (everything_logged_, HasSubstr ("redis+unix://"));
}

TEST_F (RedisLinkTest, AServerThatIsNotReadyIsTriedAgainSoon)
{
  for (const char *said : { "-LOADING Redis is loading the dataset in memory\r\n", "-BUSY Redis is busy running a script.\r\n",
                            "-MASTERDOWN Link with MASTER is down\r\n", "-ERR max number of clients reached\r\n" })
    {
      bool ready = false;

      warnings_.clear ();
      server_.answer = [&] (const Words &words) { return ready ? server_.usual_answer (words) : std::string (said); };
      start ();
      wait_until_waiting ();
      EXPECT_THAT (why (), HasSubstr (std::string (said).substr (1, 4)));
      EXPECT_THAT (warnings_, IsEmpty ());
      ready = true;
      advance (0.05);
      wait_until_up ();
    }
}

TEST_F (RedisLinkTest, TooManyClientsMayBeSaidBeforeAnythingIsAsked)
{
  server_.greeting = "-ERR max number of clients reached\r\n";
  server_.cut = server_.greeting.size ();
  start ();
  wait_until_waiting ();
  EXPECT_THAT (why (), HasSubstr ("max number of clients"));
  EXPECT_THAT (warnings_, IsEmpty ());
}

TEST_F (RedisLinkTest, AnOperationThatShowsTheServerUnfitTakesTheTierDown)
{
  std::string said;

  server_.answer = [&] (const Words &words) { return words[0] == "SET" ? said : server_.usual_answer (words); };
  for (const char *code : { "LOADING", "BUSY", "READONLY", "OOM", "MASTERDOWN",
                            "ERR Error running script (call to f_1): @user_script: 1: -OOM" })
    {
      said = std::string ("-") + code + " for some reason\r\n";
      start_up ();
      auto set = ask ({ "SET", "key", "value" });
      auto get = ask ({ "GET", "key" });
      EXPECT_THAT (wait (set), Said (said.substr (1, said.size () - 3)));
      EXPECT_TRUE (is_waiting ()) << code;
      EXPECT_THAT (get, Unavailable ()) << code;
      EXPECT_THAT (warnings_, IsEmpty ()) << code;
      advance (0.05);
      wait_until_up ();
    }
}

TEST_F (RedisLinkTest, WhatIsNotAllowedIsSaidOnceAndNotTriedHotly)
{
  server_.answer = [&] (const Words &words) -> std::string {
    return words[0] == "SET" ? "-NOPERM this user has no permissions to run the 'set' command\r\n" : server_.usual_answer (words);
  };
  start_up ();
  for (int i = 0; i < 3; i++)
    {
      wait (ask ({ "SET", "key", "value" }));
      EXPECT_TRUE (is_waiting ());
      advance (59.0);
      settle ();
      EXPECT_EQ (server_.accepted, i + 1);
      advance (1.0);
      wait_until_up ();
    }
  EXPECT_THAT (warnings_, ElementsAre (HasSubstr ("NOPERM")));
}

TEST_F (RedisLinkTest, OtherErrorsAreTheMatterOfWhoAsked)
{
  std::string said;

  server_.answer = [&] (const Words &words) { return words[0] == "SET" ? said : server_.usual_answer (words); };
  start_up ();
  for (const char *code : { "ERR syntax error", "WRONGTYPE no", "NOSCRIPT no", "EXECABORT no", "OOMPH", "BUSYGROUP no" })
    {
      said = std::string ("-") + code + "\r\n";
      EXPECT_THAT (wait (ask ({ "SET", "key", "value" })), Said (code));
      EXPECT_TRUE (is_up ());
    }
}

TEST_F (RedisLinkTest, SomethingElseThatAnswersIsNoRedis)
{
  for (const char *said : { "+OK\r\n", ":1\r\n", "HTTP/1.1 400 Bad Request\r\n", "$4\r\nPONG\r\n", "*0\r\n", "\r\n", "\0\0\0\0" })
    {
      server_.answer = [&] (const Words &) { return said; };
      start ();
      settle ();
      advance (1.0);
      wait_until_waiting ();
    }
}
