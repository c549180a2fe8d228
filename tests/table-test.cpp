// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"

#include <algorithm>
#include <random>
#include <unordered_map>

extern "C" {
#include "memo-table-private.h"
}

namespace {

// An item as a user of the table makes one, with a text of its own.
struct Word
{
  Word (const std::string &the_text, guint32 hash) : text (the_text)
  {
    const MemoKey key = { text.c_str (), static_cast<guint32> (text.size ()), hash };

    memo_item_init (&item, &key, text.c_str ());
  }
  explicit Word (const std::string &the_text) : Word (the_text, memo_key (the_text.c_str ()).hash) {}

  MemoItem    item;
  std::string text;
};

class TableTest : public ::testing::Test
{
protected:
  static constexpr gsize SMALLEST = 16;

  TableTest () { memo_table_init (&table_); }
  ~TableTest () override { memo_table_deinit (&table_); }

  MemoItem *add (const std::string &text) { return add (std::make_unique<Word> (text)); }
  MemoItem *add (const std::string &text, guint32 hash) { return add (std::make_unique<Word> (text, hash)); }
  MemoItem *add (std::unique_ptr<Word> word)
  {
    words_.push_back (std::move (word));
    memo_table_add (&table_, &words_.back ()->item);
    return &words_.back ()->item;
  }

  MemoItem *find (const std::string &text)
  {
    const MemoKey key = memo_key (text.c_str ());

    return memo_table_find (&table_, &key);
  }
  MemoItem *find (const std::string &text, guint32 hash)
  {
    const MemoKey key = { text.c_str (), static_cast<guint32> (text.size ()), hash };

    return memo_table_find (&table_, &key);
  }

  void remove (MemoItem *item) { memo_table_remove (&table_, item); }

  MemoItem *bucket (gsize index) { return static_cast<MemoItem *> (*memo_vector_at (&table_.buckets, index)); }

  gsize chain_length (gsize index)
  {
    gsize length = 0;

    for (MemoItem *item = bucket (index); item != nullptr; item = item->chain)
      length++;

    return length;
  }

  gsize longest_chain ()
  {
    gsize longest = 0;

    for (gsize i = 0; i < table_.buckets.length; i++)
      longest = std::max (longest, chain_length (i));

    return longest;
  }

  // How many items a search for this one looks at, itself included.
  gsize probes (const MemoItem *wanted)
  {
    gsize n = table_.buckets.length, turn = 1, count = 1;

    while (2 * turn <= n)
      turn *= 2;

    gsize index = wanted->hash % (2 * turn);
    for (MemoItem *item = bucket (index < n ? index : wanted->hash % turn); item != wanted; item = item->chain)
      count++;

    return count;
  }

  // The rules of linear hashing, from the paper: with n buckets and 2^k <= n < 2^(k+1), a hash belongs into the
  // bucket that it is modulo 2^(k+1) when that is there already, and modulo 2^k when it is not.
  void check_structure ()
  {
    gsize n = table_.buckets.length, turn = 1, count = 0;

    while (2 * turn <= n)
      turn *= 2;
    ASSERT_EQ (table_.mask, turn - 1) << "with " << n << " buckets";

    for (gsize i = 0; i < n; i++)
      {
        for (MemoItem *item = bucket (i); item != nullptr; item = item->chain)
          {
            gsize home = item->hash % (2 * turn);

            ASSERT_EQ (home < n ? home : item->hash % turn, i) << "with " << n << " buckets";
            count++;
          }
      }

    ASSERT_EQ (table_.count, count);
    ASSERT_GE (n, SMALLEST);
    ASSERT_LE (count, n) << "too full";
    if (n > SMALLEST)
      {
        ASSERT_LE (n, 4 * count) << "too empty";
      }
  }

  MemoTable                          table_;
  std::vector<std::unique_ptr<Word>> words_;
};

TEST_F (TableTest, AnEmptyTableFindsNothing)
{
  EXPECT_EQ (table_.count, 0u);
  EXPECT_EQ (find (""), nullptr);
  EXPECT_EQ (find ("key"), nullptr);
}

TEST_F (TableTest, AnItemIsItsKey)
{
  const MemoKey key = { "key", 3, 0x12345678 };
  const char *own = "key";
  MemoItem item;

  memo_item_init (&item, &key, own);

  EXPECT_EQ (item.chain, nullptr);
  EXPECT_EQ (item.text, own);
  EXPECT_EQ (item.length, 3u);
  EXPECT_EQ (item.hash, 0x12345678u);
}

TEST_F (TableTest, WhatIsAddedIsFoundAndWhatIsRemovedIsNot)
{
  MemoItem *one = add ("one");
  MemoItem *empty = add ("");

  EXPECT_EQ (find ("one"), one);
  EXPECT_EQ (find (""), empty);
  EXPECT_EQ (find ("two"), nullptr);

  remove (one);
  EXPECT_EQ (find ("one"), nullptr);
  EXPECT_EQ (find (""), empty);

  memo_table_add (&table_, one);
  EXPECT_EQ (find ("one"), one);
}

TEST_F (TableTest, TheLinkOfARemovedItemIsFreeForOthers)
{
  MemoItem *first = add ("first", 7);
  MemoItem *second = add ("second", 7);

  ASSERT_TRUE (first->chain == second || second->chain == first) << "they share a bucket";
  remove (second);
  EXPECT_EQ (second->chain, nullptr);
  remove (first);
  EXPECT_EQ (first->chain, nullptr);
}

TEST_F (TableTest, AllAreFoundAtEverySizeWhileItGrowsAndShrinks)
{
  constexpr int MOST = 700;     // past the borders of 16, 32, … 512 buckets
  auto check_all = [this] (int have) {
    for (int i = 0; i < MOST; i++)
      ASSERT_EQ (find (std::to_string (i)) != nullptr, i < have) << i << " of " << have;
    check_structure ();
  };

  for (int i = 0; i < MOST; i++)
    {
      add (std::to_string (i));
      ASSERT_NO_FATAL_FAILURE (check_all (i + 1));
    }
  EXPECT_GT (table_.buckets.length, 512u);

  for (int i = MOST; i-- > 0;)
    {
      remove (find (std::to_string (i)));
      ASSERT_NO_FATAL_FAILURE (check_all (i));
    }
  EXPECT_EQ (table_.buckets.length, SMALLEST);
}

TEST_F (TableTest, RandomOperationsAgreeWithAStandardMap)
{
  std::unordered_map<std::string, MemoItem *> model;
  std::mt19937 random (7);
  int adds = 0, removes = 0, hits = 0, misses = 0;
  gsize most = 0;

  for (int step = 0; step < 400'000; step++)
    {
      // It is filled and emptied by turns, so that it grows and shrinks.
      const bool filling = step / 50'000 % 2 == 0;
      const std::string text = "key:" + std::to_string (random () % 20'000);
      auto known = model.find (text);
      MemoItem *found = find (text);

      ASSERT_EQ (found, known != model.end () ? known->second : nullptr) << text << " at step " << step;
      (found != nullptr ? hits : misses)++;

      if (found == nullptr && random () % 8 < (filling ? 7 : 1))
        {
          model[text] = add (text);
          adds++;
        }
      else if (found != nullptr && random () % 8 < (filling ? 1 : 7))
        {
          remove (found);
          model.erase (known);
          removes++;
        }

      ASSERT_EQ (table_.count, model.size ());
      most = std::max (most, model.size ());
      if (step % 1'000 == 0)
        {
          ASSERT_NO_FATAL_FAILURE (check_structure ());
        }
    }

  for (auto &[text, item] : model)
    ASSERT_EQ (find (text), item);

  EXPECT_GT (most, 15'000u);
  EXPECT_GT (adds, 50'000);
  EXPECT_GT (removes, 50'000);
  EXPECT_GT (hits, 100'000);
  EXPECT_GT (misses, 100'000);
}

TEST_F (TableTest, NoAdditionOrRemovalIsProportionalToTheSize)
{
  constexpr int MOST = 100'000;
  gsize longest = 0;

  for (int i = 0; i < MOST; i++)
    {
      const gsize before = table_.buckets.length;
      const gsize split = before & table_.mask;   // the next to be split
      const gsize moved = chain_length (split);

      add (std::to_string (i));
      ASSERT_GE (table_.buckets.length, before);
      ASSERT_LE (table_.buckets.length, before + 1);
      if (table_.buckets.length > before)
        longest = std::max (longest, moved);
    }

  std::shuffle (words_.begin (), words_.end (), std::mt19937 (3));
  for (auto &word : words_)
    {
      const gsize before = table_.buckets.length;

      for (gsize i = before - std::min<gsize> (4, before); i < before; i++)
        longest = std::max (longest, chain_length (i));
      remove (&word->item);
      ASSERT_LE (table_.buckets.length, before);
      ASSERT_GE (table_.buckets.length + 4, before);
    }

  EXPECT_EQ (table_.buckets.length, SMALLEST);
  EXPECT_LT (longest, 25u) << "what a split or a join has to move";
}

TEST_F (TableTest, OnlyTheBucketThatIsSplitChanges)
{
  while (table_.count < 1'000 || table_.count < table_.buckets.length)
    add (std::to_string (table_.count));

  std::vector<MemoItem *> before;
  const gsize buckets = table_.buckets.length, split = buckets & table_.mask;
  for (gsize i = 0; i < buckets; i++)
    before.push_back (bucket (i));

  MemoItem *added = add ("one more", buckets);    // it belongs into the new bucket
  ASSERT_EQ (table_.buckets.length, buckets + 1);
  EXPECT_EQ (bucket (buckets), added);
  for (gsize i = 0; i < buckets; i++)
    {
      if (i != split)
        {
          ASSERT_EQ (bucket (i), before[i]) << "bucket " << i;
        }
    }
}

TEST_F (TableTest, AtABorderItDoesNotSplitAndJoinAtEveryTurn)
{
  while (table_.count < 1'000 || table_.count < table_.buckets.length)
    add (std::to_string (table_.count));
  MemoItem *last = add ("last");
  const gsize buckets = table_.buckets.length;

  for (int i = 0; i < 100; i++)
    {
      remove (last);
      ASSERT_EQ (table_.buckets.length, buckets);
      memo_table_add (&table_, last);
      ASSERT_EQ (table_.buckets.length, buckets);
    }
}

TEST_F (TableTest, KeysWithOneHashAreAllFound)
{
  constexpr int KEYS = 500;
  std::vector<MemoItem *> items;

  for (int i = 0; i < KEYS; i++)
    items.push_back (add ("key:" + std::to_string (i), 0xdeadbeef));

  for (int i = 0; i < KEYS; i++)
    ASSERT_EQ (find ("key:" + std::to_string (i), 0xdeadbeef), items[i]);
  EXPECT_EQ (find ("key:500", 0xdeadbeef), nullptr);
  EXPECT_EQ (longest_chain (), static_cast<gsize> (KEYS)) << "they do collide";

  for (int i = 0; i < KEYS; i += 2)
    remove (items[i]);
  for (int i = 0; i < KEYS; i++)
    ASSERT_EQ (find ("key:" + std::to_string (i), 0xdeadbeef), i % 2 == 0 ? nullptr : items[i]);
  check_structure ();
}

TEST_F (TableTest, HashesThatDifferInHighBitsOnlyPartAsItGrows)
{
  for (guint32 i = 0; i < 64; i++)
    add ("key:" + std::to_string (i), i << 4);
  EXPECT_LE (longest_chain (), 16u) << "64 buckets look at two of the bits, 16 at none";

  for (guint32 i = 0; i < 64; i++)
    EXPECT_NE (find ("key:" + std::to_string (i), i << 4), nullptr);
  check_structure ();
}

TEST_F (TableTest, OneTextUnderTwoHashesIsTwoItems)
{
  MemoItem *one = add ("key", 1);
  MemoItem *same_bucket = add ("key", 17);

  EXPECT_EQ (find ("key", 1), one);
  EXPECT_EQ (find ("key", 17), same_bucket);
  EXPECT_EQ (find ("key", 33), nullptr);
}

TEST_F (TableTest, TextsAreComparedOnlyWhenHashAndLengthAgree)
{
  const char *unreadable = reinterpret_cast<const char *> (1);
  const MemoKey others[] = { { unreadable, 3, 16 }, { unreadable, 4, 0 }, { unreadable, 2, 0 }, { unreadable, 0, 0 } };
  std::vector<MemoItem> items (G_N_ELEMENTS (others));

  MemoItem *key = add ("key", 0);
  for (size_t i = 0; i < items.size (); i++)
    {
      memo_item_init (&items[i], &others[i], unreadable);
      memo_table_add (&table_, &items[i]);    // before the other in its bucket
    }

  EXPECT_EQ (find ("key", 0), key);
  EXPECT_EQ (find ("yek", 0), nullptr);
  EXPECT_EQ (probes (key), items.size () + 1) << "they were in the way";
}

TEST_F (TableTest, KeysThatBeginAlikeAreToldApart)
{
  const std::string prefix (300, 'p');
  std::vector<MemoItem *> items;

  // One hash for all, so that text and length alone tell them apart.
  for (size_t length = 0; length <= prefix.size (); length++)
    items.push_back (add (prefix.substr (0, length), 5));
  for (char last = 'a'; last <= 'z'; last++)
    items.push_back (add (prefix + last, 5));

  for (size_t length = 0; length <= prefix.size (); length++)
    ASSERT_EQ (find (prefix.substr (0, length), 5), items[length]);
  for (char last = 'a'; last <= 'z'; last++)
    ASSERT_EQ (find (prefix + last, 5), items[prefix.size () + 1 + last - 'a']);
}

TEST_F (TableTest, AHashedKeyIsFoundAfterAFewProbes)
{
  constexpr int KEYS = 50'000;
  gsize probes_in_all = 0;

  for (int i = 0; i < KEYS; i++)
    add ("product:" + std::to_string (i));
  for (auto &word : words_)
    probes_in_all += probes (&word->item);

  EXPECT_LT (probes_in_all, 2u * KEYS) << "fewer than two a key";
  EXPECT_LT (longest_chain (), 25u);
}

TEST_F (TableTest, StealGivesEveryItemOnceAndLeavesAnEmptyTable)
{
  for (int i = 0; i < 1'000; i++)
    add (std::to_string (i));

  std::vector<std::string> stolen, expected;
  for (MemoItem *item = memo_table_steal (&table_); item != nullptr; item = item->chain)
    stolen.push_back (item->text);
  for (auto &word : words_)
    expected.push_back (word->text);

  EXPECT_THAT (stolen, ::testing::UnorderedElementsAreArray (expected));
  EXPECT_EQ (table_.count, 0u);
  EXPECT_EQ (table_.buckets.length, SMALLEST);
  EXPECT_EQ (find ("1"), nullptr);

  MemoItem *again = add ("again");
  EXPECT_EQ (find ("again"), again);
  check_structure ();
}

TEST_F (TableTest, AnEmptyTableHasNothingToSteal)
{
  EXPECT_EQ (memo_table_steal (&table_), nullptr);
  EXPECT_EQ (table_.buckets.length, SMALLEST);
}

} // namespace
