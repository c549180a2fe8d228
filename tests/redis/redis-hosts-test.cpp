// SPDX-License-Identifier: LGPL-2.1-or-later
#include "redis-link-test.hpp"

#include <map>

using namespace memo_test;
using ::testing::HasSubstr;

namespace {

// Who says which addresses a name has; nobody outside the test is asked.
struct TestResolver
{
  GResolver parent;
};

struct TestResolverClass
{
  GResolverClass parent;
};

// The addresses of each name; a name that has none hangs until it is given up.
std::map<std::string, std::vector<std::string>> names;
int asked;

G_DEFINE_TYPE (TestResolver, test_resolver, G_TYPE_RESOLVER)

void
lookup_async (GResolver *self, const char *name, GResolverNameLookupFlags, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = g_task_new (self, cancellable, callback, data);
  GList *addresses = nullptr;

  asked++;
  if (names.count (name) == 0)
    {
      g_task_return_new_error (task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "nobody is called %s", name);
    }
  else if (names[name].empty ())
    {
      g_cancellable_connect (cancellable, G_CALLBACK (+[] (GCancellable *, gpointer data) {
        g_task_return_error_if_cancelled (G_TASK (data));
      }), g_object_ref (task), g_object_unref);
    }
  else
    {
      for (auto &address : names[name])
        addresses = g_list_append (addresses, g_inet_address_new_from_string (address.c_str ()));
      g_task_return_pointer (task, addresses, [] (gpointer list) { g_resolver_free_addresses (static_cast<GList *> (list)); });
    }
  g_object_unref (task);
}

void
test_resolver_init (TestResolver *)
{
}

void
test_resolver_class_init (TestResolverClass *klass)
{
  auto resolver = G_RESOLVER_CLASS (klass);

  resolver->lookup_by_name_with_flags_async = lookup_async;
  resolver->lookup_by_name_with_flags_finish = [] (GResolver *, GAsyncResult *result, GError **error) {
    return static_cast<GList *> (g_task_propagate_pointer (G_TASK (result), error));
  };
}

bool
has_v6 ()
{
  const int fd = socket (AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in6 address = { AF_INET6, 0, 0, in6addr_loopback, 0 };
  const bool has = fd >= 0 && bind (fd, reinterpret_cast<const sockaddr *> (&address), sizeof address) == 0;

  if (fd >= 0)
    close (fd);
  return has;
}

// A server at a port, by its name.
class RedisHostsTest : public LinkTest
{
protected:
  RedisHostsTest ()
  {
    auto resolver = adopt (static_cast<GResolver *> (g_object_new (test_resolver_get_type (), nullptr)));

    before_.reset (g_resolver_get_default ());
    g_resolver_set_default (resolver.get ());
    names.clear ();
    asked = 0;
  }

  ~RedisHostsTest () override
  {
    end_link ();
    wait_until ([] { return memo_redis_dial_count () == 0; });
    g_resolver_set_default (before_.get ());
  }

  void start_at (const std::string &host, int port) { start ("redis://" + host + ":" + std::to_string (port)); }
  void start_at (const std::string &host, FakeServer &server) { start_at (host, server.port ()); }

  void expect_to_work ()
  {
    wait_until_up ();
    EXPECT_THAT (wait (ask ({ "GET", "one" })), Said ("value of one"));
  }

  Ref<GResolver> before_;
};

TEST_F (RedisHostsTest, TheFirstAddressThatAnswersIsTaken)
{
  FakeServer server (context_, Loopback::v4);

  // Nobody is at the first two.
  names["redis.example"] = { "127.0.0.2", "127.0.0.3", "127.0.0.1" };
  start_at ("redis.example", server);
  expect_to_work ();
  EXPECT_GE (asked, 1);
}

TEST_F (RedisHostsTest, AddressesOfBothKindsAreTried)
{
  FakeServer server (context_, Loopback::v4);

  names["redis.example"] = { "::1", "127.0.0.1" };
  start_at ("redis.example", server);
  expect_to_work ();
}

TEST_F (RedisHostsTest, LocalhostIsFoundOnEitherAddress)
{
  if (!has_v6 ())
    GTEST_SKIP () << "there is no ::1 here";

  for (Loopback kind : { Loopback::v4, Loopback::v6 })
    {
      FakeServer server (context_, kind);

      start_at ("localhost", server);
      expect_to_work ();
      end_link ();
    }
  EXPECT_EQ (asked, 0) << "what localhost is needs no looking up";
}

TEST_F (RedisHostsTest, AnAddressOfTheNewerKindIsWrittenInBrackets)
{
  if (!has_v6 ())
    GTEST_SKIP () << "there is no ::1 here";

  FakeServer server (context_, Loopback::v6);

  start_at ("[::1]", server);
  expect_to_work ();
  EXPECT_STREQ (memo_redis_link_get_label (link_), ("redis://[::1]:" + std::to_string (server.port ()) + "/0").c_str ());
}

TEST_F (RedisHostsTest, ANameThatNobodyHasIsSaidAndLookedUpAgain)
{
  FakeServer server (context_, Loopback::v4);

  start_at ("redis.example", server);
  wait_until_waiting ();
  EXPECT_THAT (why (), HasSubstr ("nobody is called redis.example"));
  EXPECT_THAT (ask ({ "GET", "one" }), Unavailable ("nobody is called"));
  EXPECT_THAT (warnings_, ::testing::IsEmpty ()) << "it may have a name a little later";

  names["redis.example"] = { "127.0.0.1" };
  advance (0.05);
  expect_to_work ();
}

TEST_F (RedisHostsTest, AServerThatMovesIsFoundAtItsNewAddress)
{
  if (!has_v6 ())
    GTEST_SKIP () << "there is no ::1 here";

  auto old = std::make_unique<FakeServer> (context_, Loopback::v4);
  const int port = old->port ();

  names["redis.example"] = { "127.0.0.1" };
  start_at ("redis.example", *old);
  expect_to_work ();
  old.reset ();
  wait_until_waiting ();

  FakeServer next (context_, Loopback::v6, port);
  names["redis.example"] = { "::1" };
  advance (0.05);
  expect_to_work ();
}

TEST_F (RedisHostsTest, ALookUpThatHangsIsGivenUp)
{
  names["redis.example"] = {};
  start_at ("redis.example", 6379);
  wait_until ([] { return asked > 0; });
  EXPECT_THAT (ask ({ "GET", "one" }), Unavailable ("not connected yet")) << "nobody waits for it";
  advance (0.999);
  turn ();
  EXPECT_EQ (state (), MEMO_REDIS_CONNECTING);
  advance (0.001);
  wait_until_waiting ();
  EXPECT_THAT (why (), HasSubstr ("Connecting took longer than 1000 ms"));
}

} // namespace
