// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "memo-test.hpp"

#include <algorithm>

extern "C" {
#include "memo-store-private.h"
}

namespace memo_test {

// A store, with the time and the limit that a cache would give it.
class StoreTest : public ::testing::Test
{
protected:
  ~StoreTest () override
  {
    memo_garbage_free (garbage_);
    memo_store_free (store_);
  }

  MemoNode *put (const std::string &key_text, gint64 deadline = MEMO_NEVER,
                 std::initializer_list<const char *> tags = {})
  {
    return put (key_text, Entry (memo_entry_new_int64 (0)), deadline, tags);
  }

  MemoNode *put (const std::string &key_text, Entry entry, gint64 deadline = MEMO_NEVER,
                 std::initializer_list<const char *> tags = {})
  {
    const MemoKey key = memo_key (key_text.c_str ());
    MemoTagSet *set = nullptr;

    memo_tag_set_add (&set, Tags (tags));
    MemoNode *node = memo_node_new (&key, entry.release (), deadline, memo_tag_set_size (set));
    memo_store_put (store_, node, set, limit (), now_, &garbage_);
    memo_tag_set_free (set);

    return node;
  }

  MemoNode *find (const std::string &key_text)
  {
    const MemoKey key = memo_key (key_text.c_str ());

    return memo_store_find (store_, &key, now_);
  }
  bool has (const std::string &key_text) { return find (key_text) != nullptr; }
  void touch (const std::string &key_text) { memo_store_touch (store_, find (key_text)); }

  bool remove (const std::string &key_text)
  {
    const MemoKey key = memo_key (key_text.c_str ());

    return memo_store_remove (store_, &key, now_, &garbage_);
  }

  void kill (const std::string &tag)
  {
    const MemoKey key = memo_key (tag.c_str ());

    memo_store_invalidate_tag (store_, &key);
  }

  bool sweep (guint budget = G_MAXUINT) { return memo_store_sweep (store_, limit (), now_, budget, &garbage_); }
  gint64 next_sweep () { return memo_store_next_sweep (store_, limit ()); }
  MemoLimit limit () const { return { maxsize_, max_bytes_ }; }
  gsize size () { return memo_store_size (store_); }

  // The keys of what left the store since the last time, in the order in which it went.
  std::vector<std::string> dropped ()
  {
    std::vector<std::string> keys;

    for (MemoNode *node = garbage_; node != nullptr; node = reinterpret_cast<MemoNode *> (node->item.chain))
      keys.push_back (node->item.text);
    std::reverse (keys.begin (), keys.end ());
    memo_garbage_free (garbage_);
    garbage_ = nullptr;

    return keys;
  }

  // All keys, the most recent first.
  std::vector<std::string> keys ()
  {
    std::vector<std::string> all;

    for (MemoNode *node = store_->order.main.newest; node != nullptr; node = node->older)
      all.push_back (node->item.text);

    return all;
  }

  MemoStore *store_ = memo_store_new (MEMO_EVICTION_LRU);
  MemoNode  *garbage_ = nullptr;
  gint64     now_ = 0;
  gsize      maxsize_ = G_MAXSIZE;
  guint64    max_bytes_ = G_MAXUINT64;
};

} // namespace memo_test
