// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <atomic>

#include "redis-backend-test.hpp"

// Steps on a backend with its two connections, and a server that others change.

namespace memo_test {

// A step that was asked for; answered in the thread of the backend.
struct Step
{
  MemoRemoteRequest          request {};
  std::string                key;
  bool                       done = false;
  std::optional<std::string> found;
  Error                      error;
  guint64                    link = 0;
  std::function<void ()>     then;
  std::atomic<int>           answers { 0 };

  std::string words () const
  {
    return std::to_string (answers) + " answers, " + (error != nullptr ? error->message : done ? "done" : "not done") + ", “" +
           found.value_or ("nothing") + "”";
  }
};

using Asked = std::shared_ptr<Step>;

MATCHER (WasDone, "")
{
  *result_listener << arg->words ();
  return arg->answers == 1 && arg->error == nullptr && arg->done;
}

MATCHER (WasNotDone, "")
{
  *result_listener << arg->words ();
  return arg->answers == 1 && arg->error == nullptr && !arg->done;
}

MATCHER_P (WasFound, text, "")
{
  *result_listener << arg->words ();
  return arg->answers == 1 && arg->error == nullptr && arg->found == std::string (text);
}

MATCHER_P3 (Failed, domain, code, words, "")
{
  *result_listener << arg->words ();
  return arg->answers == 1 && g_error_matches (arg->error.get (), domain, code) &&
         std::string (arg->error->message).find (words) != std::string::npos;
}

inline auto IsAway (const std::string &words = "") { return Failed (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, words); }

class RedisStepsTest : public SharedServerTest
{
protected:
  const std::string lease = "L0123456789abcdef", value = "V0123456789abcdef and more", id = "ABCDEFGHIJKLMNOP";

  ~RedisStepsTest () override
  {
    close_all ();
    for (auto &step : steps_)
      {
        EXPECT_EQ (step->answers, 1) << step->key;
        g_clear_pointer (&step->request.value, g_bytes_unref);
        g_clear_pointer (&step->request.expected, g_bytes_unref);
      }
  }

  MemoBackend *make (const std::string &query = "max-staleness-ms=2000&timeout-ms=20000") { return listen (server_->uri (query)); }

  MemoBackend *listen (const std::string &uri)
  {
    MemoBackend *backend = RedisTest::make (uri);

    g_signal_connect (backend, "linked", G_CALLBACK (+[] (MemoBackend *, RedisStepsTest *self) { self->note ("linked"); }), this);
    g_signal_connect (backend, "unlinked", G_CALLBACK (+[] (MemoBackend *, RedisStepsTest *self) { self->note ("unlinked"); }), this);
    g_signal_connect (backend, "outdated", G_CALLBACK (+[] (MemoBackend *, const char *key, RedisStepsTest *self) {
      self->note (key != nullptr ? key : "everything");
    }), this);
    return backend;
  }

  void note (const std::string &what)
  {
    std::lock_guard<std::mutex> lock (noted_lock_);
    noted_.push_back (what);
  }
  std::vector<std::string> noted ()
  {
    std::lock_guard<std::mutex> lock (noted_lock_);
    return noted_;
  }
  void forget ()
  {
    std::lock_guard<std::mutex> lock (noted_lock_);
    noted_.clear ();
  }
  void wait_until_noted (const std::string &what)
  {
    wait_really_until ([&] { auto all = noted (); return std::find (all.begin (), all.end (), what) != all.end (); });
  }

  static GBytes *bytes (const std::string &text) { return text.empty () ? nullptr : g_bytes_new (text.data (), text.size ()); }

  Asked begin (MemoBackend *backend, MemoRemoteStep what, const std::string &key, const std::string &stored = "",
               const std::string &expected = "", guint64 lifetime_ms = 60000, guint64 link = 0, std::function<void ()> then = {})
  {
    auto step = std::make_shared<Step> ();

    step->key = key;
    step->then = std::move (then);
    step->request.step = what;
    step->request.key = step->key.c_str ();
    step->request.value = bytes (stored);
    step->request.expected = bytes (expected);
    step->request.lifetime_ms = lifetime_ms;
    step->request.link = link;
    step->request.owner = step.get ();
    step->request.answered = [] (MemoRemoteRequest *request, gboolean done, GBytes *found, const GError *error) {
      auto self = static_cast<Step *> (request->owner);
      gsize size;

      self->done = done;
      self->link = request->link;
      if (found != nullptr)
        {
          auto data = static_cast<const char *> (g_bytes_get_data (found, &size));
          self->found = std::string (data, size);
        }
      if (error != nullptr)
        self->error.reset (g_error_copy (error));
      if (self->then)
        self->then ();
      self->answers++;
    };
    steps_.push_back (step);
    MEMO_REMOTE_BACKEND_GET_IFACE (backend)->ask (MEMO_REMOTE_BACKEND (backend), &step->request);
    return step;
  }

  Asked wait (Asked step)
  {
    wait_really_until ([&] { return step->answers > 0; });
    return step;
  }
  using RedisTest::wait;

  template <typename... Arguments>
  Asked have (Arguments &&...arguments) { return wait (begin (std::forward<Arguments> (arguments)...)); }

  // What another process finds, and does.
  std::string now (const std::string &name) { return server_->say ({ "GET", prefix_ + name }); }
  void another_stores (const std::string &name, const std::string &what) { ASSERT_EQ (server_->say ({ "SET", prefix_ + name, what }), "+OK"); }

  // All that the server had to say until now was said: it is behind this.
  void hear_all (MemoBackend *backend)
  {
    const std::string mark = "d:mark " + std::to_string (marks_++);

    ASSERT_THAT (have (backend, MEMO_REMOTE_LOAD, mark), WasNotDone ());
    another_stores (mark, "here");
    wait_until_noted (mark);
    std::lock_guard<std::mutex> lock (noted_lock_);
    noted_.erase (std::remove (noted_.begin (), noted_.end (), mark), noted_.end ());
  }

  double lease_of (MemoBackend *backend)
  {
    return MEMO_REMOTE_BACKEND_GET_IFACE (backend)->get_lease (MEMO_REMOTE_BACKEND (backend)) / 1e6;
  }

  std::string              prefix_ = "memo:";
  std::vector<Asked>       steps_;
  std::mutex               noted_lock_;
  std::vector<std::string> noted_;
  int                      marks_ = 0;
};

} // namespace memo_test
