// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/coherence-test.hpp"

using namespace memo_test;

namespace {

// What becomes of a get whose key is outdated while it still reads the server: it stays where it is and looks again.  The names are those of
// docs/coherence-protocol.md.
class CoherenceOutdatedTest : public CoherenceTest
{
protected:
  // B knows the token that everything has, so that its next get asks for the key alone.
  void SetUp () override { EXPECT_EQ (read (b_, "other", "value"), "value"); }

  // The server has done what B asked for, which does not hear the reply yet.
  void perform ()
  {
    while (b_.link.perform ())
      ;
  }

  void go_to_lease ()
  {
    const int before = b_.link.asked (MEMO_REMOTE_ACQUIRE);

    while (b_.link.asked (MEMO_REMOTE_ACQUIRE) == before)
      ASSERT_TRUE (b_.link.hear_reply () || b_.link.perform ());
    perform ();
  }

  void hear_messages ()
  {
    while (b_.link.hear_message ())
      ;
  }
};

TEST_F (CoherenceOutdatedTest, OutdatedIsNotAnchored)
{
  ScriptedLoader loader;
  auto first = get (b_, "key", loader);
  go_to_lease ();
  Change change (a_, { "key" });
  change.begin ();
  settle ({ &a_ });
  // That the lease is gone is heard before it was granted.
  hear_messages ();
  settle ({ &b_ });
  EXPECT_EQ (loader.count (), 1) << "before the source is changed";
  change.end ();
  settle ({ &a_ });
  EXPECT_TRUE (change.ended->well ());
  EXPECT_EQ (b_.link.messages (), 0) << "there is nothing at the key that B has read since";

  advance (2.1);
  b_.link.echo ();
  auto second = get (b_, "key", loader);
  settle ();
  loader.answer ("old");
  settle ();
  EXPECT_THAT (first, GotText ("old")) << "it began before";
  EXPECT_THAT (second, IsPending ()) << "it began more than two seconds after the change";
  loader.answer ("new");
  settle ();
  EXPECT_THAT (second, GotText ("new"));
}

TEST_F (CoherenceOutdatedTest, NorIsOneThatHasFoundAFenceWhichIsGone)
{
  ScriptedLoader loader;
  Change former (a_, { "key" }), change (a_, { "key" });
  former.begin ();
  settle ({ &a_ });
  auto first = get (b_, "key", loader);
  perform ();
  former.end ();
  settle ({ &a_ });
  hear_messages ();
  settle ({ &b_ });
  EXPECT_EQ (loader.count (), 1);
  change.begin ();
  settle ({ &a_ });
  change.end ();
  settle ({ &a_ });
  EXPECT_TRUE (change.ended->well ());

  advance (2.1);
  b_.link.echo ();
  auto second = get (b_, "key", loader);
  settle ();
  loader.answer ("old");
  settle ();
  EXPECT_THAT (first, GotText ("old"));
  EXPECT_THAT (second, IsPending ());
  loader.answer ("new");
  settle ();
  EXPECT_THAT (second, GotText ("new"));
}

TEST_F (CoherenceOutdatedTest, OutdatedTokensAreReadAgain)
{
  ScriptedLoader loader;
  auto first = get (b_, "key", loader);
  go_to_lease ();
  memo_cache_clear (a_);
  settle ({ &a_ });
  hear_messages ();
  settle ();
  ASSERT_EQ (loader.count (), 1);
  loader.answer ("old");
  settle ();
  EXPECT_THAT (first, GotText ("old"));
  EXPECT_EQ (read (a_, "key", "not this"), "old") << "it was loaded after the clear, and so stored for all";

  memo_cache_clear (a_);
  settle ();
  EXPECT_EQ (memory (b_, "key"), "nothing") << "B has to have read the token that this one invalidates";
}

TEST_F (CoherenceOutdatedTest, OutdatedReaderLooksAgain)
{
  EXPECT_EQ (read (a_, "key", "old"), "old");
  ScriptedLoader loader;
  auto first = get (b_, "key", loader);
  perform ();
  remove (b_, "key");
  auto second = get (b_, "key", loader);
  settle ();
  EXPECT_THAT (second, IsPending ()) << "it began after its process had deleted the key";
  ASSERT_EQ (loader.count (), 1) << "they are one flight";
  loader.answer ("new");
  settle ();
  EXPECT_THAT (first, GotText ("new"));
  EXPECT_THAT (second, GotText ("new"));
}

}
