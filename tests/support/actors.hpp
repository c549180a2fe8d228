// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>

#include "contexts.hpp"

// What tests need that have many threads work on one cache.

namespace memo_test {

// All threads of a test go on from here together.
class Barrier
{
public:
  explicit Barrier (int threads) : threads_ (threads) {}

  void wait ()
  {
    int round = arrived_++ / threads_;

    while (arrived_ < (round + 1) * threads_)
      std::this_thread::yield ();
  }

private:
  const int        threads_;
  std::atomic<int> arrived_ { 0 };
};

// A thread with a main context, counting what it asks for and what it is told.
class Actor
{
public:
  using Done = std::function<void (MemoEntry *, const GError *)>;

  void get (MemoCache *cache, const char *key, MemoLoader *loader, GCancellable *cancellable = nullptr,
            Done done = {}, MemoGetFlags flags = MEMO_GET_NONE)
  {
    auto asked = new Asked { this, std::move (done) };

    asked_++;
    memo_cache_get_async (cache, key, flags, loader, cancellable, answered_cb, asked);
  }

  // Until all was answered.  A minute is for ever, and only a test that has failed waits so long.
  void finish ()
  {
    bool in_vain = false;
    GSource *timer = g_timeout_source_new (60 * 1000);

    g_source_set_callback (timer, [] (gpointer data) -> gboolean {
      *static_cast<bool *> (data) = true;
      return G_SOURCE_REMOVE;
    }, &in_vain, nullptr);
    g_source_attach (timer, context);
    while (answered_ < asked_ && !in_vain)
      g_main_context_iteration (context, TRUE);
    g_source_destroy (timer);
    g_source_unref (timer);

    EXPECT_FALSE (in_vain) << asked_ - answered_ << " gets were not answered";
  }

  int asked () const { return asked_; }
  int answered () const { return answered_; }

  Context context;

private:
  struct Asked
  {
    Actor *actor;
    Done   done;
  };

  static void answered_cb (GObject *source, GAsyncResult *result, gpointer data)
  {
    std::unique_ptr<Asked> asked (static_cast<Asked *> (data));
    Actor *self = asked->actor;
    Error error;
    Entry entry (memo_cache_get_finish (MEMO_CACHE (source), result, ErrorOut (error)));

    self->answered_++;
    EXPECT_TRUE (g_main_context_is_owner (self->context)) << "called in a thread that does not own the context";
    if (asked->done)
      asked->done (entry.get (), error.get ());
  }

  int asked_ = 0;
  int answered_ = 0;
};

class ThreadsTest : public CacheTest
{
protected:
  // Runs something in threads that begin together, each in a main context of its own.
  void in_threads (int threads, const std::function<void (Actor &actor, int which)> &what)
  {
    Barrier start (threads);
    std::vector<std::thread> running;
    std::vector<std::unique_ptr<Actor>> actors;

    for (int i = 0; i < threads; i++)
      actors.push_back (std::make_unique<Actor> ());
    for (int i = 0; i < threads; i++)
      running.emplace_back ([&, i] {
        Actor &actor = *actors[i];

        actor.context.within ([&] {
          start.wait ();
          what (actor, i);
          actor.finish ();
        });
      });
    for (auto &thread : running)
      thread.join ();

    for (auto &actor : actors)
      {
        asked_ += actor->asked ();
        EXPECT_EQ (actor->answered (), actor->asked ()) << "each is answered once";
      }
  }

  guint64 asked_ = 0;
};

} // namespace memo_test
