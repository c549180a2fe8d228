// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/complaints.hpp"
#include "support/scripted-backend.hpp"

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

// Tags in a backup: their tokens, and what becomes of records whose tokens are not the present ones.

class BackupTagsTest : public WritingTest
{
protected:
  // Another process with the same backup.
  Ref<MemoAsyncCache> new_other () { return new_cache_over (other_backend_); }

  std::string read (MemoAsyncCache *from, const char *key)
  {
    auto got = AsyncTest::get (MEMO_CACHE (from), key);

    turn ();
    EXPECT_TRUE (got->done ());
    return got->entry != nullptr ? memo_entry_get_string (got->entry.get ()) : "-";
  }

  void invalidate_in (MemoAsyncCache *other, const char *tag)
  {
    memo_cache_invalidate_tags (MEMO_CACHE (other), Tags ({ tag }));
    turn ();
  }

  std::string key (int i) { return "key " + std::to_string (i); }

  MemoryBackend other_backend_ { place_ };
};

TEST_F (BackupTagsTest, ManyWithOneNewTagAreAllOfUse)
{
  hold ({ Ask::load, Ask::store });
  for (int i = 0; i < 100; i++)
    set_tagged (key (i).c_str (), "value", { "tag", "another" });
  EXPECT_EQ (actor ().asked[Ask::load], 2) << "each token is asked for once";
  let_all_go ();
  hold_no_more ();
  EXPECT_EQ (actor ().asked[Ask::store], 102);
  for (int i = 0; i < 100; i++)
    EXPECT_EQ (after_restart (key (i).c_str ()), "value");

  invalidate ("another");
  for (int i = 0; i < 100; i++)
    EXPECT_EQ (after_restart (key (i).c_str ()), "-");
}

TEST_F (BackupTagsTest, ATokenThatIsThereIsTaken)
{
  set_tagged ("one", "value", { "tag" });
  restart ();
  log ();
  set_tagged ("two", "value", { "tag" });
  EXPECT_THAT (log (), ElementsAre ("load t:tag", "store d:two durable"));
  EXPECT_EQ (after_restart ("one"), "value");
  EXPECT_EQ (after_restart ("two"), "value");
}

TEST_F (BackupTagsTest, WhatIsNoTokenIsReplaced)
{
  place_->put ("t:tag", "junk");
  set_tagged ("key", "value", { "tag" });
  EXPECT_EQ (after_restart ("key"), "value");
}

TEST_F (BackupTagsTest, WhatAnotherProcessInvalidatedIsFoundOut)
{
  auto other = new_other ();

  set_tagged ("key", "old", { "tag" });
  EXPECT_EQ (read (other.get (), "key"), "old");
  invalidate_in (other.get (), "tag");
  EXPECT_EQ (after_restart ("key"), "-");

  // Here the old token is still known, so that what is stored now is of no use, which is noticed when it is read.
  set_tagged ("key", "lost", { "tag" });
  EXPECT_EQ (after_restart ("key"), "-");
  cache_ = nullptr;
  cache_ = new_cache_over (backend_.get (), "maxsize", 0u);
  set_tagged ("key", "new", { "tag" });
  EXPECT_EQ (after_restart ("key"), "new");
  invalidate_in (other.get (), "tag");
  set_tagged ("key", "lost", { "tag" });
  EXPECT_EQ (read (cache_.get (), "key"), "-");
  set_tagged ("key", "newer", { "tag" });
  EXPECT_EQ (read (cache_.get (), "key"), "newer");
  EXPECT_EQ (after_restart ("key"), "newer");
}

TEST_F (BackupTagsTest, WhatAnotherProcessClearedIsFoundOut)
{
  cache_ = new_cache_over (backend_.get (), "maxsize", 0u);
  set_tagged ("key", "old", { "tag" });
  auto other = new_other ();
  memo_cache_clear (MEMO_CACHE (other.get ()));
  set_tagged ("key", "lost", { "tag" });
  EXPECT_EQ (read (cache_.get (), "key"), "-");
  set_tagged ("key", "new", { "tag" });
  EXPECT_EQ (read (cache_.get (), "key"), "new");
}

TEST_F (BackupTagsTest, AnInvalidationAtEachPointOfAStore)
{
  // The token is read, then stored, then the record is; the invalidation comes before one of these.
  for (int step = 0; step < 4; step++)
    for (bool again : { false, true })
      {
        place_->clear ();
        cache_ = new_cache_over (backend_.get (), "maxsize", 0u);
        hold ({ Ask::load, Ask::store, Ask::remove });
        set_tagged ("key", "old", { "tag" });
        for (int i = 0; i < step && held () > 0; i++)
          let_go (0);
        auto done = invalidate_async ("tag");
        if (again)
          set_tagged ("key", "new", { "tag" });
        let_all_go ();
        hold_no_more ();
        EXPECT_THAT (done, Succeeded ());
        EXPECT_EQ (after_restart ("key"), again ? "new" : "-") << "step " << step;
        EXPECT_EQ (read (cache_.get (), "key"), again ? "new" : "-") << "step " << step;
      }
}

TEST_F (BackupTagsTest, ATokenThatCannotBeReadOrStoredFailsTheStore)
{
  for (Ask what : { Ask::load, Ask::store })
    {
      place_->clear ();
      cache_ = new_cache_over (backend_.get ());
      hold ({ what });
      auto one = set_async ("one", entry ("value", MEMO_TTL_DEFAULT, { "tag" }));
      auto two = set_async ("two", entry ("value", MEMO_TTL_DEFAULT, { "tag" }));
      auto three = set_async ("three", entry ("value", MEMO_TTL_DEFAULT, { "other" }));
      complaints_of ([&] { WritingTest::fail (0); });
      let_all_go ();
      hold_no_more ();
      turn ();
      EXPECT_THAT (one, IsBroken ());
      EXPECT_THAT (two, IsBroken ());
      EXPECT_THAT (three, Succeeded ());
      EXPECT_EQ (after_restart ("one"), "-");
      EXPECT_EQ (after_restart ("three"), "value");
      set_tagged ("one", "again", { "tag" });
      EXPECT_EQ (after_restart ("one"), "again");
    }
}

TEST_F (BackupTagsTest, SixtyFourTagsFitAndMoreStayInMemory)
{
  std::vector<std::string> names;
  std::vector<const char *> tags;

  for (int i = 0; i < 65; i++)
    names.push_back ("tag " + std::to_string (i));
  for (const auto &name : names)
    tags.push_back (name.c_str ());
  tags.push_back (nullptr);

  auto many = entry ("65");
  memo_entry_set_tags (many.get (), tags.data ());
  set ("many", "old");
  set ("many", std::move (many));
  EXPECT_EQ (in_memory ("many"), "65");
  EXPECT_EQ (after_restart ("many"), "-");

  tags.erase (tags.begin () + 64);
  auto fits = entry ("64");
  memo_entry_set_tags (fits.get (), tags.data ());
  set ("fits", std::move (fits));
  EXPECT_EQ (after_restart ("fits"), "64");
  invalidate ("tag 63");
  EXPECT_EQ (after_restart ("fits"), "-");
}

TEST_F (BackupTagsTest, TagsWithoutEndAreNotRememberedWithoutEnd)
{
  for (int i = 0; i < 12000; i++)
    set_tagged ("key", std::to_string (i).c_str (), { ("tag " + std::to_string (i)).c_str () });
  log ();
  set_tagged ("key", "value", { "tag 11999" });
  EXPECT_THAT (log (), ElementsAre ("store d:key durable")) << "the latest are known";
  set_tagged ("key", "value", { "tag 0" });
  EXPECT_THAT (log (), ElementsAre ("load t:tag 0", "store d:key durable"));
  EXPECT_EQ (after_restart ("key"), "value");
}

} // namespace
