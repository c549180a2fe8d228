// SPDX-License-Identifier: LGPL-2.1-or-later
#include "redis-link-test.hpp"

#include <random>

#include "counts.hpp"

using namespace memo_test;

// What a stream can do: come in slices, end anywhere, or be something else than what was sent.
class RedisFaultsTest : public FakeLinkTest
{
protected:
  // About 4 kB of replies.
  static constexpr int questions = 30;

  static std::string content (int i) { return std::string (1 + (i * 37) % 250, 'a' + i % 26); }

  std::vector<Replying> begin_dialogue ()
  {
    std::vector<Replying> replies;

    for (int i = 0; i < questions; i++)
      replies.push_back (ask ({ "ECHO", content (i) }));
    return replies;
  }

  static size_t size_of_dialogue ()
  {
    size_t size = 0;

    for (int i = 0; i < questions; i++)
      size += bulk (content (i)).size ();
    return size;
  }

  // Everything is answered once, by the time of the deadline.
  void end_dialogue (const std::vector<Replying> &replies, bool right)
  {
    settle ();
    advance (0.25);
    turn ();
    for (int i = 0; i < questions; i++)
      {
        EXPECT_EQ (replies[i]->callbacks, 1) << "question " << i;
        if (right && replies[i]->error == nullptr)
          {
            EXPECT_EQ (replies[i]->text, content (i));
          }
      }
  }

  // Whatever happened, it works again.
  void recover ()
  {
    server_.close_all ();
    for (int i = 0; i < 100 && !is_waiting (); i++)
      settle ();
    ASSERT_TRUE (is_waiting ());
    advance (5.0);
    wait_until_up ();
  }
};

TEST_F (RedisFaultsTest, RepliesComeByteByByte)
{
  start_up ();
  server_.slice = 1;
  auto replies = begin_dialogue ();
  wait (replies.back ());
  for (int i = 0; i < questions; i++)
    EXPECT_THAT (replies[i], Said (content (i)));
}

// How many bytes are between two places may be said as MEMO_REDIS_CUT_STEP.
TEST_F (RedisFaultsTest, AConnectionEndsAnywhereInADialogue)
{
  const size_t size = size_of_dialogue (), step = count_of ("MEMO_REDIS_CUT_STEP", 16);
  int cuts = 0;

  EXPECT_GT (size, 3500u);
  for (bool reset : { false, true })
    for (size_t cut = 0; cut < size; cut += step)
      {
        server_.reset = reset;
        server_.cut = SIZE_MAX;
        start_up ();
        server_.cut = strlen ("+PONG\r\n") + cut;
        auto replies = begin_dialogue ();
        wait (replies.back ());
        EXPECT_TRUE (is_waiting ());
        end_dialogue (replies, true);
        EXPECT_NE (replies.back ()->error, nullptr);
        cuts++;
      }
  std::cout << cuts << " cuts in a dialogue of " << size << " bytes\n";
}

// How many there are may be said as MEMO_REDIS_RESETS.
TEST_F (RedisFaultsTest, ResetsInMidReplyAreSurvived)
{
  const int resets = count_of ("MEMO_REDIS_RESETS", 20);
  int answered = 0;

  start_up ();
  server_.reset = true;
  for (int i = 0; i < resets; i++)
    {
      server_.cut = strlen ("+PONG\r\n") + 100 + i * 1000 / resets;
      auto replies = begin_dialogue ();
      wait (replies.back ());
      for (int j = 0; j < questions; j++)
        {
          EXPECT_EQ (replies[j]->callbacks, 1);
          if (replies[j]->error == nullptr)
            {
              EXPECT_EQ (replies[j]->text, content (j));
              answered++;
            }
        }
      server_.cut = SIZE_MAX;
      advance (5.0);
      wait_until_up ();
      EXPECT_THAT (wait (ask ({ "GET", "one" })), Said ("value of one"));
      // A cut counts from the beginning of a connection.
      recover ();
    }
  EXPECT_EQ (server_.accepted, 2 * resets + 1);
  EXPECT_GT (answered, 0);
  std::cout << resets << " resets in mid-reply, " << answered << " of " << resets * questions << " questions answered before\n";
}

// How many there are may be said as MEMO_REDIS_DIALOGUES.
TEST_F (RedisFaultsTest, AMutatedDialogueHurtsNobody)
{
  const int dialogues = count_of ("MEMO_REDIS_DIALOGUES", 500);
  std::mt19937 dice (20240501);
  int failed = 0, wrong = 0;

  server_.answer = [&] (const Words &words) { return words[0] == "ECHO" ? "" : server_.usual_answer (words); };
  start_up ();
  for (int round = 0; round < dialogues; round++)
    {
      std::string stream;
      auto replies = begin_dialogue ();
      auto any = [&] (size_t n) { return std::uniform_int_distribution<size_t> (0, n - 1) (dice); };

      settle ();
      for (int i = 0; i < questions; i++)
        stream += bulk (content (i));
      for (size_t changes = 1 + any (4); changes > 0; changes--)
        {
          const size_t at = any (stream.size ());

          switch (any (6))
            {
            case 0: stream[at] = char (any (256)); break;
            case 1: stream.erase (at, 1 + any (40)); break;
            case 2: stream.insert (at, std::string (1 + any (40), char (any (256)))); break;
            case 3: stream.insert (at, stream.substr (any (stream.size ()), any (100))); break;
            case 4: stream.insert (at, "*2147483647\r\n"); break;
            default: stream.insert (at, "$2147483647\r\n"); break;
            }
        }
      server_.say (stream);
      end_dialogue (replies, false);
      for (int i = 0; i < questions; i++)
        {
          failed += replies[i]->error != nullptr;
          wrong += replies[i]->error == nullptr && replies[i]->text != content (i);
        }
      recover ();
    }
  EXPECT_GT (failed, 2 * dialogues);
  EXPECT_GT (wrong, dialogues / 5) << "which is what the checksum and the echo of the key are for";
}

TEST_F (RedisFaultsTest, AnswersThatAreSwappedOrDoubledAreNotNoticedHere)
{
  server_.answer = [&] (const Words &words) { return words[0] == "PING" ? "+PONG\r\n" : words[1] == "double" ? "+OK\r\n+OK\r\n" : bulk (words[1]); };
  start_up ();
  auto first = ask ({ "GET", "double" }), second = ask ({ "GET", "two" });
  wait (first);
  EXPECT_THAT (wait (second), Said ("OK")) << "the reader of the record will find out";
  wait_until_waiting ();
  EXPECT_THAT (why (), ::testing::HasSubstr ("more replies than it was asked for"));
}

TEST_F (RedisFaultsTest, GuardsCloseTheLink)
{
  for (const std::string &said : { std::string ("*2147483647\r\n"), std::string ("$2147483647\r\n"), "+" + std::string (200000, 'x'),
                                   std::string ("garbage"), "*2\r\n$1\r\nx\r\n$100000000\r\n" + std::string (1000, 'x') })
    {
      server_.answer = [&] (const Words &words) { return words[0] == "GET" ? said : server_.usual_answer (words); };
      start_up ();
      EXPECT_THAT (wait (ask ({ "GET", "one" })), Unavailable ("redis+unix://")) << said.substr (0, 20);
      EXPECT_TRUE (is_waiting ());
    }
}

TEST_F (RedisFaultsTest, SixteenMebibytesGoBothWays)
{
  std::string content (16 << 20, '\0');

  for (size_t i = 0; i < content.size (); i++)
    content[i] = static_cast<char> (i * 2654435761u >> 13);
  start_up ();
  auto reply = wait (ask ({ "ECHO", content }));
  EXPECT_EQ (reply->error, nullptr);
  EXPECT_TRUE (reply->text == content);
}

TEST_F (RedisFaultsTest, AFreezeEndsWithoutHarm)
{
  start_up ();
  for (int i = 0; i < 30; i++)
    {
      server_.freeze ();
      auto replies = begin_dialogue ();
      advance (i % 2 == 0 ? 0.25 : 0.1);
      turn ();
      server_.thaw ();
      settle ();
      for (auto &reply : replies)
        wait (reply);
      end_dialogue (replies, true);
      EXPECT_TRUE (is_up ());
      EXPECT_THAT (wait (ask ({ "GET", "one" })), Said ("value of one"));
    }
}
