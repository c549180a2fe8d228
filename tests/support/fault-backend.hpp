// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <initializer_list>
#include <random>

#include "memory-backend.hpp"

#include "memo-backend-private.h"
#include "memo-call-private.h"

// A backend in front of another one, in which everything goes wrong that can.  It looks into private parts: a test that has it
// is one of the private tests.

namespace memo_test {

enum class Fault
{
  none,
  delay,        // is done when the test lets it go on
  late,         // is done, and answered when the test lets it go on
  fail,         // is not done, and an error
  fail_done,    // is done, and an error
  lose,         // is not done, and answered as if it was
  silence,      // is not done, and never answered
  drop,         // is not done, and the call is let go of
  flip,         // some bits of the content are others
  truncate,     // the end of the content is missing
  swap,         // it is another key's, of those that were asked for before
};

constexpr size_t n_faults = 11;

class FaultActor : public BackendActor, public std::enable_shared_from_this<FaultActor>
{
public:
  explicit FaultActor (MemoBackend *inner) : inner_ (share (inner)) {}

  void ask (Ask what, const std::string &key, Ref<MemoCall> call) override
  {
    auto wish = std::make_shared<Wish> ();
    Fault fault;

    wish->self = shared_from_this ();
    wish->what = what;
    wish->key = key;
    wish->call = std::move (call);
    asked.count (what);
    {
      std::lock_guard<std::mutex> lock (mutex_);

      fault = wish->fault = ended_ ? Fault::none : choose (what);
      faults[static_cast<size_t> (fault)]++;
      wish->other_key = other_key_than (key);
      wish->dice = dice_ ();
      if (fault == Fault::delay)
        held_.push_back ([wish] { forward (wish); });
      else if (fault == Fault::silence)
        silent_.push_back (std::move (wish->call));
      if (what == Ask::load || what == Ask::store)
        remember (key);
    }

    switch (fault)
      {
      case Fault::delay:
      case Fault::silence:
      case Fault::drop:
        break;
      case Fault::fail:
        memo_call_return_error (wish->call.get (), new_error ());
        break;
      case Fault::lose:
        memo_call_return_nothing (wish->call.get ());
        break;
      case Fault::none:
      case Fault::late:
      case Fault::fail_done:
      case Fault::flip:
      case Fault::truncate:
      case Fault::swap:
        forward (wish);
        break;
      }
  }

  void next (Ask what, Fault fault, int times)
  {
    std::lock_guard<std::mutex> lock (mutex_);

    for (int i = 0; i < times; i++)
      script_[static_cast<size_t> (what)].push_back (fault);
  }

  void always (Ask what, Fault fault)
  {
    std::lock_guard<std::mutex> lock (mutex_);

    always_[static_cast<size_t> (what)] = fault;
  }

  void by_seed (guint32 seed, double share, std::vector<Fault> which)
  {
    std::lock_guard<std::mutex> lock (mutex_);

    dice_.seed (seed);
    share_ = share;
    which_ = std::move (which);
  }

  void set_error (Error error)
  {
    std::lock_guard<std::mutex> lock (mutex_);

    error_ = std::move (error);
  }

  size_t held ()
  {
    std::lock_guard<std::mutex> lock (mutex_);

    return held_.size ();
  }

  size_t let_go (size_t n)
  {
    size_t gone = 0;

    for (; gone < n; gone++)
      {
        std::function<void ()> first;
        {
          std::lock_guard<std::mutex> lock (mutex_);

          if (held_.empty ())
            break;
          first = std::move (held_.front ());
          held_.pop_front ();
        }
        first ();
      }

    return gone;
  }

  // Drops what would hold the backend for ever; what that brings about, such as a close, goes well.
  void end ()
  {
    std::deque<std::function<void ()>> held;
    std::vector<Ref<MemoCall>> silent;
    std::lock_guard<std::mutex> lock (mutex_);

    ended_ = true;
    std::swap (held, held_);
    std::swap (silent, silent_);
  }

  AskCounter                             asked;
  std::array<std::atomic<int>, n_faults> faults {};

private:
  struct Wish
  {
    std::shared_ptr<FaultActor> self;
    Ask                         what;
    std::string                 key;
    std::string                 other_key;
    Fault                       fault;
    guint32                     dice;
    Ref<MemoCall>               call;
  };

  static bool makes_sense (Ask what, Fault fault)
  {
    const bool has_content = what == Ask::load || what == Ask::store;

    return has_content || (fault != Fault::flip && fault != Fault::truncate && fault != Fault::swap);
  }

  Fault choose (Ask what)
  {
    const size_t i = static_cast<size_t> (what);
    Fault chosen = always_[i];

    if (!script_[i].empty ())
      {
        chosen = script_[i].front ();
        script_[i].pop_front ();
      }
    else if (!which_.empty () && std::uniform_real_distribution<> () (dice_) < share_)
      {
        chosen = which_[std::uniform_int_distribution<size_t> (0, which_.size () - 1) (dice_)];
      }

    return makes_sense (what, chosen) ? chosen : Fault::none;
  }

  void remember (const std::string &key)
  {
    keys_.erase (std::remove (keys_.begin (), keys_.end (), key), keys_.end ());
    keys_.push_back (key);
    if (keys_.size () > 8)
      keys_.erase (keys_.begin ());
  }

  std::string other_key_than (const std::string &key)
  {
    for (auto iter = keys_.rbegin (); iter != keys_.rend (); ++iter)
      {
        if (*iter != key)
          return *iter;
      }
    return key;
  }

  static std::string damaged (const Wish &wish, std::string content)
  {
    if (wish.fault == Fault::truncate && !content.empty ())
      content.resize (wish.dice % content.size ());
    else if (wish.fault == Fault::flip && !content.empty ())
      content[wish.dice % content.size ()] ^= static_cast<char> (1 << (wish.dice >> 8) % 8);

    return content;
  }

  // Asks the backend behind, by a call whose answer comes back here.
  static void forward (const std::shared_ptr<Wish> &wish)
  {
    static const MemoCallOwner owner_funcs = {
      [] (gpointer owner, MemoEntry *entry, GError *error) {
        answered (*static_cast<std::shared_ptr<Wish> *> (owner), Entry (entry), Error (error));
      },
      nullptr,
      [] (gpointer owner) { delete static_cast<std::shared_ptr<Wish> *> (owner); },
      nullptr,
    };
    const std::string &key = wish->fault == Fault::swap ? wish->other_key : wish->key;
    const char *keys[] = { memo_call_get_key (wish->call.get ()) != nullptr ? key.c_str () : nullptr, nullptr };
    GBytes *given = memo_call_get_bytes (wish->call.get ());
    Entry entry;

    if (given != nullptr)
      {
        std::string content = content_of (given);

        entry.reset (memo_entry_new_bytes (bytes_of (wish->what == Ask::store ? damaged (*wish, content) : content).get ()));
        memo_entry_set_ttl (entry.get (), memo_call_get_ttl (wish->call.get ()));
      }

    auto question = adopt (memo_call_new_question (keys, memo_call_get_cancellable (wish->call.get ()), entry.get (),
                                                   &owner_funcs, new std::shared_ptr<Wish> (wish)));
    memo_call_set_durable (question.get (), memo_call_get_durable (wish->call.get ()));
    memo_backend_hand (wish->self->inner_.get (), static_cast<MemoBackendWhat> (wish->what), keys[0], question.get ());
  }

  static void answered (std::shared_ptr<Wish> wish, Entry entry, Error error)
  {
    FaultActor &self = *wish->self;
    std::optional<std::string> content;

    if (entry != nullptr && memo_entry_get_bytes (entry.get ()) != nullptr)
      content = content_of (memo_entry_get_bytes (entry.get ()));
    if (content && wish->what == Ask::load)
      content = damaged (*wish, *content);
    if (wish->fault == Fault::fail_done && error == nullptr)
      error.reset (self.new_error ());

    auto failure = std::make_shared<Error> (std::move (error));
    auto answer = [wish, content, failure] {
      if (*failure != nullptr)
        memo_call_return_error (wish->call.get (), failure->release ());
      else if (wish->what == Ask::load)
        memo_call_return_bytes (wish->call.get (), content ? bytes_of (*content).get () : nullptr);
      else
        memo_call_return_nothing (wish->call.get ());
    };

    if (wish->fault != Fault::late)
      return answer ();

    std::lock_guard<std::mutex> lock (self.mutex_);
    self.held_.push_back (answer);
  }

  GError *new_error ()
  {
    std::lock_guard<std::mutex> lock (mutex_);

    return g_error_copy (error_.get ());
  }

  Ref<MemoBackend>                          inner_;
  std::mutex                                mutex_;
  std::array<std::deque<Fault>, n_asks>     script_;
  std::array<Fault, n_asks>                 always_ {};
  std::mt19937                              dice_ { 1 };
  double                                    share_ = 0.0;
  std::vector<Fault>                        which_;
  std::vector<std::string>                  keys_;      // that were asked for, the last one last
  std::deque<std::function<void ()>>        held_;
  std::vector<Ref<MemoCall>>                silent_;
  bool                                      ended_ = false;
  Error                                     error_ = make_error ("a fault", MEMO_ERROR, MEMO_ERROR_UNAVAILABLE);
};

// The backend as a test has it:
// `FaultBackend backend (memory); backend.next (Ask::load, Fault::flip); …; EXPECT_EQ (backend.count (Fault::flip), 1);`
class FaultBackend
{
public:
  explicit FaultBackend (MemoBackend *inner) : actor_ (std::make_shared<FaultActor> (inner)), backend_ (new_backend (actor_)) {}
  ~FaultBackend () { actor_->end (); }

  operator MemoBackend * () { return backend_.get (); }

  // What becomes of the next calls of a kind; those after them go as they always do.
  void next (Ask what, Fault fault, int times = 1) { actor_->next (what, fault, times); }
  void always (Ask what, Fault fault) { actor_->always (what, fault); }
  void always (Fault fault)
  {
    for (size_t i = 0; i < n_asks; i++)
      actor_->always (static_cast<Ask> (i), fault);
  }

  // Of all calls SHARE go wrong in one of these ways, the same ones for the same seed.  Opening and closing may, too.
  void by_seed (guint32 seed, double share, std::initializer_list<Fault> which) { actor_->by_seed (seed, share, which); }
  void heal ()
  {
    actor_->by_seed (1, 0.0, {});
    always (Fault::none);
  }

  // What a call that fails ends with; MEMO_ERROR_UNAVAILABLE unless set.
  void set_error (Error error) { actor_->set_error (std::move (error)); }

  // Those that are delayed or late, and how they go on; gives how many did.
  size_t held () { return actor_->held (); }
  size_t let_go (size_t n = SIZE_MAX) { return actor_->let_go (n); }

  int asked (Ask what) const { return actor_->asked.of (what); }
  int asked () const { return actor_->asked.all (); }
  int count (Fault fault) const { return actor_->faults[static_cast<size_t> (fault)]; }

private:
  std::shared_ptr<FaultActor> actor_;
  Ref<MemoBackend>            backend_;
};

} // namespace memo_test
