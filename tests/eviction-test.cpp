// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/store-test.hpp"

#include <cmath>
#include <deque>
#include <list>
#include <random>
#include <unordered_map>

using namespace memo_test;

namespace {

class EvictionTest : public StoreTest
{
protected:
  EvictionTest ()
  {
    memo_store_free (store_);
    store_ = memo_store_new (MEMO_EVICTION_S3_FIFO);
  }

  void fill (const std::string &prefix, guint n)
  {
    for (guint i = 0; i < n; i++)
      put (prefix + std::to_string (i));
  }

  // As a cache does: asks, and puts in what is not there.  Says whether it was.
  bool ask (const std::string &key)
  {
    if (MemoNode *node = find (key))
      {
        memo_store_touch (store_, node);
        return true;
      }

    put (key);
    return false;
  }
};

TEST_F (EvictionTest, WhatNobodyCameBackForGoesFirst)
{
  maxsize_ = 10;
  put ("often");
  touch ("often");
  touch ("often");
  fill ("once:", 9);
  dropped ();

  fill ("more:", 9);
  EXPECT_TRUE (has ("often"));
  EXPECT_EQ (dropped ().front (), "once:0");
}

TEST_F (EvictionTest, HitsOfReadersWhoShareCountLikeOthers)
{
  MemoReaders *readers = memo_readers_new ();
  const MemoKey key = memo_key ("often");

  memo_store_share (store_, readers);
  maxsize_ = 10;
  MemoNode *often = put ("often");
  for (int i = 0; i < 5; i++)
    EXPECT_EQ (memo_store_use_shared (store_, &key, now_), often);
  EXPECT_EQ (often->uses, 3);

  fill ("once:", 9);
  fill ("more:", 9);
  EXPECT_TRUE (has ("often"));
  EXPECT_EQ (dropped ().front (), "once:0");

  memo_store_share (store_, nullptr);
  memo_readers_free (readers);
}

TEST_F (EvictionTest, OneHitIsNotYetOften)
{
  maxsize_ = 10;
  put ("twice");
  touch ("twice");
  fill ("once:", 9);
  put ("one more");

  EXPECT_FALSE (has ("twice"));
}

TEST_F (EvictionTest, AScanDoesNotPushOutWhatIsAskedForOften)
{
  maxsize_ = 100;
  for (guint round = 0; round < 3; round++)
    for (guint i = 0; i < 50; i++)
      ask ("hot:" + std::to_string (i));

  for (guint i = 0; i < 10'000; i++)
    ask ("scan:" + std::to_string (i));

  for (guint i = 0; i < 50; i++)
    EXPECT_TRUE (has ("hot:" + std::to_string (i))) << i;
  EXPECT_EQ (size (), 100u);
}

TEST_F (EvictionTest, WhatComesBackSoonAfterItWentIsAmongTheOthersAtOnce)
{
  maxsize_ = 20;
  for (guint round = 0; round < 3; round++)
    for (guint i = 0; i < 18; i++)
      ask ("hot:" + std::to_string (i));
  fill ("once:", 3);
  ASSERT_FALSE (has ("once:0"));

  MemoNode *back = put ("once:0");
  EXPECT_FALSE (back->is_small);
  EXPECT_TRUE (put ("never seen")->is_small);
}

TEST_F (EvictionTest, WhatComesBackIsKnownWhileTheMainQueueIsStillEmpty)
{
  maxsize_ = 20;
  fill ("once:", 37);
  ASSERT_EQ (store_->order.main.count, 0u);

  // One more has to go for it, the 18th, and so many are known: nine tenths of the cache.
  EXPECT_FALSE (put ("once:0")->is_small);
}

TEST_F (EvictionTest, WhatWentLongAgoIsNotKnown)
{
  maxsize_ = 20;
  fill ("once:", 38);

  EXPECT_TRUE (put ("once:0")->is_small) << "the 19th has gone";
}

TEST_F (EvictionTest, WhoCameBackIsAGhostNoLonger)
{
  maxsize_ = 20;
  for (guint round = 0; round < 3; round++)
    for (guint i = 0; i < 18; i++)
      ask ("hot:" + std::to_string (i));
  fill ("once:", 3);
  ASSERT_FALSE (put ("once:0")->is_small);
  remove ("once:0");
  EXPECT_TRUE (put ("once:0")->is_small);
}

TEST_F (EvictionTest, AValueThatIsReplacedKeepsItsPlace)
{
  maxsize_ = 10;
  put ("often");
  touch ("often");
  put ("often");
  fill ("once:", 9);
  fill ("more:", 30);

  EXPECT_TRUE (has ("often"));
}

TEST_F (EvictionTest, WhatExpiredOrDiedIsReplacedAsIfItWereNew)
{
  maxsize_ = 10;
  put ("key", 5);
  touch ("key");
  touch ("key");
  now_ = 5;
  EXPECT_EQ (put ("key")->uses, 0u);

  put ("tagged", MEMO_NEVER, { "tag" });
  touch ("tagged");
  kill ("tag");
  EXPECT_EQ (put ("tagged")->uses, 0u);
}

TEST_F (EvictionTest, Rule07AnExpiredOneGoesBeforeALiveOne)
{
  maxsize_ = 10;
  fill ("once:", 9);
  put ("brief", 5);
  touch ("brief");
  touch ("brief");
  now_ = 5;
  put ("one more");

  EXPECT_EQ (dropped (), std::vector<std::string> { "brief" });
}

TEST_F (EvictionTest, AMillionThatAreAllAskedForOftenHoldUpNobody)
{
  constexpr guint N = 100'000;

  maxsize_ = N;
  for (guint round = 0; round < 4; round++)
    for (guint i = 0; i < N; i++)
      ask ("hot:" + std::to_string (i));
  ASSERT_EQ (size (), N);

  // One has to go, and each that is looked at is one step; who is given a chance changes its queue or its count.
  put ("one more");
  EXPECT_EQ (store_->order.main.count, 512u);
}

TEST_F (EvictionTest, ASliceGivesNoMoreChancesThanItHasRoomFor)
{
  constexpr guint N = 10'000;

  maxsize_ = N;
  for (guint round = 0; round < 4; round++)
    for (guint i = 0; i < N; i++)
      ask ("hot:" + std::to_string (i));

  auto chances = [this] {
    // One for each step that takes a use away, or all of them on the way from the small queue to the main one.
    gsize uses = 0;
    for (MemoNode *node = store_->order.main.oldest; node != nullptr; node = node->newer)
      uses += node->uses;
    return store_->order.small.count * 4 + uses;
  };

  maxsize_ = 10;
  for (bool more = true; more;)
    {
      const gsize before = chances (), size_before = size ();
      more = sweep (100);
      EXPECT_LT (size (), size_before);
      EXPECT_LE (before - chances (), 4 * 200u) << size ();
    }
  EXPECT_EQ (size (), 10u);
}

TEST_F (EvictionTest, EverythingCanBeRemovedAndSwept)
{
  maxsize_ = 70;
  for (guint round = 0; round < 3; round++)
    for (guint i = 0; i < 60; i++)
      ask ("hot:" + std::to_string (i));
  fill ("once:", 20);
  ASSERT_GT (store_->order.small.count, 0u);
  ASSERT_GT (store_->order.main.count, 0u);

  EXPECT_TRUE (remove ("hot:7"));
  EXPECT_TRUE (remove ("once:19"));
  maxsize_ = 5;
  EXPECT_FALSE (sweep ());
  EXPECT_EQ (size (), 5u);
  maxsize_ = 0;
  EXPECT_FALSE (sweep ());
  EXPECT_EQ (size (), 0u);
  EXPECT_EQ (store_->order.small.count + store_->order.main.count, 0u);
  EXPECT_EQ (store_->bytes, 0u);
}

// --- bytes ---

class BytesTest : public StoreTest
{
protected:
  MemoNode *put_sized (const std::string &key, gsize bytes)
  {
    Entry entry (memo_entry_new_int64 (0));
    memo_entry_set_size (entry.get (), bytes);

    return put (key, std::move (entry));
  }

  // What a node takes beside its entry.
  const gsize node_ = put_sized ("a", 1)->size - 1;
};

TEST_F (BytesTest, WhatIsOverTheBytesGoes)
{
  max_bytes_ = 3 * (node_ + 1000);
  remove ("a");
  dropped ();
  put_sized ("b", 1000);
  put_sized ("c", 1000);
  put_sized ("d", 1000);
  EXPECT_EQ (dropped (), std::vector<std::string> {});
  EXPECT_EQ (store_->bytes, max_bytes_);

  put_sized ("e", 1000);
  EXPECT_EQ (dropped (), std::vector<std::string> { "b" });
  put_sized ("f", 1001);
  EXPECT_EQ (dropped (), (std::vector<std::string> { "c", "d" }));
  EXPECT_EQ (store_->bytes, 2 * node_ + 2001);
}

TEST_F (BytesTest, WhatIsLargerThanAllIsNotKept)
{
  max_bytes_ = 10 * node_;
  put_sized ("b", 1);
  put_sized ("c", 9 * node_ + 1);

  EXPECT_TRUE (has ("a"));
  EXPECT_TRUE (has ("b"));
  EXPECT_FALSE (has ("c"));

  put_sized ("b", 9 * node_ + 1);
  EXPECT_FALSE (has ("b")) << "the old value would be wrong";
}

TEST_F (BytesTest, ALowerLimitIsReachedInSlices)
{
  maxsize_ = G_MAXSIZE;
  for (guint i = 0; i < 100; i++)
    put_sized (std::string (1, char ('b' + i)), 1);
  max_bytes_ = 50 * (node_ + 1);

  EXPECT_EQ (next_sweep (), G_MININT64);
  EXPECT_TRUE (sweep (10));
  EXPECT_FALSE (sweep ());
  EXPECT_EQ (size (), 50u);
  EXPECT_EQ (store_->bytes, max_bytes_);
}

TEST_F (BytesTest, ASliceHasFewOfWhatIsLarge)
{
  constexpr gsize LARGE = MEMO_STORE_SLICE_BYTES / 2;

  maxsize_ = G_MAXSIZE;
  for (guint i = 0; i < 30; i++)
    put_sized (std::to_string (i), LARGE);
  dropped ();

  maxsize_ = 20;
  EXPECT_TRUE (sweep (512));
  EXPECT_THAT (dropped (), ::testing::SizeIs (3)) << "a small one, and two that are large";

  EXPECT_TRUE (memo_store_drain (store_, 512, &garbage_));
  EXPECT_THAT (dropped (), ::testing::SizeIs (2));
}

TEST_F (BytesTest, WhatIsLargerThanASliceIsOneAlone)
{
  remove ("a");
  for (guint i = 0; i < 3; i++)
    put_sized (std::to_string (i), 10 * MEMO_STORE_SLICE_BYTES);
  dropped ();

  maxsize_ = 1;
  EXPECT_TRUE (sweep (512));
  EXPECT_THAT (dropped (), ::testing::SizeIs (1));
  EXPECT_FALSE (sweep (512));
  EXPECT_EQ (size (), 1u);
}

TEST_F (BytesTest, TheKeyAndTheTagsCount)
{
  const gsize before = store_->bytes;
  put (std::string (1000, 'k'), Entry (memo_entry_new_int64 (0)), MEMO_NEVER, { "one", "two" });

  EXPECT_GE (store_->bytes, before + 1000 + 2 * sizeof (MemoTagLink));
}

// --- the published algorithm, written down again without a thought for speed ---

class PlainS3Fifo
{
public:
  explicit PlainS3Fifo (gsize capacity) : capacity_ (capacity) {}

  bool ask (guint key)
  {
    auto found = where_.find (key);

    if (found != where_.end ())
      {
        found->second.uses = std::min (found->second.uses + 1, 3u);
        return true;
      }

    while (where_.size () >= capacity_)
      evict ();

    auto ghost = ghosts_.find (key);
    const bool is_small = ghost == ghosts_.end () || ghost->second + capacity_ - capacity_ / 10 <= n_ghosts_;
    ghosts_.erase (key);
    (is_small ? small_ : main_).push_front (key);
    where_[key] = { is_small, 0 };

    return false;
  }

private:
  struct Place
  {
    bool  is_small;
    guint uses;
  };

  void evict ()
  {
    if (main_.empty () || (!small_.empty () && small_.size () >= capacity_ / 10))
      {
        const guint key = small_.back ();
        small_.pop_back ();
        if (where_[key].uses > 1)
          {
            main_.push_front (key);
            where_[key] = { false, 0 };
            return;
          }
        where_.erase (key);
        ghosts_[key] = n_ghosts_++;
      }
    else
      {
        const guint key = main_.back ();
        main_.pop_back ();
        if (where_[key].uses > 0)
          {
            main_.push_front (key);
            where_[key].uses--;
            return;
          }
        where_.erase (key);
      }
  }

  const gsize                      capacity_;
  std::list<guint>                 small_, main_;
  std::unordered_map<guint, Place> where_;
  std::unordered_map<guint, gsize> ghosts_;
  gsize                            n_ghosts_ = 0;
};

class PlainLru
{
public:
  explicit PlainLru (gsize capacity) : capacity_ (capacity) {}

  bool ask (guint key)
  {
    auto found = where_.find (key);
    const bool hit = found != where_.end ();

    if (hit)
      order_.erase (found->second);
    else if (where_.size () >= capacity_)
      {
        where_.erase (order_.back ());
        order_.pop_back ();
      }
    order_.push_front (key);
    where_[key] = order_.begin ();

    return hit;
  }

private:
  const gsize                                            capacity_;
  std::list<guint>                                       order_;
  std::unordered_map<guint, std::list<guint>::iterator>  where_;
};

// Requests of keys that are asked for the more often the lower their numbers are, by Zipf's law with an exponent of 0.99; a
// SCANS-th of them goes through other keys one after another.
class Trace
{
public:
  Trace (guint n_keys, double scans) : n_keys_ (n_keys), scans_ (scans)
  {
    double sum = 0;

    for (guint i = 1; i <= n_keys; i++)
      sums_.push_back (sum += std::pow (i, -0.99));
  }

  guint next ()
  {
    if (chance_ (dice_) < scans_)
      return n_keys_ + scanned_++;

    const double wanted = chance_ (dice_) * sums_.back ();
    return std::lower_bound (sums_.begin (), sums_.end (), wanted) - sums_.begin ();
  }

private:
  const guint                            n_keys_;
  const double                           scans_;
  std::vector<double>                    sums_;
  std::mt19937                           dice_ { 4242 };
  std::uniform_real_distribution<double> chance_ { 0.0, 1.0 };
  guint                                  scanned_ = 0;
};

struct Setting
{
  MemoEvictionPolicy policy;
  double             scans;
  gsize              capacity;
};

class HitRatioTest : public StoreTest, public ::testing::WithParamInterface<Setting>
{
};

TEST_P (HitRatioTest, IsThatOfThePublishedAlgorithm)
{
  constexpr guint KEYS = 10'000, REQUESTS = 60'000;
  const auto &[policy, scans, capacity] = GetParam ();
  const bool s3 = policy == MEMO_EVICTION_S3_FIFO;
  PlainS3Fifo plain_s3 (capacity);
  PlainLru plain_lru (capacity);
  Trace trace (KEYS, scans);
  guint hits = 0, plain_hits = 0, lru_hits = 0;

  memo_store_free (store_);
  store_ = memo_store_new (policy);
  maxsize_ = capacity;

  for (guint i = 0; i < REQUESTS; i++)
    {
      const guint wanted = trace.next ();
      const std::string key = "key:" + std::to_string (wanted);
      MemoNode *node = find (key);

      if (node != nullptr)
        {
          memo_store_touch (store_, node);
          hits++;
        }
      else
        {
          put (key);
          memo_garbage_free (std::exchange (garbage_, nullptr));
        }

      const bool lru_hit = plain_lru.ask (wanted);
      lru_hits += lru_hit;
      plain_hits += s3 ? plain_s3.ask (wanted) : lru_hit;
    }

  const double ratio = double (hits) / REQUESTS, plain = double (plain_hits) / REQUESTS;
  RecordProperty ("hit_ratio", std::to_string (ratio));
  EXPECT_GT (ratio, 0.2);
  if (s3)
    {
      EXPECT_NEAR (ratio, plain, 0.005);
      EXPECT_GT (ratio, double (lru_hits) / REQUESTS + 0.02) << "which is what it is for";
    }
  else
    EXPECT_EQ (hits, plain_hits);
}

INSTANTIATE_TEST_SUITE_P (Traces, HitRatioTest, ::testing::Values (
  Setting { MEMO_EVICTION_LRU, 0.0, 100 }, Setting { MEMO_EVICTION_LRU, 0.2, 1000 },
  Setting { MEMO_EVICTION_S3_FIFO, 0.0, 100 }, Setting { MEMO_EVICTION_S3_FIFO, 0.0, 1000 },
  Setting { MEMO_EVICTION_S3_FIFO, 0.2, 100 }, Setting { MEMO_EVICTION_S3_FIFO, 0.2, 1000 }));

} // namespace
