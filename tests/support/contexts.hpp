// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <thread>

#include "memo-test.hpp"

// What tests need that have several main contexts and threads, or look at when exactly
// something is called.

namespace memo_test {

// A main context beside the one of the test, turned only when told so.
class Context
{
public:
  Context () : context_ (g_main_context_new ()) {}
  ~Context () { destroy (); }

  Context (const Context &) = delete;
  Context &operator= (const Context &) = delete;

  operator GMainContext * () const { return context_; }

  // Does something with this as the thread-default context.
  template <typename What>
  auto within (What &&what)
  {
    struct Push
    {
      explicit Push (GMainContext *context) : context_ (context) { g_main_context_push_thread_default (context); }
      ~Push () { g_main_context_pop_thread_default (context_); }
      GMainContext *context_;
    } push (context_);

    return what ();
  }

  void turn ()
  {
    within ([this] {
      while (g_main_context_iteration (context_, FALSE))
        ;
    });
  }

  // Lets go of it, with whatever still waits in it.
  void destroy () { g_clear_pointer (&context_, g_main_context_unref); }

private:
  GMainContext *context_;
};

template <typename What>
void
in_thread (What &&what)
{
  std::thread (std::forward<What> (what)).join ();
}

// Where a thread waits until the test lets it go on.
class Gate
{
public:
  Gate () { g_mutex_init (&mutex_); g_cond_init (&cond_); }
  ~Gate () { g_mutex_clear (&mutex_); g_cond_clear (&cond_); }

  Gate (const Gate &) = delete;
  Gate &operator= (const Gate &) = delete;

  void pass ()
  {
    g_mutex_lock (&mutex_);
    arrived_ = true;
    g_cond_broadcast (&cond_);
    while (!open_)
      g_cond_wait (&cond_, &mutex_);
    g_mutex_unlock (&mutex_);
  }

  void open ()
  {
    g_mutex_lock (&mutex_);
    open_ = true;
    g_cond_broadcast (&cond_);
    g_mutex_unlock (&mutex_);
  }

  void wait_for_somebody ()
  {
    g_mutex_lock (&mutex_);
    while (!arrived_)
      g_cond_wait (&cond_, &mutex_);
    g_mutex_unlock (&mutex_);
  }

private:
  GMutex mutex_;
  GCond  cond_;
  bool   arrived_ = false;
  bool   open_ = false;
};

// Calls a function from a callback of a context's main loop, in one single turn of it.
inline void
in_callback_of (GMainContext *context, std::function<void ()> what)
{
  struct Idle
  {
    std::function<void ()> what;
    bool                   done = false;
  } idle { std::move (what) };
  GSource *source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_callback (source, [] (gpointer data) -> gboolean {
    auto idle = static_cast<Idle *> (data);

    idle->what ();
    idle->done = true;
    return G_SOURCE_REMOVE;
  }, &idle, nullptr);
  g_source_attach (source, context);
  g_source_unref (source);

  EXPECT_TRUE (g_main_context_iteration (context, FALSE));
  EXPECT_TRUE (idle.done);
}

// A get by a closure, whose data goes even where the callback never runs.
inline void
get_with (MemoCache *cache, const char *key, MemoLoader *loader, GCancellable *cancellable,
          std::function<void (Entry, Error)> done, MemoGetFlags flags = MEMO_GET_NONE)
{
  using Done = std::function<void (Entry, Error)>;

  auto called = [] (MemoCache *cache, GAsyncResult *result, gpointer data) {
    Error error;
    Entry entry (memo_cache_get_finish (cache, result, ErrorOut (error)));

    (*static_cast<Done *> (data)) (std::move (entry), std::move (error));
  };
  auto gone = [] (gpointer data, GClosure *) {
    delete static_cast<Done *> (data);
  };
  GClosure *closure = g_cclosure_new (G_CALLBACK (+called), new Done (std::move (done)), gone);

  memo_cache_get_with_closure (cache, key, flags, loader, cancellable, closure);
}

// The same, keeping what came of it.
inline std::shared_ptr<Got>
get_by_closure (MemoCache *cache, const char *key, MemoLoader *loader = nullptr,
                GCancellable *cancellable = nullptr, MemoGetFlags flags = MEMO_GET_NONE)
{
  auto got = std::make_shared<Got> ();

  get_with (cache, key, loader, cancellable, [got] (Entry entry, Error error) {
    got->callbacks++;
    got->entry = std::move (entry);
    got->error = std::move (error);
  }, flags);

  return got;
}

// A loader whose function, and what happens when it is not needed any more, are lambdas.
inline Ref<MemoLoader>
loader_of (std::function<void (MemoCall *)> func, std::function<void ()> end = {}, bool in_thread = false)
{
  struct Data
  {
    std::function<void (MemoCall *)> func;
    std::function<void ()>           end;
  };

  auto call = [] (MemoCall *call, gpointer data) {
    static_cast<Data *> (data)->func (call);
  };
  auto destroy = [] (gpointer data) {
    std::unique_ptr<Data> mine (static_cast<Data *> (data));

    if (mine->end)
      mine->end ();
  };
  auto data = new Data { std::move (func), std::move (end) };

  return adopt (in_thread ? memo_loader_new_in_thread (call, data, destroy)
                          : memo_loader_new (call, data, destroy));
}

// An entry whose value calls a function when it ends.
inline Entry
entry_ending_with (std::function<void ()> end, double ttl = MEMO_TTL_DEFAULT,
                   std::initializer_list<const char *> tags = {})
{
  using End = std::function<void ()>;

  auto object = adopt (G_OBJECT (g_object_new (G_TYPE_OBJECT, nullptr)));

  g_object_set_data_full (object.get (), "end", new End (std::move (end)), [] (gpointer data) {
    std::unique_ptr<End> mine (static_cast<End *> (data));

    (*mine) ();
  });

  Entry made (memo_entry_new_object (object.get ()));

  memo_entry_set_ttl (made.get (), ttl);
  if (tags.size () > 0)
    memo_entry_set_tags (made.get (), Tags (tags));

  return made;
}

// Whether an object lives on.
class Watch
{
public:
  explicit Watch (gpointer object) : object_ (static_cast<GObject *> (object))
  {
    g_object_add_weak_pointer (object_, reinterpret_cast<gpointer *> (&object_));
  }

  ~Watch ()
  {
    if (object_ != nullptr)
      g_object_remove_weak_pointer (object_, reinterpret_cast<gpointer *> (&object_));
  }

  Watch (const Watch &) = delete;
  Watch &operator= (const Watch &) = delete;

  bool gone () const { return object_ == nullptr; }

private:
  GObject *object_;
};

// Calls a function when a cancellable is cancelled.
inline gulong
when_cancelled (GCancellable *cancellable, std::function<void ()> what)
{
  using What = std::function<void ()>;

  return g_signal_connect_data (cancellable, "cancelled",
                                G_CALLBACK (+[] (GCancellable *, gpointer data) { (*static_cast<What *> (data)) (); }),
                                new What (std::move (what)),
                                [] (gpointer data, GClosure *) { delete static_cast<What *> (data); },
                                GConnectFlags (0));
}

} // namespace memo_test
