// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sstream>

#include "choices.hpp"
#include "cpp-backend.hpp"

// Reads of one key through a backup, changes of it, and the steps of the backend, in every order that there is.
//
// The source is a database with one number in it, its version. A change writes the next one and tells the cache;
// or it begins, writes and ends. A load reads the version, and then answers with it. The backend keeps all
// that it is asked for, and each is a step: to do it, and for what it is to load, to answer as well, since bytes may be read
// before a change and be answered after it.

namespace memo_test {

enum class Told { ByDelete, BySet, ByClear, ByTag, ByBracket, ByTagBracket };

struct Play
{
  int               gets = 2;
  int               refreshes = 0;
  int               loaderless = 0;             // gets without a loader
  std::vector<Told> changes;
  bool              stored = true;              // the backend has the version of the beginning
  bool              tagged = false;             // what is stored and loaded carries the tag; nobody knows before
  bool              tag_is_known = false;       // the loader says so
  bool              first_may_be_cancelled = false;
  bool              loads_are_two_steps = true; // of the backend
  bool              writes_may_fail = false;    // the first of them
  bool              loop_may_lag = false;       // turning the main loop is a step as well
  int               at_least = 500;             // how many orders that must be
};

// Answers nothing by itself.
class PatientBackend : public BackendActor
{
public:
  struct Wish
  {
    Ask                        what;
    std::string                key;
    Ref<MemoCall>              call;
    bool                       found = false;
    std::optional<std::string> content;
  };

  void ask (Ask what, const std::string &key, Ref<MemoCall> call) override
  {
    if (on_ask)
      on_ask (what, key);
    wishes.push_back ({ what, key, std::move (call) });
    if (at_once || what == Ask::open)
      grant (wishes.size () - 1);
  }

  // Finds what is to be loaded, which is answered later.
  void find (size_t i) { find (wishes[i]); }

  void grant (size_t i)
  {
    Wish wish = take (i);
    MemoCall *call = wish.call.get ();
    GBytes *given = memo_call_get_bytes (call);
    gsize size = 0;
    auto data = given != nullptr ? static_cast<const char *> (g_bytes_get_data (given, &size)) : nullptr;

    if (wish.what == Ask::load)
      {
        find (wish);
        Bytes bytes (wish.content ? g_bytes_new (wish.content->data (), wish.content->size ()) : nullptr);
        return memo_call_return_bytes (call, bytes.get ());
      }

    if (wish.what == Ask::store)
      place[wish.key] = std::string (data, size);
    else if (wish.what == Ask::remove && (given == nullptr || place[wish.key] == std::string (data, size)))
      place.erase (wish.key);
    else if (wish.what == Ask::clear)
      place.clear ();
    memo_call_return_nothing (call);
  }

  void fail (size_t i)
  {
    Wish wish = take (i);

    memo_call_return_error (wish.call.get (), make_error ("the backend is not itself").release ());
  }

  std::vector<Wish>                               wishes;
  std::map<std::string, std::string>              place;
  bool                                            at_once = false;
  std::function<void (Ask, const std::string &)>  on_ask;

private:
  void find (Wish &wish)
  {
    if (wish.found)
      return;

    auto found = place.find (wish.key);

    wish.found = true;
    if (found != place.end ())
      wish.content = found->second;
  }

  Wish take (size_t i)
  {
    Wish wish = std::move (wishes[i]);

    wishes.erase (wishes.begin () + i);
    return wish;
  }
};

// One performance of a play.
class Performance
{
public:
  Performance (const Play &play, GMainContext *context, MemoManualClock *clock,
               const std::map<std::string, std::string> &place)
    : play_ (play), context_ (context), clock_ (clock)
  {
    actor_->place = place;
    cache_ = new_cache ();
    loader_.reset (memo_loader_new ([] (MemoCall *call, gpointer data) {
      static_cast<Performance *> (data)->loads_.push_back ({ share (call) });
    }, this, nullptr));
    if (play.tag_is_known)
      memo_loader_set_tags (loader_.get (), Tags { "tag" });
    for (Told told : play.changes)
      changes_.push_back ({ told });
    gets_.reserve (play.gets + play.refreshes + play.loaderless);
    actor_->on_ask = [this] (Ask what, const std::string &key) {
      if (is_held_ && key == "d:key" && (what == Ask::load || what == Ask::store))
        complain (std::string ("the backend was asked to ") + name_of (what) + " what is being changed");
    };
  }

  // What was wrong with it, or nothing.
  const std::string &run (Choices &choices)
  {
    for (auto steps = possible_steps (); !steps.empty () && wrong_.empty (); steps = possible_steps ())
      {
        take (steps[choices.choose (steps.size ())]);
        if (!play_.loop_may_lag)
          turn ();
        check_the_memory ();
      }
    come_to_rest ();

    return wrong_;
  }

  const std::string &story () const { return story_; }

private:
  struct Step
  {
    std::string            name;
    std::function<void ()> take;
  };

  struct Get
  {
    Performance      *performance;
    int               at_least;           // the version that a change had returned with before
    bool              has_loader;
    int               callbacks = 0;
    bool              cancelled = false;
    Ref<GCancellable> cancellable = adopt (g_cancellable_new ());
  };

  struct Change
  {
    Told              told;
    int               version = 0;
    bool              begun = false, may_write = false, told_it = false, returned = false;
    Ref<MemoMutation> mutation;
    Performance      *performance = nullptr;
  };

  struct Load
  {
    Ref<MemoCall> call;
    int           version = -1;           // -1 before it has read
    bool          answered = false;
  };

  Ref<MemoAsyncCache> new_cache ()
  {
    return adopt (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock_, "backup", backend_.get (),
                                                  nullptr)));
  }

  MemoCache *cache () { return MEMO_CACHE (cache_.get ()); }

  static bool is_bracket (const Change &change)
  {
    return change.told == Told::ByBracket || change.told == Told::ByTagBracket;
  }

  std::vector<Step> possible_steps ()
  {
    std::vector<Step> steps;
    auto add = [&] (std::string name, std::function<void ()> take) { steps.push_back ({ std::move (name), std::move (take) }); };

    if (play_.loop_may_lag && g_main_context_pending (context_))
      add ("turn", [this] { g_main_context_iteration (context_, FALSE); });
    if (n_gets_ < play_.gets)
      add ("get", [this] { n_gets_++; begin_get (loader_.get (), MEMO_GET_NONE); });
    if (n_refreshes_ < play_.refreshes)
      add ("refresh", [this] { n_refreshes_++; begin_get (loader_.get (), MEMO_GET_REFRESH); });
    if (n_loaderless_ < play_.loaderless)
      add ("get without a loader", [this] { n_loaderless_++; begin_get (nullptr, MEMO_GET_NONE); });
    if (play_.first_may_be_cancelled && !gets_.empty () && !gets_[0].cancelled && gets_[0].callbacks == 0)
      add ("cancel", [this] { gets_[0].cancelled = true; g_cancellable_cancel (gets_[0].cancellable.get ()); });

    add_changes (add);

    for (size_t i = 0; i < loads_.size (); i++)
      {
        if (!loads_[i].answered && loads_[i].version < 0)
          add ("loader reads", [this, i] { loads_[i].version = database_; });
        else if (!loads_[i].answered)
          add ("loader answers", [this, i] { answer (i); });
      }

    for (size_t i = 0; i < actor_->wishes.size (); i++)
      {
        const auto &wish = actor_->wishes[i];
        const std::string name = std::string (name_of (wish.what)) + " " + wish.key;

        if (wish.what == Ask::load && play_.loads_are_two_steps && !wish.found)
          add ("backend finds for " + name, [this, i] { actor_->find (i); });
        else
          add ("backend does " + name, [this, i] { actor_->grant (i); });
        if (wish.what != Ask::load && play_.writes_may_fail && !failed_)
          add ("backend fails to " + name, [this, i] { failed_ = true; actor_->fail (i); });
      }

    return steps;
  }

  template <typename Add>
  void add_changes (Add &&add)
  {
    for (size_t i = 0; i < changes_.size (); i++)
      {
        Change &change = changes_[i];

        if (is_bracket (change) && !change.begun)
          add ("change begins", [this, i] { begin (changes_[i]); });
        else if (is_bracket (change) && !change.may_write)
          ;
        else if (change.version == 0)
          add ("change writes", [this, i] { changes_[i].version = ++database_; });
        else if (!change.told_it)
          add (is_bracket (change) ? "change ends" : "cache is told", [this, i] { tell (changes_[i]); });
        else
          continue;
        return;
      }
  }

  void take (const Step &step)
  {
    story_ += (story_.empty () ? "" : ", ") + step.name;
    step.take ();
  }

  void turn ()
  {
    while (g_main_context_iteration (context_, FALSE))
      ;
  }

  void complain (const std::string &what)
  {
    if (wrong_.empty ())
      wrong_ = what;
  }

  void begin_get (MemoLoader *loader, MemoGetFlags flags)
  {
    gets_.push_back ({ this, returned_, loader != nullptr });
    memo_cache_get_async (cache (), "key", flags, loader, gets_.back ().cancellable.get (),
                          [] (GObject *source, GAsyncResult *result, gpointer data) {
      auto get = static_cast<Get *> (data);
      Error error;
      Entry entry (memo_cache_get_finish (MEMO_CACHE (source), result, ErrorOut (error)));

      get->callbacks++;
      get->performance->check (*get, entry.get (), error.get ());
    }, &gets_.back ());
  }

  void check (const Get &get, MemoEntry *entry, GError *error)
  {
    if (get.cancelled ? error == nullptr : error != nullptr)
      complain (std::string ("a get failed, or did not: ") + (error != nullptr ? error->message : "no error"));
    else if (error == nullptr && entry == nullptr && get.has_loader)
      complain ("a get with a loader was a miss");
    else if (entry != nullptr && version_of (entry) < get.at_least)
      complain ("a get that began after a change got an older value");
  }

  static int version_of (MemoEntry *entry) { return std::stoi (memo_entry_get_string (entry)); }

  void answer (size_t i)
  {
    Ref<MemoCall> call = std::move (loads_[i].call);

    loads_[i].answered = true;
    memo_call_return_entry (call.get (), of_version (loads_[i].version).release ());
  }

  Entry of_version (int version)
  {
    Entry made (memo_entry_new_string (std::to_string (version).c_str ()));

    if (play_.tagged)
      memo_entry_set_tags (made.get (), Tags { "tag" });
    return made;
  }

  void begin (Change &change)
  {
    change.begun = true;
    change.performance = this;
    change.mutation.reset (memo_mutation_new (cache ()));
    if (change.told == Told::ByBracket)
      memo_mutation_add_key (change.mutation.get (), "key");
    else
      memo_mutation_add_tag (change.mutation.get (), "tag");
    memo_mutation_begin_async (change.mutation.get (), nullptr, [] (GObject *source, GAsyncResult *result, gpointer data) {
      auto change = static_cast<Change *> (data);

      change->may_write = true;
      if (!memo_mutation_begin_finish (MEMO_MUTATION (source), result, nullptr))
        change->performance->complain ("a change could not begin");
    }, &change);
    is_held_ = change.told == Told::ByBracket;
  }

  void tell (Change &change)
  {
    const Tags tags { "tag" };

    change.told_it = true;
    switch (change.told)
      {
      case Told::ByDelete:
        memo_cache_delete (cache (), "key");
        break;
      case Told::BySet:
        memo_cache_set (cache (), "key", of_version (change.version).release ());
        break;
      case Told::ByClear:
        memo_cache_clear (cache ());
        break;
      case Told::ByTag:
        memo_cache_invalidate_tags (cache (), tags);
        break;
      case Told::ByBracket:
      case Told::ByTagBracket:
        is_held_ = false;
        memo_mutation_end_async (change.mutation.get (), [] (GObject *source, GAsyncResult *result, gpointer data) {
          auto change = static_cast<Change *> (data);
          Error error;

          memo_mutation_end_finish (MEMO_MUTATION (source), result, ErrorOut (error));
          change->performance->return_from (*change);
        }, &change);
        return;
      }
    return_from (change);
  }

  void return_from (Change &change)
  {
    change.returned = true;
    returned_ = std::max (returned_, change.version);
  }

  void check_the_memory ()
  {
    Entry kept (memo_cache_peek (cache (), "key"));

    if (kept != nullptr && version_of (kept.get ()) < returned_)
      complain ("memory holds what is older than a change that returned");
  }

  // All that is still to come comes, in some order.
  void come_to_rest ()
  {
    play_.loop_may_lag = play_.writes_may_fail = play_.first_may_be_cancelled = false;
    play_.gets = play_.refreshes = play_.loaderless = 0;
    for (int i = 0; i < 10; i++)
      {
        for (auto steps = possible_steps (); !steps.empty (); steps = possible_steps ())
          {
            steps[0].take ();
            turn ();
          }
        memo_manual_clock_advance (clock_, 60.0);
        turn ();
      }

    for (auto &get : gets_)
      {
        if (get.callbacks != 1)
          complain ("a get was answered " + std::to_string (get.callbacks) + " times");
      }
    for (auto &change : changes_)
      {
        if (!change.returned)
          complain ("a change did not return");
      }
    check_at_rest ("memory");

    // Another process finds what the backend has.
    actor_->at_once = true;
    cache_ = new_cache ();
    gets_.clear ();
    gets_.push_back ({ this, 0, false });
    memo_cache_get_async (cache (), "key", MEMO_GET_NONE, nullptr, nullptr, [] (GObject *source, GAsyncResult *result, gpointer) {
      Entry entry (memo_cache_get_finish (MEMO_CACHE (source), result, nullptr));
    }, nullptr);
    turn ();
    check_at_rest ("the backend");
    for (auto &change : changes_)
      change.mutation.reset ();
    cache_.reset ();
    turn ();

    gpointer held = backend_.get ();
    g_object_add_weak_pointer (G_OBJECT (held), &held);
    backend_.reset ();
    if (held != nullptr)
      {
        g_object_remove_weak_pointer (G_OBJECT (held), &held);
        complain ("something is held at the end");
      }
  }

  void check_at_rest (const char *where)
  {
    Entry kept (memo_cache_peek (cache (), "key"));

    if (kept != nullptr && version_of (kept.get ()) != database_)
      complain (std::string ("at rest ") + where + " holds version " + memo_entry_get_string (kept.get ()) + " of " +
                std::to_string (database_));
  }

  Play                             play_;
  GMainContext                    *context_;
  MemoManualClock                 *clock_;
  std::shared_ptr<PatientBackend>  actor_ = std::make_shared<PatientBackend> ();
  Ref<MemoBackend>                 backend_ = new_backend (actor_);
  Ref<MemoAsyncCache>              cache_;
  Ref<MemoLoader>                  loader_;
  std::vector<Get>                 gets_;
  std::vector<Change>              changes_;
  std::deque<Load>                 loads_;
  int                              n_gets_ = 0, n_refreshes_ = 0, n_loaderless_ = 0;
  int                              database_ = 0, returned_ = 0;
  bool                             failed_ = false, is_held_ = false;
  std::string                      wrong_, story_;
};

} // namespace memo_test
