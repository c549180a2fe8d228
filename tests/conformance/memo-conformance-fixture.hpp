// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <libcache.h>

namespace memo_conformance {

// What is tested: a backend, and what can be done with the place in which it keeps things.  Only make()
// has to be written; what the others cannot do is not tested.
class Subject
{
public:
  virtual ~Subject () = default;

  // A new backend, a full reference, for the one place of this subject, which is empty at first.  It is
  // asked for another one when the one before was closed.
  virtual MemoBackend *make () = 0;

  // Moves the time by which things expire on; false where nobody can.
  virtual bool advance (double /* seconds */) { return false; }

  // Whether a further backend finds what the one before has stored.
  virtual bool remembers () const { return false; }

  // Sees to it that no backend can be opened, until it is called with false; false where nobody can.  A backend that
  // pauses before it tries again has its pause behind it then.
  virtual bool obstruct (bool /* on */) { return false; }
};

using Factory = std::function<std::unique_ptr<Subject> ()>;

// A main context of one's own, thread-default as long as it is there.
class Loop
{
public:
  Loop () : context_ (g_main_context_new ()) { g_main_context_push_thread_default (context_); }
  ~Loop ()
  {
    while (g_main_context_iteration (context_, FALSE))
      ;
    g_main_context_pop_thread_default (context_);
    g_main_context_unref (context_);
  }

  Loop (const Loop &) = delete;
  Loop &operator= (const Loop &) = delete;

  GMainContext *context () { return context_; }
  void wake_up () { g_main_context_wakeup (context_); }

  // Runs until it is so; fails the test where that takes half a minute.
  bool run_until (const std::function<bool ()> &is_so)
  {
    bool in_vain = false;
    GSource *timer = g_timeout_source_new_seconds (30);

    g_source_set_callback (timer, [] (gpointer data) -> gboolean {
      *static_cast<bool *> (data) = true;
      return G_SOURCE_REMOVE;
    }, &in_vain, nullptr);
    g_source_attach (timer, context_);
    while (!is_so () && !in_vain)
      g_main_context_iteration (context_, TRUE);
    g_source_destroy (timer);
    g_source_unref (timer);

    EXPECT_FALSE (in_vain) << "an answer did not come";
    return !in_vain;
  }

private:
  GMainContext *context_;
};

// What came of a call.
struct Outcome
{
  ~Outcome () { g_clear_error (&error); }

  bool done () const { return callbacks > 0; }
  bool succeeded () const { return callbacks == 1 && error == nullptr; }
  bool failed_with (GQuark domain, int code) const { return callbacks == 1 && g_error_matches (error, domain, code); }
  bool cancelled () const { return failed_with (G_IO_ERROR, G_IO_ERROR_CANCELLED); }
  bool closed () const { return failed_with (MEMO_ERROR, MEMO_ERROR_CLOSED); }

  std::string text () const
  {
    return "answered " + std::to_string (callbacks) + " times, " + (error != nullptr ? error->message : "without an error");
  }

  std::atomic<int>           callbacks { 0 };
  std::optional<std::string> content;       // of a load that found something
  GError                    *error = nullptr;
};

using Pending = std::shared_ptr<Outcome>;

// The functions of a backend, each of which gives what is filled in later.
class Asking
{
public:
  explicit Asking (MemoBackend *backend) : backend_ (backend) {}

  Pending open (GCancellable *cancellable = nullptr)
  {
    return begin ([&] (auto cb, auto data) { memo_backend_open_async (backend_, cancellable, cb, data); },
                  plain_cb<memo_backend_open_finish>);
  }

  Pending load (const std::string &key, GCancellable *cancellable = nullptr)
  {
    return begin ([&] (auto cb, auto data) { memo_backend_load_async (backend_, key.c_str (), cancellable, cb, data); }, load_cb);
  }

  Pending store (const std::string &key, const std::string &content, double ttl = MEMO_TTL_FOREVER, bool durable = false,
                 GCancellable *cancellable = nullptr)
  {
    GBytes *bytes = g_bytes_new (content.data (), content.size ());
    auto pending = begin ([&] (auto cb, auto data) {
      memo_backend_store_async (backend_, key.c_str (), bytes, ttl, durable, cancellable, cb, data);
    }, plain_cb<memo_backend_store_finish>);

    g_bytes_unref (bytes);
    return pending;
  }

  Pending remove (const std::string &key, const std::optional<std::string> &only = std::nullopt,
                  GCancellable *cancellable = nullptr)
  {
    GBytes *bytes = only ? g_bytes_new (only->data (), only->size ()) : nullptr;
    auto pending = begin ([&] (auto cb, auto data) {
      memo_backend_remove_async (backend_, key.c_str (), bytes, cancellable, cb, data);
    }, plain_cb<memo_backend_remove_finish>);

    g_clear_pointer (&bytes, g_bytes_unref);
    return pending;
  }

  Pending clear (GCancellable *cancellable = nullptr)
  {
    return begin ([&] (auto cb, auto data) { memo_backend_clear_async (backend_, cancellable, cb, data); },
                  plain_cb<memo_backend_clear_finish>);
  }

  Pending flush (GCancellable *cancellable = nullptr)
  {
    return begin ([&] (auto cb, auto data) { memo_backend_flush_async (backend_, cancellable, cb, data); },
                  plain_cb<memo_backend_flush_finish>);
  }

  Pending close (GCancellable *cancellable = nullptr)
  {
    return begin ([&] (auto cb, auto data) { memo_backend_close_async (backend_, cancellable, cb, data); },
                  plain_cb<memo_backend_close_finish>);
  }

  // One of each kind; what they are asked for does not matter.
  std::vector<Pending> everything (GCancellable *cancellable = nullptr)
  {
    return { open (cancellable), load ("some key", cancellable), store ("some key", "something", MEMO_TTL_FOREVER, false, cancellable),
             store ("some key", "else", 60.0, true, cancellable), remove ("some key", std::nullopt, cancellable),
             remove ("some key", "else", cancellable), clear (cancellable), flush (cancellable) };
  }

private:
  template <typename Start>
  static Pending begin (Start &&start, GAsyncReadyCallback callback)
  {
    auto pending = std::make_shared<Outcome> ();

    start (callback, new Pending (pending));
    EXPECT_EQ (pending->callbacks, 0) << "the callback ran before the function returned";
    return pending;
  }

  template <auto Finish>
  static void plain_cb (GObject *source, GAsyncResult *result, gpointer data)
  {
    std::unique_ptr<Pending> mine (static_cast<Pending *> (data));
    GError *error = nullptr;

    const bool success = Finish (MEMO_BACKEND (source), result, &error);

    EXPECT_EQ (success, error == nullptr);
    fill (**mine, error);
  }

  static void load_cb (GObject *source, GAsyncResult *result, gpointer data)
  {
    std::unique_ptr<Pending> mine (static_cast<Pending *> (data));
    GError *error = nullptr;
    GBytes *bytes = memo_backend_load_finish (MEMO_BACKEND (source), result, &error);

    if (bytes != nullptr)
      {
        EXPECT_EQ (error, nullptr);
        gsize size;
        auto content = static_cast<const char *> (g_bytes_get_data (bytes, &size));
        (*mine)->content = size > 0 ? std::string (content, size) : "";
        g_bytes_unref (bytes);
      }
    fill (**mine, error);
  }

  static void fill (Outcome &outcome, GError *error)
  {
    g_clear_error (&outcome.error);
    outcome.error = error;
    outcome.callbacks++;
  }

  MemoBackend *backend_;
};

// A backend on an empty place, in a main context of its own.
class BackendConformance : public ::testing::TestWithParam<Factory>
{
protected:
  void SetUp () override
  {
    subject_ = GetParam () ();
    renew ();
  }

  void TearDown () override
  {
    if (backend_ != nullptr)
      wait (ask ().close ());
    g_clear_object (&backend_);
  }

  // Another backend on the same place.
  void renew ()
  {
    g_clear_object (&backend_);
    backend_ = subject_->make ();
    ASSERT_TRUE (MEMO_IS_BACKEND (backend_));
  }

  Asking ask () { return Asking (backend_); }

  // Waits for an answer, which comes once.
  Pending wait (Pending pending)
  {
    loop_.run_until ([&] { return pending->done (); });
    EXPECT_EQ (pending->callbacks, 1) << pending->text ();
    return pending;
  }
  std::vector<Pending> wait (std::vector<Pending> all)
  {
    for (auto &pending : all)
      wait (pending);
    return all;
  }

  // Waits for an answer without an error.
  void done (Pending pending) { EXPECT_TRUE (wait (pending)->succeeded ()) << pending->text (); }
  void done (const std::vector<Pending> &all)
  {
    for (auto &pending : all)
      done (pending);
  }

  void store (const std::string &key, const std::string &content, double ttl = MEMO_TTL_FOREVER)
  {
    done (ask ().store (key, content, ttl));
  }

  // What is there, which a miss is not an error of.
  std::optional<std::string> load (const std::string &key)
  {
    auto pending = ask ().load (key);

    done (pending);
    return pending->content;
  }

  // Whether it is there and right; compared here, since nobody wants to read 16 MiB.
  bool has (const std::string &key, const std::string &content) { return load (key) == content; }

  Loop                     loop_;
  std::unique_ptr<Subject> subject_;
  MemoBackend             *backend_ = nullptr;
};

} // namespace memo_conformance
