// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "memo-test.hpp"

#include <atomic>
#include <mutex>

namespace memo_test {

// Makes entries whose values are counted from their making to their end.  May go before them.
class Tracker
{
public:
  Entry entry (double ttl = MEMO_TTL_DEFAULT, std::initializer_list<const char *> tags = {})
  {
    Bytes value (g_bytes_new_with_free_func ("", 0, [] (gpointer data) {
      auto *gone = static_cast<Counter *> (data);
      ++**gone;
      delete gone;
    }, new Counter (gone_)));
    Entry made (memo_entry_new_bytes (value.get ()));

    memo_entry_set_ttl (made.get (), ttl);
    if (tags.size () > 0)
      memo_entry_set_tags (made.get (), Tags (tags));
    made_++;

    return made;
  }

  // NAME 0, NAME 1 and so on, from the least to the most recent.
  void fill (MemoCache *cache, const std::string &name, int n, double ttl = MEMO_TTL_DEFAULT,
             std::initializer_list<const char *> tags = {})
  {
    for (int i = 0; i < n; i++)
      memo_cache_set (cache, (name + " " + std::to_string (i)).c_str (), entry (ttl, tags).release ());
  }

  int alive () const { return made_ - *gone_; }
  int gone () const { return *gone_; }

private:
  using Counter = std::shared_ptr<std::atomic<int>>;

  std::atomic<int> made_ { 0 };
  Counter          gone_ = std::make_shared<std::atomic<int>> (0);
};

// Gathers the criticals that the library logs as long as it is there: one that is missing, or
// one too many, fails its own test and no other.
class Criticals
{
public:
  Criticals ()
  {
    old_fatal_ = g_log_set_always_fatal (static_cast<GLogLevelFlags> (G_LOG_FATAL_MASK));
    handler_ = g_log_set_handler ("Memo", static_cast<GLogLevelFlags> (G_LOG_LEVEL_CRITICAL | G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION),
                                  [] (const char *, GLogLevelFlags, const char *message, gpointer data) {
      static_cast<Criticals *> (data)->add (message);
    }, this);
  }

  ~Criticals ()
  {
    g_log_remove_handler ("Memo", handler_);
    g_log_set_always_fatal (old_fatal_);
  }

  Criticals (const Criticals &) = delete;
  Criticals &operator= (const Criticals &) = delete;

  // What was logged since the last time.
  std::vector<std::string> take ()
  {
    std::lock_guard<std::mutex> lock (mutex_);

    return std::exchange (messages_, {});
  }

private:
  void add (const char *message)
  {
    std::lock_guard<std::mutex> lock (mutex_);

    messages_.emplace_back (message);
  }

  GLogLevelFlags           old_fatal_;
  guint                    handler_;
  std::mutex               mutex_;
  std::vector<std::string> messages_;
};

// EXPECT_THAT (criticals.take (), IsCritical ("answered twice"));
inline auto
IsCritical (const std::string &part)
{
  return ::testing::ElementsAre (::testing::HasSubstr (part));
}

// A loader out of anything that can be called with a MemoCall, in whichever thread.
inline Ref<MemoLoader>
make_loader (std::function<void (MemoCall *)> function, bool in_thread = false)
{
  using Function = std::function<void (MemoCall *)>;

  auto call = [] (MemoCall *question, gpointer data) { (*static_cast<Function *> (data)) (question); };
  auto destroy = [] (gpointer data) { delete static_cast<Function *> (data); };
  auto *copy = new Function (std::move (function));

  return adopt (in_thread ? memo_loader_new_in_thread (call, copy, destroy)
                          : memo_loader_new (call, copy, destroy));
}

// What came of a set_async and its like:
// `memo_cache_flush_async (cache, nullptr, done_cb<memo_cache_flush_finish>, done.keep ());`
struct DoneState
{
  int   callbacks = 0;
  bool  success = false;
  Error error;
};

class Done
{
public:
  gpointer keep () { return new std::shared_ptr<DoneState> (state_); }
  const DoneState &operator* () const { return *state_; }
  const DoneState *operator-> () const { return state_.get (); }

private:
  std::shared_ptr<DoneState> state_ = std::make_shared<DoneState> ();
};

inline void
PrintTo (const Done &done, std::ostream *os)
{
  *os << (done->callbacks == 0 ? "something under way" : done->success ? "success" : "a failure");
}

template <auto Finish>
void
done_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  std::unique_ptr<std::shared_ptr<DoneState>> mine (static_cast<std::shared_ptr<DoneState> *> (data));
  DoneState &done = **mine;

  done.callbacks++;
  done.success = Finish (MEMO_CACHE (source), result, ErrorOut (done.error));
}

MATCHER (Succeeded, "")
{
  *result_listener << arg->callbacks << " callbacks, "
                   << (arg->error != nullptr ? arg->error->message : "no error");
  return arg->callbacks == 1 && arg->success && arg->error == nullptr;
}

MATCHER_P2 (FailedWith, domain, code, "")
{
  *result_listener << arg->callbacks << " callbacks, "
                   << (arg->error != nullptr ? arg->error->message : "no error");
  return arg->callbacks == 1 && !arg->success && g_error_matches (arg->error.get (), domain, code);
}

// How many values were given back in each turn of a loop, until it has nothing more to do.
inline std::vector<int>
gone_by_turn (GMainContext *context, const Tracker &tracker)
{
  std::vector<int> all;
  int before = tracker.gone ();

  while (g_main_context_iteration (context, FALSE))
    {
      all.push_back (tracker.gone () - before);
      before = tracker.gone ();
    }

  return all;
}

// What the library deals with at most before others get their turn.
constexpr int slice = 512;

} // namespace memo_test
