// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "../support/contexts.hpp"
#include "../support/folders.hpp"

#include "memo-redis-dial.h"
#include "memo-redis-link.h"

#include "fake-server.hpp"

// What the tests of a link need: one that lives in the main context of the test, by a clock that stands still, and a server
// that does as it is told.

namespace memo_test {

// What came of a command.
struct Reply
{
  int           callbacks = 0;
  MemoRedisKind kind = MEMO_REDIS_NIL;
  std::string   text;         // of a string, a status or an error
  gint64        integer = 0;
  size_t        items = 0;
  Error         error;

  bool done () const { return callbacks > 0; }
  std::string words () const
  {
    return std::to_string (callbacks) + " answers, " + (error != nullptr ? error->message : "“" + text + "”");
  }
};

using Replying = std::shared_ptr<Reply>;

inline std::string
text_of (GBytes *bytes)
{
  gsize size;
  auto data = static_cast<const char *> (g_bytes_get_data (bytes, &size));

  return size > 0 ? std::string (data, size) : "";
}

inline void
fill (Reply &into, const MemoRedisReply *reply, const GError *error)
{
  into.callbacks++;
  EXPECT_EQ (reply == nullptr, error != nullptr);
  if (error != nullptr)
    into.error.reset (g_error_copy (error));
  if (reply == nullptr)
    return;

  into.kind = reply->kind;
  into.integer = reply->integer;
  into.text = reply->bytes != nullptr ? text_of (reply->bytes) : reply->text != nullptr ? reply->text : "";
  into.items = reply->items != nullptr ? reply->items->len : 0;
}

MATCHER_P (Said, text, "")
{
  *result_listener << arg->words ();
  return arg->callbacks == 1 && arg->error == nullptr && arg->text == text;
}

MATCHER (NotAnswered, "")
{
  *result_listener << arg->words ();
  return arg->callbacks == 0;
}

// It failed, and the message has these words in it.
MATCHER_P3 (FailedWith, domain, code, text, "")
{
  *result_listener << arg->words ();
  return arg->callbacks == 1 && g_error_matches (arg->error.get (), domain, code) &&
         std::string (arg->error->message).find (text) != std::string::npos;
}

inline auto Unavailable (const std::string &text = "") { return FailedWith (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, text); }
inline auto TimedOut () { return FailedWith (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "no answer within"); }

class LinkTest : public AsyncTest
{
protected:
  LinkTest ()
  {
    setup_ = memo_redis_setup_default;
    setup_.clock = MEMO_CLOCK (clock_.get ());
    setup_.random = [] (gpointer) { return 0.0; };
    g_mutex_init (&counters_.lock);
    counters_.round_trip = -1.0;
    log_ = g_log_set_handler ("Memo-Redis", GLogLevelFlags (G_LOG_LEVEL_MASK), [] (const char *, GLogLevelFlags level, const char *message, gpointer data) {
      auto self = static_cast<LinkTest *> (data);

      self->everything_logged_ += std::string (message) + "\n";
      if (level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_MESSAGE))
        self->warnings_.push_back (message);
    }, this);
  }

  ~LinkTest () override
  {
    end_link ();
    wait_until ([] { return memo_redis_dial_count () == 0; });
    g_log_remove_handler ("Memo-Redis", log_);
    g_mutex_clear (&counters_.lock);
  }

  // What a test hears of it may be gone when the test is over.
  void end_link ()
  {
    on_change_ = nullptr;
    g_clear_pointer (&link_, memo_redis_link_free);
  }

  std::string path () { return folder_ / "redis.sock"; }

  void make (const std::string &uri)
  {
    Error error;
    MemoRedisAddress address;

    ASSERT_TRUE (memo_redis_address_parse (uri.c_str (), &address, ErrorOut (error))) << error->message;
    // Of one connection, unless the test is about two.
    if (uri.find ("max-staleness-ms") == std::string::npos)
      address.max_staleness_ms = 0;
    end_link ();

    static const MemoRedisHeard heard = {
      [] (gpointer data, const char *name) { static_cast<LinkTest *> (data)->outdated_.push_back (name != nullptr ? name : "everything"); },
      [] (gpointer data) { static_cast<LinkTest *> (data)->beats_++; },
    };
    link_ = memo_redis_link_new (&address, &setup_, &counters_, [] (MemoRedisLink *link, gpointer data) {
      auto self = static_cast<LinkTest *> (data);

      self->changes_.push_back (memo_redis_link_get_state (link));
      if (self->on_change_)
        self->on_change_ ();
    }, &heard, this);
    memo_redis_address_clear (&address);
  }

  void start () { start ("redis+unix://" + path ()); }
  void start (const std::string &uri)
  {
    make (uri);
    memo_redis_link_start (link_);
  }

  void start_up ()
  {
    start ();
    wait_until ([&] { return is_up (); });
  }

  MemoRedisState state () { return memo_redis_link_get_state (link_); }
  bool is_up () { return state () == MEMO_REDIS_UP; }
  bool is_waiting () { return state () == MEMO_REDIS_WAITING; }
  guint64 generation () { return memo_redis_link_get_generation (link_); }
  std::string why () { return memo_redis_link_get_error (link_) != nullptr ? memo_redis_link_get_error (link_)->message : ""; }

  // An answer that is refused at once is filled in when this returns.
  Replying ask (const Words &words, std::function<void ()> then = {})
  {
    struct Asked { Replying reply; std::function<void ()> then; };

    std::vector<const char *> arguments;
    std::vector<gsize> sizes;
    auto asked = std::make_unique<Asked> (Asked { std::make_shared<Reply> (), std::move (then) });
    auto reply = asked->reply;
    GError *error = nullptr;

    for (auto &word : words)
      {
        arguments.push_back (word.data ());
        sizes.push_back (word.size ());
      }
    if (memo_redis_link_send (link_, arguments.size (), arguments.data (), sizes.data (), [] (const MemoRedisReply *reply, const GError *error, gpointer data) {
          std::unique_ptr<Asked> mine (static_cast<Asked *> (data));

          fill (*mine->reply, reply, error);
          if (mine->then)
            mine->then ();
        }, asked.get (), &error))
      {
        asked.release ();
        EXPECT_EQ (error, nullptr);
        EXPECT_EQ (reply->callbacks, 0);
      }
    else
      {
        fill (*reply, nullptr, error);
        g_clear_error (&error);
      }
    return reply;
  }

  Replying wait (Replying reply)
  {
    wait_until ([&] { return reply->done (); });
    return reply;
  }

  void wait_until_up () { wait_until ([&] { return is_up (); }); }
  void wait_until_waiting () { wait_until ([&] { return is_waiting (); }); }

  // Until neither side has anything to do: both live in this context, and what one has written the other can read at once.
  void settle () { turn (); }

  TemporaryFolder             folder_;
  MemoRedisSetup              setup_;
  MemoRedisCounters           counters_ = {};
  MemoRedisLink              *link_ = nullptr;
  std::vector<MemoRedisState> changes_;
  std::vector<std::string>    outdated_;
  int                         beats_ = 0;
  std::function<void ()>      on_change_;
  std::vector<std::string>    warnings_;
  std::string                 everything_logged_;
  guint                       log_;
};

class FakeLinkTest : public LinkTest
{
protected:
  ~FakeLinkTest () override { end_link (); }

  FakeServer server_ { context_, path () };
};

} // namespace memo_test
