// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../support/memo-test.hpp"

#include "memo-redis-address.h"

using namespace memo_test;
using ::testing::HasSubstr;
using ::testing::Not;

class RedisAddressTest : public ::testing::Test
{
protected:
  ~RedisAddressTest () override { memo_redis_address_clear (&address_); }

  bool parse (const char *uri)
  {
    memo_redis_address_clear (&address_);
    return memo_redis_address_parse (uri, &address_, ErrorOut (error_));
  }

  // What it says of a URI that it does not take.
  std::string refusal (const char *uri)
  {
    if (parse (uri))
      return "taken";
    EXPECT_THAT (error_, IsGError (MEMO_ERROR, MEMO_ERROR_INVALID_URI)) << uri;
    return error_->message;
  }

  MemoRedisAddress address_ = {};
  Error            error_;
};

TEST_F (RedisAddressTest, WhatIsLeftOutHasADefault)
{
  ASSERT_TRUE (parse ("redis://"));
  EXPECT_STREQ (address_.host, "localhost");
  EXPECT_EQ (address_.port, 6379);
  EXPECT_EQ (address_.path, nullptr);
  EXPECT_FALSE (address_.tls);
  EXPECT_EQ (address_.user, nullptr);
  EXPECT_EQ (address_.password, nullptr);
  EXPECT_EQ (address_.db, 0u);
  EXPECT_STREQ (address_.prefix, "memo:");
  EXPECT_EQ (address_.timeout_ms, 250u);
  EXPECT_EQ (address_.max_staleness_ms, 2000u);
  EXPECT_STREQ (address_.label, "redis://localhost:6379/0");
  ASSERT_TRUE (parse ("redis://localhost?max-staleness-ms=0"));
  EXPECT_EQ (address_.max_staleness_ms, 0u);
  ASSERT_TRUE (parse ("redis://localhost?max-staleness-ms=100"));
  EXPECT_EQ (address_.max_staleness_ms, 100u);
  EXPECT_TRUE (parse ("REDIS://localhost"));
  EXPECT_TRUE (parse ("redis:///1"));
}

TEST_F (RedisAddressTest, EverythingCanBeSaid)
{
  ASSERT_TRUE (parse ("rediss://me:a%2Fb%3Fc%23d%40e%25@example.org:7000/5?prefix=shop%3A&timeout-ms=1000&ca=/ca.pem&cert=/c.pem&key=/k.pem"));
  EXPECT_STREQ (address_.host, "example.org");
  EXPECT_EQ (address_.port, 7000);
  EXPECT_TRUE (address_.tls);
  EXPECT_STREQ (address_.user, "me");
  EXPECT_STREQ (address_.password, "a/b?c#d@e%");
  EXPECT_EQ (address_.db, 5u);
  EXPECT_STREQ (address_.prefix, "shop:");
  EXPECT_EQ (address_.timeout_ms, 1000u);
  EXPECT_STREQ (address_.ca, "/ca.pem");
  EXPECT_STREQ (address_.cert, "/c.pem");
  EXPECT_STREQ (address_.key, "/k.pem");
  EXPECT_STREQ (address_.label, "rediss://example.org:7000/5");
}

TEST_F (RedisAddressTest, ASocketHasAPath)
{
  ASSERT_TRUE (parse ("redis+unix://:secret@/run/my%20redis.sock?db=2"));
  EXPECT_STREQ (address_.path, "/run/my redis.sock");
  EXPECT_EQ (address_.host, nullptr);
  EXPECT_STREQ (address_.password, "secret");
  EXPECT_EQ (address_.user, nullptr);
  EXPECT_EQ (address_.db, 2u);
  EXPECT_STREQ (address_.label, "redis+unix:///run/my redis.sock?db=2");
}

TEST_F (RedisAddressTest, AddressesOfTheInternetAreHosts)
{
  ASSERT_TRUE (parse ("redis://[::1]:6380/1"));
  EXPECT_STREQ (address_.host, "::1");
  EXPECT_STREQ (address_.label, "redis://[::1]:6380/1");
  ASSERT_TRUE (parse ("redis://127.0.0.1"));
  EXPECT_STREQ (address_.host, "127.0.0.1");
}

TEST_F (RedisAddressTest, WhatMeansNothingIsRefused)
{
  EXPECT_THAT (refusal (nullptr), HasSubstr ("there is none"));
  EXPECT_THAT (refusal ("http://localhost"), HasSubstr ("scheme"));
  EXPECT_THAT (refusal ("redis"), HasSubstr ("cannot be read"));
  EXPECT_THAT (refusal ("redis:host"), HasSubstr ("two slashes"));
  EXPECT_THAT (refusal ("redis:host:6379"), HasSubstr ("two slashes"));
  EXPECT_THAT (refusal ("redis://host:0"), HasSubstr ("port"));
  EXPECT_THAT (refusal ("redis://host:70000"), HasSubstr ("cannot be read"));
  EXPECT_THAT (refusal ("redis://host/one"), HasSubstr ("/DATABASE"));
  EXPECT_THAT (refusal ("redis://host/1/2"), HasSubstr ("/DATABASE"));
  EXPECT_THAT (refusal ("redis://host/-1"), HasSubstr ("/DATABASE"));
  EXPECT_THAT (refusal ("redis://host?max-size=3"), HasSubstr ("“max-size” is not known"));
  EXPECT_THAT (refusal ("redis://host?prefix="), HasSubstr ("prefix"));
  EXPECT_THAT (refusal (("redis://host?prefix=" + std::string (129, 'x')).c_str ()), HasSubstr ("prefix"));
  EXPECT_THAT (refusal ("redis://host?timeout-ms=0"), HasSubstr ("timeout-ms"));
  EXPECT_THAT (refusal ("redis://host?timeout-ms=1s"), HasSubstr ("timeout-ms"));
  EXPECT_THAT (refusal ("redis://host?max-staleness-ms=99"), HasSubstr ("at least 100, or 0"));
  EXPECT_THAT (refusal ("redis://host?max-staleness-ms=-1"), HasSubstr ("max-staleness-ms"));
  EXPECT_THAT (refusal ("redis://host?max-staleness-ms=2s"), HasSubstr ("max-staleness-ms"));
  EXPECT_THAT (refusal ("redis://host?prefix"), HasSubstr ("what follows the “?” cannot be read"));
  EXPECT_THAT (refusal ("redis://host?prefix=a@b"), HasSubstr ("%40"));
  EXPECT_THAT (refusal ("redis://host#1"), HasSubstr ("“#”"));
  EXPECT_THAT (refusal ("redis://host?ca=/ca.pem"), HasSubstr ("rediss"));
  EXPECT_THAT (refusal ("rediss://host?ca=ca.pem"), HasSubstr ("absolute"));
  EXPECT_THAT (refusal ("rediss://host?cert=/c.pem"), HasSubstr ("need one another"));
  EXPECT_THAT (refusal ("redis+unix://host/run/redis.sock"), HasSubstr ("three slashes"));
  EXPECT_THAT (refusal ("redis+unix:///"), HasSubstr ("missing"));
  EXPECT_THAT (refusal ("redis+unix:redis.sock"), HasSubstr ("missing"));
  EXPECT_THAT (refusal (("redis+unix:///" + std::string (120, 'x')).c_str ()), HasSubstr ("108"));
}

TEST_F (RedisAddressTest, NoRefusalTellsAPassword)
{
  // As they are typed by those who do not know that some characters have to be escaped.
  for (const char *uri : { "redis://me:hunter2/x@host/0", "redis://me:hunter2?x@host/0", "redis://me:hunter2?x=y@host/0", "redis://me:hunter2#x@host",
                           "redis://me:7/hunter2@host", "redis://me:%hunter2@host", "redis://hunter2/@host", "redis://:hunter2@host/x",
                           "redis://:hunter2@host?y=1", "redis://:hunter2@host:port", "hunter2", "redis://me:7?hunter2@host=1",
                           "redis+unix://:hunter2@host/x", "rediss://:hunter2@host?ca=x", "redis://me:1?hunter2=1@host" })
    EXPECT_THAT (refusal (uri), Not (HasSubstr ("hunter2"))) << uri;
}

TEST_F (RedisAddressTest, TheLabelHasNeitherUserNorPassword)
{
  ASSERT_TRUE (parse ("redis://me:hunter2@host"));
  EXPECT_STREQ (address_.label, "redis://host:6379/0");
  ASSERT_TRUE (parse ("redis+unix://me:hunter2@/run/redis.sock"));
  EXPECT_STREQ (address_.label, "redis+unix:///run/redis.sock?db=0");
}
