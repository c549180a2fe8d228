// SPDX-License-Identifier: LGPL-2.1-or-later
#include "redis-steps-test.hpp"

#include "memo-redis-reader.h"

using namespace memo_test;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

static auto *needs [[maybe_unused]] = ::testing::AddGlobalTestEnvironment (new NeedsPrograms ({ "redis-server" }));

namespace {

class RedisRightsTest : public RedisStepsTest
{
protected:
  RedisRightsTest () { prefix_ = "shop:"; }

  // The user of the documentation, but for this one right; the backend of it.
  MemoBackend *make_user (const std::string &but = "", const std::string &query = "")
  {
    int left_out = 0;

    server_->say ({ "ACL", "DELUSER", "shop" });
    for (auto words : documented_rights (true))
      {
        left_out += std::count (words.begin (), words.end (), but);
        words.erase (std::remove (words.begin (), words.end (), but), words.end ());
        EXPECT_EQ (server_->say (words), "+OK");
      }
    EXPECT_EQ (left_out, but.empty () ? 0 : 1) << but;
    return listen ("redis+unix://shop:secret@" + server_->path () + "?max-staleness-ms=2000&timeout-ms=20000&prefix=shop:" + query);
  }
};

TEST_F (RedisRightsTest, TheseAreEnough)
{
  auto backend = make_user ();

  EXPECT_THAT (have (backend, MEMO_REMOTE_CREATE, "t:tag", "T" + id), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_ACQUIRE, "d:key", lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_RELEASE, "d:key", lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", value, lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_LOAD, "d:key"), WasFound (value));
  EXPECT_THAT (have (backend, MEMO_REMOTE_FENCE, "d:key", id), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_INVALIDATE, "d:key"), WasNotDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_UNFENCE, "d:key", id), WasDone ());
  EXPECT_THAT (clear (backend), WentWell ());
  hear_all (backend);
  EXPECT_THAT (warnings (), IsEmpty ());
}

TEST_F (RedisRightsTest, EachThatIsMissingIsSaid)
{
  for (const char *right : { "&__redis__:invalidate", "+info", "+client|id", "+client|tracking", "+subscribe" })
    {
      const size_t before = warnings ().size ();

      EXPECT_THAT (open (make_user (right, "&protocol=2")), IsUnavailable (right));
      wait_really_until ([&] { return warnings ().size () > before; });
      EXPECT_THAT (warnings ().back (), HasSubstr ("max-staleness-ms=0"));
      close_all ();
    }
}

// Where one connection is told by itself, nobody subscribes to anything.
TEST_F (RedisRightsTest, OneConnectionTakesFewer)
{
  for (const char *right : { "&__redis__:invalidate", "+client|id", "+subscribe" })
    {
      if (memo_redis_reader_knows_pushes ())
        EXPECT_THAT (open (make_user (right)), WentWell ()) << right;
      else
        EXPECT_THAT (open (make_user (right)), IsUnavailable (right));
      close_all ();
    }
  for (const char *right : { "+info", "+client|tracking" })
    {
      EXPECT_THAT (open (make_user (right)), IsUnavailable (right));
      close_all ();
    }
}

// These are found out by a step: the link goes down for long, and why is said.
TEST_F (RedisRightsTest, WhatAScriptNeedsIsSaid)
{
  for (const char *right : { "+getrange", "+unlink", "+evalsha" })
    {
      const size_t before = warnings ().size ();
      auto backend = make_user (right);

      // The first one is sent with its text.
      for (int n = 0; n < 2; n++)
        have (backend, MEMO_REMOTE_INVALIDATE, "d:key");
      EXPECT_THAT (steps_.back (), IsAway ("the server says")) << right;
      wait_really_until ([&] { return warnings ().size () > before; });
      EXPECT_THAT (warnings ().back (), AnyOf (HasSubstr ("NOPERM"), HasSubstr ("executing the script"), HasSubstr ("ACL failure")));
      close_all ();
    }
}

} // namespace
