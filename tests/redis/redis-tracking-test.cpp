// SPDX-License-Identifier: LGPL-2.1-or-later
#include "redis-link-test.hpp"

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

// The two connections of a link that hears what others change, and a server that says on either what a test wants.  T is two
// seconds.
class RedisTrackingTest : public FakeLinkTest
{
protected:
  RedisTrackingTest ()
  {
    // Nothing but the PINGs of the lease.
    setup_.heartbeat = 600 * G_USEC_PER_SEC;
    server_.answer = [this] (const Words &words) { return answer (words); };
  }
  ~RedisTrackingTest () override { end_link (); }

  std::string answer (const Words &words)
  {
    if (words == Words { "CLIENT", "ID" })
      {
        i_ = server_.asking;
        return ":7\r\n";
      }
    if (words[0] == "SUBSCRIBE")
      return withheld_ ? "" : "*3\r\n" + bulk ("subscribe") + bulk (words[1]) + ":1\r\n";
    if (words[0] == "INFO")
      return bulk ("# Server\r\nredis_version:7.0.15\r\nrun_id:" + (server_.accepted % 2 == 1 ? run_of_i_ : run_of_d_) + "\r\n");
    if (words[0] == "CLIENT")
      {
        d_ = server_.asking;
        return tracking_;
      }
    if (words[0] == "PING" && words.size () == 2)
      return answer_ping (words[1]);
    return server_.usual_answer (words);
  }

  std::string answer_ping (const std::string &nonce)
  {
    const bool push = server_.asking == i_;

    (push ? i_nonces_ : d_nonces_).push_back (nonce);
    if (push ? i_silent_ : d_silent_)
      return "";
    return push ? on_i (nonce) : on_d (nonce);
  }

  static std::string on_d (const std::string &nonce) { return bulk (nonce); }
  static std::string on_i (const std::string &nonce) { return "*2\r\n" + bulk ("pong") + bulk (nonce); }

  static std::string message (const std::string &names)
  {
    return "*3\r\n" + bulk ("message") + bulk ("__redis__:invalidate") + names;
  }
  static std::string message_of (const std::string &name) { return message ("*1\r\n" + bulk (name)); }

  void start_tracking ()
  {
    start ("redis+unix://" + path () + "?max-staleness-ms=2000&protocol=2");
    wait_until ([&] { return is_up (); });
    settle ();
  }

  // The same, of operations that have more time than it has.
  void start_long ()
  {
    start ("redis+unix://" + path () + "?max-staleness-ms=2000&protocol=2&timeout-ms=20000");
    wait_until ([&] { return is_up (); });
    settle ();
  }

  // How long what was read may be served.
  double lease () { return (memo_redis_link_get_lease (link_) - memo_clock_get_time (MEMO_CLOCK (clock_.get ()))) / 1e6; }

  void pass (double seconds)
  {
    advance (seconds);
    settle ();
  }

  FakeServer::Peer        *d_ = nullptr, *i_ = nullptr;
  std::string              run_of_d_ = std::string (40, 'r'), run_of_i_ = run_of_d_;
  std::string              tracking_ = "+OK\r\n";
  bool                     withheld_ = false, d_silent_ = false, i_silent_ = false;
  std::vector<std::string> d_nonces_, i_nonces_;
};

// --- the beginning ---

TEST_F (RedisTrackingTest, TheSecondConnectionHasSubscribedBeforeTheFirstIsThere)
{
  withheld_ = true;
  start ("redis+unix://" + path () + "?max-staleness-ms=2000&protocol=2&db=3");
  wait_until ([&] { return !server_.heard.empty () && server_.heard.back ()[0] == "SUBSCRIBE"; });
  settle ();
  EXPECT_EQ (server_.accepted, 1);
  EXPECT_THAT (server_.heard, ElementsAre (Words { "INFO", "server" }, Words { "CLIENT", "ID" }, Words { "SUBSCRIBE", "__redis__:invalidate" }));

  server_.heard.clear ();
  server_.say ("*3\r\n" + bulk ("subscribe") + bulk ("__redis__:invalidate") + ":1\r\n");
  wait_until_up ();
  EXPECT_EQ (server_.accepted, 2);
  EXPECT_THAT (server_.heard, ElementsAre (Words { "SELECT", "3" }, Words { "INFO", "server" },
                                           Words { "CLIENT", "TRACKING", "ON", "REDIRECT", "7", "NOLOOP" }));
  EXPECT_EQ (std::string (reinterpret_cast<const char *> (memo_redis_link_get_server (link_)), 16), std::string (16, 'r'));
  EXPECT_EQ (counters_.connections, 1u);
}

TEST_F (RedisTrackingTest, BothSayWhoTheyAre)
{
  start ("redis+unix://me:secret@" + path () + "?max-staleness-ms=2000&protocol=2");
  wait_until_up ();
  EXPECT_EQ (server_.heard.front (), (Words { "AUTH", "me", "secret" }));
  EXPECT_EQ (std::count (server_.heard.begin (), server_.heard.end (), Words { "AUTH", "me", "secret" }), 2);
}

TEST_F (RedisTrackingTest, WithoutABoundThereIsOneConnection)
{
  start ("redis+unix://" + path () + "?max-staleness-ms=0");
  wait_until_up ();
  EXPECT_EQ (server_.accepted, 1);
  EXPECT_THAT (server_.heard, IsEmpty ());
  EXPECT_EQ (memo_redis_link_get_lease (link_), 0);
}

TEST_F (RedisTrackingTest, TwoServersBehindOneNameAreNoLink)
{
  run_of_i_ = std::string (40, 'o');
  start ("redis+unix://" + path () + "?max-staleness-ms=2000&protocol=2");
  wait_until_waiting ();
  EXPECT_THAT (why (), HasSubstr ("different servers"));
  EXPECT_EQ (generation (), 0u);
  wait_until ([&] { return server_.peers () == 0; });
}

TEST_F (RedisTrackingTest, AServerThatCannotTrackIsSaidWithWhatToDo)
{
  tracking_ = "-ERR unknown subcommand 'TRACKING'. Try CLIENT HELP.\r\n";
  start ("redis+unix://" + path () + "?max-staleness-ms=2000&protocol=2");
  wait_until_waiting ();
  EXPECT_THAT (why (), HasSubstr ("max-staleness-ms=0"));
  EXPECT_THAT (warnings_, ElementsAre (HasSubstr ("+client|tracking")));
}

// The other connection ended just now; that is nobody's fault.
TEST_F (RedisTrackingTest, ARedirectionToNobodyIsTriedAgain)
{
  tracking_ = "-ERR The client ID you want redirect to does not exist\r\n";
  start ("redis+unix://" + path () + "?max-staleness-ms=2000&protocol=2");
  wait_until_waiting ();
  EXPECT_THAT (warnings_, IsEmpty ());
  tracking_ = "+OK\r\n";
  advance (0.06);
  wait_until_up ();
}

// --- the time lease ---

TEST_F (RedisTrackingTest, TheLeaseBeginsWithTheLinkAndCountsFromTheSending)
{
  start_tracking ();
  EXPECT_DOUBLE_EQ (lease (), 2.0);
  d_silent_ = i_silent_ = true;
  pass (0.5);
  EXPECT_DOUBLE_EQ (lease (), 1.5) << "a PING that is not echoed extends nothing";
  EXPECT_THAT (d_nonces_, ElementsAre ("1"));
  EXPECT_THAT (i_nonces_, ElementsAre ("1"));

  // Both echoes come 0.3 s after the PING.
  pass (0.3);
  server_.say_to (*d_, on_d ("1"));
  settle ();
  EXPECT_DOUBLE_EQ (lease (), 1.2) << "one of them is not enough";
  server_.say_to (*i_, on_i ("1"));
  settle ();
  EXPECT_DOUBLE_EQ (lease (), 1.7);
}

TEST_F (RedisTrackingTest, TheOtherOneAloneExtendsNothingEither)
{
  start_tracking ();
  d_silent_ = true;
  pass (0.5);
  EXPECT_THAT (i_nonces_, ElementsAre ("1"));
  EXPECT_DOUBLE_EQ (lease (), 1.5);
}

TEST_F (RedisTrackingTest, NoPingWhileOneIsUnanswered)
{
  start_tracking ();
  i_silent_ = true;
  pass (0.5);
  pass (0.5);
  EXPECT_THAT (d_nonces_, ElementsAre ("1"));
  server_.say_to (*i_, on_i ("1"));
  i_silent_ = false;
  settle ();
  pass (0.5);
  EXPECT_THAT (d_nonces_, ElementsAre ("1", "2"));
  EXPECT_THAT (i_nonces_, ElementsAre ("1", "2"));
  EXPECT_TRUE (is_up ());
}

TEST_F (RedisTrackingTest, AHealthyLinkIsNeverWithoutALease)
{
  start_tracking ();
  for (int n = 0; n < 200; n++)
    {
      pass (0.1);
      ASSERT_GE (lease (), 1.5 - 0.1);
    }
  EXPECT_EQ (generation (), 1u);
  EXPECT_GE (beats_, 40);
  EXPECT_EQ (d_nonces_.size (), 40u);
}

TEST_F (RedisTrackingTest, ABeatComesWhetherTheServerAnswersOrNot)
{
  start_tracking ();
  d_silent_ = i_silent_ = true;
  pass (0.5);
  EXPECT_EQ (beats_, 1);
  pass (0.5);
  EXPECT_EQ (beats_, 2);
}

// An operation that was not answered in time leaves a reply that is yet to come, and the echo is behind it.
TEST_F (RedisTrackingTest, ALateReplyBeforeAnEchoDoesNotMakeItProbeForEver)
{
  start_tracking ();
  server_.answer = [this] (const Words &words) { return words[0] == "GET" ? "" : answer (words); };
  auto late = ask ({ "GET", "one" });
  d_silent_ = true;
  pass (0.3);
  EXPECT_THAT (late, TimedOut ());
  EXPECT_THAT (ask ({ "GET", "two" }), Unavailable ("does not answer at present"));
  pass (0.2);
  server_.say_to (*d_, bulk ("late"));
  server_.say_to (*d_, on_d ("1"));
  settle ();
  const int pings = server_.pings;
  settle ();
  EXPECT_EQ (server_.pings, pings);
  server_.answer = [this] (const Words &words) { return answer (words); };
  EXPECT_THAT (wait (ask ({ "GET", "two" })), Said ("value of two"));
  EXPECT_TRUE (is_up ());
}

TEST_F (RedisTrackingTest, HoweverMuchIsUnderWayThereIsAnEcho)
{
  setup_.in_flight = 3;
  start_tracking ();
  server_.answer = [this] (const Words &words) { return words[0] == "GET" ? "" : answer (words); };
  for (int n = 0; n < 3; n++)
    ask ({ "GET", "one" });
  EXPECT_THAT (ask ({ "GET", "one" }), FailedWith (MEMO_ERROR, MEMO_ERROR_BUSY, "under way already"));
  pass (0.5);
  EXPECT_THAT (d_nonces_, ElementsAre ("1"));
}

// --- the end ---

class RedisTrackingEndTest : public RedisTrackingTest
{
protected:
  // Both connections are closed, what was under way has ended, and another link is made.
  void expect_end (const std::string &reason, const Replying &under_way = nullptr)
  {
    settle ();
    EXPECT_TRUE (is_waiting ());
    EXPECT_THAT (why (), HasSubstr (reason));
    if (under_way != nullptr)
      {
        EXPECT_THAT (under_way, Unavailable ());
      }
    wait_until ([&] { return server_.peers () == 0; });
    EXPECT_EQ (memo_redis_link_get_lease (link_), 0);
    d_silent_ = i_silent_ = false;
    server_.answer = [this] (const Words &words) { return answer (words); };
    advance (0.06);
    wait_until_up ();
    EXPECT_EQ (generation (), 2u);
    EXPECT_EQ (server_.peers (), 2u);
    EXPECT_DOUBLE_EQ (lease (), 2.0);
  }

  Replying ask_in_vain ()
  {
    server_.answer = [this] (const Words &words) { return words[0] == "GET" ? "" : answer (words); };
    auto asked = ask ({ "GET", "never" });
    settle ();
    return asked;
  }
};

TEST_F (RedisTrackingEndTest, TheFirstTakesTheSecondWithIt)
{
  start_tracking ();
  auto asked = ask_in_vain ();
  server_.hang_up (*d_);
  expect_end ("closed the connection", asked);
}

TEST_F (RedisTrackingEndTest, TheSecondTakesTheFirstWithIt)
{
  start_tracking ();
  auto asked = ask_in_vain ();
  server_.hang_up (*i_);
  expect_end ("closed the connection", asked);
}

TEST_F (RedisTrackingEndTest, ASilentFirstIsGivenUpAfterHalfOfT)
{
  start_long ();
  auto asked = ask_in_vain ();
  d_silent_ = true;
  pass (0.5);
  pass (0.5);
  pass (0.499);
  EXPECT_TRUE (is_up ());
  pass (0.002);
  expect_end ("does not answer any more", asked);
}

TEST_F (RedisTrackingEndTest, ASilentSecondIsGivenUpAfterHalfOfT)
{
  start_long ();
  i_silent_ = true;
  pass (0.5);
  pass (1.0);
  expect_end ("does not answer any more");
}

TEST_F (RedisTrackingEndTest, AnotherNonceIsOutOfStepOnTheFirst)
{
  start_long ();
  auto asked = ask_in_vain ();
  d_silent_ = true;
  // The one before it, as if a reply were missing.
  pass (0.5);
  EXPECT_DOUBLE_EQ (lease (), 1.5);
  server_.say_to (*d_, bulk ("value") + on_d ("0"));
  expect_end ("out of step");
  EXPECT_THAT (asked, Said ("value"));
}

TEST_F (RedisTrackingEndTest, AnotherNonceIsOutOfStepOnTheSecond)
{
  start_long ();
  i_silent_ = true;
  pass (0.5);
  server_.say_to (*i_, on_i ("0"));
  expect_end ("out of step");
}

TEST_F (RedisTrackingEndTest, AnErrorInPlaceOfAnEchoExtendsNothing)
{
  start_long ();
  i_silent_ = true;
  pass (0.5);
  server_.say_to (*i_, "-ERR no\r\n");
  expect_end ("ERR no");
}

TEST_F (RedisTrackingEndTest, WhatWasReadAndNotHandledIsThrownAway)
{
  start_long ();
  on_change_ = [&] { outdated_.push_back (is_up () ? "up" : "down"); };
  // The answer out of step comes first, and a message in the same piece.
  i_silent_ = true;
  pass (0.5);
  server_.say_to (*i_, on_i ("wrong") + message_of ("memo:d:key"));
  settle ();
  EXPECT_THAT (outdated_, ElementsAre ("down"));
}

// --- messages ---

TEST_F (RedisTrackingTest, AMessageNamesWhatWasChanged)
{
  start_tracking ();
  server_.say_to (*i_, message_of ("memo:d:one") + message ("*2\r\n" + bulk ("memo:d:two") + bulk ("other:three")));
  settle ();
  EXPECT_THAT (outdated_, ElementsAre ("memo:d:one", "memo:d:two", "other:three"));
  EXPECT_EQ (counters_.messages, 2u);
}

TEST_F (RedisTrackingTest, AFlushIsEverything)
{
  start_tracking ();
  server_.say_to (*i_, message ("$-1\r\n") + message ("*-1\r\n"));
  settle ();
  EXPECT_THAT (outdated_, ElementsAre ("everything", "everything"));
}

TEST_F (RedisTrackingTest, AnEchoCountsOnceTheMessagesBeforeItWereHandled)
{
  start_tracking ();
  i_silent_ = true;
  pass (0.5);
  outdated_.clear ();
  server_.say_to (*i_, message_of ("memo:d:key") + on_i ("1") + message_of ("memo:d:later"));
  settle ();
  EXPECT_THAT (outdated_, ElementsAre ("memo:d:key", "memo:d:later"));
  EXPECT_DOUBLE_EQ (lease (), 2.0);
}

TEST_F (RedisTrackingTest, WhatNobodyAskedForOnTheFirstIsOutOfStep)
{
  start_tracking ();
  server_.say_to (*d_, message_of ("memo:d:key"));
  settle ();
  EXPECT_TRUE (is_waiting ());
  EXPECT_THAT (outdated_, IsEmpty ());
}

} // namespace
