// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"

#include <algorithm>
#include <cstring>
#include <set>

extern "C" {
#include "memo-tag-index-private.h"
}

using namespace memo_test;

namespace {

class TagIndexTest : public ::testing::Test
{
protected:
  TagIndexTest () { memo_tag_index_init (&index_); }
  ~TagIndexTest () override
  {
    if (!HasFailure ())
      memo_tag_index_deinit (&index_);    // asserts that nothing is left
  }

  // The index hands nodes out and never looks into them, so a number does for one.
  static MemoNode *node (gsize number) { return static_cast<MemoNode *> (GSIZE_TO_POINTER (number)); }
  static gsize number (MemoNode *node) { return GPOINTER_TO_SIZE (node); }

  void link (MemoTagLink &link, gsize node_number, const std::string &tag)
  {
    const MemoKey key = memo_key (tag.c_str ());

    memo_tag_index_link (&index_, &link, node (node_number), &key);
  }

  void kill (const std::string &tag)
  {
    const MemoKey key = memo_key (tag.c_str ());

    memo_tag_index_kill (&index_, &key);
  }

  void unlink (MemoTagLink &link) { memo_tag_index_unlink (&index_, &link); }
  gsize corpse () { return number (memo_tag_index_corpse (&index_)); }
  gsize living_tags () { return index_.table.count; }

  MemoTagIndex index_;
};

TEST_F (TagIndexTest, AnEmptyIndexHasNoCorpse)
{
  EXPECT_EQ (corpse (), 0u);
  EXPECT_EQ (living_tags (), 0u);
}

TEST_F (TagIndexTest, NodesShareATagAndTheLastTakesItAlong)
{
  MemoTagLink one, two;

  link (one, 1, "tag");
  link (two, 2, "tag");
  EXPECT_EQ (living_tags (), 1u);
  EXPECT_EQ (one.tag, two.tag);
  EXPECT_EQ (corpse (), 0u) << "nobody is dead";

  unlink (one);
  EXPECT_EQ (living_tags (), 1u);
  unlink (two);
  EXPECT_EQ (living_tags (), 0u);
}

TEST_F (TagIndexTest, ATagKeepsItsOwnText)
{
  char buffer[] = "tag:1";
  MemoTagLink one, two;

  link (one, 1, buffer);
  buffer[4] = '2';
  link (two, 2, buffer);

  EXPECT_NE (one.tag, two.tag);
  EXPECT_STREQ (one.tag->item.text, "tag:1");
  unlink (one);
  unlink (two);
}

TEST_F (TagIndexTest, EmptyAndLongTagsAreTags)
{
  MemoTagLink empty, longest;
  const std::string text (100'000, 't');

  link (empty, 1, "");
  link (longest, 2, text);
  EXPECT_EQ (living_tags (), 2u);

  kill ("");
  EXPECT_EQ (corpse (), 1u);
  EXPECT_FALSE (longest.tag->dead);
  unlink (empty);
  kill (text);
  EXPECT_EQ (corpse (), 2u);
  unlink (longest);
}

TEST_F (TagIndexTest, LinksMayGoInAnyOrder)
{
  // First, last and middle ones, in every order.
  std::vector<int> order = { 0, 1, 2, 3 };

  do
    {
      std::vector<MemoTagLink> links (order.size ());
      std::set<gsize> left;

      for (gsize i = 0; i < links.size (); i++)
        {
          link (links[i], i + 1, "tag");
          left.insert (i + 1);
        }
      for (int i : order)
        {
          std::set<gsize> reached;

          for (MemoTagLink *at = links[i].tag->links; at != nullptr; at = at->next)
            reached.insert (number (at->node));
          ASSERT_EQ (reached, left);
          unlink (links[i]);
          left.erase (i + 1);
        }
      ASSERT_EQ (living_tags (), 0u);
    }
  while (std::next_permutation (order.begin (), order.end ()));
}

TEST_F (TagIndexTest, AllThatCarryAKilledTagAreCorpses)
{
  std::vector<MemoTagLink> links (5);
  std::set<gsize> buried;

  for (gsize i = 0; i < 5; i++)
    link (links[i], i + 1, i < 3 ? "killed" : "spared");

  kill ("killed");
  EXPECT_EQ (living_tags (), 1u);
  for (gsize i = 0; i < 5; i++)
    EXPECT_EQ (links[i].tag->dead, i < 3) << "node " << i + 1;

  while (gsize next = corpse ())
    {
      ASSERT_TRUE (buried.insert (next).second) << "node " << next << " was buried already";
      unlink (links[next - 1]);
    }
  EXPECT_THAT (buried, ::testing::ElementsAre (1, 2, 3));

  unlink (links[3]);
  unlink (links[4]);
}

TEST_F (TagIndexTest, ACorpseStaysOneUntilItIsBuried)
{
  MemoTagLink one;

  link (one, 1, "tag");
  kill ("tag");

  EXPECT_EQ (corpse (), 1u);
  EXPECT_EQ (corpse (), 1u);
  unlink (one);
  EXPECT_EQ (corpse (), 0u);
}

TEST_F (TagIndexTest, ANodeCarriesSeveralTagsAndDiesOfAny)
{
  MemoTagLink one[3], two;

  link (one[0], 1, "a");
  link (one[1], 1, "b");
  link (one[2], 1, "c");
  link (two, 2, "c");

  kill ("b");
  EXPECT_EQ (corpse (), 1u);
  for (MemoTagLink &each : one)
    unlink (each);

  EXPECT_EQ (corpse (), 0u);
  EXPECT_EQ (living_tags (), 1u) << "a went with its last node, c is still carried";
  EXPECT_FALSE (two.tag->dead);
  unlink (two);
}

TEST_F (TagIndexTest, ANodeWithTwoDeadTagsIsBuriedOnce)
{
  MemoTagLink one[2];

  link (one[0], 1, "a");
  link (one[1], 1, "b");
  kill ("a");
  kill ("b");

  EXPECT_EQ (corpse (), 1u);
  unlink (one[0]);
  unlink (one[1]);
  EXPECT_EQ (corpse (), 0u);
}

TEST_F (TagIndexTest, CorpsesOfManyTagsAreAllFound)
{
  std::vector<MemoTagLink> links (1'000);
  gsize buried = 0;

  for (gsize i = 0; i < links.size (); i++)
    link (links[i], i + 1, "tag:" + std::to_string (i / 2));
  for (gsize i = 0; i < links.size () / 2; i++)
    kill ("tag:" + std::to_string (i));
  EXPECT_EQ (living_tags (), 0u);

  // Some went in another way before they were buried: replaced, deleted.
  for (gsize i = 0; i < links.size (); i += 3)
    unlink (links[i]);
  while (gsize next = corpse ())
    {
      ASSERT_NE ((next - 1) % 3, 0u) << "node " << next << " had gone";
      unlink (links[next - 1]);
      buried++;
    }
  EXPECT_EQ (buried, links.size () - 334);
}

TEST_F (TagIndexTest, AKilledTagCanBeUsedAgain)
{
  MemoTagLink old, fresh, later;

  link (old, 1, "tag");
  kill ("tag");
  link (fresh, 2, "tag");

  EXPECT_NE (old.tag, fresh.tag);
  EXPECT_TRUE (old.tag->dead);
  EXPECT_FALSE (fresh.tag->dead);
  EXPECT_EQ (corpse (), 1u);
  unlink (old);
  EXPECT_EQ (corpse (), 0u) << "the new one lives";

  link (later, 3, "tag");
  EXPECT_EQ (later.tag, fresh.tag);
  kill ("tag");
  kill ("tag");
  EXPECT_TRUE (fresh.tag->dead && later.tag->dead);
  unlink (fresh);
  EXPECT_EQ (corpse (), 3u);
  unlink (later);
}

TEST_F (TagIndexTest, KillingATagThatNobodyCarriesIsNothing)
{
  MemoTagLink one;

  kill ("tag");
  link (one, 1, "tag");
  EXPECT_FALSE (one.tag->dead);
  kill ("ta");
  kill ("tag ");
  EXPECT_FALSE (one.tag->dead);
  EXPECT_EQ (corpse (), 0u);
  unlink (one);
}

TEST_F (TagIndexTest, KillingATagTouchesNoneOfItsNodes)
{
  std::vector<MemoTagLink> links (100'000);

  for (gsize i = 0; i < links.size (); i++)
    link (links[i], i + 1, "tag");

  const std::vector<MemoTagLink> before = links;
  kill ("tag");
  EXPECT_EQ (std::memcmp (before.data (), links.data (), links.size () * sizeof (MemoTagLink)), 0);
  EXPECT_TRUE (links.front ().tag->dead && links.back ().tag->dead);

  for (MemoTagLink &each : links)
    unlink (each);
  EXPECT_EQ (corpse (), 0u);
}

TEST_F (TagIndexTest, ADeadTagIsGivenBackWhenItsNodesWentOtherwise)
{
  MemoTagLink one;

  link (one, 1, "tag");
  kill ("tag");
  unlink (one);

  EXPECT_EQ (corpse (), 0u);
  EXPECT_EQ (index_.dead, nullptr);
}

// --- sets of tags ---

using TagSet = std::unique_ptr<MemoTagSet, Deleter<MemoTagSet, memo_tag_set_free>>;

TagSet
make_set (std::initializer_list<std::initializer_list<const char *>> parts)
{
  MemoTagSet *set = nullptr;

  for (const auto &part : parts)
    memo_tag_set_add (&set, Tags (part));

  return TagSet (set);
}

std::vector<std::string>
texts (const TagSet &set)
{
  std::vector<std::string> all;

  for (guint i = 0; i < memo_tag_set_size (set.get ()); i++)
    all.push_back (memo_tag_set_get (set.get (), i)->text);

  return all;
}

TEST (TagSetTest, AnyNumberOfTagsAreKeptOnceAndInOrder)
{
  std::vector<std::string> all;
  MemoTagSet *set = nullptr;

  for (int i = 0; i < 100; i++)
    all.push_back ("tag:" + std::to_string (i));

  std::vector<const char *> twice;
  for (int round = 0; round < 2; round++)
    for (const auto &text : all)
      twice.push_back (text.c_str ());
  twice.push_back (nullptr);

  memo_tag_set_add (&set, twice.data ());
  memo_tag_set_add (&set, Tags { "tag:7", "one more", "tag:99", "one more" });
  all.push_back ("one more");
  EXPECT_EQ (texts (TagSet (set)), all);
}

TEST (TagSetTest, NoTagsAreTheEmptySet)
{
  MemoTagSet *set = nullptr;

  memo_tag_set_add (&set, nullptr);
  EXPECT_EQ (set, nullptr);
  memo_tag_set_add (&set, Tags {});
  EXPECT_EQ (set, nullptr);
  EXPECT_EQ (memo_tag_set_size (set), 0u);
  memo_tag_set_free (set);
}

TEST (TagSetTest, EachTagIsThereOnceAndInOrder)
{
  EXPECT_THAT (texts (make_set ({ { "b", "a", "b", "b", "a", "c" } })), ::testing::ElementsAre ("b", "a", "c"));
}

TEST (TagSetTest, SetsAreJoined)
{
  EXPECT_THAT (texts (make_set ({ { "a", "b" }, {}, { "b", "c" }, { "a" } })), ::testing::ElementsAre ("a", "b", "c"));
}

TEST (TagSetTest, TagsThatBeginAlikeAreSeveral)
{
  EXPECT_THAT (texts (make_set ({ { "", "t", "ta", "tag", "ta", "" } })),
               ::testing::ElementsAre ("", "t", "ta", "tag"));
}

TEST (TagSetTest, TagsAreHashedAsKeysAre)
{
  const TagSet set = make_set ({ { "one", "three" } });
  const MemoKey key = memo_key ("three");

  EXPECT_EQ (memo_tag_set_get (set.get (), 1)->length, key.length);
  EXPECT_EQ (memo_tag_set_get (set.get (), 1)->hash, key.hash);
}

} // namespace
