// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <mutex>

#include "contexts.hpp"
#include "tracking.hpp"

// What the tests of batches need.

namespace memo_test {

using Keys = std::vector<std::string>;

inline Keys
keys_of (MemoCall *call)
{
  Keys keys;

  for (auto key = memo_call_get_keys (call); key != nullptr && *key != nullptr; key++)
    keys.push_back (*key);

  return keys;
}

// A batch loader that answers nothing itself: it keeps its calls, in order, for the test to
// answer.  What is left of it when the test is over is dropped.
class ScriptedBatch
{
public:
  ScriptedBatch ()
  {
    loader_.reset (memo_loader_new_batch ([] (MemoCall *call, gpointer data) {
      take (**static_cast<std::shared_ptr<State> *> (data), call);
    }, new std::shared_ptr<State> (state_), [] (gpointer data) {
      delete static_cast<std::shared_ptr<State> *> (data);
    }));
  }

  ~ScriptedBatch ()
  {
    state_->over = true;
    state_->on_call = nullptr;
    state_->calls.clear ();
  }

  ScriptedBatch (const ScriptedBatch &) = delete;
  ScriptedBatch &operator= (const ScriptedBatch &) = delete;

  operator MemoLoader * () { return loader_.get (); }
  MemoLoader *get () { return loader_.get (); }
  void forget_loader () { loader_.reset (); }

  // What the function does when it is called, in place of keeping the call.
  void on_call (std::function<void (MemoCall *)> what) { state_->on_call = std::move (what); }

  int count () const { return state_->asked.size (); }
  size_t pending () const { return state_->calls.size (); }
  MemoCall *front () { return state_->calls.front ().get (); }

  // The keys of each call so far, and the context and thread that it was in.
  const std::vector<Keys> &asked () const { return state_->asked; }
  GMainContext *called_in () const { return state_->called_in; }
  GThread *called_by () const { return state_->called_by; }

  // The oldest call that was not taken yet.
  Ref<MemoCall> next ()
  {
    EXPECT_FALSE (state_->calls.empty ()) << "the loader was not called";
    if (state_->calls.empty ())
      return nullptr;

    Ref<MemoCall> call = std::move (state_->calls.front ());
    state_->calls.pop_front ();
    return call;
  }

  // Answers all keys of the oldest call, each with its own text.
  void answer_all () { answer_all (next ().get ()); }
  static void answer_all (MemoCall *call)
  {
    if (call == nullptr)
      return;

    for (const std::string &key : keys_of (call))
      memo_call_answer (call, key.c_str (), entry (key.c_str ()).release ());
    memo_call_finish_batch (call);
  }

private:
  struct State
  {
    bool                             over = false;
    std::function<void (MemoCall *)> on_call;
    std::deque<Ref<MemoCall>>        calls;
    std::vector<Keys>                asked;
    GMainContext                    *called_in = nullptr;
    GThread                         *called_by = nullptr;
  };

  static void take (State &state, MemoCall *call)
  {
    if (state.over)
      return;

    state.asked.push_back (keys_of (call));
    state.called_in = g_main_context_get_thread_default ();
    state.called_by = g_thread_self ();
    if (state.on_call)
      state.on_call (call);
    else
      state.calls.push_back (share (call));
  }

  std::shared_ptr<State> state_ = std::make_shared<State> ();
  Ref<MemoLoader>        loader_;
};

// A cache and a batch loader.
class BatchTest : public CacheTest
{
protected:
  static constexpr double window = 0.005;

  // Asks for a key of the batch loader.
  std::shared_ptr<Got> ask (const char *key, GCancellable *cancellable = nullptr)
  {
    return get (key, batch_, cancellable);
  }

  // The same in another context, by a closure: what it is told may go with the context.
  std::shared_ptr<Got> ask_in (Context &context, const char *key, GCancellable *cancellable = nullptr)
  {
    return context.within ([&] { return get_by_closure (cache (), key, batch_, cancellable); });
  }

  // As long as no window is open: asks for some keys, and has their batch leave.
  std::vector<std::shared_ptr<Got>> leave (std::initializer_list<const char *> keys)
  {
    std::vector<std::shared_ptr<Got>> all;

    for (const char *key : keys)
      all.push_back (ask (key));
    close_window ();

    return all;
  }

  void close_window ()
  {
    advance (window);
    turn ();
  }

  static void answer (MemoCall *call, const char *key, const char *text)
  {
    memo_call_answer (call, key, entry (text).release ());
  }

  static void answer (MemoCall *call, const char *key, Entry value)
  {
    memo_call_answer (call, key, value.release ());
  }

  static void fail (MemoCall *call, const char *key, std::string_view message = "no")
  {
    memo_call_answer_error (call, key, make_error (message).release ());
  }

  static bool is_cancelled (MemoCall *call) { return g_cancellable_is_cancelled (memo_call_get_cancellable (call)); }
  static void cancel (const Ref<GCancellable> &cancellable) { g_cancellable_cancel (cancellable.get ()); }
  static Ref<GCancellable> new_cancellable () { return adopt (g_cancellable_new ()); }

  void set_window (guint milliseconds) { memo_async_cache_set_batch_window_ms (cache_.get (), milliseconds); }
  void set_size (guint n) { memo_async_cache_set_max_batch_size (cache_.get (), n); }
  void invalidate (std::initializer_list<const char *> tags) { memo_cache_invalidate_tags (cache (), Tags (tags)); }

  ScriptedBatch batch_;
};

// Gathers what the library complains of as long as it is there, so that a complaint that is
// missing, or one too many, fails its own test and no other.
class Complaints
{
public:
  Complaints ()
  {
    old_fatal_ = g_log_set_always_fatal (static_cast<GLogLevelFlags> (G_LOG_FATAL_MASK));
    handler_ = g_log_set_handler ("Memo", static_cast<GLogLevelFlags> (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING |
                                                                       G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION),
                                  [] (const char *, GLogLevelFlags level, const char *message, gpointer data) {
      auto self = static_cast<Complaints *> (data);
      std::lock_guard<std::mutex> lock (self->mutex_);

      self->all_.push_back (std::string (level & G_LOG_LEVEL_CRITICAL ? "critical: " : "warning: ") + message);
    }, this);
  }

  ~Complaints ()
  {
    EXPECT_THAT (all_, ::testing::IsEmpty ()) << "nobody expected this";
    g_log_remove_handler ("Memo", handler_);
    g_log_set_always_fatal (old_fatal_);
  }

  Complaints (const Complaints &) = delete;
  Complaints &operator= (const Complaints &) = delete;

  // What was logged since the last time.
  Keys take ()
  {
    std::lock_guard<std::mutex> lock (mutex_);

    return std::exchange (all_, {});
  }

private:
  GLogLevelFlags old_fatal_;
  guint          handler_;
  std::mutex     mutex_;
  Keys           all_;
};

// EXPECT_THAT (complaints.take (), IsOne ("critical", "answered twice"));
inline auto
IsOne (const std::string &level, const std::string &part)
{
  return ::testing::ElementsAre (::testing::AllOf (::testing::StartsWith (level), ::testing::HasSubstr (part)));
}

} // namespace memo_test
