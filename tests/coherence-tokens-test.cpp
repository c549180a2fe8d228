// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/coherence-test.hpp"

using namespace memo_test;

namespace {

// The tokens of tags: when they are read, for how long they are known, and what is void without them.
class CoherenceTokensTest : public CoherenceTest
{
protected:
  static void invalidate (Process &process, const char *tag) { memo_cache_invalidate_tags (process, Tags { tag }); }
};

TEST_F (CoherenceTokensTest, OutdateTokensWithTheLink)
{
  EXPECT_EQ (read (b_, "key", "old", { "tag" }), "old");
  b_.link.break_off ();
  invalidate (a_, "tag");
  settle ({ &a_ });
  b_.link.connect ();
  EXPECT_EQ (read (b_, "other", "new", { "tag" }), "new");
  EXPECT_EQ (read (a_, "other", "not this", { "tag" }), "new") << "it was stored with the present token";
}

TEST_F (CoherenceTokensTest, ATokenThatIsOutdatedWhileItIsReadIsNotKnown)
{
  EXPECT_EQ (read (a_, "first", "1", { "tag" }), "1");
  ScriptedLoader loader;
  memo_loader_set_tags (loader, Tags { "tag" });
  auto got = get (b_, "key", loader);
  while (b_.link.perform ())
    ;
  invalidate (a_, "tag");
  settle ({ &a_ });
  while (b_.link.hear_message ())
    ;
  while (b_.link.hear_reply ())
    ;
  settle ();
  loader.answer ("value");
  settle ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (read (b_, "other", "new", { "tag" }), "new");
  EXPECT_EQ (read (a_, "other", "not this", { "tag" }), "new") << "it was stored with the present token";
}

TEST_F (CoherenceTokensTest, ATokenThatBecameKnownDuringTheLoadIsOfNoUseForIt)
{
  ScriptedLoader loader;
  auto got = get (a_, "key", loader);
  settle ();
  // What the loader has read may be from before this token.
  EXPECT_EQ (read (a_, "other", "value", { "late" }), "value");
  loader.answer (entry ("value", MEMO_TTL_DEFAULT, { "late" }));
  settle ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (server_.kind ("d:key"), '-');
  EXPECT_EQ (memory (a_, "key"), "nothing");
}

TEST_F (CoherenceTokensTest, ATokenThatWasKnownBeforeTheLoadIsOfUseForIt)
{
  EXPECT_EQ (read (a_, "other", "value", { "late" }), "value");
  ScriptedLoader loader;
  auto got = get (a_, "key", loader);
  settle ();
  loader.answer (entry ("value", MEMO_TTL_DEFAULT, { "late" }));
  settle ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_EQ (server_.kind ("d:key"), 'V');
  invalidate (b_, "late");
  settle ();
  EXPECT_EQ (memory (a_, "key"), "nothing");
}

TEST_F (CoherenceTokensTest, TokensAreRandom)
{
  EXPECT_EQ (read (a_, "key", "old", { "tag" }), "old");
  const auto first = server_.get ("t:tag").value_or ("");
  server_.evict ("t:tag");
  settle ();
  EXPECT_EQ (memory (a_, "key"), "nothing") << "nobody would tell of its invalidation";
  EXPECT_EQ (read (a_, "key", "new", { "tag" }), "new");
  const auto second = server_.get ("t:tag").value_or ("");
  EXPECT_EQ (first.size (), 17u);
  EXPECT_EQ (second.size (), 17u);
  EXPECT_NE (first, second);
}

TEST_F (CoherenceTokensTest, TwoWhoMakeATokenAtOnceHaveTheSame)
{
  ScriptedLoader loader_a, loader_b;
  memo_loader_set_tags (loader_a, Tags { "tag" });
  memo_loader_set_tags (loader_b, Tags { "tag" });
  auto first = get (a_, "one", loader_a);
  auto second = get (b_, "two", loader_b);
  for (int i = 0; i < 20; i++)
    {
      // Each reads before the other has written.
      a_.link.perform ();
      b_.link.perform ();
      while (a_.link.hear_message () || b_.link.hear_message ())
        ;
      a_.link.hear_reply ();
      b_.link.hear_reply ();
    }
  settle ();
  loader_a.answer ("1");
  loader_b.answer ("2");
  settle ();
  EXPECT_EQ (server_.writes ('T'), 2) << "that of the tag and that of everything";
  // Whoever was told of the token of the other while it loaded stores nothing, which costs one load more.
  for (auto key : { "one", "two" })
    EXPECT_EQ (read (a_, key, "again", { "tag" }), read (b_, key, "not this", { "tag" }));
}

TEST_F (CoherenceTokensTest, WhatIsThereInPlaceOfATokenGoes)
{
  EXPECT_EQ (read (a_, "other", "value"), "value");
  server_.put ("t:tag", "garbage");
  complaints_.allow ();
  EXPECT_EQ (read (a_, "key", "1", { "tag" }), "1");
  EXPECT_EQ (memory (a_, "key"), "nothing");
  EXPECT_EQ (read (a_, "key", "2", { "tag" }), "2");
  EXPECT_EQ (server_.kind ("t:tag"), 'T');
  EXPECT_EQ (read (b_, "key", "not this", { "tag" }), "2");
}

TEST_F (CoherenceTokensTest, AClearOutlivesTheTokenOfEverything)
{
  EXPECT_EQ (read (a_, "key", "old"), "old");
  memo_cache_clear (b_);
  settle ();
  EXPECT_EQ (memory (a_, "key"), "nothing");
  server_.evict ("a:");
  settle ();
  EXPECT_EQ (read (a_, "key", "new"), "new");
  EXPECT_EQ (read (b_, "key", "not this"), "new");
}

TEST_F (CoherenceTokensTest, MoreTagsThanAreRememberedAreReadAgain)
{
  constexpr int many = 10050;
  ScriptedLoader loader;
  loader.on_call = [] (MemoCall *call) {
    memo_call_return_entry (call, entry (memo_call_get_key (call), MEMO_TTL_DEFAULT, { memo_call_get_key (call) }).release ());
  };

  // The tags are learned by the first load of each key, and its value stored by the second.
  for (int round = 0; round < 2; round++)
    {
      for (int i = 0; i < many; i++)
        get (a_, std::to_string (i).c_str (), loader);
      settle ({ &a_ });
    }
  EXPECT_EQ (read (a_, "key", "value", { "0" }), "value");
  invalidate (b_, "0");
  settle ();
  EXPECT_EQ (memory (a_, "key"), "nothing");
  EXPECT_EQ (read (a_, "key", "new", { "0" }), "new");
  EXPECT_EQ (read (b_, "key", "not this", { "0" }), "new");
}

TEST_F (CoherenceTokensTest, ATokenThatAnotherProcessMakesMeanwhileCostsNoLoad)
{
  EXPECT_EQ (read (a_, "first", "without a tag"), "without a tag");
  ScriptedLoader loader;
  memo_loader_set_tags (loader, Tags { "tag" });
  auto got = get (a_, "key", loader);
  while (a_.link.perform ())
    ;
  ScriptedLoader other;
  memo_loader_set_tags (other, Tags { "tag" });
  auto others = get (b_, "other", other);
  settle ({ &b_ });
  ASSERT_EQ (server_.kind ("t:tag"), 'T');
  settle ();
  ASSERT_EQ (loader.count (), 1);
  loader.answer ("value");
  other.answer ("other");
  settle ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_THAT (others, GotText ("other"));
  EXPECT_EQ (server_.kind ("d:key"), 'V') << "what is loaded with tokens of before cannot be stored: they are read again first";
  EXPECT_EQ (read (b_, "key", "not this"), "value");
}

// --- values without tags, which have the token of everything alone ---

// From the second of them on it is at hand.
class CoherencePlainTest : public CoherenceTokensTest
{
protected:
  CoherencePlainTest ()
  {
    EXPECT_EQ (read (a_, "first", "1"), "1");
    EXPECT_EQ (read (a_, "key", "old"), "old");
    EXPECT_EQ (read (a_, "other", "old"), "old");
  }
};

TEST_F (CoherencePlainTest, AClearByAnotherProcessIsNoticed)
{
  memo_cache_clear (b_);
  settle ();
  EXPECT_EQ (read (a_, "key", "new"), "new");
  EXPECT_EQ (read (b_, "key", "not this"), "new");
}

TEST_F (CoherencePlainTest, AClearWhileTheLinkWasDownIsNoticed)
{
  a_.link.break_off ();
  memo_cache_clear (b_);
  settle ({ &b_ });
  a_.link.connect ();
  EXPECT_EQ (read (a_, "key", "new"), "new");
  EXPECT_EQ (read (b_, "key", "not this"), "new");
}

TEST_F (CoherencePlainTest, AClearThatNobodyWasToldOfIsNoticedOnceTheLeaseIsOver)
{
  ScriptedLoader loader;

  memo_cache_clear (b_);
  settle ({ &b_ });
  memo_manual_clock_advance (clock_.get (), 3.0);
  auto got = get (a_, "key", loader);
  for (int i = 0; i < 20; i++)
    {
      while (a_.link.perform () || a_.link.hear_reply ())
        ;
      turn ();
    }
  EXPECT_EQ (got->callbacks, 0) << "what is there is of before the clear";
  ASSERT_EQ (loader.count (), 1);
  loader.answer ("new");
  settle ();
  EXPECT_THAT (got, GotText ("new"));
}

TEST_F (CoherencePlainTest, ValuesThatTurnOutToHaveTagsAreReadWithTheirTokens)
{
  ScriptedLoader loader;

  for (int i = 0; i < 2; i++)
    {
      auto got = get (a_, "tagged", loader);
      settle ();
      loader.answer (entry ("value", MEMO_TTL_DEFAULT, { "tag" }));
      settle ();
      EXPECT_THAT (got, GotText ("value"));
      EXPECT_EQ (server_.kind ("d:tagged"), i == 0 ? '-' : 'V') << "its token was not read before the load that told of it";
    }
  invalidate (b_, "tag");
  settle ();
  EXPECT_EQ (memory (a_, "tagged"), "nothing");
}

} // namespace
