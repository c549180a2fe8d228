// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/contexts.hpp"

using namespace memo_test;

// An invalidation is never undone by a load that began before it: by a tag
// that is known before the answer.
class FenceTagsTest : public CacheTest
{
protected:
  void invalidate (const char *tag = "tag") { memo_cache_invalidate_tags (cache (), Tags { tag }); }

  static Entry tagged (const char *text) { return entry (text, MEMO_TTL_DEFAULT, { "tag" }); }

  // More tags than are remembered, of which none is anybody's.
  void invalidate_very_many ()
  {
    for (int i = 0; i < 5000; i++)
      invalidate (("tag " + std::to_string (i)).c_str ());
  }

  ScriptedLoader loader_;
  Ref<MemoCall>  kept_;
};

TEST_F (FenceTagsTest, Rule15ATagOfTheLoaderDetachesAtOnce)
{
  memo_loader_set_tags (loader_, Tags { "another", "tag" });
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 2);
  loader_.answer ("old");
  loader_.answer ("new");
  turn ();

  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
}

TEST_F (FenceTagsTest, Rule15ATagAddedToTheCallDetachesAtOnce)
{
  loader_.on_call = [this] (MemoCall *call) {
    memo_call_add_tags (call, Tags { "another", "tag" });
    loader_.on_call = nullptr;
    kept_ = share (call);
  };
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2);
  loader_.answer ("new");
  memo_call_return_entry (kept_.get (), entry ("old").release ());
  turn ();

  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
}

TEST_F (FenceTagsTest, Rule15ATagOfThePreviousEntryDetachesARefreshAtOnce)
{
  set ("key", tagged ("before"));
  auto early = refresh ("key", loader_);
  turn ();
  invalidate ();
  auto late = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2);

  // Neither answer carries the tag itself.
  loader_.answer ("old");
  turn ();
  EXPECT_THAT (early, GotText ("old"));
  EXPECT_FALSE (contains ("key"));
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
}

TEST_F (FenceTagsTest, Rule15ALoaderlessGetDoesNotJoinWhatATagOutdated)
{
  memo_loader_set_tags (loader_, Tags { "tag" });
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = get ("key");
  turn ();

  EXPECT_THAT (late, GotMiss ());
  loader_.answer ("old");
  turn ();
  EXPECT_THAT (early, GotText ("old"));
}

TEST_F (FenceTagsTest, Rule15AKnownTagDoomsThoughNobodyAsks)
{
  memo_loader_set_tags (loader_, Tags { "tag" });
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  loader_.answer ("old");
  turn ();

  EXPECT_THAT (early, GotText ("old"));
  EXPECT_FALSE (contains ("key"));
  EXPECT_EQ (loader_.count (), 1);
}

TEST_F (FenceTagsTest, Rule15AKnownTagDoomsTheErrorToo)
{
  memo_loader_set_tags (loader_, Tags { "tag" });
  memo_loader_set_error_ttl (loader_, 60.0);
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  loader_.fail (make_error ("old"));
  turn ();
  EXPECT_THAT (early, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));

  auto late = get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 2);
  loader_.answer ("new");
  turn ();
  EXPECT_THAT (late, GotText ("new"));
}

TEST_F (FenceTagsTest, Rule15AnEntryCarriesTheTagsOfTheLoaderOfTheCallAndItsOwn)
{
  memo_loader_set_tags (loader_, Tags { "loader's" });
  loader_.on_call = [] (MemoCall *call) {
    memo_call_add_tags (call, Tags { "call's" });
    memo_call_return_entry (call, entry ("value", MEMO_TTL_DEFAULT, { "its own" }).release ());
  };

  for (auto tag : { "loader's", "call's", "its own" })
    {
      auto got = get ("key", loader_);
      turn ();
      ASSERT_TRUE (contains ("key"));
      invalidate (tag);
      EXPECT_FALSE (contains ("key")) << tag;
    }
}

TEST_F (FenceTagsTest, Rule15ARememberedErrorCarriesTheTagsOfTheLoaderAndOfTheCall)
{
  memo_loader_set_tags (loader_, Tags { "loader's" });
  memo_loader_set_error_ttl (loader_, 60.0);
  loader_.on_call = [] (MemoCall *call) {
    memo_call_add_tags (call, Tags { "call's" });
    memo_call_return_error (call, make_error ("busy").release ());
  };

  for (auto tag : { "loader's", "call's" })
    {
      auto failed = get ("key", loader_);
      turn ();
      auto again = get ("key");
      turn ();
      EXPECT_THAT (again, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
      invalidate (tag);
      auto after = get ("key");
      turn ();
      EXPECT_THAT (after, GotMiss ()) << tag;
    }
}

TEST_F (FenceTagsTest, Rule15AnInvalidationBeforeTheLoadBeganOutdatesNothing)
{
  memo_loader_set_tags (loader_, Tags { "tag" });
  auto other = get ("another key", loader_);
  invalidate ();
  auto got = get ("key", loader_);
  turn ();
  loader_.next ();
  loader_.answer (tagged ("value"));
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
  EXPECT_THAT (other, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
}

// --- more tags than can be remembered: rather a load too many than a stale value ---

TEST_F (FenceTagsTest, Rule15AForgottenTagOfTheAnswerDoomsIt)
{
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  auto late = get ("key", loader_);
  invalidate_very_many ();
  auto later = get ("key", loader_);
  loader_.answer (tagged ("old"));
  turn ();

  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (late, IsPending ()) << "it asked after the invalidation";
  EXPECT_THAT (later, IsPending ());
  EXPECT_FALSE (contains ("key"));
  EXPECT_EQ (loader_.count (), 2);
  loader_.answer (tagged ("new"));
  turn ();
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (later, GotText ("new"));
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
}

TEST_F (FenceTagsTest, Rule15AForgottenTagOfTheLoaderDetaches)
{
  memo_loader_set_tags (loader_, Tags { "tag" });
  auto early = get ("key", loader_);
  turn ();
  invalidate ();
  invalidate_very_many ();
  auto late = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2);
  loader_.answer ("old");
  loader_.answer ("new");
  turn ();

  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
}

TEST_F (FenceTagsTest, Rule15ThousandsOfTagsInOneInvalidationAreAllHeeded)
{
  std::vector<std::string> texts { "tag" };
  std::vector<const char *> tags;

  for (int i = 0; i < 5000; i++)
    texts.push_back ("tag " + std::to_string (i));
  for (auto &text : texts)
    tags.push_back (text.c_str ());
  tags.push_back (nullptr);

  auto early = get ("key", loader_);
  turn ();
  memo_cache_invalidate_tags (cache (), tags.data ());
  loader_.answer (tagged ("old"));
  turn ();

  EXPECT_THAT (early, GotText ("old"));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (FenceTagsTest, Rule15ALoadThatBeginsAfterThousandsOfInvalidationsIsStored)
{
  auto other = get ("another key", loader_);
  turn ();
  invalidate ();
  invalidate_very_many ();
  auto got = get ("key", loader_);
  turn ();
  loader_.drop ();
  loader_.answer (tagged ("value"));
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
}

TEST_F (FenceTagsTest, Rule15WithoutTagsTheAnswerIsStoredWhateverWasInvalidated)
{
  auto got = get ("key", loader_);
  turn ();
  invalidate_very_many ();
  auto joined = get ("key", loader_);
  loader_.answer ("value");
  turn ();

  EXPECT_THAT (got, GotText ("value"));
  EXPECT_THAT (joined, GotText ("value"));
  EXPECT_THAT (lookup ("key"), HoldsText ("value"));
  EXPECT_EQ (loader_.count (), 1);
}
