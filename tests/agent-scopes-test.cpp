// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/agent-test.hpp"

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Who sees which result.

namespace {

class AgentScopesTest : public AgentTest {};

TEST_F (AgentScopesTest, AReadIsAnsweredOnceAndRemembered)
{
  Tool read (agent (), "read");
  auto session = new_session ();

  read.answers ("text");
  EXPECT_THAT (done (session, read, "('a',)"), GotText ("text"));
  EXPECT_THAT (done (session, read, "('a',)"), GotText ("text"));
  EXPECT_THAT (done (session, read, "('b',)"), GotText ("text"));
  EXPECT_THAT (read.function.asked (), ElementsAre ("('a',)", "('b',)"));
}

TEST_F (AgentScopesTest, AGlobalResultIsSeenByEverySession)
{
  Tool read (agent (), "read");
  auto one = new_session ("one"), two = new_session ("two");

  read.answers ("text");
  done (one, read);
  EXPECT_TRUE (remembers (two, read));

  auto alone = call_alone (read);
  turn ();
  EXPECT_THAT (alone, GotText ("text"));
  EXPECT_EQ (read.count (), 1);
}

TEST_F (AgentScopesTest, AResultOfASessionIsSeenByItAlone)
{
  Tool cart (agent (), "cart", of_session ());
  auto one = new_session ("same"), two = new_session ("same");

  EXPECT_FALSE (remembers (one, cart));
  EXPECT_TRUE (remembers (one, cart));
  EXPECT_FALSE (remembers (two, cart)) << "what it is called says nothing";
  EXPECT_EQ (cart.count (), 2);
}

TEST_F (AgentScopesTest, SessionsDoNotJoinEachOthersLoads)
{
  Tool cart (agent (), "cart", of_session ());
  auto one = new_session (), two = new_session ();
  auto first = call (one, cart), again = call (one, cart), other = call (two, cart);

  turn ();
  EXPECT_EQ (cart.count (), 2);
  cart.function.answer ("one");
  cart.function.answer ("two");
  turn ();
  EXPECT_THAT (first, GotText ("one"));
  EXPECT_THAT (again, GotText ("one"));
  EXPECT_THAT (other, GotText ("two"));
}

TEST_F (AgentScopesTest, SessionsJoinAGlobalLoad)
{
  Tool read (agent (), "read");
  auto one = new_session (), two = new_session ();
  auto first = call (one, read), other = call (two, read);

  turn ();
  EXPECT_EQ (read.count (), 1);
  read.function.answer ("text");
  turn ();
  EXPECT_THAT (first, GotText ("text"));
  EXPECT_THAT (other, GotText ("text"));
}

TEST_F (AgentScopesTest, WithoutASessionNothingOfASessionIsRead)
{
  Tool cart (agent (), "cart", of_session ());
  AgentChange add (agent (), "add", of_session ());
  auto got = call_alone (cart), changed = change_alone (add);

  turn ();
  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_NO_SESSION));
  EXPECT_THAT (changed, GotError (MEMO_ERROR, MEMO_ERROR_NO_SESSION));
  EXPECT_EQ (cart.count () + add.count (), 0);
}

TEST_F (AgentScopesTest, TwoPrincipalsNeverSeeEachOthersResults)
{
  auto shared = new_cache ();
  auto ada = new_agent ("ada", MEMO_CACHE (shared.get ())), bob = new_agent ("bob", MEMO_CACHE (shared.get ()));
  Tool hers (ada.get (), "mail"), his (bob.get (), "mail");

  hers.answers ("to Ada");
  his.answers ("to Bob");

  auto to_ada = call_alone (hers), to_bob = call_alone (his);

  turn ();
  EXPECT_THAT (to_ada, GotText ("to Ada"));
  EXPECT_THAT (to_bob, GotText ("to Bob"));
}

TEST_F (AgentScopesTest, APrincipalCannotBeNamedLikeAnother)
{
  auto shared = new_cache ();
  auto sly = new_agent ("ada/1", MEMO_CACHE (shared.get ())), ada = new_agent ("ada", MEMO_CACHE (shared.get ()));
  Options first = global ();
  Tool his (sly.get (), "mail");

  first.version = "1/";
  Tool hers (ada.get (), "mail", first);
  his.answers ("his");
  hers.answers ("hers");

  auto one = call_alone (his), two = call_alone (hers);

  turn ();
  EXPECT_THAT (one, GotText ("his"));
  EXPECT_THAT (two, GotText ("hers"));
}

TEST_F (AgentScopesTest, AnotherVersionIsAnotherTool)
{
  auto shared = new_cache ();
  auto before = new_agent ("ada", MEMO_CACHE (shared.get ())), after = new_agent ("ada", MEMO_CACHE (shared.get ()));
  Options one = global (), two = global ();

  one.version = "1";
  two.version = "2";
  Tool old_tool (before.get (), "read", one), same_tool (after.get (), "read", two);
  old_tool.answers ("old");
  same_tool.answers ("new");

  auto first = call_alone (old_tool), second = call_alone (same_tool);

  turn ();
  EXPECT_THAT (first, GotText ("old"));
  EXPECT_THAT (second, GotText ("new"));
}

TEST_F (AgentScopesTest, TheSameAgentSharesThroughACache)
{
  auto shared = new_cache ();
  auto one = new_agent ("ada", MEMO_CACHE (shared.get ())), two = new_agent ("ada", MEMO_CACHE (shared.get ()));
  Tool first (one.get (), "read"), second (two.get (), "read");

  first.answers ("text");

  auto loaded = call_alone (first);
  turn ();
  auto found = call_alone (second);
  turn ();
  EXPECT_THAT (loaded, GotText ("text"));
  EXPECT_THAT (found, GotText ("text"));
  EXPECT_EQ (second.count (), 0);
}

TEST_F (AgentScopesTest, WhatIsOfASessionNeverReachesTheSharedCache)
{
  auto shared = new_cache ();

  agent_ = new_agent ("ada", MEMO_CACHE (shared.get ()));

  Tool cart (agent (), "cart", of_session ());
  auto session = new_session ();

  EXPECT_FALSE (remembers (session, cart));
  EXPECT_TRUE (remembers (session, cart));
  EXPECT_EQ (Metrics (memo_cache_get_metrics (MEMO_CACHE (shared.get ())))->size, 0u);
}

TEST_F (AgentScopesTest, VolatileArgumentsMakeNoOtherCall)
{
  Options options = global ();

  options.volatile_args = { "request_id" };
  Tool read (agent (), "read", options);
  auto session = new_session ();

  read.answers ("text");
  done (session, read, "({'q': <'x'>, 'request_id': <1>},)");
  done (session, read, "({'q': <'x'>, 'request_id': <2>},)");
  done (session, read, "({'q': <'y'>, 'request_id': <2>},)");
  EXPECT_THAT (read.function.asked (), ElementsAre (HasSubstr ("'request_id': <1>"), HasSubstr ("'y'")))
    << "the function gets all of them";
}

TEST_F (AgentScopesTest, AResultLivesAsLongAsItsToolSays)
{
  Options options = global ();

  options.ttl = 10.0;
  Tool read (agent (), "read", options);
  auto session = new_session ();

  EXPECT_FALSE (remembers (session, read));
  advance (9.999);
  EXPECT_TRUE (remembers (session, read));
  advance (0.001);
  EXPECT_FALSE (remembers (session, read));
}

TEST_F (AgentScopesTest, APollIsNotRememberedUnlessItSaysSo)
{
  Options options = global ();

  options.poll = true;
  Tool status (agent (), "status", options);
  options.ttl = 1.0;
  Tool slow (agent (), "slow", options);
  auto session = new_session ();

  EXPECT_FALSE (remembers (session, status));
  EXPECT_FALSE (remembers (session, status));
  EXPECT_FALSE (remembers (session, slow));
  EXPECT_TRUE (remembers (session, slow));
}

TEST_F (AgentScopesTest, AToolKeepsAsManyResultsAsItMay)
{
  Options options = of_session ();

  options.maxsize = 2;
  Tool read (agent (), "read", options);
  auto one = new_session (), two = new_session ();

  EXPECT_FALSE (remembers (one, read));
  EXPECT_FALSE (remembers (two, read));
  EXPECT_FALSE (remembers (two, read, "(1,)"));
  EXPECT_FALSE (remembers (one, read)) << "that was the oldest of all sessions";
}

TEST_F (AgentScopesTest, OneCallIsForgottenInEverySession)
{
  Tool cart (agent (), "cart", of_session ()), read (agent (), "read");
  auto one = new_session (), two = new_session ();

  for (auto *session : { &one, &two })
    {
      remembers (*session, cart, "(1,)");
      remembers (*session, cart, "(2,)");
      remembers (*session, read, "(1,)");
    }
  memo_decorator_invalidate (cart, parsed ("(1,)").get ());
  memo_decorator_invalidate (read, parsed ("(1,)").get ());
  EXPECT_FALSE (remembers (one, cart, "(1,)"));
  EXPECT_FALSE (remembers (two, cart, "(1,)"));
  EXPECT_TRUE (remembers (two, cart, "(2,)"));
  EXPECT_FALSE (remembers (two, read, "(1,)"));
}

TEST_F (AgentScopesTest, ClearForgetsOneToolAndLeavesTheOthers)
{
  auto shared = new_cache ();

  agent_ = new_agent ("ada", MEMO_CACHE (shared.get ()));

  Tool read (agent (), "read"), other (agent (), "other"), cart (agent (), "cart", of_session ());
  auto session = new_session ();

  for (auto *tool : { &read, &other, &cart })
    remembers (session, *tool);
  memo_decorator_clear (read);
  memo_decorator_clear (cart);
  EXPECT_FALSE (remembers (session, read));
  EXPECT_TRUE (remembers (session, other));
  EXPECT_FALSE (remembers (session, cart));
}

TEST_F (AgentScopesTest, ARefreshCallsTheFunction)
{
  Tool read (agent (), "read");
  auto session = new_session ();

  read.answers ("old");
  done (session, read);
  read.answers ("new");

  auto got = call (session, read, "()", nullptr, MEMO_GET_REFRESH);

  turn ();
  EXPECT_THAT (got, GotText ("new"));
  EXPECT_THAT (done (session, read), GotText ("new"));
}

TEST_F (AgentScopesTest, ACallWithoutAResourcesArgumentIsAnError)
{
  Tool read (agent (), "read", global ({ "file:{path}" }));
  AgentChange write (agent (), "write", global ({ "file:{0}" }));
  auto session = new_session ();
  auto got = done (session, read, "('x',)"), changed = done (session, write);

  EXPECT_THAT (got, GotError (MEMO_ERROR, MEMO_ERROR_INVALID_RESOURCE));
  EXPECT_THAT (changed, GotError (MEMO_ERROR, MEMO_ERROR_INVALID_RESOURCE));
  EXPECT_EQ (read.count () + write.count (), 0);
}

TEST_F (AgentScopesTest, WhatIsWrongWithAFunctionIsSaidWhenItIsAdded)
{
  Tool first (agent (), "read");
  Tool second (nullptr, "read"), wrong (nullptr, "wrong", global ({ "file:{path" }));
  auto other = new_agent ();
  Error error;

  EXPECT_FALSE (memo_agent_cache_add (agent (), second, ErrorOut (error)));
  EXPECT_THAT (error, IsGError (MEMO_ERROR, MEMO_ERROR_FAILED));
  EXPECT_THAT (error->message, HasSubstr ("“read”"));
  EXPECT_FALSE (memo_agent_cache_add (agent (), wrong, ErrorOut (error)));
  EXPECT_THAT (error, IsGError (MEMO_ERROR, MEMO_ERROR_INVALID_RESOURCE));
  EXPECT_FALSE (memo_agent_cache_add (other.get (), first, ErrorOut (error)));
  EXPECT_THAT (error, IsGError (MEMO_ERROR, MEMO_ERROR_FAILED));
  EXPECT_TRUE (memo_agent_cache_add (other.get (), second, nullptr)) << "nothing has become of it before";
  EXPECT_EQ (memo_agent_cache_lookup (agent (), "read"), static_cast<MemoAgentFunction *> (first));
  EXPECT_EQ (memo_agent_cache_lookup (agent (), "wrong"), nullptr);
}

TEST_F (AgentScopesTest, AFunctionIsCalledWithItsOwnAgentOnly)
{
  auto other = new_agent ();
  Tool stranger (other.get (), "stranger"), nobodys (nullptr, "nobodys");
  auto session = new_session ();

  EXPECT_THAT (done (session, stranger), GotError (MEMO_ERROR, MEMO_ERROR_FAILED));
  EXPECT_THAT (done (session, nobodys), GotError (MEMO_ERROR, MEMO_ERROR_FAILED));
  other.reset ();

  auto orphaned = call_alone (stranger);

  turn ();
  EXPECT_THAT (orphaned, GotError (MEMO_ERROR, MEMO_ERROR_FAILED));
}

TEST_F (AgentScopesTest, AFunctionThatWasAddedStaysAsItIs)
{
  Tool read (agent (), "read");
  Criticals criticals;

  memo_agent_function_set_scope (read, MEMO_AGENT_SCOPE_SESSION);
  EXPECT_THAT (criticals.take (), IsCritical ("is_added"));
  memo_agent_tool_set_ttl (read, 1.0);
  EXPECT_THAT (criticals.take (), IsCritical ("is_added"));
  EXPECT_EQ (memo_agent_function_get_scope (read), MEMO_AGENT_SCOPE_GLOBAL);
}

TEST_F (AgentScopesTest, WhatIsCountedIsCountedByToolAndInAll)
{
  Tool read (agent (), "read", global ({ "file:{0}" })), cart (agent (), "cart", of_session ());
  AgentChange write (agent (), "write", global ({ "file:{0}" }));
  auto session = new_session ();

  read.answers ("text");
  cart.answers ("cart");
  write.answers ("done");
  done (session, read, "('a',)");
  done (session, read, "('a',)");
  done (session, read, "('a',)");
  done (session, cart);
  done (session, write, "('a',)");

  auto of_read = read.metrics (), of_write = write.metrics (), of_session = metrics (session);
  Metrics all (memo_agent_cache_get_metrics (agent ())), of_decorator (memo_decorator_get_metrics (read));

  EXPECT_EQ (of_read->hits, 2u);
  EXPECT_EQ (of_read->misses, 1u);
  EXPECT_EQ (of_read->loads, 1u);
  EXPECT_EQ (of_read->invalidations, 1u);
  EXPECT_DOUBLE_EQ (of_read->hit_rate, 2.0 / 3.0);
  EXPECT_EQ (of_decorator->hits, 2u);
  EXPECT_EQ (of_write->loads, 1u);
  EXPECT_EQ (of_write->misses, 0u);
  EXPECT_EQ (all->hits, 2u);
  EXPECT_EQ (all->misses, 2u);
  EXPECT_EQ (all->invalidations, 1u);
  EXPECT_EQ (of_session->hits, 2u);
  EXPECT_EQ (of_session->misses, 2u);
}

} // namespace
