// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "redis-backend-test.hpp"

#include "fake-server.hpp"

// A cache in front of a server that does as it is told, all by a clock that stands still.

namespace memo_test {

class FakeCacheTest : public RedisTest
{
protected:
  FakeCacheTest ()
  {
    setup_ = memo_redis_setup_default;
    setup_.clock = MEMO_CLOCK (clock_.get ());
    setup_.random = [] (gpointer) { return 0.0; };
    // A cache that goes on without its tier says so.
    quiet_ = g_log_set_handler ("Memo", GLogLevelFlags (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE),
                                [] (const char *, GLogLevelFlags, const char *, gpointer) {}, nullptr);
    loader_.on_call = [] (MemoCall *call) {
      memo_call_return_entry (call, entry ((std::string ("loaded ") + memo_call_get_key (call)).c_str ()).release ());
    };
  }

  ~FakeCacheTest () override
  {
    close_all ();
    g_log_remove_handler ("Memo", quiet_);
  }

  // After the setup is as the test wants it.
  MemoBackend *make () { return RedisTest::make ("redis+unix://" + (folder_ / "redis.sock")); }

  Ref<MemoAsyncCache> cache_over (MemoBackend *backend)
  {
    return adopt (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock_.get (), "remote-cache", backend,
                                                  "tier-timeout", 0.0, nullptr)));
  }

  std::shared_ptr<Got> ask (const Ref<MemoAsyncCache> &cache, const std::string &key, GCancellable *cancellable = nullptr)
  {
    return get (MEMO_CACHE (cache.get ()), key.c_str (), loader_, cancellable);
  }

  std::shared_ptr<Got> wait (std::shared_ptr<Got> got)
  {
    wait_until ([&] { return got->callbacks > 0; });
    return got;
  }
  using RedisTest::wait;

  // Whether it is so soon, or not as long as the clock stands still.
  bool come_true (const std::function<bool ()> &condition)
  {
    wait_really_until ([&, n = 0] () mutable { return condition () || n++ == 3; });
    return condition ();
  }

  TemporaryFolder folder_;
  FakeServer      server_ { context_, folder_ / "redis.sock" };
  ScriptedLoader  loader_;
  guint           quiet_;
};

} // namespace memo_test
