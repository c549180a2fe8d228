// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../conformance/memo-backend-conformance.hpp"

#include "redis-backend-test.hpp"

// What every backend has to do, by one in front of a server of the test's own.

namespace memo_test {
namespace {

auto *needs [[maybe_unused]] = ::testing::AddGlobalTestEnvironment (new NeedsPrograms ({ "redis-server" }));

// Starting a server takes longer than most tests.
RealServer &
shared_server ()
{
  static RealServer server;

  return server;
}

class RedisSubject : public memo_conformance::Subject
{
public:
  explicit RedisSubject (bool tcp) : tcp_ (tcp) { EXPECT_EQ (shared_server ().say ({ "FLUSHALL" }), "+OK"); }
  ~RedisSubject () override
  {
    obstruct (false);
    g_weak_ref_clear (&last_);
  }

  MemoBackend *make () override
  {
    auto backend = new_redis_backend (tcp_ ? shared_server ().tcp_uri () : shared_server ().uri ());

    g_weak_ref_set (&last_, backend.get ());
    return backend.release ();
  }

  bool remembers () const override { return true; }

  bool obstruct (bool on) override
  {
    if (on == obstructed_)
      return true;

    obstructed_ = on;
    if (on)
      {
        shared_server ().stop ();
        return true;
      }
    shared_server ().start ();
    g_autoptr(GObject) last = static_cast<GObject *> (g_weak_ref_get (&last_));
    // It comes back by itself, after a pause, but for one that was closed.
    for (int i = 0; last != nullptr && i < 1000 && !is_connected (MEMO_BACKEND (last)); i++)
      g_usleep (10 * 1000);
    return true;
  }

private:
  bool     tcp_;
  bool     obstructed_ = false;
  GWeakRef last_ = {};
};

} // namespace
} // namespace memo_test

MEMO_BACKEND_CONFORMANCE (Redis, [] { return std::make_unique<memo_test::RedisSubject> (true); });
MEMO_BACKEND_CONFORMANCE (RedisOverASocket, [] { return std::make_unique<memo_test::RedisSubject> (false); });
