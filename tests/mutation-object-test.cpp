// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/mutation-test.hpp"

using namespace memo_test;

// A mutation as an object: what may be asked of it when, who holds what, what is counted; and tags that
// are known only when a load is answered.

class MutationObjectTest : public MutationTest
{
protected:
  void TearDown () override { EXPECT_THAT (criticals_.take (), ::testing::IsEmpty ()); }

  static Ref<MemoMutation> mutation_on (const Ref<MemoCache> &cache)
  {
    return adopt (memo_mutation_new (cache.get ()));
  }

  Ref<GCancellable> cancellable_ = adopt (g_cancellable_new ());
  Criticals         criticals_;
};

// --- begin and end ---

TEST_F (MutationObjectTest, ItIsOpenFromItsBeginToItsEnd)
{
  auto key = mutation ({ "key" });

  auto begun = begin (key);
  EXPECT_TRUE (memo_mutation_is_open (key.get ()));
  turn ();
  EXPECT_THAT (begun, Succeeded ());
  EXPECT_TRUE (memo_mutation_is_open (key.get ()));
  auto ended = end (key);
  EXPECT_FALSE (memo_mutation_is_open (key.get ()));
  turn ();
  EXPECT_THAT (ended, Succeeded ());
}

TEST_F (MutationObjectTest, ItTouchesEachKeyAndTagOnce)
{
  auto many = adopt (memo_mutation_new (MEMO_CACHE (cache_.get ())));

  for (const char *text : { "one", "two", "one", "", "two", "" })
    {
      memo_mutation_add_key (many.get (), text);
      memo_mutation_add_tag (many.get (), text);
    }

  for (auto texts : { memo_mutation_get_keys (many.get ()), memo_mutation_get_tags (many.get ()) })
    EXPECT_THAT (std::vector<std::string> (texts, texts + g_strv_length ((char **) texts)),
                 ::testing::ElementsAre ("one", "two", ""));
}

TEST_F (MutationObjectTest, Rule11TheCallbacksRunInTheContextOfWhoCalled)
{
  Context other;
  auto key = mutation ({ "key" });

  auto begun = other.within ([&] { return begin (key); });
  auto ended = end (key);
  turn ();
  EXPECT_THAT (ended, Succeeded ());
  EXPECT_EQ (begun->callbacks, 0);
  other.turn ();
  EXPECT_THAT (begun, Succeeded ());
}

TEST_F (MutationObjectTest, NobodyNeedsToListen)
{
  auto key = mutation ({ "key" });

  memo_mutation_begin_async (key.get (), nullptr, nullptr, nullptr);
  EXPECT_FALSE (keeps ("key"));
  memo_mutation_end_async (key.get (), nullptr, nullptr);
  EXPECT_TRUE (keeps ("key"));
  turn ();
}

TEST_F (MutationObjectTest, Rule09CancelledBeforeItBeginsItDoesNothing)
{
  auto key = mutation ({ "key" });
  set ("key", "value");
  g_cancellable_cancel (cancellable_.get ());
  auto got = get ("loading", loader_);
  turn ();

  auto begun = begin (key, cancellable_.get ());
  EXPECT_FALSE (memo_mutation_is_open (key.get ()));
  EXPECT_TRUE (contains ("key"));
  turn ();
  EXPECT_THAT (begun, FailedWith (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_FALSE (memo_mutation_is_open (key.get ()));
  EXPECT_TRUE (keeps ("key"));

  // It may still begin.
  begun = begin (key);
  turn ();
  EXPECT_THAT (begun, Succeeded ());
  EXPECT_FALSE (keeps ("key"));
  loader_.answer ("value");
}

TEST_F (MutationObjectTest, Rule18CancelledWhileItBeginsItIsOpenAndHasToEnd)
{
  SlowCache slow;
  auto made = mutation_on (slow.object);

  auto begun = begin (made, cancellable_.get ());
  turn ();
  EXPECT_EQ (begun->callbacks, 0);
  g_cancellable_cancel (cancellable_.get ());
  turn ();
  EXPECT_THAT (begun, FailedWith (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_TRUE (memo_mutation_is_open (made.get ()));
  memo_call_return_nothing (slow.begins.front ().get ());

  auto ended = end (made);
  EXPECT_FALSE (memo_mutation_is_open (made.get ()));
  ASSERT_EQ (slow.ends.size (), 1u);
  memo_call_return_error (slow.ends.front ().get (), make_error ("the tier is gone").release ());
  turn ();
  EXPECT_THAT (ended, FailedWith (G_IO_ERROR, G_IO_ERROR_FAILED));
}

TEST_F (MutationObjectTest, Rule18DroppedItEndsOnEveryCacheThatItBeganOn)
{
  SlowCache slow;
  auto made = mutation_on (slow.object);

  memo_mutation_begin_async (made.get (), nullptr, nullptr, nullptr);
  memo_call_return_nothing (slow.begins.front ().get ());
  turn ();
  made.reset ();
  slow.begins.clear ();
  turn ();
  ASSERT_EQ (slow.ends.size (), 1u);
  memo_call_return_nothing (slow.ends.front ().get ());
  slow.ends.clear ();
  turn ();

  // One that never began has nothing to end.
  mutation_on (slow.object).reset ();
  EXPECT_EQ (slow.ends.size (), 0u);
}

TEST_F (MutationObjectTest, NothingIsAddedAfterItBegan)
{
  auto key = mutation ({ "key" });

  begin (key);
  memo_mutation_add_key (key.get (), "late");
  EXPECT_THAT (criticals_.take (), IsCritical ("GATHERING"));
  memo_mutation_add_tag (key.get (), "late");
  EXPECT_THAT (criticals_.take (), IsCritical ("GATHERING"));
  memo_mutation_add_everything (key.get ());
  EXPECT_THAT (criticals_.take (), IsCritical ("GATHERING"));

  EXPECT_TRUE (keeps ("late"));
  EXPECT_TRUE (keeps ("other", { "late" }));
  end (key);
  memo_mutation_add_key (key.get (), "later");
  EXPECT_THAT (criticals_.take (), IsCritical ("GATHERING"));
  EXPECT_EQ (texts (memo_mutation_get_keys (key.get ())), (std::vector<std::string> { "key" }));
}

TEST_F (MutationObjectTest, ItBeginsOnceAndEndsOnce)
{
  auto key = mutation ({ "key" });

  memo_mutation_end_async (key.get (), nullptr, nullptr);
  EXPECT_THAT (criticals_.take (), IsCritical ("OPEN"));
  begin (key);
  memo_mutation_begin_async (key.get (), nullptr, nullptr, nullptr);
  EXPECT_THAT (criticals_.take (), IsCritical ("GATHERING"));
  EXPECT_FALSE (keeps ("key"));
  end (key);
  EXPECT_TRUE (keeps ("key")) << "it was open once";
  memo_mutation_end_async (key.get (), nullptr, nullptr);
  EXPECT_THAT (criticals_.take (), IsCritical ("OPEN"));
  memo_mutation_begin_async (key.get (), nullptr, nullptr, nullptr);
  EXPECT_THAT (criticals_.take (), IsCritical ("GATHERING"));
  EXPECT_TRUE (keeps ("key"));
}

TEST_F (MutationObjectTest, ACacheWithoutMutationsSaysSo)
{
  for (auto type : { plain_cache_get_type (), half_cache_get_type () })
    {
      auto other = adopt (MEMO_CACHE (g_object_new (type, nullptr)));
      auto made = mutation_on (other);

      memo_mutation_add_key (made.get (), "key");
      auto begun = begin (made);
      turn ();
      EXPECT_THAT (begun, FailedWith (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
      EXPECT_THAT (begun->error->message, ::testing::HasSubstr (g_type_name (type)));
      EXPECT_FALSE (memo_mutation_is_open (made.get ()));
      made.reset ();
    }
}

// --- who holds what ---

TEST_F (MutationObjectTest, ItHoldsTheCache)
{
  auto key = mutation ({ "key" });
  Watch watch (cache_.get ());

  begin (key);
  turn ();
  cache_.reset ();
  EXPECT_FALSE (watch.gone ());
  end (key);
  turn ();
  EXPECT_FALSE (watch.gone ());
  key.reset ();
  EXPECT_TRUE (watch.gone ());
}

TEST_F (MutationObjectTest, TheCacheGoesAfterADroppedOne)
{
  auto key = mutation ({ "key" }, { "tag" });
  Watch watch (cache_.get ());

  memo_mutation_add_everything (key.get ());
  begin (key);
  turn ();
  cache_.reset ();
  key.reset ();
  turn ();
  EXPECT_TRUE (watch.gone ());
}

TEST_F (MutationObjectTest, ItMayBeginInOneThreadAndEndInAnother)
{
  auto key = mutation ({ "key" });
  Context first, second;
  Done begun, ended;

  in_thread ([&] { begun = first.within ([&] { return begin (key); }); });
  EXPECT_FALSE (keeps ("key"));
  in_thread ([&] { ended = second.within ([&] { return end (key); }); });
  EXPECT_TRUE (keeps ("key"));
  first.turn ();
  second.turn ();
  EXPECT_THAT (begun, Succeeded ());
  EXPECT_THAT (ended, Succeeded ());
}

TEST_F (MutationObjectTest, AClosedCacheIsChangedNoMore)
{
  auto open_before = mutation ({ "key" });
  auto begun_after = mutation ({ "key" });

  begin (open_before);
  memo_cache_close_async (cache (), nullptr, nullptr, nullptr);
  turn ();
  auto begun = begin (begun_after);
  auto ended = end (open_before);
  end (begun_after);
  turn ();
  EXPECT_THAT (begun, Succeeded ());
  EXPECT_THAT (ended, Succeeded ());
  EXPECT_FALSE (keeps ("key"));
  EXPECT_THAT (([&] { auto got = get ("key", loader_); turn (); return got; }) (), GotError (MEMO_ERROR, MEMO_ERROR_CLOSED));
}

// --- what is counted ---

TEST_F (MutationObjectTest, Rule23WhatAMutationDropsIsAnInvalidation)
{
  auto made = mutation ({ "key", "not there" }, { "tag", "unused" });

  set ("key", entry ("both", MEMO_TTL_DEFAULT, { "tag" }));
  set ("tagged", entry ("value", MEMO_TTL_DEFAULT, { "tag", "another" }));
  set ("other", "value");
  ASSERT_EQ (metrics ()->invalidations, 0u);
  begin (made);
  EXPECT_EQ (metrics ()->invalidations, 2u) << "each entry is one, however often it was named";
  EXPECT_EQ (metrics ()->size, 1u);
  end (made);
  EXPECT_EQ (metrics ()->invalidations, 2u);
  EXPECT_EQ (metrics ()->misses, 0u);

  auto everything = mutation ();
  memo_mutation_add_everything (everything.get ());
  begin (everything);
  EXPECT_EQ (metrics ()->invalidations, 3u);
  EXPECT_EQ (metrics ()->size, 0u);
}

TEST_F (MutationObjectTest, Rule23ReadsWithinABracketAreCountedAsEver)
{
  auto key = mutation ({ "key" });

  begin (key);
  auto first = get ("key", loader_);
  auto second = get ("key", loader_);
  turn ();
  loader_.answer ("during");
  turn ();
  auto third = get ("key", loader_);
  turn ();
  loader_.answer ("during");
  turn ();

  auto counted = metrics ();
  EXPECT_EQ (counted->hits, 0u);
  EXPECT_EQ (counted->misses, 3u);
  EXPECT_EQ (counted->coalesced, 1u);
  EXPECT_EQ (counted->loads, 2u);
  EXPECT_EQ (counted->load_failures, 0u);
  EXPECT_EQ (counted->invalidations, 0u) << "nothing was there to be dropped";
}

TEST_F (MutationObjectTest, Rule18VeryManyEntriesAreDroppedAtOnceAndGivenBackInTime)
{
  const int n = 3000;
  cache_ = new_cache (MEMO_UNLIMITED);
  Tracker tracker;
  auto everything = mutation ();
  auto tag = mutation ({}, { "tag" });
  auto n_found = [&] {
    int found = 0;

    for (int i = 0; i < n; i++)
      found += contains (("tagged " + std::to_string (i)).c_str ());
    return found;
  };
  auto second_passes = [&] {
    advance (1.0);
    turn ();
  };

  memo_mutation_add_everything (everything.get ());
  for (auto &made : { &tag, &everything })
    {
      tracker.fill (cache (), "tagged", n, MEMO_TTL_FOREVER, { "tag" });
      ASSERT_EQ (n_found (), n);
      begin (*made);
      EXPECT_EQ (n_found (), 0);
      end (*made);
      second_passes ();
      EXPECT_EQ (metrics ()->size, 0u);
      EXPECT_EQ (tracker.alive (), 0);
    }
  EXPECT_EQ (metrics ()->invalidations, 2u * n);
  EXPECT_TRUE (keeps ("tagged 0", { "tag" }));
}

// --- a tag that only the answer brings ---

TEST_F (MutationObjectTest, Rule18ATagThatOnlyTheAnswerBringsIsHeld)
{
  auto tag = mutation ({}, { "tag" });

  begin (tag);
  auto got = get ("key", loader_);
  turn ();
  loader_.answer (entry ("during", MEMO_TTL_DEFAULT, { "tag" }));
  turn ();
  EXPECT_THAT (got, GotText ("during"));
  EXPECT_FALSE (contains ("key"));

  got = get ("key", loader_);
  turn ();
  end (tag);
  loader_.answer (entry ("during", MEMO_TTL_DEFAULT, { "tag" }));
  turn ();
  EXPECT_THAT (got, GotText ("during"));
  EXPECT_FALSE (contains ("key"));
}

TEST_F (MutationObjectTest, Rule18ASetThatIsNotKeptEndsWhatWasThere)
{
  auto tag = mutation ({}, { "tag" });

  begin (tag);
  memo_cache_set (cache (), "key", entry ("without the tag").release ());
  ASSERT_TRUE (contains ("key"));
  memo_cache_set (cache (), "key", entry ("with the tag", MEMO_TTL_DEFAULT, { "tag" }).release ());
  EXPECT_FALSE (contains ("key")) << "the older entry is not what was set last";
  end (tag);
  EXPECT_FALSE (contains ("key"));
}

TEST_F (MutationObjectTest, Rule18WhoAsksAfterTheEndIsMovedFromALoadThatBeganBefore)
{
  auto tag = mutation ({}, { "tag" });
  auto early = get ("key", loader_);
  turn ();

  begin (tag);
  end (tag);
  auto late = get ("key", loader_);
  turn ();
  loader_.answer (entry ("old", MEMO_TTL_DEFAULT, { "tag" }));
  turn ();
  EXPECT_THAT (early, GotText ("old"));
  EXPECT_THAT (late, IsPending ());
  loader_.answer (entry ("new", MEMO_TTL_DEFAULT, { "tag" }));
  turn ();
  EXPECT_THAT (late, GotText ("new"));
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
}

// Between two mutations it asked, and what it is given must not be from before the first.
TEST_F (MutationObjectTest, Rule18WhoAsksBetweenTwoMutationsGetsNothingFromBeforeTheFirst)
{
  auto first = mutation ({}, { "tag" });
  auto second = mutation ({}, { "tag" });
  auto early = get ("key", loader_);
  turn ();

  begin (first);
  end (first);
  auto between = get ("key", loader_);
  turn ();
  begin (second);
  loader_.answer (entry ("from before both", MEMO_TTL_DEFAULT, { "tag" }));
  turn ();
  EXPECT_THAT (early, GotText ("from before both"));
  ASSERT_THAT (between, IsPending ()) << "the change was answered before it asked";
  loader_.answer (entry ("from after the first", MEMO_TTL_DEFAULT, { "tag" }));
  turn ();
  EXPECT_THAT (between, GotText ("from after the first"));
}

// The load that it is moved to began after it had asked, so that is good enough.
TEST_F (MutationObjectTest, Rule15WhoIsMovedIsNotMovedAgain)
{
  auto early = get ("key", loader_);
  turn ();
  memo_cache_invalidate_tags (cache (), Tags { "tag" });
  auto moved = get ("key", loader_);
  memo_cache_delete (cache (), "key");
  auto current = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2);

  memo_cache_invalidate_tags (cache (), Tags { "another" });
  loader_.answer (entry ("0", MEMO_TTL_DEFAULT, { "tag" }));
  turn ();
  EXPECT_THAT (early, GotText ("0"));
  EXPECT_THAT (moved, IsPending ());
  loader_.answer (entry ("1", MEMO_TTL_DEFAULT, { "another" }));
  turn ();
  EXPECT_THAT (current, GotText ("1"));
  EXPECT_THAT (moved, GotText ("1"));
  EXPECT_EQ (loader_.count (), 2);
}

// A tag that a batch was given for all it brings counts for what it brings besides, too.
TEST_F (MutationObjectTest, Rule18ATagThatWasAddedToABatchHoldsWhatItBringsBesides)
{
  ScriptedFunction batches;
  auto loader = adopt (memo_loader_new_batch (ScriptedFunction::call, &batches, nullptr));
  auto tag = mutation ({}, { "tag" });

  memo_loader_set_accept_extra (loader.get (), TRUE);
  get ("asked", loader.get ());
  advance (0.005);
  turn ();
  memo_call_add_tags (batches.front (), Tags { "tag" });
  begin (tag);
  memo_call_answer (batches.front (), "besides", entry ("value").release ());
  EXPECT_FALSE (contains ("besides"));
  end (tag);
  memo_call_finish_batch (batches.next ().get ());
}
