// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/mutation-test.hpp"

#include <algorithm>

using namespace memo_test;

// A mutation that touches "key", which is tagged "tag", in one of three ways.
enum class Touch { Key, Tag, Everything };

class BracketTest : public MutationTest, public ::testing::WithParamInterface<Touch>
{
protected:
  BracketTest () { memo_loader_set_tags (loader_, Tags { "tag" }); }

  Ref<MemoMutation> touching ()
  {
    auto made = mutation ();

    if (GetParam () == Touch::Key)
      memo_mutation_add_key (made.get (), "key");
    else if (GetParam () == Touch::Tag)
      memo_mutation_add_tag (made.get (), "tag");
    else
      memo_mutation_add_everything (made.get ());

    return made;
  }

  static Entry tagged (const char *text, double ttl = MEMO_TTL_DEFAULT) { return entry (text, ttl, { "tag" }); }
  bool keeps_key () { return keeps ("key", { "tag" }); }

  Ref<MemoMutation> mutation_ = touching ();
};

static void
PrintTo (Touch touch, std::ostream *os)
{
  *os << (touch == Touch::Key ? "Key" : touch == Touch::Tag ? "Tag" : "Everything");
}

INSTANTIATE_TEST_SUITE_P (By, BracketTest, ::testing::Values (Touch::Key, Touch::Tag, Touch::Everything),
                          [] (const auto &info) { return ::testing::PrintToString (info.param); });

// --- the known failure, with a database ---

TEST_P (BracketTest, Failure03AReadDuringTheChangeDoesNotOutliveIt)
{
  std::string database = "old";
  auto reads = loader_of ([&] (MemoCall *call) { memo_call_return_entry (call, tagged (database.c_str ()).release ()); });

  begin (mutation_);
  auto during = get ("key", reads.get ());
  turn ();
  EXPECT_THAT (during, GotText ("old"));
  database = "new";
  auto again = get ("key", reads.get ());
  turn ();
  EXPECT_THAT (again, GotText ("new")) << "the old value was kept by the read before";
  end (mutation_);
  auto after = get ("key", reads.get ());
  turn ();
  EXPECT_THAT (after, GotText ("new"));
  EXPECT_THAT (lookup ("key"), HoldsText ("new"));
}

// --- the start and the end ---

TEST_P (BracketTest, Rule18TheStartDropsWhatIsThere)
{
  set ("key", tagged ("old"));
  set ("other", "another");
  begin (mutation_);
  EXPECT_FALSE (contains ("key")) << "the memory acts at once";
  EXPECT_THAT (lookup ("key"), IsMiss ());
  EXPECT_EQ (contains ("other"), GetParam () != Touch::Everything);
}

TEST_P (BracketTest, Rule18TheStartOutdatesALoad)
{
  auto early = get ("key", loader_);
  turn ();
  begin (mutation_);
  auto late = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2) << "who asks after the start does not join a load that began before";
  loader_.answer ("before");
  loader_.answer ("during");
  turn ();

  EXPECT_THAT (early, GotText ("before"));
  EXPECT_THAT (late, GotText ("during"));
  EXPECT_FALSE (contains ("key"));
}

TEST_P (BracketTest, Rule18TheEndOutdatesALoad)
{
  begin (mutation_);
  auto during = get ("key", loader_);
  turn ();
  end (mutation_);
  auto after = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.count (), 2);
  loader_.answer ("during");
  turn ();
  EXPECT_THAT (during, GotText ("during"));
  EXPECT_FALSE (contains ("key")) << "what was read while the source changed is not kept after it";

  loader_.answer ("after");
  turn ();
  EXPECT_THAT (after, GotText ("after"));
  EXPECT_THAT (lookup ("key"), HoldsText ("after"));
}

TEST_P (BracketTest, Rule18ALoadFromBeforeTheStartIsNotKeptAfterTheEnd)
{
  auto before = get ("key", loader_);
  turn ();
  begin (mutation_);
  end (mutation_);
  loader_.answer ("before");
  turn ();
  EXPECT_THAT (before, GotText ("before"));
  EXPECT_FALSE (contains ("key"));
  EXPECT_TRUE (keeps_key ());
}

TEST_P (BracketTest, Rule18WhatWasReadBetweenIsGivenAndNotKept)
{
  begin (mutation_);
  auto first = get ("key", loader_);
  auto second = get ("key", loader_);
  turn ();
  auto third = get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 1) << "reads between the start and the end share a load";
  loader_.answer ("during");
  turn ();

  for (auto &got : { first, second, third })
    EXPECT_THAT (got, GotText ("during"));
  EXPECT_FALSE (contains ("key"));

  get ("key", loader_);
  turn ();
  EXPECT_EQ (loader_.count (), 2) << "and the next read is another load";
  loader_.answer ("during");
}

// --- all ways in which something could be kept ---

TEST_P (BracketTest, Rule18ARefreshIsGivenAndNotKept)
{
  set ("key", tagged ("old"));
  begin (mutation_);
  auto refreshed = refresh ("key", loader_);
  turn ();
  EXPECT_EQ (memo_call_get_previous (loader_.front ()), nullptr);
  loader_.answer ("during");
  turn ();
  EXPECT_THAT (refreshed, GotText ("during"));
  EXPECT_FALSE (contains ("key"));
}

TEST_P (BracketTest, Rule18ARefreshThatFailsDoesNotBringTheOldEntryBack)
{
  set ("key", tagged ("old"));
  auto refreshed = refresh ("key", loader_);
  turn ();
  begin (mutation_);
  loader_.fail (make_error ("no connection"));
  turn ();
  EXPECT_THAT (refreshed, GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  EXPECT_FALSE (contains ("key"));
}

TEST_P (BracketTest, Rule18ASetIsNotKept)
{
  Done done;

  begin (mutation_);
  set ("key", tagged ("set"));
  EXPECT_FALSE (contains ("key"));
  memo_cache_set_async (cache (), "key", tagged ("set").release (), nullptr, done_cb<memo_cache_set_finish>, done.keep ());
  EXPECT_FALSE (contains ("key"));
  turn ();
  EXPECT_THAT (done, Succeeded ());
  EXPECT_FALSE (contains ("key"));
  end (mutation_);
  EXPECT_FALSE (contains ("key")) << "the end brings nothing back";
}

TEST_P (BracketTest, Rule18ABatchIsGivenAndNotKept)
{
  ScriptedFunction batches;
  auto loader = adopt (memo_loader_new_batch (ScriptedFunction::call, &batches, nullptr));

  begin (mutation_);
  auto during = get ("key", loader.get ());
  auto other = get ("other", loader.get ());
  advance (0.005);
  turn ();
  memo_call_answer (batches.front (), "key", tagged ("during").release ());
  memo_call_answer (batches.front (), "other", entry ("another").release ());
  turn ();
  EXPECT_THAT (during, GotText ("during"));
  EXPECT_THAT (other, GotText ("another"));
  EXPECT_FALSE (contains ("key"));
  EXPECT_EQ (contains ("other"), GetParam () != Touch::Everything);
  memo_call_finish_batch (batches.next ().get ());
}

TEST_P (BracketTest, Rule18WhatABatchBringsBesidesIsNotKept)
{
  ScriptedFunction batches;
  auto loader = adopt (memo_loader_new_batch (ScriptedFunction::call, &batches, nullptr));
  memo_loader_set_accept_extra (loader.get (), TRUE);

  auto asked = get ("asked", loader.get ());
  advance (0.005);
  turn ();
  begin (mutation_);
  memo_call_answer (batches.front (), "asked", entry ("value").release ());
  memo_call_answer (batches.front (), "key", tagged ("during").release ());
  EXPECT_FALSE (contains ("key"));
  end (mutation_);
  memo_call_answer (batches.front (), "key", tagged ("from before").release ());
  EXPECT_FALSE (contains ("key")) << "the batch began before the end";
  memo_call_finish_batch (batches.next ().get ());
  turn ();
  EXPECT_THAT (asked, GotText ("value"));
}

// The keys that were asked for are answered, so nobody waits; but the batch goes on.
TEST_P (BracketTest, Rule18WhatABatchBringsAfterTheLastWaiterWentIsNotKept)
{
  ScriptedFunction batches;
  auto loader = adopt (memo_loader_new_batch (ScriptedFunction::call, &batches, nullptr));
  memo_loader_set_accept_extra (loader.get (), TRUE);

  auto asked = get ("asked", loader.get ());
  advance (0.005);
  turn ();
  memo_call_answer (batches.front (), "asked", entry ("value").release ());
  turn ();
  EXPECT_THAT (asked, GotText ("value"));
  begin (mutation_);
  end (mutation_);
  memo_call_answer (batches.front (), "key", tagged ("from before").release ());
  EXPECT_FALSE (contains ("key"));
  memo_call_finish_batch (batches.next ().get ());
}

TEST_P (BracketTest, Rule18AWarmUpSucceedsAndKeepsNothing)
{
  auto warmup = adopt (memo_warmup_new ());
  Done done;

  memo_warmup_add (warmup.get (), "key", loader_);
  begin (mutation_);
  memo_cache_warmup_async (cache (), warmup.get (), nullptr, done_cb<memo_cache_warmup_finish>, done.keep ());
  turn ();
  loader_.answer ("during");
  turn ();
  EXPECT_THAT (done, Succeeded ());
  EXPECT_FALSE (contains ("key"));
}

TEST_P (BracketTest, Rule18ALoadInAThreadIsNotKept)
{
  auto threaded = loader_of ([] (MemoCall *call) {
    memo_call_return_entry (call, tagged ("during").release ());
  }, {}, true);

  begin (mutation_);
  auto got = get ("key", threaded.get ());
  wait_until ([&] { return got->done (); });
  EXPECT_THAT (got, GotText ("during"));
  EXPECT_FALSE (contains ("key"));
}

TEST_P (BracketTest, Rule18AnErrorIsNotRemembered)
{
  memo_loader_set_error_ttl (loader_, 60.0);
  begin (mutation_);
  get ("key", loader_);
  turn ();
  loader_.fail (make_error ("no connection"));
  turn ();
  auto again = get ("key", loader_);
  turn ();
  ASSERT_EQ (loader_.pending (), 1u);
  loader_.answer ("value");
  turn ();
  EXPECT_THAT (again, GotText ("value"));
}

TEST_P (BracketTest, Rule18ARememberedErrorIsForgottenAtTheStart)
{
  memo_loader_set_error_ttl (loader_, 60.0);
  get ("key", loader_);
  turn ();
  loader_.fail (make_error ("no connection"));
  turn ();
  EXPECT_THAT (([&] { auto got = get ("key"); turn (); return got; }) (), GotError (G_IO_ERROR, G_IO_ERROR_FAILED));
  begin (mutation_);
  EXPECT_THAT (([&] { auto got = get ("key"); turn (); return got; }) (), GotMiss ());
}

TEST_P (BracketTest, Rule18ADeleteOrAClearMeanwhileDoesNotEndIt)
{
  begin (mutation_);
  memo_cache_delete (cache (), "key");
  memo_cache_invalidate_tags (cache (), Tags { "tag" });
  memo_cache_clear (cache ());
  EXPECT_FALSE (keeps_key ());
  end (mutation_);
  EXPECT_TRUE (keeps_key ());
}

// --- mutations that overlap ---

TEST_P (BracketTest, Rule18NothingIsKeptUntilTheLastOfTwoEnds)
{
  auto second = touching ();

  begin (mutation_);
  begin (second);
  EXPECT_FALSE (keeps_key ());
  end (mutation_);
  EXPECT_FALSE (keeps_key ());
  end (second);
  EXPECT_TRUE (keeps_key ());
}

TEST_P (BracketTest, Rule18OneThatGoesOnHoldsOnlyItsOwn)
{
  auto another = mutation ({ "another" }, { "another tag" });

  begin (another);
  begin (mutation_);
  end (mutation_);
  EXPECT_TRUE (keeps_key ());
  EXPECT_FALSE (keeps ("another"));
  EXPECT_FALSE (keeps ("new", { "another tag" }));
  end (another);
  EXPECT_TRUE (keeps ("another"));
  EXPECT_TRUE (keeps ("new", { "another tag" }));
}

TEST_P (BracketTest, Rule18EveryStartAndEveryEndOutdates)
{
  auto second = touching ();
  std::vector<std::shared_ptr<Got>> all;
  auto ask = [&] {
    all.push_back (get ("key", loader_));
    turn ();
  };

  ask ();
  begin (mutation_);
  ask ();
  begin (second);
  ask ();
  end (mutation_);
  ask ();
  end (second);
  ask ();
  ASSERT_EQ (loader_.count (), 5) << "each has a load of its own";

  for (auto text : { "0", "1", "2", "3" })
    {
      loader_.answer (text);
      EXPECT_FALSE (contains ("key"));
    }
  loader_.answer ("4");
  turn ();
  for (size_t i = 0; i < all.size (); i++)
    EXPECT_THAT (all[i], GotText (std::to_string (i)));
  EXPECT_THAT (lookup ("key"), HoldsText ("4"));
}

TEST_P (BracketTest, Rule18TheEndOfAnotherOutdatesAgain)
{
  auto second = touching ();

  begin (mutation_);
  begin (second);
  end (mutation_);
  get ("key", loader_);
  turn ();
  end (second);
  loader_.answer ("between the ends");
  EXPECT_FALSE (contains ("key"));
}

TEST_P (BracketTest, Rule18OneThatIsDroppedEndsThere)
{
  begin (mutation_);
  turn ();
  auto during = get ("key", loader_);
  turn ();
  mutation_.reset ();
  EXPECT_TRUE (keeps_key ());
  memo_cache_delete (cache (), "key");
  loader_.answer ("during");
  turn ();
  EXPECT_THAT (during, GotText ("during"));
  EXPECT_FALSE (contains ("key")) << "this end invalidates, too";
}

TEST_P (BracketTest, Rule18OneThatIsDroppedBeforeItsCallbackEndsAfterIt)
{
  auto done = begin (mutation_);

  mutation_.reset ();
  EXPECT_FALSE (keeps_key ()) << "the result keeps it";
  turn ();
  EXPECT_THAT (done, Succeeded ());
  EXPECT_TRUE (keeps_key ());
}

TEST_P (BracketTest, Rule18ManyThreadsLeaveNothingOpen)
{
  std::vector<std::thread> threads;

  for (int i = 0; i < 4; i++)
    {
      threads.emplace_back ([&] {
        Context context;

        context.within ([&] {
          for (int j = 0; j < 200; j++)
            {
              auto mine = touching ();

              memo_mutation_begin_async (mine.get (), nullptr, nullptr, nullptr);
              EXPECT_FALSE (keeps_key ());
              memo_mutation_end_async (mine.get (), nullptr, nullptr);
            }
        });
        context.turn ();
      });
    }
  for (auto &thread : threads)
    thread.join ();
  EXPECT_TRUE (keeps_key ());
}

// --- what a mutation touches, and what not ---

TEST_F (MutationTest, ItHasWhatItWasGivenOnce)
{
  auto made = mutation ({ "one", "two", "one", "" }, { "red", "red", "blue" });

  EXPECT_EQ (texts (memo_mutation_get_keys (made.get ())), (std::vector<std::string> { "one", "two", "" }));
  EXPECT_EQ (texts (memo_mutation_get_tags (made.get ())), (std::vector<std::string> { "red", "blue" }));
  EXPECT_EQ (memo_mutation_get_cache (made.get ()), cache ());
  EXPECT_FALSE (memo_mutation_get_everything (made.get ()));
  memo_mutation_add_everything (made.get ());
  EXPECT_TRUE (memo_mutation_get_everything (made.get ()));
  EXPECT_FALSE (memo_mutation_is_open (made.get ()));
}

TEST_F (MutationTest, Rule18WhatIsNamedTwiceIsHeldOnce)
{
  auto made = mutation ({ "key", "key" }, { "tag", "tag" });

  begin (made);
  EXPECT_FALSE (keeps ("key"));
  EXPECT_FALSE (keeps ("other", { "tag" }));
  end (made);
  EXPECT_TRUE (keeps ("key"));
  EXPECT_TRUE (keeps ("other", { "tag" }));
}

TEST_F (MutationTest, Rule18AKeyIsNoTagAndATagIsNoKey)
{
  auto by_key = mutation ({ "name" });
  auto by_tag = mutation ({}, { "word" });

  begin (by_key);
  begin (by_tag);
  EXPECT_TRUE (keeps ("other", { "name" }));
  EXPECT_TRUE (keeps ("word"));
  EXPECT_FALSE (keeps ("name"));
  EXPECT_FALSE (keeps ("other", { "word" }));
}

TEST_F (MutationTest, Rule18AMutationOfNothingChangesNothing)
{
  auto nothing = mutation ();
  set ("key", "value");
  auto got = get ("loaded", loader_);
  turn ();

  EXPECT_THAT (([&] { auto done = begin (nothing); turn (); return done; }) (), Succeeded ());
  EXPECT_TRUE (keeps ("new"));
  EXPECT_THAT (([&] { auto done = end (nothing); turn (); return done; }) (), Succeeded ());
  loader_.answer ("value");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  EXPECT_TRUE (contains ("key"));
  EXPECT_TRUE (contains ("loaded"));
}

TEST_F (MutationTest, Rule18AnotherCacheIsNotTouched)
{
  auto other = new_cache ();
  auto everything = mutation ();

  memo_mutation_add_everything (everything.get ());
  memo_cache_set (MEMO_CACHE (other.get ()), "key", entry ("value").release ());
  begin (everything);
  EXPECT_TRUE (memo_cache_contains (MEMO_CACHE (other.get ()), "key"));
  memo_cache_set (MEMO_CACHE (other.get ()), "new", entry ("value").release ());
  EXPECT_TRUE (memo_cache_contains (MEMO_CACHE (other.get ()), "new"));
  EXPECT_FALSE (keeps ("key"));
}

// Hundreds of mutations overlap, each with some keys and tags; a count for each says what may be kept.
TEST_F (MutationTest, Rule18OfManyThatOverlapEachHoldsItsOwn)
{
  const int n = 300, n_texts = 40;
  std::vector<Ref<MemoMutation>> all;
  std::vector<int> held_keys (n_texts), held_tags (n_texts);
  auto name = [] (const char *what, int i) { return what + std::to_string (i % n_texts); };
  auto count = [&] (int i, int by) {
    for (int j = 0; j < 3; j++)
      {
        held_keys[(i * 7 + j) % n_texts] += by;
        held_tags[(i * 11 + j) % n_texts] += by;
      }
  };
  auto expect = [&] (int i) {
    EXPECT_EQ (keeps (name ("key ", i).c_str ()), held_keys[i % n_texts] == 0);
    EXPECT_EQ (keeps ("free", { name ("tag ", i).c_str () }), held_tags[i % n_texts] == 0);
  };

  for (int i = 0; i < n; i++)
    {
      all.push_back (mutation ());
      for (int j = 0; j < 3; j++)
        {
          memo_mutation_add_key (all[i].get (), name ("key ", i * 7 + j).c_str ());
          memo_mutation_add_tag (all[i].get (), name ("tag ", i * 11 + j).c_str ());
        }
      memo_mutation_begin_async (all[i].get (), nullptr, nullptr, nullptr);
      count (i, 1);
      expect (i * 13);
    }
  for (int i = 0; i < n; i++)
    {
      int which = i * 101 % n;      // 101 and 300 share no divisor: each once

      memo_mutation_end_async (all[which].get (), nullptr, nullptr);
      count (which, -1);
      for (int j = 0; j < n_texts; j++)
        expect (j);
    }
  EXPECT_EQ (std::count (held_keys.begin (), held_keys.end (), 0), n_texts);
  EXPECT_EQ (std::count (held_tags.begin (), held_tags.end (), 0), n_texts);
}
