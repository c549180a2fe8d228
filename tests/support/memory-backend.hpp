// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "cpp-backend.hpp"

// A backend that keeps everything in memory, and does what a test tells it.

namespace memo_test {

inline Bytes
bytes_of (const std::string &content)
{
  return Bytes (g_bytes_new (content.data (), content.size ()));
}

inline std::string
content_of (GBytes *bytes)
{
  gsize size;
  auto data = static_cast<const char *> (g_bytes_get_data (bytes, &size));

  return std::string (data != nullptr ? data : "", size);
}

// What is kept, which outlives the backends that keep it there, as a file does.
class MemoryPlace
{
public:
  explicit MemoryPlace (MemoClock *clock = nullptr) : clock_ (clock != nullptr ? share (clock) : nullptr) {}

  std::optional<std::string> get (const std::string &key)
  {
    std::lock_guard<std::mutex> lock (mutex_);
    auto found = all_.find (key);

    if (found == all_.end () || found->second.deadline <= now ())
      return std::nullopt;
    return found->second.content;
  }

  void put (const std::string &key, const std::string &content, double ttl = MEMO_TTL_FOREVER)
  {
    std::lock_guard<std::mutex> lock (mutex_);

    all_[key] = { content, ttl > 1e9 ? G_MAXINT64 : now () + static_cast<gint64> (ttl * G_USEC_PER_SEC) };
  }

  void remove (const std::string &key, const std::optional<std::string> &only = std::nullopt)
  {
    std::lock_guard<std::mutex> lock (mutex_);
    auto found = all_.find (key);

    if (found != all_.end () && (!only || *only == found->second.content))
      all_.erase (found);
  }

  void clear ()
  {
    std::lock_guard<std::mutex> lock (mutex_);

    all_.clear ();
  }

  size_t size ()
  {
    std::lock_guard<std::mutex> lock (mutex_);

    return all_.size ();
  }

  // While it is set, no backend can be opened here.
  std::atomic<bool> obstructed { false };

private:
  struct Kept
  {
    std::string content;
    gint64      deadline;
  };

  gint64 now () { return clock_ != nullptr ? memo_clock_get_time (clock_.get ()) : 0; }

  std::mutex                  mutex_;
  std::map<std::string, Kept> all_;
  Ref<MemoClock>              clock_;
};

// When a call is answered: before the function returns, in a later turn of the main context in which it was asked, or by a
// thread that does one after the other.
enum class Answers { at_once, in_a_turn, in_a_thread };

class MemoryActor : public BackendActor, public std::enable_shared_from_this<MemoryActor>
{
public:
  MemoryActor (std::shared_ptr<MemoryPlace> place, Answers answers) : place_ (std::move (place)), answers_ (answers)
  {
    if (answers_ == Answers::in_a_thread)
      worker_ = std::thread (work, queue_);
  }

  ~MemoryActor () override
  {
    if (!worker_.joinable ())
      return;

    queue_->end ();
    // The last reference to the backend may go with the call that was answered last.
    if (worker_.get_id () == std::this_thread::get_id ())
      worker_.detach ();
    else
      worker_.join ();
  }

  void ask (Ask what, const std::string &key, Ref<MemoCall> call) override
  {
    Wish wish { what, key, std::move (call) };

    asked.count (what);
    if (what == Ask::close)
      let_go ();
    if (hold (wish))
      return;
    grant (std::move (wish));
  }

  void hold (std::optional<Ask> what, bool on)
  {
    std::lock_guard<std::mutex> lock (mutex_);

    for (size_t i = 0; i < n_asks; i++)
      {
        if (!what || static_cast<size_t> (*what) == i)
          holding_[i] = on;
      }
  }

  size_t held ()
  {
    std::lock_guard<std::mutex> lock (mutex_);

    return held_.size ();
  }

  // Lets go of the oldest N that are held; they are done now, and not when they were asked.
  void let_go (size_t n = SIZE_MAX)
  {
    while (n-- > 0)
      {
        Wish wish;
        {
          std::lock_guard<std::mutex> lock (mutex_);

          if (held_.empty ())
            return;
          wish = std::move (held_.front ());
          held_.pop_front ();
        }
        grant (std::move (wish));
      }
  }

  // The call that was held longest, to be answered by the test or dropped.
  Ref<MemoCall> take ()
  {
    std::lock_guard<std::mutex> lock (mutex_);

    if (held_.empty ())
      return nullptr;

    auto call = std::move (held_.front ().call);
    held_.pop_front ();
    return call;
  }

  void fail_next (Ask what, Error error)
  {
    std::lock_guard<std::mutex> lock (mutex_);

    failures_[static_cast<size_t> (what)].push_back (std::move (error));
  }

  AskCounter asked;
  AskCounter answered;

private:
  struct Wish
  {
    Ask           what;
    std::string   key;
    Ref<MemoCall> call;
  };

  // What the thread has to do; outlives the actor where the thread does.
  class Queue
  {
  public:
    void push (std::function<void ()> what)
    {
      std::lock_guard<std::mutex> lock (mutex_);

      all_.push_back (std::move (what));
      cond_.notify_one ();
    }
    void end () { push (nullptr); }
    std::function<void ()> pop ()
    {
      std::unique_lock<std::mutex> lock (mutex_);

      cond_.wait (lock, [this] { return !all_.empty (); });
      auto first = std::move (all_.front ());
      all_.pop_front ();
      return first;
    }

  private:
    std::mutex                         mutex_;
    std::condition_variable            cond_;
    std::deque<std::function<void ()>> all_;
  };

  static void work (std::shared_ptr<Queue> queue)
  {
    while (auto what = queue->pop ())
      what ();
  }

  bool hold (Wish &wish)
  {
    std::lock_guard<std::mutex> lock (mutex_);

    if (!holding_[static_cast<size_t> (wish.what)])
      return false;
    held_.push_back (std::move (wish));
    return true;
  }

  void grant (Wish given)
  {
    auto wish = std::make_shared<Wish> (std::move (given));

    // A wish holds its call, and that the backend, and that this.
    if (answers_ == Answers::at_once)
      carry_out (*wish);
    else if (answers_ == Answers::in_a_thread)
      queue_->push ([this, wish] { carry_out (*wish); wish->call.reset (); });
    else
      in_a_turn ([this, wish] { carry_out (*wish); });
  }

  static void in_a_turn (std::function<void ()> what)
  {
    GMainContext *context = g_main_context_ref_thread_default ();
    GSource *source = g_idle_source_new ();

    g_source_set_priority (source, G_PRIORITY_DEFAULT);
    g_source_set_callback (source, [] (gpointer data) -> gboolean {
      (*static_cast<std::function<void ()> *> (data)) ();
      return G_SOURCE_REMOVE;
    }, new std::function<void ()> (std::move (what)), [] (gpointer data) {
      delete static_cast<std::function<void ()> *> (data);
    });
    g_source_attach (source, context);
    g_source_unref (source);
    g_main_context_unref (context);
  }

  Error next_failure (Ask what)
  {
    std::lock_guard<std::mutex> lock (mutex_);
    auto &failures = failures_[static_cast<size_t> (what)];

    if (failures.empty ())
      return nullptr;

    Error first = std::move (failures.front ());
    failures.pop_front ();
    return first;
  }

  void carry_out (const Wish &wish)
  {
    // It may be the last reference to the backend that goes with the call.
    auto self = shared_from_this ();
    MemoCall *call = wish.call.get ();
    GBytes *given = memo_call_get_bytes (call);

    answered.count (wish.what);
    if (Error failure = next_failure (wish.what))
      return memo_call_return_error (call, failure.release ());

    switch (wish.what)
      {
      case Ask::open:
        if (place_->obstructed)
          return memo_call_return_error (call, make_error ("the place is obstructed", MEMO_ERROR, MEMO_ERROR_UNAVAILABLE).release ());
        break;

      case Ask::load:
        if (auto found = place_->get (wish.key))
          return memo_call_return_bytes (call, bytes_of (*found).get ());
        return memo_call_return_bytes (call, nullptr);

      case Ask::store:
        place_->put (wish.key, content_of (given), memo_call_get_ttl (call));
        break;

      case Ask::remove:
        place_->remove (wish.key, given != nullptr ? std::make_optional (content_of (given)) : std::nullopt);
        break;

      case Ask::clear:
        place_->clear ();
        break;

      case Ask::flush:
      case Ask::close:
        break;
      }

    memo_call_return_nothing (call);
  }

  std::shared_ptr<MemoryPlace>                 place_;
  const Answers                                answers_;
  std::shared_ptr<Queue>                       queue_ = std::make_shared<Queue> ();
  std::thread                                  worker_;
  std::mutex                                   mutex_;
  std::array<bool, n_asks>                     holding_ {};
  std::deque<Wish>                             held_;
  std::array<std::deque<Error>, n_asks>        failures_;
};

// The backend as a test has it:
// `MemoryBackend backend; backend.hold (Ask::load); …; backend.let_go (); EXPECT_EQ (backend.asked (Ask::load), 1);`
class MemoryBackend
{
public:
  explicit MemoryBackend (Answers answers = Answers::at_once, MemoClock *clock = nullptr)
    : MemoryBackend (std::make_shared<MemoryPlace> (clock), answers)
  {
  }

  explicit MemoryBackend (std::shared_ptr<MemoryPlace> place, Answers answers = Answers::at_once)
    : place_ (std::move (place)), actor_ (std::make_shared<MemoryActor> (place_, answers)), backend_ (new_backend (actor_))
  {
  }

  // What is held would hold the backend, and that itself.
  ~MemoryBackend ()
  {
    while (actor_->take () != nullptr)
      ;
  }

  operator MemoBackend * () { return backend_.get (); }
  MemoryPlace &place () { return *place_; }

  int asked (Ask what) const { return actor_->asked.of (what); }
  int asked () const { return actor_->asked.all (); }
  int answered (Ask what) const { return actor_->answered.of (what); }

  // From now on calls are kept, of one kind or of all, until they are let go of.
  void hold (std::optional<Ask> what = std::nullopt) { actor_->hold (what, true); }
  void hold_no_more (std::optional<Ask> what = std::nullopt) { actor_->hold (what, false); }
  size_t held () { return actor_->held (); }
  void let_go (size_t n = SIZE_MAX) { actor_->let_go (n); }
  Ref<MemoCall> take () { return actor_->take (); }

  // The next call of this kind fails; several wait in line.
  void fail_next (Ask what, Error error) { actor_->fail_next (what, std::move (error)); }

private:
  std::shared_ptr<MemoryPlace> place_;
  std::shared_ptr<MemoryActor> actor_;
  Ref<MemoBackend>             backend_;
};

} // namespace memo_test
