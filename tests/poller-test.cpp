// SPDX-License-Identifier: LGPL-2.1-or-later
#include <sys/epoll.h>
#include <unistd.h>

#include <fcntl.h>

#include <thread>

#include <glib-unix.h>

#include "support/memo-test.hpp"

using namespace memo_test;

// MemoPoller: a program whose main loop is epoll, and that knows nothing of GLib's.
class PollerTest : public ::testing::Test
{
protected:
  PollerTest ()
  {
    Error error;

    poller_.reset (memo_poller_new (ErrorOut (error)));
    EXPECT_EQ (error, nullptr);
    loop_ = epoll_create1 (EPOLL_CLOEXEC);
    watch (memo_poller_get_fd (poller_.get ()));
  }

  ~PollerTest () override { close (loop_); }

  void watch (int fd)
  {
    epoll_event event = {};

    event.events = EPOLLIN;
    ASSERT_EQ (epoll_ctl (loop_, EPOLL_CTL_ADD, fd, &event), 0);
  }

  GMainContext *context () { return memo_poller_get_context (poller_.get ()); }

  bool readable (int timeout = 0)
  {
    epoll_event event;

    return epoll_wait (loop_, &event, 1, timeout) == 1;
  }

  // The main loop of the program: everything that is ready, and never a wait.
  int turn ()
  {
    int turns = 0;

    while (readable () && turns < 1000)
      {
        memo_poller_dispatch (poller_.get ());
        turns++;
      }
    EXPECT_LT (turns, 1000) << "the descriptor stays readable though nothing is to be done";

    return turns;
  }

  // The same for what comes from elsewhere.  Fails only its own test when it does not come.
  void wait_until (const std::function<bool ()> &condition)
  {
    while (!condition ())
      {
        ASSERT_TRUE (readable (30 * 1000)) << "waited in vain";
        memo_poller_dispatch (poller_.get ());
      }
  }

  template <typename Function>
  auto within (Function function)
  {
    g_main_context_push_thread_default (context ());
    auto result = function ();
    g_main_context_pop_thread_default (context ());

    return result;
  }

  static gboolean count_cb (gpointer data)
  {
    ++*static_cast<int *> (data);
    return G_SOURCE_REMOVE;
  }

  void attach (GSource *source, GSourceFunc func, gpointer data)
  {
    g_source_set_callback (source, func, data, nullptr);
    g_source_attach (source, context ());
    g_source_unref (source);
  }

  Ref<MemoPoller> poller_;
  int             loop_;
};

TEST_F (PollerTest, NothingIsReadableAsLongAsNothingIsToBeDone)
{
  turn ();

  EXPECT_FALSE (readable ());
  EXPECT_FALSE (memo_poller_dispatch (poller_.get ()));
  EXPECT_FALSE (readable ());
}

TEST_F (PollerTest, ASourceOfThisThreadIsNoticed)
{
  int count = 0;

  turn ();
  attach (g_idle_source_new (), count_cb, &count);
  EXPECT_EQ (count, 0);
  turn ();
  EXPECT_EQ (count, 1);
  EXPECT_FALSE (readable ());
}

TEST_F (PollerTest, ASourceOfAnotherThreadIsNoticed)
{
  int count = 0;

  turn ();
  std::thread ([&] { attach (g_idle_source_new (), count_cb, &count); }).join ();
  turn ();
  EXPECT_EQ (count, 1);
}

TEST_F (PollerTest, ASourceThatIsMadeReadyLaterIsNoticed)
{
  static GSourceFuncs funcs = { nullptr, nullptr, [] (GSource *, GSourceFunc func, gpointer data) {
    return func (data);
  }, nullptr, nullptr, nullptr };
  int count = 0;
  GSource *source = g_source_new (&funcs, sizeof (GSource));

  g_source_ref (source);
  attach (source, count_cb, &count);
  turn ();
  EXPECT_EQ (count, 0);
  g_source_set_ready_time (source, 0);
  turn ();
  EXPECT_EQ (count, 1);
  g_source_unref (source);
}

TEST_F (PollerTest, ATimeIsWaitedForWithoutATick)
{
  int count = 0;

  attach (g_timeout_source_new (20), count_cb, &count);
  attach (g_timeout_source_new (3600 * 1000), count_cb, &count);
  turn ();
  wait_until ([&] { return count == 1; });
  EXPECT_LT (turn (), 3);
  EXPECT_EQ (count, 1);
}

TEST_F (PollerTest, AnEarlierTimeComesFirst)
{
  int late = 0, early = 0;

  attach (g_timeout_source_new (3600 * 1000), count_cb, &late);
  turn ();
  attach (g_timeout_source_new (10), count_cb, &early);
  wait_until ([&] { return early == 1; });
  EXPECT_EQ (late, 0);
}

TEST_F (PollerTest, ADescriptorIsWatchedAndGivenUpWithItsSource)
{
  int ends[2];
  int count = 0;

  ASSERT_EQ (pipe (ends), 0);
  GSource *source = g_unix_fd_source_new (ends[0], G_IO_IN);
  g_source_ref (source);
  attach (source, (GSourceFunc) (void (*) (void)) +[] (int fd, GIOCondition, gpointer data) -> gboolean {
    char byte;

    EXPECT_EQ (read (fd, &byte, 1), 1);
    ++*static_cast<int *> (data);
    return G_SOURCE_CONTINUE;
  }, &count);
  turn ();
  EXPECT_EQ (count, 0);

  for (int i = 1; i <= 3; i++)
    {
      ASSERT_EQ (write (ends[1], "x", 1), 1);
      turn ();
      EXPECT_EQ (count, i);
    }

  g_source_destroy (source);
  g_source_unref (source);
  turn ();
  ASSERT_EQ (write (ends[1], "x", 1), 1);
  EXPECT_FALSE (readable ());
  close (ends[0]);
  close (ends[1]);
}

TEST_F (PollerTest, ADescriptorOfTheSameNumberIsAnother)
{
  int first[2], second[2];
  int count = 0;
  auto read_cb = +[] (int, GIOCondition, gpointer data) -> gboolean {
    ++*static_cast<int *> (data);
    return G_SOURCE_REMOVE;
  };

  ASSERT_EQ (pipe (first), 0);
  GSource *source = g_unix_fd_source_new (first[0], G_IO_IN);
  g_source_ref (source);
  attach (source, (GSourceFunc) (void (*) (void)) read_cb, &count);
  turn ();

  // Closed and opened again before the poller gets to look.
  g_source_destroy (source);
  g_source_unref (source);
  close (first[0]);
  ASSERT_EQ (pipe (second), 0);
  int same = fcntl (second[0], F_DUPFD, first[0]);
  ASSERT_TRUE (second[0] == first[0] || same == first[0]);
  attach (g_unix_fd_source_new (first[0], G_IO_IN), (GSourceFunc) (void (*) (void)) read_cb, &count);
  turn ();
  ASSERT_EQ (write (second[1], "x", 1), 1);
  turn ();
  EXPECT_EQ (count, 1);

  for (int fd : { first[1], second[0], second[1], same })
    close (fd);
}

TEST_F (PollerTest, AnOrdinaryFileIsAlwaysReady)
{
  int count = 0;
  std::unique_ptr<FILE, int (*) (FILE *)> file (tmpfile (), fclose);
  int fd = fileno (file.get ());

  attach (g_unix_fd_source_new (fd, G_IO_IN), (GSourceFunc) (void (*) (void)) +[] (int, GIOCondition, gpointer data) -> gboolean {
    return ++*static_cast<int *> (data) < 40 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
  }, &count);
  turn ();
  EXPECT_EQ (count, 40);
}

TEST_F (PollerTest, WhatIsVeryMuchIsDoneInParts)
{
  int count = 0;

  attach (g_idle_source_new (), [] (gpointer data) -> gboolean {
    return ++*static_cast<int *> (data) < 100 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
  }, &count);

  EXPECT_TRUE (memo_poller_dispatch (poller_.get ()));
  EXPECT_GT (count, 0);
  EXPECT_LT (count, 100);
  EXPECT_TRUE (readable ());
  turn ();
  EXPECT_EQ (count, 100);
}

TEST_F (PollerTest, ACallbackHasTheContextAsItsDefault)
{
  GMainContext *found = nullptr;

  attach (g_idle_source_new (), [] (gpointer data) -> gboolean {
    *static_cast<GMainContext **> (data) = g_main_context_get_thread_default ();
    return G_SOURCE_REMOVE;
  }, &found);
  turn ();

  EXPECT_EQ (found, context ());
  EXPECT_EQ (g_main_context_get_thread_default (), nullptr);
}

TEST_F (PollerTest, ACallbackMayDropTheLastReference)
{
  int fd = memo_poller_get_fd (poller_.get ());

  attach (g_idle_source_new (), [] (gpointer data) -> gboolean {
    static_cast<Ref<MemoPoller> *> (data)->reset ();
    return G_SOURCE_REMOVE;
  }, &poller_);
  EXPECT_TRUE (memo_poller_dispatch (poller_.get ()));

  EXPECT_EQ (poller_, nullptr);
  EXPECT_EQ (fcntl (fd, F_GETFD), -1);
}

TEST_F (PollerTest, ACallbackMayDispatchItself)
{
  int count = 0;
  struct Both { MemoPoller *poller; int *count; } both { poller_.get (), &count };

  attach (g_idle_source_new (), [] (gpointer data) -> gboolean {
    auto &nested = *static_cast<Both *> (data);

    return memo_poller_dispatch (nested.poller), G_SOURCE_REMOVE;
  }, &both);
  attach (g_idle_source_new (), count_cb, &count);
  turn ();
  EXPECT_EQ (count, 1);
}

TEST_F (PollerTest, AnotherThreadIsSentAwayMeanwhile)
{
  struct Pair { MemoPoller *poller; bool dispatched; } pair { poller_.get (), true };

  attach (g_idle_source_new (), [] (gpointer data) -> gboolean {
    auto &inside = *static_cast<Pair *> (data);

    std::thread ([&] { inside.dispatched = memo_poller_dispatch (inside.poller); }).join ();
    return G_SOURCE_REMOVE;
  }, &pair);
  turn ();
  EXPECT_FALSE (pair.dispatched);
}

// --- with a cache ---

class PollerCacheTest : public PollerTest
{
protected:
  int                 count_ = 0;
  Ref<MemoAsyncCache> cache_ = within ([] { return adopt (memo_async_cache_new (10, MEMO_TTL_FOREVER)); });

  std::shared_ptr<Got> get (const char *key, MemoLoader *loader)
  {
    return within ([&] {
      auto got = std::make_shared<Got> ();

      memo_cache_get_async (MEMO_CACHE (cache_.get ()), key, MEMO_GET_NONE, loader, nullptr,
                            [] (GObject *source, GAsyncResult *result, gpointer data) {
        std::unique_ptr<std::shared_ptr<Got>> holder (static_cast<std::shared_ptr<Got> *> (data));
        Got &filled = **holder;

        filled.callbacks++;
        filled.entry.reset (memo_cache_get_finish (MEMO_CACHE (source), result, ErrorOut (filled.error)));
      }, new std::shared_ptr<Got> (got));

      return got;
    });
  }
};

TEST_F (PollerCacheTest, ALoadIsCalledAndAnswered)
{
  ScriptedLoader loader;
  auto first = get ("key", loader);
  auto second = get ("key", loader);

  turn ();
  EXPECT_EQ (loader.count (), 1);
  loader.answer ("value");
  EXPECT_THAT (first, IsPending ());
  turn ();
  EXPECT_THAT (first, GotText ("value"));
  EXPECT_THAT (second, GotText ("value"));
  EXPECT_FALSE (readable ());
}

TEST_F (PollerCacheTest, AnAnswerOfAnotherThreadIsDelivered)
{
  Ref<MemoLoader> loader (memo_loader_new_in_thread ([] (MemoCall *call, gpointer) {
    memo_call_return_entry (call, memo_entry_new_string (memo_call_get_key (call)));
  }, nullptr, nullptr));
  auto got = get ("key", loader.get ());

  wait_until ([&] { return got->done (); });
  EXPECT_THAT (got, GotText ("key"));
}

TEST_F (PollerCacheTest, ABatchLeavesWhenItsWindowCloses)
{
  Ref<MemoLoader> loader (memo_loader_new_batch ([] (MemoCall *call, gpointer count) {
    ++*static_cast<int *> (count);
    for (auto key = memo_call_get_keys (call); *key != nullptr; key++)
      memo_call_answer (call, *key, memo_entry_new_string (*key));
    memo_call_finish_batch (call);
  }, &count_, nullptr));
  auto one = get ("one", loader.get ());
  auto two = get ("two", loader.get ());

  wait_until ([&] { return one->done () && two->done (); });
  EXPECT_THAT (one, GotText ("one"));
  EXPECT_THAT (two, GotText ("two"));
  EXPECT_EQ (count_, 1);
}
