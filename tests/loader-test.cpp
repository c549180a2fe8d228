// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/memo-test.hpp"
#include "support/tracking.hpp"

#include <algorithm>
#include <condition_variable>
#include <thread>

using namespace memo_test;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Answers with the key.
static void
echo (MemoCall *call)
{
  memo_call_return_entry (call, memo_entry_new_string (memo_call_get_key (call)));
}

class LoaderTest : public CacheTest
{
protected:
  static bool all_done (const std::vector<std::shared_ptr<Got>> &all)
  {
    return std::all_of (all.begin (), all.end (), [] (auto &got) { return got->done (); });
  }

  std::vector<std::shared_ptr<Got>> get_many (int n, MemoLoader *loader)
  {
    std::vector<std::shared_ptr<Got>> all;

    for (int i = 0; i < n; i++)
      all.push_back (get (std::to_string (i).c_str (), loader));
    return all;
  }
};

// --- properties ---

TEST_F (LoaderTest, HasTheDefaultsThatTheReferenceTells)
{
  for (bool in_thread : { false, true })
    {
      auto loader = make_loader (echo, in_thread);

      EXPECT_EQ (memo_loader_get_ttl (loader.get ()), MEMO_TTL_DEFAULT);
      EXPECT_EQ (memo_loader_get_timeout (loader.get ()), 0.0);
      EXPECT_EQ (memo_loader_get_error_ttl (loader.get ()), 0.0);
      EXPECT_EQ (memo_loader_get_tags (loader.get ()), nullptr);
      EXPECT_EQ (memo_loader_get_max_threads (loader.get ()), 4u);
    }
}

TEST_F (LoaderTest, SaysAsPropertiesWhatItSaysByFunctions)
{
  auto loader = make_loader (echo);
  double ttl, timeout, error_ttl;
  guint max_threads;
  char **tags = nullptr;

  g_object_set (loader.get (), "ttl", 1.0, "timeout", 2.0, "error-ttl", 3.0, "max-threads", 5u,
                "tags", static_cast<const char * const *> (Tags ({ "a", "b" })), nullptr);
  EXPECT_EQ (memo_loader_get_ttl (loader.get ()), 1.0);
  EXPECT_EQ (memo_loader_get_timeout (loader.get ()), 2.0);
  EXPECT_EQ (memo_loader_get_error_ttl (loader.get ()), 3.0);
  EXPECT_EQ (memo_loader_get_max_threads (loader.get ()), 5u);
  EXPECT_STREQ (memo_loader_get_tags (loader.get ())[1], "b");

  g_object_get (loader.get (), "ttl", &ttl, "timeout", &timeout, "error-ttl", &error_ttl,
                "max-threads", &max_threads, "tags", &tags, nullptr);
  EXPECT_EQ (ttl, 1.0);
  EXPECT_EQ (timeout, 2.0);
  EXPECT_EQ (error_ttl, 3.0);
  EXPECT_EQ (max_threads, 5u);
  EXPECT_TRUE (g_strv_equal (tags, Tags ({ "a", "b" })));
  g_strfreev (tags);
}

TEST_F (LoaderTest, NotifiesWhenAPropertyChangesAndOnlyThen)
{
  auto loader = make_loader (echo);
  std::vector<std::string> notified;
  auto set_all = [&] {
    memo_loader_set_ttl (loader.get (), 1.0);
    memo_loader_set_timeout (loader.get (), 2.0);
    memo_loader_set_error_ttl (loader.get (), 3.0);
    memo_loader_set_max_threads (loader.get (), 5);
    memo_loader_set_tags (loader.get (), Tags ({ "a", "b" }));
  };

  g_signal_connect (loader.get (), "notify", G_CALLBACK (+[] (GObject *, GParamSpec *pspec, gpointer data) {
    static_cast<std::vector<std::string> *> (data)->push_back (pspec->name);
  }), &notified);

  memo_loader_set_ttl (loader.get (), MEMO_TTL_DEFAULT);
  memo_loader_set_timeout (loader.get (), 0.0);
  memo_loader_set_error_ttl (loader.get (), 0.0);
  memo_loader_set_max_threads (loader.get (), 4);
  memo_loader_set_tags (loader.get (), nullptr);
  memo_loader_set_tags (loader.get (), Tags ({}));
  EXPECT_THAT (notified, IsEmpty ());

  set_all ();
  EXPECT_THAT (notified, ElementsAre ("ttl", "timeout", "error-ttl", "max-threads", "tags"));
  notified.clear ();
  set_all ();
  EXPECT_THAT (notified, IsEmpty ());
  memo_loader_set_tags (loader.get (), Tags ({ "a" }));
  memo_loader_set_tags (loader.get (), nullptr);
  EXPECT_THAT (notified, ElementsAre ("tags", "tags"));
  EXPECT_EQ (memo_loader_get_tags (loader.get ()), nullptr);
}

TEST_F (LoaderTest, TakesAsTimesWhatIsATime)
{
  auto loader = make_loader (echo);

  for (double seconds : { 0.0, 1e-6, 1e12, MEMO_TTL_FOREVER })
    {
      memo_loader_set_ttl (loader.get (), seconds);
      memo_loader_set_timeout (loader.get (), seconds);
      memo_loader_set_error_ttl (loader.get (), seconds);
      EXPECT_EQ (memo_loader_get_ttl (loader.get ()), seconds);
      EXPECT_EQ (memo_loader_get_timeout (loader.get ()), seconds);
      EXPECT_EQ (memo_loader_get_error_ttl (loader.get ()), seconds);
    }
}

TEST_F (LoaderTest, RefusesWhatMakesNoSense)
{
  Criticals criticals;
  auto loader = make_loader (echo);

  for (double seconds : { -0.5, -2.0, -MEMO_TTL_FOREVER, static_cast<double> (NAN) })
    {
      memo_loader_set_ttl (loader.get (), seconds);
      EXPECT_THAT (criticals.take (), IsCritical ("seconds >= 0.0"));
    }
  for (double seconds : { -1.0, -0.5, -MEMO_TTL_FOREVER, static_cast<double> (NAN) })
    {
      memo_loader_set_timeout (loader.get (), seconds);
      EXPECT_THAT (criticals.take (), IsCritical ("seconds >= 0.0"));
      memo_loader_set_error_ttl (loader.get (), seconds);
      EXPECT_THAT (criticals.take (), IsCritical ("seconds >= 0.0"));
    }
  memo_loader_set_max_threads (loader.get (), 0);
  EXPECT_THAT (criticals.take (), IsCritical ("max_threads"));
  memo_loader_set_max_threads (loader.get (), G_MAXUINT);
  EXPECT_THAT (criticals.take (), IsCritical ("max_threads"));

  EXPECT_EQ (memo_loader_get_ttl (loader.get ()), MEMO_TTL_DEFAULT);
  EXPECT_EQ (memo_loader_get_timeout (loader.get ()), 0.0);
  EXPECT_EQ (memo_loader_get_error_ttl (loader.get ()), 0.0);
  EXPECT_EQ (memo_loader_get_max_threads (loader.get ()), 4u);
}

TEST_F (LoaderTest, WithoutAFunctionThereIsNoLoader)
{
  Criticals criticals;

  EXPECT_EQ (memo_loader_new (nullptr, nullptr, nullptr), nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("func != NULL"));
  EXPECT_EQ (memo_loader_new_in_thread (nullptr, nullptr, nullptr), nullptr);
  EXPECT_THAT (criticals.take (), IsCritical ("func != NULL"));
}

TEST_F (LoaderTest, WrongArgumentsAreCriticals)
{
  Criticals criticals;
  auto *wrong = reinterpret_cast<MemoLoader *> (clock_.get ());

  memo_loader_get_ttl (wrong);
  memo_loader_set_ttl (wrong, 1.0);
  memo_loader_get_timeout (wrong);
  memo_loader_set_timeout (wrong, 1.0);
  memo_loader_get_error_ttl (wrong);
  memo_loader_set_error_ttl (wrong, 1.0);
  memo_loader_get_tags (wrong);
  memo_loader_set_tags (wrong, nullptr);
  memo_loader_get_max_threads (wrong);
  memo_loader_set_max_threads (wrong, 1);

  auto all = criticals.take ();
  EXPECT_THAT (all, SizeIs (10));
  EXPECT_THAT (all, Each (::testing::HasSubstr ("MEMO_IS_LOADER (self)")));
}

TEST_F (LoaderTest, KeepsACopyOfItsTags)
{
  std::string tag = "tag";
  auto loader = make_loader (echo);

  memo_loader_set_tags (loader.get (), Tags ({ tag.c_str () }));
  tag = "gat";
  EXPECT_STREQ (memo_loader_get_tags (loader.get ())[0], "tag");

  auto got = get ("key", loader.get ());
  turn ();
  memo_cache_invalidate_tags (cache (), Tags ({ "tag" }));
  EXPECT_FALSE (contains ("key"));
}

// --- life ---

// What belongs to a loader.
struct Owned
{
  explicit Owned (GMainContext *waiting) : context (waiting) {}

  GMainContext                *context;   // of whoever waits for its end
  std::atomic<int>             destroyed { 0 };
  std::atomic<bool>            loading { false };
  std::atomic<std::thread::id> destroyer { std::thread::id () };

  static void load (MemoCall *call, gpointer data)
  {
    auto *owned = static_cast<Owned *> (data);

    EXPECT_EQ (owned->destroyed, 0);
    owned->loading = true;
    echo (call);
    owned->loading = false;
  }

  static void destroy (gpointer data)
  {
    auto *owned = static_cast<Owned *> (data);
    GMainContext *waiting = g_main_context_ref (owned->context);

    EXPECT_FALSE (owned->loading) << "destroyed in the middle of a load";
    owned->destroyer = std::this_thread::get_id ();
    owned->destroyed++;
    g_main_context_wakeup (waiting);
    g_main_context_unref (waiting);
  }
};

TEST_F (LoaderTest, TheDataIsReleasedOnceWithTheLastReference)
{
  Owned owned (context_);
  auto loader = adopt (memo_loader_new (Owned::load, &owned, Owned::destroy));
  auto second = share (loader.get ());

  loader.reset ();
  EXPECT_EQ (owned.destroyed, 0);
  second.reset ();
  EXPECT_EQ (owned.destroyed, 1);
  EXPECT_EQ (owned.destroyer.load (), std::this_thread::get_id ());
}

TEST_F (LoaderTest, ALoadKeepsItsLoader)
{
  Owned owned (context_);
  auto loader = adopt (memo_loader_new (Owned::load, &owned, Owned::destroy));
  auto got = get ("key", loader.get ());

  loader.reset ();
  EXPECT_EQ (owned.destroyed, 0);
  turn ();
  EXPECT_THAT (got, GotText ("key"));
  EXPECT_EQ (owned.destroyed, 1) << "an entry keeps its loader";
}

TEST_F (LoaderTest, ALoadThatIsCancelledBeforeItBeganReleasesItsLoader)
{
  Owned owned (context_);
  auto cancellable = adopt (g_cancellable_new ());
  auto loader = adopt (memo_loader_new (Owned::load, &owned, Owned::destroy));
  auto got = get ("key", loader.get (), cancellable.get ());

  loader.reset ();
  g_cancellable_cancel (cancellable.get ());
  turn ();
  EXPECT_THAT (got, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (owned.destroyed, 1);
}

TEST_F (LoaderTest, AWarmUpKeepsItsLoaders)
{
  Owned owned (context_);
  auto warmup = adopt (memo_warmup_new ());
  auto loader = adopt (memo_loader_new (Owned::load, &owned, Owned::destroy));

  memo_warmup_add (warmup.get (), "key", loader.get ());
  loader.reset ();
  EXPECT_EQ (owned.destroyed, 0);
  warmup.reset ();
  EXPECT_EQ (owned.destroyed, 1);
}

TEST_F (LoaderTest, TheLastReferenceMayBeDroppedInsideTheFunction)
{
  struct Self { Owned owned; Ref<MemoLoader> loader; } self { Owned (context_), nullptr };

  self.loader = adopt (memo_loader_new ([] (MemoCall *call, gpointer data) {
    static_cast<Self *> (data)->loader.reset ();
    Owned::load (call, &static_cast<Self *> (data)->owned);
  }, &self, [] (gpointer data) { Owned::destroy (&static_cast<Self *> (data)->owned); }));
  auto got = get ("key", self.loader.get ());
  turn ();

  EXPECT_THAT (got, GotText ("key"));
  EXPECT_EQ (self.owned.destroyed, 1);
}

// --- where it runs ---

TEST_F (LoaderTest, RunsInTheContextOfTheCallerAndNotBeforeTheLoopTurns)
{
  std::thread::id ran;
  auto loader = make_loader ([&] (MemoCall *call) { ran = std::this_thread::get_id (); echo (call); });
  auto got = get ("key", loader.get ());

  EXPECT_EQ (ran, std::thread::id ());
  turn ();
  EXPECT_EQ (ran, std::this_thread::get_id ());
  EXPECT_THAT (got, GotText ("key"));
}

TEST_F (LoaderTest, InThreadItRunsInAThreadAndItsAnswerComesHome)
{
  std::thread::id here = std::this_thread::get_id (), ran;
  auto loader = make_loader ([&] (MemoCall *call) { ran = std::this_thread::get_id (); echo (call); }, true);
  auto got = get ("key", loader.get ());

  wait_until ([&] { return got->done (); });
  EXPECT_THAT (got, GotText ("key"));
  EXPECT_NE (ran, here);
  EXPECT_NE (ran, std::thread::id ());
}

TEST_F (LoaderTest, InThreadItMayDropItsCallOrAnswerLater)
{
  std::mutex mutex;
  Ref<MemoCall> kept;
  auto loader = make_loader ([&] (MemoCall *call) {
    std::lock_guard<std::mutex> lock (mutex);
    if (g_str_equal (memo_call_get_key (call), "kept"))
      kept = share (call);
    g_main_context_wakeup (context_);
  }, true);
  auto dropped = get ("dropped", loader.get ());
  auto late = get ("kept", loader.get ());

  wait_until ([&] { std::lock_guard<std::mutex> lock (mutex); return kept != nullptr && dropped->done (); });
  EXPECT_THAT (dropped, GotError (MEMO_ERROR, MEMO_ERROR_ABANDONED));
  EXPECT_THAT (late, IsPending ());
  echo (kept.get ());
  turn ();
  EXPECT_THAT (late, GotText ("kept"));
}

// --- how many threads ---

// A door that the functions of a loader wait behind, and that the test opens for one at a time.
class Door
{
public:
  void pass (MemoCall *call)
  {
    std::unique_lock<std::mutex> lock (mutex_);

    inside_++;
    most_ = std::max (most_, inside_);
    entered_++;
    changed_.notify_all ();
    changed_.wait (lock, [this] { return tickets_ > 0; });
    tickets_--;
    inside_--;
    lock.unlock ();

    echo (call);
  }

  bool wait_for_entered (int n)
  {
    std::unique_lock<std::mutex> lock (mutex_);
    return changed_.wait_for (lock, std::chrono::seconds (30), [&] { return entered_ >= n; });
  }

  void let_out (int n)
  {
    std::lock_guard<std::mutex> lock (mutex_);
    tickets_ += n;
    changed_.notify_all ();
  }

  int most () { std::lock_guard<std::mutex> lock (mutex_); return most_; }
  int entered () { std::lock_guard<std::mutex> lock (mutex_); return entered_; }

private:
  std::mutex              mutex_;
  std::condition_variable changed_;
  int                     inside_ = 0, most_ = 0, entered_ = 0, tickets_ = 0;
};

TEST_F (LoaderTest, AsManyThreadsAsItMayUseWorkAtATimeAndNoMore)
{
  Door door;
  auto loader = make_loader ([&] (MemoCall *call) { door.pass (call); }, true);
  auto others = make_loader (echo, true);

  memo_loader_set_max_threads (loader.get (), 3);
  auto all = get_many (12, loader.get ());

  for (int out = 0; out <= 9; out++)
    {
      ASSERT_TRUE (door.wait_for_entered (out + 3));

      // Work of other threads, from end to end: a fourth would have come in meanwhile.
      auto other = get (("other " + std::to_string (out)).c_str (), others.get ());
      wait_until ([&] { return other->done (); });
      EXPECT_EQ (door.entered (), out + 3);
      door.let_out (1);
    }
  door.let_out (2);
  wait_until ([&] { return all_done (all); });

  EXPECT_EQ (door.most (), 3);
  EXPECT_EQ (door.entered (), 12);
}

TEST_F (LoaderTest, OneThreadIsOneAfterTheOther)
{
  Door door;
  auto loader = make_loader ([&] (MemoCall *call) { door.pass (call); }, true);

  memo_loader_set_max_threads (loader.get (), 1);
  auto all = get_many (10, loader.get ());
  door.let_out (10);
  wait_until ([&] { return all_done (all); });

  EXPECT_EQ (door.most (), 1);
}

TEST_F (LoaderTest, TheNumberOfThreadsCanBeRaisedWhileItWorks)
{
  Door door;
  auto loader = make_loader ([&] (MemoCall *call) { door.pass (call); }, true);

  memo_loader_set_max_threads (loader.get (), 1);
  auto all = get_many (10, loader.get ());
  ASSERT_TRUE (door.wait_for_entered (1));
  memo_loader_set_max_threads (loader.get (), 5);
  EXPECT_TRUE (door.wait_for_entered (5));
  door.let_out (10);
  wait_until ([&] { return all_done (all); });

  EXPECT_EQ (door.most (), 5);
}

TEST_F (LoaderTest, LoadersDoNotTakeEachOthersThreads)
{
  Door door;
  auto stuck = make_loader ([&] (MemoCall *call) { door.pass (call); }, true);
  auto free = make_loader (echo, true);

  auto all = get_many (10, stuck.get ());
  ASSERT_TRUE (door.wait_for_entered (4));
  auto got = get ("key", free.get ());
  wait_until ([&] { return got->done (); });
  EXPECT_THAT (got, GotText ("key"));

  door.let_out (10);
  wait_until ([&] { return all_done (all); });
  EXPECT_EQ (door.most (), 4) << "the default";
}

TEST_F (LoaderTest, ACallCancelledBeforeAThreadWasFreeIsNotMade)
{
  Door door;
  auto loader = make_loader ([&] (MemoCall *call) { door.pass (call); }, true);
  auto cancellable = adopt (g_cancellable_new ());

  memo_loader_set_max_threads (loader.get (), 1);
  auto first = get ("first", loader.get ());
  auto second = get ("second", loader.get (), cancellable.get ());
  auto third = get ("third", loader.get ());
  ASSERT_TRUE (door.wait_for_entered (1));
  g_cancellable_cancel (cancellable.get ());
  door.let_out (3);
  wait_until ([&] { return first->done () && second->done () && third->done (); });

  EXPECT_THAT (second, GotError (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  EXPECT_EQ (door.entered (), 2);
}

TEST_F (LoaderTest, ALoaderMayGoInAThreadOfItsOwn)
{
  struct Self { Owned owned; Door door; } self { Owned (context_), {} };
  auto loader = adopt (memo_loader_new_in_thread ([] (MemoCall *call, gpointer data) {
    static_cast<Self *> (data)->door.pass (call);
  }, &self, [] (gpointer data) { Owned::destroy (&static_cast<Self *> (data)->owned); }));
  auto all = get_many (20, loader.get ());

  // From here on the loads alone hold the loader.
  loader.reset ();
  self.door.let_out (20);
  wait_until ([&] { return self.owned.destroyed == 1 && all_done (all); });

  EXPECT_NE (self.owned.destroyer.load (), std::this_thread::get_id ());
  for (int i = 0; i < 20; i++)
    EXPECT_THAT (all[i], GotText (std::to_string (i)));
}

// --- shared ---

TEST_F (LoaderTest, OneLoaderServesManyCaches)
{
  ScriptedLoader loader;
  auto other = new_cache ();
  auto one = get ("key", loader);
  auto two = AsyncTest::get (MEMO_CACHE (other.get ()), "key", loader);

  turn ();
  ASSERT_EQ (loader.count (), 2) << "caches share no loads";
  loader.answer ("of the first");
  loader.answer ("of the second");
  turn ();

  EXPECT_THAT (one, GotText ("of the first"));
  EXPECT_THAT (two, GotText ("of the second"));
  EXPECT_THAT (lookup ("key"), HoldsText ("of the first"));
  EXPECT_THAT (Entry (memo_cache_lookup (MEMO_CACHE (other.get ()), "key")), HoldsText ("of the second"));
}

TEST_F (LoaderTest, OneInThreadLoaderServesManyCachesAtATime)
{
  Door door;
  auto loader = make_loader ([&] (MemoCall *call) { door.pass (call); }, true);
  auto other = new_cache ();
  auto one = get ("key", loader.get ());
  auto two = AsyncTest::get (MEMO_CACHE (other.get ()), "key", loader.get ());

  ASSERT_TRUE (door.wait_for_entered (2));
  door.let_out (2);
  wait_until ([&] { return one->done () && two->done (); });
  EXPECT_THAT (one, GotText ("key"));
  EXPECT_THAT (two, GotText ("key"));
}
