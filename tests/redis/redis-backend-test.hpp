// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <mutex>

#include "../support/backend-test.hpp"

#include "memo-redis-backend.h"
#include "memo-redis-worker.h"

#include "real-server.hpp"

// What the tests of the backend need that have a real server.  These are the ones that use real time, and generously.

namespace memo_test {

using Backend = Ref<MemoBackend>;

// Registers the type as a plugin would.
inline void
register_redis_backend ()
{
  static GTypeModule *module = [] {
    static const GTypeInfo info = {
      sizeof (GTypeModuleClass), nullptr, nullptr,
      [] (gpointer klass, gpointer) {
        G_TYPE_MODULE_CLASS (klass)->load = [] (GTypeModule *) -> gboolean { return TRUE; };
        G_TYPE_MODULE_CLASS (klass)->unload = [] (GTypeModule *) {};
      },
      nullptr, nullptr, sizeof (GTypeModule), 0, nullptr, nullptr
    };
    GType type = g_type_register_static (G_TYPE_TYPE_MODULE, "TestModule", &info, GTypeFlags (0));
    auto made = G_TYPE_MODULE (g_object_new (type, nullptr));

    g_type_module_use (made);
    memo_redis_backend_register (made);
    return made;
  } ();

  (void) module;
}

inline Backend
new_redis_backend (const std::string &uri, const MemoRedisSetup *setup = nullptr)
{
  Error error;

  register_redis_backend ();
  Backend backend (MEMO_BACKEND (g_initable_new (MEMO_TYPE_REDIS_BACKEND, nullptr, ErrorOut (error), "uri", uri.c_str (), nullptr)));
  EXPECT_NE (backend, nullptr) << (error != nullptr ? error->message : "");
  if (setup != nullptr)
    memo_redis_backend_set_setup (MEMO_REDIS_BACKEND (backend.get ()), setup);
  return backend;
}

inline bool
is_connected (MemoBackend *backend)
{
  gboolean connected;

  g_object_get (backend, "connected", &connected, nullptr);
  return connected;
}

MATCHER_P (IsUnavailable, words, "")
{
  *result_listener << arg->text ();
  return arg->failed_with (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE) && std::string (arg->error->message).find (words) != std::string::npos;
}

class RedisTest : public AsyncTest
{
protected:
  RedisTest ()
  {
    setup_ = memo_redis_setup_default;
    setup_.refused_pause = 500 * 1000;
    setup_.longest_pause = 200 * 1000;
    log_ = g_log_set_handler ("Memo-Redis", GLogLevelFlags (G_LOG_LEVEL_MASK), [] (const char *, GLogLevelFlags level, const char *message, gpointer data) {
      auto self = static_cast<RedisTest *> (data);
      std::lock_guard<std::mutex> lock (self->log_lock_);

      self->everything_logged_ += std::string (message) + "\n";
      if (level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_MESSAGE))
        self->warnings_.push_back (message);
    }, this);
  }

  ~RedisTest () override
  {
    close_all ();
    // One that was never connected may be about to try it once more.
    wait_really_until ([] { return memo_redis_worker_count () == 0; });
    g_log_remove_handler ("Memo-Redis", log_);
  }

  void close_all ()
  {
    for (auto &backend : made_)
      wait (Asking (backend.get ()).close ());
    made_.clear ();
  }

  // Of one connection, unless the test is about two.
  MemoBackend *make (const std::string &uri)
  {
    const bool says = uri.find ("max-staleness-ms") != std::string::npos;

    made_.push_back (new_redis_backend (says ? uri : uri + (uri.find ('?') == std::string::npos ? "?" : "&") + "max-staleness-ms=0", &setup_));
    return made_.back ().get ();
  }

  Pending wait (Pending pending)
  {
    wait_until ([&] { return pending->done (); });
    return pending;
  }
  Pending open (MemoBackend *backend) { return wait (Asking (backend).open ()); }
  Pending load (MemoBackend *backend, const std::string &key) { return wait (Asking (backend).load (key)); }
  Pending store (MemoBackend *backend, const std::string &key, const std::string &text, double ttl = MEMO_TTL_FOREVER)
  {
    return wait (Asking (backend).store (key, text, ttl));
  }
  Pending remove (MemoBackend *backend, const std::string &key, const std::optional<std::string> &only = std::nullopt)
  {
    return wait (Asking (backend).remove (key, only));
  }
  Pending clear (MemoBackend *backend) { return wait (Asking (backend).clear ()); }
  Pending flush (MemoBackend *backend) { return wait (Asking (backend).flush ()); }

  // Real time goes by.
  void wait_really_until (const std::function<bool ()> &condition)
  {
    GSource *tick = g_timeout_source_new (5);

    g_source_set_callback (tick, [] (gpointer) -> gboolean { return G_SOURCE_CONTINUE; }, nullptr, nullptr);
    g_source_attach (tick, context_);
    wait_until (condition);
    g_source_destroy (tick);
    g_source_unref (tick);
  }
  void wait_until_connected (MemoBackend *backend, bool connected = true)
  {
    wait_really_until ([&] { return is_connected (backend) == connected; });
  }

  static guint64 number (MemoBackend *backend, const char *property)
  {
    guint64 value;

    g_object_get (backend, property, &value, nullptr);
    return value;
  }

  std::vector<std::string> warnings ()
  {
    std::lock_guard<std::mutex> lock (log_lock_);
    return warnings_;
  }
  std::string everything_logged ()
  {
    std::lock_guard<std::mutex> lock (log_lock_);
    return everything_logged_;
  }

  MemoRedisSetup           setup_;
  std::vector<Backend>     made_;
  std::mutex               log_lock_;
  std::vector<std::string> warnings_;
  std::string              everything_logged_;
  guint                    log_;
};

// With a server that all tests of a program share, empty for each.
class SharedServerTest : public RedisTest
{
protected:
  static void SetUpTestSuite () { server_ = new RealServer; }
  static void TearDownTestSuite () { g_clear_pointer (&server_, +[] (RealServer *server) { delete server; }); }

  void SetUp () override { ASSERT_EQ (server_->say ({ "FLUSHALL" }), "+OK"); }

  MemoBackend *make (const std::string &query = "timeout-ms=20000") { return RedisTest::make (server_->uri (query)); }

  static inline RealServer *server_ = nullptr;
};

} // namespace memo_test
