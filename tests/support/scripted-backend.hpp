// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <set>

#include "contexts.hpp"
#include "memory-backend.hpp"
#include "tracking.hpp"

// A backend of which a test decides for each call when it is done, in which order, and how; and caches in front of
// it that wait for what they write.

namespace memo_test {

class ScriptedActor : public BackendActor
{
public:
  struct Wish
  {
    Ask           what;
    std::string   key;
    Ref<MemoCall> call;
  };

  explicit ScriptedActor (std::shared_ptr<MemoryPlace> place) : place_ (std::move (place)) {}

  void ask (Ask what, const std::string &key, Ref<MemoCall> call) override
  {
    Wish wish { what, key, std::move (call) };

    asked[what]++;
    log.push_back (describe (wish));
    if (on_ask && on_ask (wish))
      return;
    if (holding.count (what) > 0)
      held.push_back (std::move (wish));
    else
      answer (wish);
  }

  // Does it, or fails where that is broken.
  void answer (Wish &wish)
  {
    if (broken.count (wish.what) > 0)
      fail (wish);
    else
      perform (wish);
  }

  void fail (Wish &wish)
  {
    Ref<MemoCall> call = std::move (wish.call);

    memo_call_return_error (call.get (), make_error ("broken", MEMO_ERROR, MEMO_ERROR_UNAVAILABLE).release ());
  }

  void perform (Wish &wish)
  {
    Ref<MemoCall> call = std::move (wish.call);
    GBytes *given = memo_call_get_bytes (call.get ());

    switch (wish.what)
      {
      case Ask::load:
        if (auto found = place_->get (wish.key))
          memo_call_return_bytes (call.get (), bytes_of (*found).get ());
        else
          memo_call_return_bytes (call.get (), nullptr);
        return;

      case Ask::store:
        place_->put (wish.key, content_of (given), memo_call_get_ttl (call.get ()));
        break;

      case Ask::remove:
        place_->remove (wish.key, given != nullptr ? std::make_optional (content_of (given)) : std::nullopt);
        break;

      case Ask::clear:
        place_->clear ();
        break;

      default:
        break;
      }

    memo_call_return_nothing (call.get ());
  }

  // “store d:key durable”
  static std::string describe (const Wish &wish)
  {
    std::string text = name_of (wish.what);

    if (!wish.key.empty ())
      text += " " + wish.key;
    if (wish.what == Ask::store && memo_call_get_durable (wish.call.get ()))
      text += " durable";
    return text;
  }

  // What does it in place of this; says whether it did.
  std::function<bool (Wish &)> on_ask;

  std::set<Ask>            holding;
  std::set<Ask>            broken;
  std::deque<Wish>         held;
  std::vector<std::string> log;
  std::map<Ask, int>       asked;

private:
  std::shared_ptr<MemoryPlace> place_;
};

class WritingTest : public AsyncTest
{
protected:
  ~WritingTest () override
  {
    actor ().on_ask = nullptr;
    cache_.reset ();
    // What is held would hold the backend, and that itself.
    while (!actor ().held.empty ())
      drop (0);
    turn ();
  }

  template <typename... Options>
  Ref<MemoAsyncCache> new_cache_over (MemoBackend *backend, Options... options)
  {
    return adopt (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock_.get (), "backup", backend,
                                                  options..., nullptr)));
  }

  MemoCache *cache () { return MEMO_CACHE (cache_.get ()); }
  ScriptedActor &actor () { return *actor_; }

  // --- what is asked of the cache ---

  void set (const char *key, Entry value) { memo_cache_set (cache (), key, value.release ()); }
  void set (const char *key, const char *text) { set (key, entry (text)); }
  void set_tagged (const char *key, const char *text, std::initializer_list<const char *> tags)
  {
    set (key, entry (text, MEMO_TTL_DEFAULT, tags));
  }
  void remove (const char *key) { memo_cache_delete (cache (), key); }
  void clear () { memo_cache_clear (cache ()); }
  void invalidate (const char *tag) { memo_cache_invalidate_tags (cache (), Tags ({ tag })); }
  Metrics metrics () { return Metrics (memo_cache_get_metrics (cache ())); }

  std::shared_ptr<Got> get (const char *key, MemoLoader *loader = nullptr, GCancellable *cancellable = nullptr,
                            MemoGetFlags flags = MEMO_GET_NONE)
  {
    return AsyncTest::get (cache (), key, loader, cancellable, flags);
  }

  Done set_async (const char *key, Entry value, GCancellable *cancellable = nullptr)
  {
    Done done;
    memo_cache_set_async (cache (), key, value.release (), cancellable, done_cb<memo_cache_set_finish>, done.keep ());
    return done;
  }
  Done set_async (const char *key, const char *text) { return set_async (key, entry (text)); }

  Done delete_async (const char *key, GCancellable *cancellable = nullptr)
  {
    Done done;
    memo_cache_delete_async (cache (), key, cancellable, done_cb<memo_cache_delete_finish>, done.keep ());
    return done;
  }

  Done clear_async (GCancellable *cancellable = nullptr)
  {
    Done done;
    memo_cache_clear_async (cache (), cancellable, done_cb<memo_cache_clear_finish>, done.keep ());
    return done;
  }

  Done invalidate_async (const char *tag, GCancellable *cancellable = nullptr)
  {
    Done done;
    memo_cache_invalidate_tags_async (cache (), Tags ({ tag }), cancellable,
                                      done_cb<memo_cache_invalidate_tags_finish>, done.keep ());
    return done;
  }

  Done flush_async (GCancellable *cancellable = nullptr)
  {
    Done done;
    memo_cache_flush_async (cache (), cancellable, done_cb<memo_cache_flush_finish>, done.keep ());
    return done;
  }

  Done close_async (GCancellable *cancellable = nullptr)
  {
    Done done;
    memo_cache_close_async (cache (), cancellable, done_cb<memo_cache_close_finish>, done.keep ());
    return done;
  }

  // Loads a key, and has it in memory when it returns.
  void fill (const char *key, Entry value)
  {
    ScriptedLoader loader;
    auto got = get (key, loader, nullptr, MEMO_GET_REFRESH);

    turn ();
    loader.answer (std::move (value));
    turn ();
    EXPECT_TRUE (got->done ());
  }
  void fill (const char *key, const char *text) { fill (key, entry (text)); }

  // --- what the backend does ---

  void hold (std::initializer_list<Ask> kinds = writes) { actor ().holding.insert (kinds.begin (), kinds.end ()); }
  void hold_no_more () { actor ().holding.clear (); }
  void break_down (std::initializer_list<Ask> kinds) { actor ().broken.insert (kinds.begin (), kinds.end ()); }
  void repair () { actor ().broken.clear (); }
  size_t held () { return actor ().held.size (); }

  ScriptedActor::Wish take (size_t i)
  {
    auto wish = std::move (actor ().held.at (i));

    actor ().held.erase (actor ().held.begin () + static_cast<std::ptrdiff_t> (i));
    return wish;
  }

  void let_go (size_t i)
  {
    auto wish = take (i);

    actor ().answer (wish);
  }
  void fail (size_t i)
  {
    auto wish = take (i);

    actor ().fail (wish);
  }
  void drop (size_t i) { take (i); }

  // One after the other, with those that come of it, until nothing is held any more.
  void let_all_go ()
  {
    do
      {
        while (held () > 0)
          let_go (0);
        turn ();
      }
    while (held () > 0);
  }

  std::vector<std::string> log () { return std::exchange (actor ().log, {}); }
  std::string holds ()
  {
    std::string all;

    for (const auto &wish : actor ().held)
      all += (all.empty () ? "" : ", ") + ScriptedActor::describe (wish);
    return all;
  }

  // What a new process reads, or “-” where it finds nothing.
  std::string after_restart (const char *key)
  {
    MemoryBackend other (place_);
    auto late = new_cache_over (other);
    auto got = AsyncTest::get (MEMO_CACHE (late.get ()), key);

    turn ();
    EXPECT_TRUE (got->done ());
    return got->entry != nullptr ? memo_entry_get_string (got->entry.get ()) : "-";
  }

  std::string in_memory (const char *key)
  {
    Entry found (memo_cache_peek (cache (), key));

    return found != nullptr ? memo_entry_get_string (found.get ()) : "-";
  }

  // The next process of the same program, after the end of this one.
  void restart ()
  {
    cache_.reset ();
    turn ();
    cache_ = new_cache_over (backend_.get ());
  }

  static constexpr std::initializer_list<Ask> writes { Ask::store, Ask::remove, Ask::clear };

  std::shared_ptr<MemoryPlace>   place_ = std::make_shared<MemoryPlace> (MEMO_CLOCK (clock_.get ()));
  std::shared_ptr<ScriptedActor> actor_ = std::make_shared<ScriptedActor> (place_);
  Ref<MemoBackend>               backend_ = new_backend (actor_);
  Ref<MemoAsyncCache>            cache_ = new_cache_over (backend_.get ());
};

// EXPECT_THAT (done, IsWaiting ());
MATCHER (IsWaiting, "")
{
  *result_listener << arg->callbacks << " callbacks";
  return arg->callbacks == 0;
}

inline auto
IsBroken ()
{
  return FailedWith (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE);
}

} // namespace memo_test
