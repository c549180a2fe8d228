// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/store-test.hpp"

#include <list>
#include <random>
#include <set>
#include <unordered_map>

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

TEST_F (StoreTest, WhatIsPutIsFound)
{
  MemoNode *node = put ("key", entry ("value"));

  ASSERT_EQ (find ("key"), node);
  EXPECT_STREQ (memo_entry_get_string (find ("key")->entry), "value");
  EXPECT_FALSE (has ("other"));
  EXPECT_EQ (size (), 1u);
  EXPECT_EQ (store_->order.main.newest, node);
  EXPECT_EQ (store_->order.main.oldest, node);
}

TEST_F (StoreTest, ANodeKeepsItsOwnCopyOfTheKey)
{
  char buffer[] = "key:1";
  const MemoKey key = memo_key (buffer);
  MemoNode *node = memo_node_new (&key, memo_entry_new_int64 (1), MEMO_NEVER, 0);

  memo_store_put (store_, node, nullptr, limit (), now_, &garbage_);
  buffer[4] = '2';

  EXPECT_TRUE (has ("key:1"));
  EXPECT_FALSE (has ("key:2"));
}

TEST_F (StoreTest, Rule02KeysMayBeEmptyOrLong)
{
  const std::string longest (1'000'000, 'k');

  put ("");
  put (longest);
  put (longest + "k");
  EXPECT_TRUE (has (""));
  EXPECT_TRUE (has (longest));

  EXPECT_TRUE (remove (longest));
  EXPECT_FALSE (has (longest));
  EXPECT_TRUE (has (longest + "k"));
  EXPECT_TRUE (remove (""));
  EXPECT_EQ (size (), 1u);
}

TEST_F (StoreTest, APutReplacesWhatIsUnderTheKey)
{
  put ("key", entry ("old"), 100, { "old" });
  put ("other");
  put ("key", entry ("new"));

  EXPECT_STREQ (memo_entry_get_string (find ("key")->entry), "new");
  EXPECT_THAT (keys (), ElementsAre ("key", "other"));
  EXPECT_THAT (dropped (), ElementsAre ("key"));
  EXPECT_EQ (store_->evictions + store_->expirations + store_->invalidations, 0u) << "replacing counts as nothing";

  kill ("old");
  now_ = 100;
  EXPECT_FALSE (sweep ());
  EXPECT_TRUE (has ("key")) << "neither tag nor deadline of the old one touch the new one";
}

TEST_F (StoreTest, RemoveSaysWhetherTheKeyWasAlive)
{
  EXPECT_FALSE (remove ("alive"));

  put ("alive");
  put ("expired", 10);
  put ("dead", MEMO_NEVER, { "tag" });
  put ("dead and expired", 10, { "tag" });
  kill ("tag");
  now_ = 10;

  EXPECT_TRUE (remove ("alive"));
  EXPECT_EQ (store_->invalidations, 1u);
  EXPECT_FALSE (remove ("expired"));
  EXPECT_EQ (store_->expirations, 1u);
  EXPECT_FALSE (remove ("dead"));
  EXPECT_FALSE (remove ("dead and expired"));
  EXPECT_EQ (store_->invalidations, 3u);
  EXPECT_EQ (store_->expirations, 1u);
  EXPECT_FALSE (remove ("alive")) << "twice";

  EXPECT_EQ (size (), 0u);
  EXPECT_THAT (dropped (), ElementsAre ("alive", "expired", "dead", "dead and expired"));
  EXPECT_EQ (next_sweep (), MEMO_NEVER);
}

// --- recency ---

TEST_F (StoreTest, Rule07TheLeastRecentIsEvicted)
{
  maxsize_ = 3;
  put ("a");
  put ("b");
  put ("c");
  EXPECT_THAT (dropped (), IsEmpty ()) << "as many as there is room for";

  put ("d");
  EXPECT_THAT (dropped (), ElementsAre ("a"));
  touch ("b");
  put ("e");
  EXPECT_THAT (dropped (), ElementsAre ("c"));
  EXPECT_EQ (store_->evictions, 2u);
  EXPECT_THAT (keys (), ElementsAre ("e", "b", "d"));
}

TEST_F (StoreTest, Rule07FindLeavesNoTrace)
{
  maxsize_ = 2;
  put ("a");
  put ("b");

  EXPECT_TRUE (has ("a"));
  put ("c");
  EXPECT_THAT (dropped (), ElementsAre ("a"));
}

TEST_F (StoreTest, Rule07APutThatReplacesMakesRecentAndEvictsNobody)
{
  maxsize_ = 2;
  put ("a");
  put ("b");
  put ("a");
  EXPECT_EQ (store_->evictions, 0u);
  EXPECT_EQ (size (), 2u);

  dropped ();
  put ("c");
  EXPECT_THAT (dropped (), ElementsAre ("b"));
}

TEST_F (StoreTest, Rule07TheOrderIsExactlyThatOfAList)
{
  std::list<std::string> model;     // the most recent first
  std::unordered_map<std::string, std::list<std::string>::iterator> places;
  std::mt19937 random (11);
  int evictions = 0, touches = 0, removals = 0, replacements = 0;

  maxsize_ = 100;
  for (int step = 0; step < 200'000; step++)
    {
      const std::string key = std::to_string (random () % 250);
      auto place = places.find (key);
      std::vector<std::string> expected;

      ASSERT_EQ (has (key), place != places.end ());
      switch (random () % 8)
        {
        case 0:
          ASSERT_EQ (remove (key), place != places.end ());
          if (place != places.end ())
            {
              expected.push_back (key);
              model.erase (place->second);
              places.erase (place);
              removals++;
            }
          break;

        case 1: case 2: case 3:
          if (place != places.end ())
            {
              expected.push_back (key);
              model.erase (place->second);
              replacements++;
            }
          else if (model.size () == maxsize_)
            {
              expected.push_back (model.back ());
              places.erase (model.back ());
              model.pop_back ();
              evictions++;
            }
          put (key);
          model.push_front (key);
          places[key] = model.begin ();
          break;

        default:
          if (place != places.end ())
            {
              touch (key);
              model.splice (model.begin (), model, place->second);
              touches++;
            }
        }

      ASSERT_EQ (dropped (), expected) << "at step " << step;
      ASSERT_EQ (size (), model.size ());
      if (step % 500 == 0)
        {
          ASSERT_EQ (keys (), std::vector<std::string> (model.begin (), model.end ()));
        }
    }

  EXPECT_EQ (store_->evictions, static_cast<guint64> (evictions));
  EXPECT_EQ (store_->invalidations, static_cast<guint64> (removals));
  for (int count : { evictions, touches, removals, replacements })
    EXPECT_GT (count, 1'000);
}

// --- the limit ---

TEST_F (StoreTest, Rule04WithNoRoomNothingIsKept)
{
  maxsize_ = 0;
  put ("key", MEMO_NEVER, { "tag" });

  EXPECT_FALSE (has ("key"));
  EXPECT_EQ (size (), 0u);
  EXPECT_THAT (dropped (), ElementsAre ("key")) << "given back, not lost";
  EXPECT_EQ (store_->evictions, 0u);
  EXPECT_EQ (next_sweep (), MEMO_NEVER);
}

TEST_F (StoreTest, Rule04WithNoRoomAPutStillRemovesWhatItReplaces)
{
  put ("key");
  maxsize_ = 0;
  put ("key");

  EXPECT_FALSE (has ("key"));
  EXPECT_THAT (dropped (), ElementsAre ("key", "key"));
}

TEST_F (StoreTest, Rule04TheUnlimitedNeverEvicts)
{
  for (int i = 0; i < 100'000; i++)
    put (std::to_string (i));

  EXPECT_FALSE (sweep ());
  EXPECT_EQ (size (), 100'000u);
  EXPECT_EQ (store_->evictions, 0u);
  EXPECT_THAT (dropped (), IsEmpty ());
}

TEST_F (StoreTest, OneIsRoomForOne)
{
  maxsize_ = 1;
  put ("a");
  put ("b");

  EXPECT_THAT (keys (), ElementsAre ("b"));
  EXPECT_THAT (dropped (), ElementsAre ("a"));
}

TEST_F (StoreTest, APutOverALoweredLimitDropsABoundedNumber)
{
  for (int i = 0; i < 10'000; i++)
    put (std::to_string (i));

  maxsize_ = 10;
  EXPECT_EQ (next_sweep (), G_MININT64) << "there is something to do at once";
  put ("new");
  const auto first = dropped ();
  ASSERT_GE (first.size (), 2u) << "more than the one that came";
  EXPECT_LE (first.size (), 16u);
  EXPECT_EQ (first.front (), "0") << "the least recent go";
  EXPECT_EQ (first[1], "1");
  EXPECT_TRUE (has ("new"));

  // Puts alone come to the limit, too.
  for (int i = 0; i < 10'000 && size () > maxsize_; i++)
    put ("more:" + std::to_string (i));
  EXPECT_EQ (size (), 10u);
}

TEST_F (StoreTest, Rule06WhatIsOverALoweredLimitGoesInSlices)
{
  for (int i = 0; i < 1'000; i++)
    put (std::to_string (i));
  maxsize_ = 100;

  for (int slice = 1; slice <= 9; slice++)
    {
      EXPECT_EQ (sweep (100), slice < 9) << "slice " << slice;
      EXPECT_EQ (size (), 1'000u - 100 * slice);
    }
  EXPECT_EQ (store_->evictions, 900u);
  EXPECT_TRUE (has ("900")) << "the most recent stay";
  EXPECT_FALSE (has ("899"));
  EXPECT_EQ (next_sweep (), MEMO_NEVER);

  maxsize_ = 0;
  EXPECT_FALSE (sweep ());
  EXPECT_EQ (size (), 0u);
}

// --- tags ---

TEST_F (StoreTest, NothingThatCarriesAKilledTagIsFound)
{
  put ("one", MEMO_NEVER, { "tag" });
  put ("two", MEMO_NEVER, { "other", "tag" });
  put ("spared", MEMO_NEVER, { "other" });
  put ("untagged");

  kill ("tag");
  EXPECT_FALSE (has ("one"));
  EXPECT_FALSE (has ("two"));
  EXPECT_TRUE (has ("spared"));
  EXPECT_TRUE (has ("untagged"));

  EXPECT_EQ (next_sweep (), G_MININT64);
  EXPECT_FALSE (sweep ());
  EXPECT_THAT (keys (), ElementsAre ("untagged", "spared"));
  EXPECT_THAT (dropped (), ::testing::UnorderedElementsAre ("one", "two"));
  EXPECT_EQ (store_->invalidations, 2u);
  EXPECT_EQ (next_sweep (), MEMO_NEVER);
}

TEST_F (StoreTest, ATagGivenTwiceIsOneTag)
{
  MemoNode *node = put ("key", MEMO_NEVER, { "tag", "tag", "other", "tag" });

  EXPECT_EQ (node->n_tags, 2u);
  kill ("tag");
  sweep ();
  EXPECT_EQ (size (), 0u);
  EXPECT_EQ (store_->invalidations, 1u);
}

TEST_F (StoreTest, AKilledTagCanBeUsedAgain)
{
  put ("old", MEMO_NEVER, { "tag" });
  kill ("tag");
  put ("new", MEMO_NEVER, { "tag" });
  EXPECT_TRUE (has ("new"));

  sweep ();
  EXPECT_TRUE (has ("new"));
  EXPECT_FALSE (has ("old"));

  kill ("tag");
  EXPECT_FALSE (has ("new"));
}

TEST_F (StoreTest, AKeyThatDiedOfItsTagCanBePutAgain)
{
  put ("key", MEMO_NEVER, { "tag" });
  kill ("tag");
  put ("key", MEMO_NEVER, { "tag" });

  EXPECT_TRUE (has ("key"));
  EXPECT_EQ (store_->invalidations, 1u) << "the old one had been invalidated, not replaced";
  sweep ();
  EXPECT_TRUE (has ("key"));
  EXPECT_EQ (size (), 1u);
}

TEST_F (StoreTest, Rule07TheDeadGoBeforeTheLiving)
{
  maxsize_ = 3;
  put ("live and oldest");
  put ("dead", MEMO_NEVER, { "tag" });
  put ("live");
  kill ("tag");

  put ("new");
  EXPECT_THAT (dropped (), ElementsAre ("dead"));
  EXPECT_EQ (store_->evictions, 0u);
  put ("newer");
  EXPECT_THAT (dropped (), ElementsAre ("live and oldest"));
}

TEST_F (StoreTest, EvictedAndReplacedOnesLeaveTheirTags)
{
  maxsize_ = 10;
  for (int i = 0; i < 1'000; i++)
    put (std::to_string (i % 50), MEMO_NEVER, { "all", i % 2 == 0 ? "even" : "odd", std::to_string (i).c_str () });
  EXPECT_EQ (store_->tags.table.count, 3u + 10) << "a tag goes with the last that carries it";
}

TEST_F (StoreTest, KillingTheTagOfAHundredThousandTakesOneStep)
{
  constexpr gsize NODES = 100'000, SLICE = 1'000;

  for (gsize i = 0; i < NODES; i++)
    put (std::to_string (i), MEMO_NEVER, { "tag" });
  put ("spared");

  kill ("tag");
  EXPECT_EQ (size (), NODES + 1) << "none was touched";
  EXPECT_EQ (garbage_, nullptr);
  for (gsize i = 0; i < NODES; i++)
    ASSERT_FALSE (has (std::to_string (i)));

  for (gsize slice = 1; slice <= NODES / SLICE; slice++)
    {
      ASSERT_EQ (next_sweep (), G_MININT64);
      ASSERT_EQ (sweep (SLICE), slice < NODES / SLICE) << "slice " << slice;
      ASSERT_EQ (dropped ().size (), SLICE);
    }
  EXPECT_THAT (keys (), ElementsAre ("spared"));
  EXPECT_EQ (store_->invalidations, NODES);
}

// --- colliding keys ---

TEST_F (StoreTest, KeysThatCollideUnderGStrHashAreSpread)
{
  // djb2 multiplies by 33 and adds: "Az" and "BY" end alike, whatever comes before and after.
  constexpr unsigned BLOCKS = 12, KEYS = 1 << BLOCKS;
  std::set<guint> hashes;
  std::vector<std::string> all;

  for (unsigned i = 0; i < KEYS; i++)
    {
      std::string key;

      for (unsigned block = 0; block < BLOCKS; block++)
        key += i >> block & 1 ? "Az" : "BY";
      all.push_back (key);
      hashes.insert (g_str_hash (key.c_str ()));
      put (key, entry (key.c_str ()));
    }
  ASSERT_EQ (hashes.size (), 1u) << "g_str_hash() should not tell them apart";
  ASSERT_EQ (size (), KEYS);

  for (const std::string &key : all)
    ASSERT_STREQ (memo_entry_get_string (find (key)->entry), key.c_str ());

  gsize longest = 0, probes = 0;
  for (gsize i = 0; i < store_->table.buckets.length; i++)
    {
      auto *item = static_cast<MemoItem *> (*memo_vector_at (&store_->table.buckets, i));
      gsize length = 0;

      for (; item != nullptr; item = item->chain)
        probes += ++length;
      longest = std::max (longest, length);
    }
  EXPECT_LT (longest, 20u) << "the longest chain";
  EXPECT_LT (probes, 2u * KEYS) << "fewer than two comparisons a key";

  for (unsigned i = 0; i < KEYS; i += 2)
    ASSERT_TRUE (remove (all[i]));
  for (unsigned i = 0; i < KEYS; i++)
    ASSERT_EQ (has (all[i]), i % 2 == 1);
}

// --- memory ---

TEST_F (StoreTest, AStoreEndsNoValueItself)
{
  GObject *object = G_OBJECT (g_object_new (G_TYPE_OBJECT, nullptr));
  GObject *weak = object;

  g_object_add_weak_pointer (object, reinterpret_cast<gpointer *> (&weak));
  put ("key", Entry (memo_entry_new_object (object)));
  g_object_unref (object);

  remove ("key");
  EXPECT_NE (weak, nullptr) << "its end may run anybody's code";
  dropped ();
  EXPECT_EQ (weak, nullptr);
}

TEST_F (StoreTest, AnEntryOutlivesItsNode)
{
  Entry shared = entry ("value");

  put ("one", Entry (memo_entry_ref (shared.get ())));
  put ("two", Entry (memo_entry_ref (shared.get ())));
  EXPECT_EQ (find ("one")->entry, find ("two")->entry) << "a reference, not a copy";

  remove ("one");
  remove ("two");
  dropped ();
  EXPECT_THAT (shared, HoldsText ("value"));
}

TEST_F (StoreTest, DrainEmptiesInSlicesAndCountsNothing)
{
  for (int i = 0; i < 1'000; i++)
    put (std::to_string (i), i % 3 == 0 ? 10 : MEMO_NEVER, { "tag", i % 2 == 0 ? "even" : "odd" });
  kill ("even");
  now_ = 10;

  for (int slice = 1; slice <= 10; slice++)
    {
      EXPECT_EQ (memo_store_drain (store_, 100, &garbage_), slice < 10) << "slice " << slice;
      EXPECT_EQ (dropped ().size (), 100u);
      EXPECT_EQ (size (), 1'000u - 100 * slice);
    }
  EXPECT_FALSE (memo_store_drain (store_, 100, &garbage_));
  EXPECT_EQ (store_->evictions + store_->expirations + store_->invalidations, 0u);
  EXPECT_EQ (next_sweep (), MEMO_NEVER);
}

TEST_F (StoreTest, AStoreFreesAllThatIsInIt)
{
  constexpr guint ENTRIES = 3 * MEMO_STORE_SLICE;
  auto object = adopt (G_OBJECT (g_object_new (G_TYPE_OBJECT, nullptr)));
  MemoStore *mine = store_;

  for (guint i = 0; i < ENTRIES; i++)
    put (std::to_string (i), Entry (memo_entry_new_object (object.get ())), i % 3 == 0 ? 10 : MEMO_NEVER,
         { "tag", i % 2 == 0 ? "even" : "odd" });
  kill ("even");
  EXPECT_EQ (object->ref_count, ENTRIES + 1);

  store_ = memo_store_new (MEMO_EVICTION_LRU);
  memo_store_free (mine);
  EXPECT_EQ (object->ref_count, 1u);
}

} // namespace
