// SPDX-License-Identifier: LGPL-2.1-or-later
#include "redis-cache-test.hpp"

#include <map>
#include <random>

#include "counts.hpp"

using namespace memo_test;

namespace {

// A cache that asks a server for many keys at once, and a line on which anything may become of the replies.  Whatever does,
// each get ends with the value of its key: that of the server, or that of the loader.
class RedisDialoguesTest : public FakeCacheTest
{
protected:
  static constexpr int n_keys = 30;

  enum Change
  {
    FLIPPED,        // a bit is another
    LOST,           // a reply does not come
    DOUBLED,        // it comes twice
    SWAPPED,        // two replies have changed places
    REPLACED,       // a byte is another
    CUT_OUT,        // some bytes do not come
    PUT_IN,         // some come that nobody sent
    ATTACK,         // a length that nobody has the memory for
    N_CHANGES,
  };

  RedisDialoguesTest ()
  {
    setup_.first_pause = setup_.longest_pause = setup_.refused_pause = 0;
    backend_ = make ();
    server_.answer = [this] (const Words &words) { return answer (words); };
  }

  static std::string key (int i) { return "key " + std::to_string (i); }
  static std::string value (int i) { return "value of " + key (i) + std::string ((i * 37) % 100, 'a' + i % 26); }

  // What the server says is kept from the first question of a dialogue to the last, and then sent as one stream.
  std::string answer (const Words &words)
  {
    std::string reply = words[0] == "GET"                         ? bulk (stored_[words[1]])
                        : words[0] == "UNLINK"                    ? ":1\r\n"
                        : words[0] == "SET" && stored_.size () < n_keys ? (stored_[words[1]] = words[2], "+OK\r\n")
                                                                  : server_.usual_answer (words);

    if (!holding_)
      return reply;
    held_.push_back (reply);
    n_asked_ += words[0] == "GET";
    return "";
  }

  // What is in the server is what a cache has put there.
  void fill_server ()
  {
    auto cache = cache_over (backend_);

    for (int i = 0; i < n_keys; i++)
      memo_cache_set (MEMO_CACHE (cache.get ()), key (i).c_str (), entry (value (i).c_str ()).release ());
    wait_until ([&] { return stored_.size () == n_keys; });
    settle ();
  }

  // Connected, and nothing is under way.
  void settle ()
  {
    Pending flushed;

    do
      {
        // Half of a reply may be in the way of an answer, that to the greeting included.
        while (!come_true ([&] { return is_connected (backend_); }) && !HasFailure ())
          advance (0.25);
        flushed = Asking (backend_).flush ();
        while (!come_true ([&] { return flushed->done (); }) && !HasFailure ())
          advance (0.25);
        if (!flushed->succeeded ())
          advance (0.25);
      }
    while (!flushed->succeeded () && !HasFailure ());
  }

  size_t any (size_t n) { return std::uniform_int_distribution<size_t> (0, n - 1) (dice_); }

  void change (Change what, std::vector<std::string> &replies)
  {
    const size_t one = any (replies.size ());
    std::string &text = replies[one];
    const size_t at = any (text.size ());

    changes_[what]++;
    switch (what)
      {
      case FLIPPED: text[at] = char (text[at] ^ (1 << any (8))); break;
      case LOST: text.clear (); break;
      case DOUBLED: replies.insert (replies.begin () + any (replies.size ()), std::string (text)); break;
      case SWAPPED: std::swap (text, replies[any (replies.size ())]); break;
      case REPLACED: text[at] = char (any (256)); break;
      case CUT_OUT: text.erase (at, 1 + any (40)); break;
      case PUT_IN: text.insert (at, std::string (1 + any (40), char (any (256)))); break;
      case ATTACK: text.insert (at, any (2) ? "*2147483647\r\n" : "$2147483647\r\n"); break;
      case N_CHANGES: break;
      }
    // What is not there any more cannot be changed again.
    replies.erase (std::remove (replies.begin (), replies.end (), ""), replies.end ());
  }

  void send_changed ()
  {
    std::vector<std::string> replies = std::move (held_);
    std::string stream;
    const bool ends = any (3) == 0;

    for (size_t n = 1 + any (3); n > 0 && !replies.empty (); n--)
      change (Change (any (N_CHANGES)), replies);
    for (auto &reply : replies)
      stream += reply;
    if (ends && !stream.empty ())
      stream.resize (any (stream.size ()));

    holding_ = false;
    server_.slice = any (3) == 0 ? 1 + any (100) : 0;
    server_.say (stream);
    if (ends && server_.slice == 0)
      server_.close_all ();
  }

  // Each get of it ended once, and well.
  void judge (const std::vector<std::shared_ptr<Got>> &all)
  {
    for (int i = 0; i < n_keys; i++)
      {
        const Got &got = *all[i];
        const char *text = got.entry != nullptr ? memo_entry_get_string (got.entry.get ()) : nullptr;

        EXPECT_EQ (got.callbacks, 1) << key (i);
        if (got.error != nullptr && g_error_matches (got.error.get (), G_IO_ERROR, G_IO_ERROR_CANCELLED))
          n_cancelled_++;
        else if (text != nullptr && text == value (i))
          n_stored_++;
        else if (text != nullptr && text == "loaded " + key (i))
          n_loaded_++;
        else
          n_wrong_++;
      }
  }

  void hold_dialogue ()
  {
    auto cache = cache_over (backend_);
    auto cancellable = adopt (g_cancellable_new ());
    std::vector<std::shared_ptr<Got>> all;
    const bool cancel = any (4) == 0;

    server_.slice = 0;
    settle ();
    holding_ = true;
    n_asked_ = 0;
    for (int i = 0; i < n_keys; i++)
      all.push_back (ask (cache, key (i), i % 10 == 5 ? cancellable.get () : nullptr));

    auto done = [&] { return std::all_of (all.begin (), all.end (), [] (auto &got) { return got->done (); }); };

    // What is left of the dialogue before may break the connection yet.
    while (!come_true ([&] { return n_asked_ == n_keys || done (); }) && !HasFailure ())
      advance (0.25);
    if (cancel)
      g_cancellable_cancel (cancellable.get ());

    const size_t said = server_.said;
    const guint64 received = number (backend_, "received");
    const int accepted = server_.accepted;

    send_changed ();
    // Until all has come, or the connection is another; what was lost then ends when its time is over.
    wait_really_until ([&] {
      return done () || server_.accepted > accepted ||
             (server_.all_sent () && number (backend_, "received") - received == server_.said - said);
    });
    while (!come_true (done) && !HasFailure ())
      advance (0.25);
    judge (all);
  }

  MemoBackend                       *backend_;
  std::map<std::string, std::string> stored_;
  std::mt19937                       dice_ { 20240501 };
  bool                               holding_ = false;
  std::vector<std::string>           held_;
  int                                n_asked_ = 0;
  int                                n_stored_ = 0, n_loaded_ = 0, n_cancelled_ = 0, n_wrong_ = 0;
  int                                changes_[N_CHANGES] = {};
};

// How many there are may be said as MEMO_REDIS_DIALOGUES.
TEST_F (RedisDialoguesTest, WhateverBecomesOfTheRepliesNoValueIsWrong)
{
  const int dialogues = count_of ("MEMO_REDIS_DIALOGUES", 500);

  fill_server ();
  for (int i = 0; i < dialogues && !HasFailure (); i++)
    {
      SCOPED_TRACE (i);
      hold_dialogue ();
    }

  const guint64 connections = number (backend_, "connections");
  std::cout << dialogues << " dialogues: " << n_stored_ << " values of the server, " << n_loaded_ << " loaded, " << n_cancelled_
            << " cancelled, " << n_wrong_ << " wrong, " << connections << " connections\n";
  EXPECT_EQ (n_wrong_, 0);
  EXPECT_GT (n_stored_, dialogues * n_keys / 10) << "or nothing was proved";
  EXPECT_GT (n_loaded_, dialogues * n_keys / 10);
  EXPECT_GT (n_cancelled_, 0);
  for (int each : changes_)
    EXPECT_GT (each, dialogues / 20);
  EXPECT_GT (connections, guint64 (dialogues) / 4) << "what is out of step is closed, and made anew";

  // And it works as before.
  settle ();
  auto cache = cache_over (backend_);
  EXPECT_THAT (wait (ask (cache, key (1))), GotText (value (1)));
}

} // namespace
