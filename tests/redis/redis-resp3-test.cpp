// SPDX-License-Identifier: LGPL-2.1-or-later
#include "redis-link-test.hpp"

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

// One connection on which the server says what was changed, in RESP3; the server does as it is told.
// What a real one does is in the tests of the steps.
class RedisResp3Test : public FakeLinkTest
{
protected:
  RedisResp3Test ()
  {
    // Nothing but the PINGs of the lease.
    setup_.heartbeat = 600 * G_USEC_PER_SEC;
    server_.answer = [this] (const Words &words) { return answer (words); };
  }
  ~RedisResp3Test () override { end_link (); }

  std::string answer (const Words &words)
  {
    if (words[0] == "HELLO")
      return hello_;
    if (words == Words { "CLIENT", "ID" })
      {
        told_ = server_.asking;
        return ":7\r\n";
      }
    if (words[0] == "SUBSCRIBE")
      return "*3\r\n" + bulk ("subscribe") + bulk (words[1]) + ":1\r\n";
    if (words[0] == "INFO")
      {
        const std::string text = "txt:# Server\r\nredis_version:7.0.15\r\nrun_id:" + std::string (40, 'r') + "\r\n";

        return hello_[0] == '%' ? "=" + std::to_string (text.size ()) + "\r\n" + text + "\r\n" : bulk (text);
      }
    if (words[0] == "CLIENT")
      {
        asks_ = server_.asking;
        return tracking_;
      }
    if (words[0] == "GET" && withheld_)
      return "";
    if (words[0] == "PING" && words.size () == 2)
      {
        if (server_.asking != told_)
          nonces_.push_back (words[1]);
        if (silent_)
          return "";
        return server_.asking == told_ ? "*2\r\n" + bulk ("pong") + bulk (words[1]) : bulk (words[1]);
      }
    return server_.usual_answer (words);
  }

  static std::string push_of (const std::string &names) { return ">2\r\n" + bulk ("invalidate") + names; }

  void start_tracking (const std::string &query = "max-staleness-ms=2000")
  {
    start ("redis+unix://" + path () + "?" + query);
    wait_until ([&] { return is_up (); });
    settle ();
  }

  double lease () { return (memo_redis_link_get_lease (link_) - memo_clock_get_time (MEMO_CLOCK (clock_.get ()))) / 1e6; }

  void pass (double seconds)
  {
    advance (seconds);
    settle ();
  }

  FakeServer::Peer        *asks_ = nullptr, *told_ = nullptr;
  std::string              hello_ = "%2\r\n" + bulk ("server") + bulk ("redis") + bulk ("proto") + ":3\r\n";
  std::string              tracking_ = "+OK\r\n";
  bool                     silent_ = false, withheld_ = false;
  std::vector<std::string> nonces_;
};

TEST_F (RedisResp3Test, OneConnectionIsEnough)
{
  start_tracking ("max-staleness-ms=2000&db=3");
  EXPECT_EQ (server_.accepted, 1);
  EXPECT_THAT (server_.heard, ElementsAre (Words { "HELLO", "3" }, Words { "SELECT", "3" }, Words { "INFO", "server" },
                                           Words { "CLIENT", "TRACKING", "ON", "NOLOOP" }));
  EXPECT_EQ (std::string (reinterpret_cast<const char *> (memo_redis_link_get_server (link_)), 16), std::string (16, 'r'));
}

TEST_F (RedisResp3Test, ItSaysWhoItIs)
{
  start ("redis+unix://me:secret@" + path () + "?max-staleness-ms=2000");
  wait_until_up ();
  EXPECT_EQ (server_.heard.front (), (Words { "HELLO", "3", "AUTH", "me", "secret" }));
  end_link ();
  server_.heard.clear ();
  start ("redis+unix://:secret@" + path () + "?max-staleness-ms=2000");
  wait_until_up ();
  EXPECT_EQ (server_.heard.front (), (Words { "HELLO", "3", "AUTH", "default", "secret" }));
}

TEST_F (RedisResp3Test, AWrongPasswordIsSaidAndNotRepeated)
{
  hello_ = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
  start ("redis+unix://me:secret@" + path () + "?max-staleness-ms=2000");
  wait_until_waiting ();
  EXPECT_THAT (why (), HasSubstr ("WRONGPASS"));
  EXPECT_EQ (everything_logged_.find ("secret"), std::string::npos);
  EXPECT_EQ (warnings_.size (), 1u);
}

TEST_F (RedisResp3Test, WhereHelloIsRefusedItTakesTwo)
{
  for (const char *no : { "-ERR unknown command 'HELLO'\r\n", "-NOPROTO sorry, this protocol version is not supported\r\n",
                          "-NOPERM this user has no permissions to run the 'hello' command\r\n" })
    {
      hello_ = no;
      server_.accepted = 0;
      start ("redis+unix://" + path () + "?max-staleness-ms=2000");
      wait_until_waiting ();
      EXPECT_EQ (server_.accepted, 1) << no;
      advance (0.06);
      wait_until_up ();
      EXPECT_EQ (server_.accepted, 3) << no;
      EXPECT_EQ (server_.heard.back (), (Words { "CLIENT", "TRACKING", "ON", "REDIRECT", "7", "NOLOOP" })) << no;
      EXPECT_THAT (warnings_, IsEmpty ());
      end_link ();
    }
}

TEST_F (RedisResp3Test, AServerThatCannotTrackIsSaidWithWhatToDo)
{
  tracking_ = "-ERR unknown subcommand 'TRACKING'. Try CLIENT HELP.\r\n";
  start ("redis+unix://" + path () + "?max-staleness-ms=2000");
  wait_until_waiting ();
  EXPECT_THAT (why (), HasSubstr ("max-staleness-ms=0"));
}

TEST_F (RedisResp3Test, TheLeaseCountsFromTheSendingOfItsPing)
{
  start_tracking ();
  EXPECT_DOUBLE_EQ (lease (), 2.0);
  silent_ = true;
  pass (0.5);
  EXPECT_DOUBLE_EQ (lease (), 1.5);
  EXPECT_THAT (nonces_, ElementsAre ("1"));
  pass (0.3);
  server_.say_to (*asks_, bulk ("1"));
  settle ();
  EXPECT_DOUBLE_EQ (lease (), 1.7);
}

TEST_F (RedisResp3Test, APingThatIsNotAnsweredEndsTheLink)
{
  start_tracking ();
  silent_ = true;
  pass (0.5);
  pass (0.5);
  pass (0.5);
  EXPECT_FALSE (is_up ());
  EXPECT_EQ (memo_redis_link_get_lease (link_), 0);
}

TEST_F (RedisResp3Test, ItTellsMessagesFromAnswersInTheOrderOfTheStream)
{
  start_tracking ();
  auto first = ask ({ "GET", "a" });
  auto second = ask ({ "GET", "b" });
  settle ();
  server_.say_to (*asks_, push_of ("*1\r\n" + bulk ("memo:d:a")));
  server_.say_to (*asks_, push_of ("*2\r\n" + bulk ("memo:d:b") + bulk ("memo:t:x")));
  settle ();
  EXPECT_THAT (outdated_, ElementsAre ("memo:d:a", "memo:d:b", "memo:t:x"));
  EXPECT_EQ (counters_.messages, 2u);
  EXPECT_TRUE (is_up ());
}

// Cut anywhere, and told before the answer behind it is.
TEST_F (RedisResp3Test, MessagesBetweenAnswersLeaveThemInStep)
{
  std::vector<size_t> told;

  start_tracking ();
  withheld_ = true;
  auto first = ask ({ "GET", "a" }, [&] { told.push_back (outdated_.size ()); });
  auto second = ask ({ "GET", "b" }, [&] { told.push_back (outdated_.size ()); });
  settle ();
  for (char byte : push_of ("*1\r\n" + bulk ("memo:d:a")) + bulk ("of a") + push_of ("_\r\n") + push_of ("*1\r\n" + bulk ("memo:d:b")) +
                     bulk ("of b"))
    {
      EXPECT_THAT (second, NotAnswered ());
      server_.say_to (*asks_, std::string (1, byte));
      settle ();
    }
  EXPECT_THAT (first, Said ("of a"));
  EXPECT_THAT (second, Said ("of b"));
  EXPECT_THAT (outdated_, ElementsAre ("memo:d:a", "everything", "memo:d:b"));
  EXPECT_THAT (told, ElementsAre (1, 3));
  EXPECT_TRUE (is_up ());
}

TEST_F (RedisResp3Test, AFlushIsOfEverything)
{
  start_tracking ();
  server_.say_to (*asks_, push_of ("_\r\n"));
  settle ();
  EXPECT_THAT (outdated_, ElementsAre ("everything"));
}

TEST_F (RedisResp3Test, OtherThingsThatAServerSaysAreNotForUs)
{
  start_tracking ();
  server_.say_to (*asks_, ">3\r\n" + bulk ("message") + bulk ("somewhere") + bulk ("something"));
  server_.say_to (*asks_, ">1\r\n" + bulk ("news"));
  server_.say_to (*asks_, ">0\r\n");
  settle ();
  EXPECT_THAT (outdated_, IsEmpty ());
  EXPECT_TRUE (is_up ());
}

TEST_F (RedisResp3Test, MessagesCutAnywhereAreTheSame)
{
  start_tracking ();
  for (char byte : push_of ("*1\r\n" + bulk ("memo:d:key")))
    {
      EXPECT_THAT (outdated_, IsEmpty ());
      server_.say_to (*asks_, std::string (1, byte));
      settle ();
    }
  EXPECT_THAT (outdated_, ElementsAre ("memo:d:key"));
}

TEST_F (RedisResp3Test, WhatIsNoAnswerToAnythingHereEndsTheLink)
{
  for (const char *what : { ",1.5\r\n", "#t\r\n", "|1\r\n+a\r\n+b\r\n", "~1\r\n+a\r\n", ">x\r\n", ">99999999\r\n", ">-2\r\n" })
    {
      start_tracking ();
      server_.say_to (*asks_, what);
      wait_until_waiting ();
      EXPECT_FALSE (is_up ()) << what;
      end_link ();
    }
}

TEST_F (RedisResp3Test, AnArrayIsNoMessage)
{
  start_tracking ();
  server_.say_to (*asks_, "*2\r\n" + bulk ("invalidate") + "*1\r\n" + bulk ("memo:d:key"));
  wait_until_waiting ();
  EXPECT_THAT (outdated_, IsEmpty ());
}

} // namespace
