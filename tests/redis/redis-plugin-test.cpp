// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../support/memo-test.hpp"

using namespace memo_test;

// The module itself, as a program finds it.

TEST (RedisPluginTest, EachSchemeLeadsToIt)
{
  for (const char *uri : { "redis://localhost", "rediss://localhost", "redis+unix:///run/redis.sock" })
    {
      Error error;
      Ref<MemoBackend> backend (memo_backend_new_for_uri (uri, ErrorOut (error)));

      ASSERT_NE (backend, nullptr) << error->message;
      EXPECT_STREQ (G_OBJECT_TYPE_NAME (backend.get ()), "MemoRedisBackend");
    }
}

TEST (RedisPluginTest, NoErrorTellsAPassword)
{
  for (const char *uri : { "redis://me:hunter2@localhost/x", "redis://me:hunter2/@localhost", "redis+unix://me:hunter2@localhost", "redis:hunter2" })
    {
      Error error;
      Ref<MemoBackend> backend (memo_backend_new_for_uri (uri, ErrorOut (error)));

      EXPECT_EQ (backend, nullptr);
      EXPECT_THAT (error, IsGError (MEMO_ERROR, MEMO_ERROR_INVALID_URI));
      EXPECT_THAT (error->message, ::testing::Not (::testing::HasSubstr ("hunter2")));
    }
}
