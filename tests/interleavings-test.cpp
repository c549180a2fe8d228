// SPDX-License-Identifier: LGPL-2.1-or-later
#include <sstream>

#include "support/memo-test.hpp"

using namespace memo_test;

// Gets, mutations and the steps of loads on one key, in every order that there is.
//
// The source is a database with one number in it, its version.  A mutation writes the next one,
// and then invalidates.  A load reads the version, and then answers with it.  Each of
// these is a step of its own, and the steps are tried in all orders.  Whoever asks after a
// mutation has returned must not get an older version, whatever the order.

// Goes through all schedules, depth first; each is run from its beginning.
class Schedules
{
public:
  // Which of so many things that can happen happens now.
  size_t choose (size_t width)
  {
    if (depth_ == choices_.size ())
      choices_.push_back ({ 0, width });
    EXPECT_EQ (choices_[depth_].width, width) << "a schedule must run the same way again";

    return choices_[depth_++].chosen;
  }

  // On to the next; false when there is none.
  bool advance ()
  {
    count_++;
    depth_ = 0;
    while (!choices_.empty () && choices_.back ().chosen + 1 == choices_.back ().width)
      choices_.pop_back ();
    if (choices_.empty ())
      return false;
    choices_.back ().chosen++;

    return true;
  }

  int count () const { return count_; }

private:
  struct Choice
  {
    size_t chosen;
    size_t width;
  };

  std::vector<Choice> choices_;
  size_t              depth_ = 0;
  int                 count_ = 0;
};

enum class By { Delete, Set, Clear, Tag };

// Who says that a value carries the tag.
enum class Tagged { ByNobody, ByTheLoader, ByTheCall, ByTheAnswer };

// What is to be interleaved.
struct Plan
{
  int             gets = 0;
  int             refreshes = 0;
  std::vector<By> mutations;
  Tagged          tagged = Tagged::ByNobody;
  bool            first_may_be_cancelled = false;
  bool            loads_may_fail = false;       // and the error is remembered
  bool            mutations_overlap = false;    // each is of a writer of its own
  bool            loop_may_lag = false;         // turning the main loop is a step as well
  int             at_least = 500;               // how many schedules that must be
};

// One run of a plan.
class World
{
public:
  World (const Plan &plan, GMainContext *context, MemoClock *clock) : plan_ (plan), context_ (context)
  {
    cache_.reset (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock, nullptr)));
    loader_.reset (memo_loader_new ([] (MemoCall *call, gpointer data) {
      static_cast<World *> (data)->begin_load (call);
    }, this, nullptr));
    if (plan.tagged == Tagged::ByTheLoader)
      memo_loader_set_tags (loader_.get (), Tags { "tag" });
    if (plan.loads_may_fail)
      memo_loader_set_error_ttl (loader_.get (), 1000.0);

    gets_.reserve (plan.gets + plan.refreshes);
    for (size_t i = 0; i < plan.mutations.size (); i++)
      mutations_.push_back ({ plan.mutations[i] });
  }

  // What was wrong with it, or nothing.
  const std::string &run (Schedules &schedules)
  {
    for (;;)
      {
        auto steps = possible_steps ();
        if (steps.empty ())
          break;
        take (steps[schedules.choose (steps.size ())]);
        if (!plan_.loop_may_lag)
          turn ();
      }
    check_the_end ();

    return wrong_;
  }

  std::string trace () const
  {
    std::ostringstream text;

    for (auto &step : taken_)
      text << (text.tellp () > 0 ? ", " : "") << name_of (step);
    return text.str ();
  }

private:
  enum class Kind { Turn, Get, Refresh, Cancel, Write, Invalidate, Read, Answer, Fail };

  struct Step
  {
    Kind   kind;
    size_t which;
  };

  struct Get
  {
    World            *world;
    int               at_least;           // the version that a mutation had returned with before
    int               callbacks = 0;
    bool              cancelled = false;
    Ref<GCancellable> cancellable;
  };

  struct Mutation
  {
    By   by;
    int  version = 0;     // 0 before it has written
    bool returned = false;
  };

  struct Load
  {
    Ref<MemoCall> call;
    int           invalidations;          // how many there had been when it began
    int           version = -1;           // -1 before it has read
    bool          answered = false;
  };

  static std::string name_of (const Step &step)
  {
    static const char *const names[] = {
      "turn", "get", "refresh", "cancel get", "write", "invalidate", "read of load", "answer of load", "failure of load",
    };
    std::string name = names[static_cast<int> (step.kind)];

    return step.kind == Kind::Turn ? name : name + " " + std::to_string (step.which + 1);
  }

  std::vector<Step> possible_steps ()
  {
    std::vector<Step> steps;

    steps.reserve (8);
    if (plan_.loop_may_lag && g_main_context_pending (context_))
      steps.push_back ({ Kind::Turn, 0 });
    if (n_gets_ < plan_.gets)
      steps.push_back ({ Kind::Get, gets_.size () });
    if (n_refreshes_ < plan_.refreshes)
      steps.push_back ({ Kind::Refresh, gets_.size () });
    if (plan_.first_may_be_cancelled && !gets_.empty () && !gets_[0].cancelled && gets_[0].callbacks == 0)
      steps.push_back ({ Kind::Cancel, 0 });

    for (size_t i = 0; i < mutations_.size (); i++)
      {
        if (mutations_[i].returned)
          continue;
        steps.push_back ({ mutations_[i].version == 0 ? Kind::Write : Kind::Invalidate, i });
        if (!plan_.mutations_overlap)
          break;
      }

    for (size_t i = 0; i < loads_.size (); i++)
      {
        if (loads_[i].answered)
          continue;
        if (loads_[i].version < 0)
          {
            steps.push_back ({ Kind::Read, i });
            continue;
          }
        steps.push_back ({ Kind::Answer, i });
        if (plan_.loads_may_fail)
          steps.push_back ({ Kind::Fail, i });
      }

    return steps;
  }

  void take (const Step &step)
  {
    taken_.push_back (step);

    switch (step.kind)
      {
      case Kind::Turn:
        turn ();
        break;
      case Kind::Get:
        n_gets_++;
        begin_get (MEMO_GET_NONE);
        break;
      case Kind::Refresh:
        n_refreshes_++;
        begin_get (MEMO_GET_REFRESH);
        break;
      case Kind::Cancel:
        gets_[0].cancelled = true;
        g_cancellable_cancel (gets_[0].cancellable.get ());
        break;
      case Kind::Write:
        mutations_[step.which].version = ++database_;
        break;
      case Kind::Invalidate:
        invalidate (mutations_[step.which]);
        break;
      case Kind::Read:
        loads_[step.which].version = database_;
        break;
      case Kind::Answer:
        end_load (loads_[step.which]);
        break;
      case Kind::Fail:
        fail_load (loads_[step.which]);
        break;
      }
  }

  void turn ()
  {
    while (g_main_context_iteration (context_, FALSE))
      ;
  }

  void begin_get (MemoGetFlags flags)
  {
    gets_.push_back ({ this, returned_ });
    if (plan_.first_may_be_cancelled && gets_.size () == 1)
      gets_[0].cancellable.reset (g_cancellable_new ());
    memo_cache_get_async (MEMO_CACHE (cache_.get ()), "key", flags, loader_.get (), gets_.back ().cancellable.get (),
                          [] (GObject *, GAsyncResult *result, gpointer data) {
                            auto get = static_cast<Get *> (data);
                            get->world->end_get (*get, result);
                          }, &gets_.back ());
  }

  void end_get (Get &get, GAsyncResult *result)
  {
    Error error;
    Entry entry (memo_cache_get_finish (MEMO_CACHE (cache_.get ()), result, ErrorOut (error)));
    int version = -1;

    if (++get.callbacks > 1)
      complain ("a get was answered twice");

    if (entry != nullptr)
      version = memo_entry_get_int64 (entry.get ());
    else if (g_error_matches (error.get (), G_IO_ERROR, G_IO_ERROR_CANCELLED) && get.cancelled)
      return;
    else if (g_error_matches (error.get (), G_IO_ERROR, G_IO_ERROR_FAILED) && plan_.loads_may_fail)
      version = atoi (error->message);
    else
      complain (error != nullptr ? error->message : "a get missed");

    if (version < get.at_least)
      complain ("a get that began after version " + std::to_string (get.at_least) +
                " was in got version " + std::to_string (version));
  }

  void invalidate (Mutation &mutation)
  {
    MemoCache *cache = MEMO_CACHE (cache_.get ());

    switch (mutation.by)
      {
      case By::Delete:
        memo_cache_delete (cache, "key");
        break;
      case By::Set:
        memo_cache_set (cache, "key", entry_of (mutation.version, plan_.tagged != Tagged::ByNobody).release ());
        break;
      case By::Clear:
        memo_cache_clear (cache);
        break;
      case By::Tag:
        memo_cache_invalidate_tags (cache, Tags { "tag" });
        break;
      }
    mutation.returned = true;
    returned_ = std::max (returned_, mutation.version);
    invalidations_++;
  }

  static Entry entry_of (int version, bool tagged)
  {
    Entry made (memo_entry_new_int64 (version));

    if (tagged)
      memo_entry_set_tags (made.get (), Tags { "tag" });
    return made;
  }

  void begin_load (MemoCall *call)
  {
    if (plan_.tagged == Tagged::ByTheCall)
      memo_call_add_tags (call, Tags { "tag" });

    // Of the loads that somebody still waits for only one can have begun since the last
    // invalidation.  (Where the loop lags, a load is there before its function is called.)
    for (auto &load : loads_)
      {
        if (!plan_.loop_may_lag && !load.answered && load.invalidations == invalidations_ &&
            !g_cancellable_is_cancelled (memo_call_get_cancellable (load.call.get ())))
          complain ("there are two current loads");
      }

    loads_.push_back ({ Ref<MemoCall> (static_cast<MemoCall *> (g_object_ref (call))), invalidations_ });
  }

  void end_load (Load &load)
  {
    load.answered = true;
    memo_call_return_entry (load.call.get (), entry_of (load.version, plan_.tagged == Tagged::ByTheAnswer).release ());
  }

  void fail_load (Load &load)
  {
    load.answered = true;
    memo_call_return_error (load.call.get (), make_error (std::to_string (load.version)).release ());
  }

  void check_the_end ()
  {
    MemoCache *cache = MEMO_CACHE (cache_.get ());
    Entry kept (memo_cache_peek (cache, "key"));
    Metrics metrics (memo_cache_get_metrics (cache));
    size_t needed = 1 + mutations_.size () + plan_.refreshes + (plan_.first_may_be_cancelled ? 1 : 0);

    for (auto &get : gets_)
      {
        if (get.callbacks != 1)
          complain ("a get was never answered");
      }
    if (kept != nullptr && memo_entry_get_int64 (kept.get ()) < database_)
      complain ("the cache still holds version " + std::to_string (memo_entry_get_int64 (kept.get ())) +
                " of " + std::to_string (database_));
    if (loads_.size () > needed)
      complain ("there were " + std::to_string (loads_.size ()) + " loads where " + std::to_string (needed) + " do");
    if (metrics->loads != loads_.size () || metrics->hits + metrics->misses != gets_.size ())
      complain ("the metrics do not add up");

    if (plan_.loads_may_fail)
      check_what_is_remembered ();
  }

  void check_what_is_remembered ()
  {
    int version = database_;

    memo_cache_get_async (MEMO_CACHE (cache_.get ()), "key", MEMO_GET_NONE, nullptr, nullptr,
                          [] (GObject *source, GAsyncResult *result, gpointer data) {
                            Error error;
                            Entry entry (memo_cache_get_finish (MEMO_CACHE (source), result, ErrorOut (error)));
                            if (error != nullptr)
                              *static_cast<int *> (data) = atoi (error->message);
                          }, &version);
    turn ();
    if (version < database_)
      complain ("the error of version " + std::to_string (version) + " is still remembered");
  }

  void complain (const std::string &what)
  {
    if (wrong_.empty ())
      wrong_ = what;
  }

  const Plan           &plan_;
  GMainContext         *context_;
  Ref<MemoAsyncCache>   cache_;
  Ref<MemoLoader>       loader_;
  int                   database_ = 0;
  int                   returned_ = 0;
  int                   invalidations_ = 0;
  int                   n_gets_ = 0;
  int                   n_refreshes_ = 0;
  std::vector<Get>      gets_;
  std::vector<Mutation> mutations_;
  std::vector<Load>     loads_;
  std::vector<Step>     taken_;
  std::string           wrong_;
};

class InterleavingsTest : public AsyncTest
{
protected:
  void explore (const Plan &plan)
  {
    Schedules schedules;
    bool more = true;

    while (more)
      {
        World world (plan, context_, MEMO_CLOCK (clock_.get ()));
        const std::string &wrong = world.run (schedules);

        ASSERT_TRUE (wrong.empty ()) << wrong << ", after: " << world.trace ();
        more = schedules.advance ();
      }

    EXPECT_GE (schedules.count (), plan.at_least);
    RecordProperty ("schedules", schedules.count ());
  }
};

// --- pairs of mutations ---

struct Pair
{
  const char *name;
  By          first;
  By          second;
  Tagged      tagged;
};

static void
PrintTo (const Pair &pair, std::ostream *os)
{
  *os << pair.name;
}

static const Pair known_pairs[] = {
  { "DeleteAndDelete", By::Delete, By::Delete, Tagged::ByNobody },
  { "DeleteAndSet", By::Delete, By::Set, Tagged::ByNobody },
  { "SetAndDelete", By::Set, By::Delete, Tagged::ByNobody },
  { "SetAndSet", By::Set, By::Set, Tagged::ByNobody },
  { "ClearAndSet", By::Clear, By::Set, Tagged::ByNobody },
  { "SetAndClear", By::Set, By::Clear, Tagged::ByNobody },
  { "TagOfLoaderAndDelete", By::Tag, By::Delete, Tagged::ByTheLoader },
  { "TagOfCallTwice", By::Tag, By::Tag, Tagged::ByTheCall },
  { "SetAndTagOfCall", By::Set, By::Tag, Tagged::ByTheCall },
};

static const Pair answer_pairs[] = {
  { "TagOfAnswerTwice", By::Tag, By::Tag, Tagged::ByTheAnswer },
  { "TagOfAnswerAndDelete", By::Tag, By::Delete, Tagged::ByTheAnswer },
  { "DeleteAndTagOfAnswer", By::Delete, By::Tag, Tagged::ByTheAnswer },
  { "TagOfAnswerAndSet", By::Tag, By::Set, Tagged::ByTheAnswer },
  { "SetAndTagOfAnswer", By::Set, By::Tag, Tagged::ByTheAnswer },
  { "TagOfAnswerAndClear", By::Tag, By::Clear, Tagged::ByTheAnswer },
};

static const Pair few_pairs[] = {
  known_pairs[1], known_pairs[2], answer_pairs[0], answer_pairs[3],
};

static std::string
name_of_pair (const ::testing::TestParamInfo<Pair> &info)
{
  return info.param.name;
}

class PairsTest : public InterleavingsTest, public ::testing::WithParamInterface<Pair>
{
protected:
  PairsTest ()
  {
    plan_.mutations = { GetParam ().first, GetParam ().second };
    plan_.tagged = GetParam ().tagged;
    plan_.at_least = 300;
  }

  Plan plan_;
};

TEST_P (PairsTest, Rule15ThreeGets)
{
  plan_.gets = 3;
  explore (plan_);
}

TEST_P (PairsTest, Rule17AGetAndARefresh)
{
  plan_.gets = 1;
  plan_.refreshes = 1;
  explore (plan_);
}

INSTANTIATE_TEST_SUITE_P (Known, PairsTest, ::testing::ValuesIn (known_pairs), name_of_pair);
INSTANTIATE_TEST_SUITE_P (Answered, PairsTest, ::testing::ValuesIn (answer_pairs), name_of_pair);

// An error brings no tags, so only what is known before can outdate it.
class FailingPairsTest : public PairsTest {};

TEST_P (FailingPairsTest, Rule16TwoGetsWhoseLoadsMayFail)
{
  plan_.gets = 2;
  plan_.loads_may_fail = true;
  explore (plan_);
}

INSTANTIATE_TEST_SUITE_P (Known, FailingPairsTest, ::testing::ValuesIn (known_pairs), name_of_pair);

class FewPairsTest : public PairsTest {};

TEST_P (FewPairsTest, Rule09TwoGetsOfWhichTheFirstMayBeCancelled)
{
  plan_.gets = 2;
  plan_.first_may_be_cancelled = true;
  plan_.at_least = 2000;
  explore (plan_);
}

TEST_P (FewPairsTest, Rule15TwoGetsWhereTheLoopLags)
{
  plan_.gets = 2;
  plan_.loop_may_lag = true;
  plan_.at_least = 1000;
  explore (plan_);
}

INSTANTIATE_TEST_SUITE_P (Of, FewPairsTest, ::testing::ValuesIn (few_pairs), name_of_pair);

// --- more at a time ---

TEST_F (InterleavingsTest, Rule15FourGetsASetAndADelete)
{
  Plan plan;
  plan.gets = 4;
  plan.mutations = { By::Set, By::Delete };
  plan.at_least = 2000;
  explore (plan);
}

TEST_F (InterleavingsTest, Rule15FourGetsAndTwoInvalidationsOfATagOfTheAnswer)
{
  Plan plan;
  plan.gets = 4;
  plan.mutations = { By::Tag, By::Tag };
  plan.tagged = Tagged::ByTheAnswer;
  plan.at_least = 2000;
  explore (plan);
}

TEST_F (InterleavingsTest, Rule17TwoGetsARefreshASetAndADelete)
{
  Plan plan;
  plan.gets = 2;
  plan.refreshes = 1;
  plan.mutations = { By::Set, By::Delete };
  plan.at_least = 10000;
  explore (plan);
}

TEST_F (InterleavingsTest, Rule15TwoGetsAndTwoWritersWhoDelete)
{
  Plan plan;
  plan.gets = 2;
  plan.mutations = { By::Delete, By::Delete };
  plan.mutations_overlap = true;
  plan.at_least = 2000;
  explore (plan);
}

TEST_F (InterleavingsTest, Rule15ThreeGetsAndTwoWritersWhoInvalidateATagOfTheAnswer)
{
  Plan plan;
  plan.gets = 3;
  plan.mutations = { By::Tag, By::Tag };
  plan.tagged = Tagged::ByTheAnswer;
  plan.mutations_overlap = true;
  plan.at_least = 2000;
  explore (plan);
}

TEST_F (InterleavingsTest, Rule15TwoGetsAndThreeMutations)
{
  Plan plan;
  plan.gets = 2;
  plan.mutations = { By::Tag, By::Delete, By::Tag };
  plan.tagged = Tagged::ByTheAnswer;
  plan.at_least = 2000;
  explore (plan);
}
