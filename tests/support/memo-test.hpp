// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <libcache.h>

namespace memo_test {

// Owning pointers: one deleter per way GLib frees things.
template <typename T, void (*Free) (T *)>
struct Deleter { void operator() (T *p) const { Free (p); } };

struct ObjectUnref { void operator() (gpointer p) const { g_object_unref (p); } };

template <typename T>
using Ref = std::unique_ptr<T, ObjectUnref>;
using Bytes = std::unique_ptr<GBytes, Deleter<GBytes, g_bytes_unref>>;
using Entry = std::unique_ptr<MemoEntry, Deleter<MemoEntry, memo_entry_unref>>;
using Error = std::unique_ptr<GError, Deleter<GError, g_error_free>>;
using Metrics = std::unique_ptr<MemoMetrics, Deleter<MemoMetrics, memo_metrics_free>>;

template <typename T>
Ref<T> adopt (T *object) { return Ref<T> (object); }

template <typename T>
Ref<T> share (T *object) { return Ref<T> (static_cast<T *> (g_object_ref (object))); }

inline Error
make_error (std::string_view message, GQuark domain = G_IO_ERROR, int code = G_IO_ERROR_FAILED)
{
  return Error (g_error_new_literal (domain, code, std::string (message).c_str ()));
}

// Tags for C: `Tags { "a", "b" }` wherever an array of strings is wanted.
class Tags
{
public:
  Tags (std::initializer_list<const char *> tags) : tags_ (tags) { tags_.push_back (nullptr); }
  operator const char * const * () const { return tags_.data (); }

private:
  std::vector<const char *> tags_;
};

// Collects a GError and frees it: `finish (cache, result, ErrorOut (error))`.
class ErrorOut
{
public:
  explicit ErrorOut (Error &target) : target_ (target) {}
  ~ErrorOut () { target_.reset (raw_); }
  operator GError ** () { return &raw_; }

private:
  Error  &target_;
  GError *raw_ = nullptr;
};

// An entry with everything that can be said of it.
inline Entry
entry (const char *text, double ttl = MEMO_TTL_DEFAULT, std::initializer_list<const char *> tags = {})
{
  Entry made (memo_entry_new_string (text));

  memo_entry_set_ttl (made.get (), ttl);
  if (tags.size () > 0)
    memo_entry_set_tags (made.get (), Tags (tags));

  return made;
}

// A loader that answers nothing itself: it keeps its calls, in order, for the test to answer.
class ScriptedLoader
{
public:
  explicit ScriptedLoader (bool in_thread = false)
  {
    auto func = [] (MemoCall *call, gpointer data) {
      static_cast<ScriptedLoader *> (data)->take (call);
    };

    loader_.reset (in_thread ? memo_loader_new_in_thread (func, this, nullptr)
                             : memo_loader_new (func, this, nullptr));
  }

  operator MemoLoader * () { return loader_.get (); }

  // What the function does when it is called, in place of keeping the call.
  std::function<void (MemoCall *)> on_call;

  int count () const { return count_; }
  size_t pending () const { return calls_.size (); }
  MemoCall *front () { return calls_.front ().get (); }

  // The oldest call that was not taken yet.
  Ref<MemoCall> next ()
  {
    EXPECT_FALSE (calls_.empty ()) << "the loader was not called";
    if (calls_.empty ())
      return nullptr;

    Ref<MemoCall> call = std::move (calls_.front ());
    calls_.pop_front ();
    return call;
  }

  void answer (const char *text) { answer (entry (text)); }
  void answer (Entry value)
  {
    if (auto call = next ())
      memo_call_return_entry (call.get (), value.release ());
  }
  void fail (Error error)
  {
    if (auto call = next ())
      memo_call_return_error (call.get (), error.release ());
  }
  void drop () { next (); }

private:
  void take (MemoCall *call)
  {
    count_++;
    if (on_call)
      on_call (call);
    else
      calls_.push_back (share (call));
  }

  Ref<MemoLoader>           loader_;
  std::deque<Ref<MemoCall>> calls_;
  int                       count_ = 0;
};

// A get that was asked for, and what came of it.
struct Got
{
  int   callbacks = 0;
  Entry entry;
  Error error;

  bool done () const { return callbacks == 1; }
};

// Every test gets a GMainContext of its own, so nothing leaks from test to test, and a clock
// that stands still.
class AsyncTest : public ::testing::Test
{
protected:
  AsyncTest ()
  {
    context_ = g_main_context_new ();
    g_main_context_push_thread_default (context_);
    clock_.reset (memo_manual_clock_new ());
  }

  ~AsyncTest () override
  {
    turn ();
    g_main_context_pop_thread_default (context_);
    g_main_context_unref (context_);
  }

  // Runs the context until nothing in it is ready.  Never waits.
  void turn ()
  {
    while (g_main_context_iteration (context_, FALSE))
      ;
  }

  // Waits for what another thread brings; fails only its own test when it does not come.
  void wait_until (const std::function<bool ()> &condition)
  {
    auto timed_out = std::make_shared<bool> (false);
    GSource *timer = g_timeout_source_new (30 * 1000);

    g_source_set_callback (timer, [] (gpointer data) -> gboolean {
      **static_cast<std::shared_ptr<bool> *> (data) = true;
      return G_SOURCE_REMOVE;
    }, new std::shared_ptr<bool> (timed_out), [] (gpointer data) {
      delete static_cast<std::shared_ptr<bool> *> (data);
    });
    g_source_attach (timer, context_);
    while (!condition () && !*timed_out)
      g_main_context_iteration (context_, TRUE);
    g_source_destroy (timer);
    g_source_unref (timer);

    EXPECT_FALSE (*timed_out) << "waited in vain";
  }

  void advance (double seconds) { memo_manual_clock_advance (clock_.get (), seconds); }

  Ref<MemoAsyncCache> new_cache (guint maxsize = 128, double default_ttl = MEMO_TTL_FOREVER)
  {
    return adopt (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE,
                                                  "maxsize", maxsize,
                                                  "default-ttl", default_ttl,
                                                  "clock", clock_.get (),
                                                  nullptr)));
  }

  // Asks, and gives what will be filled in when the answer is there.
  static std::shared_ptr<Got> get (MemoCache *cache, const char *key, MemoLoader *loader = nullptr,
                                   GCancellable *cancellable = nullptr, MemoGetFlags flags = MEMO_GET_NONE)
  {
    auto got = std::make_shared<Got> ();

    memo_cache_get_async (cache, key, flags, loader, cancellable, got_cb, new std::shared_ptr<Got> (got));
    EXPECT_EQ (got->callbacks, 0) << "the callback ran before the call returned";

    return got;
  }

  static void got_cb (GObject *source, GAsyncResult *result, gpointer data)
  {
    std::unique_ptr<std::shared_ptr<Got>> mine (static_cast<std::shared_ptr<Got> *> (data));
    Got &got = **mine;

    got.callbacks++;
    got.entry.reset (memo_cache_get_finish (MEMO_CACHE (source), result, ErrorOut (got.error)));
  }

  GMainContext        *context_;
  Ref<MemoManualClock> clock_;
};

// The same with a cache, for the many tests that need one.
class CacheTest : public AsyncTest
{
protected:
  MemoCache *cache () { return MEMO_CACHE (cache_.get ()); }

  std::shared_ptr<Got> get (const char *key, MemoLoader *loader = nullptr,
                            GCancellable *cancellable = nullptr, MemoGetFlags flags = MEMO_GET_NONE)
  {
    return AsyncTest::get (cache (), key, loader, cancellable, flags);
  }

  std::shared_ptr<Got> refresh (const char *key, MemoLoader *loader)
  {
    return get (key, loader, nullptr, MEMO_GET_REFRESH);
  }

  void set (const char *key, Entry value) { memo_cache_set (cache (), key, value.release ()); }
  void set (const char *key, const char *text) { set (key, entry (text)); }
  Entry lookup (const char *key) { return Entry (memo_cache_lookup (cache (), key)); }
  Entry peek (const char *key) { return Entry (memo_cache_peek (cache (), key)); }
  bool contains (const char *key) { return memo_cache_contains (cache (), key); }
  Metrics metrics () { return Metrics (memo_cache_get_metrics (cache ())); }

  Ref<MemoAsyncCache> cache_ = new_cache ();
};

// EXPECT_THAT (error, IsGError (MEMO_ERROR, MEMO_ERROR_CLOSED));
MATCHER_P2 (IsGError, domain, code,
            std::string (negation ? "is not " : "is ") + g_quark_to_string (domain) +
            " code " + ::testing::PrintToString (static_cast<int> (code)))
{
  if (arg.get () == nullptr)
    {
      *result_listener << "no error is set";
      return false;
    }

  *result_listener << g_quark_to_string (arg->domain) << " code " << arg->code
                   << ": " << arg->message;
  return g_error_matches (arg.get (), domain, code);
}

// EXPECT_THAT (cache_lookup, HoldsText ("value"));
MATCHER_P (HoldsText, expected, "")
{
  if (arg.get () == nullptr)
    {
      *result_listener << "no entry";
      return false;
    }

  const char *text = memo_entry_get_string (arg.get ());

  *result_listener << "holds " << (text != nullptr ? ::testing::PrintToString (std::string (text)) : "no string");
  return text != nullptr && std::string (text) == expected;
}

// No entry, which is no error.
MATCHER (IsMiss, "")
{
  return arg.get () == nullptr;
}

// An entry that holds nothing, which is not a miss.
MATCHER (IsNothing, "")
{
  return arg.get () != nullptr && memo_entry_get_value (arg.get ()) == nullptr;
}

// What came of a get.
MATCHER_P (GotText, expected, "")
{
  *result_listener << arg->callbacks << " callbacks, "
                   << (arg->error != nullptr ? arg->error->message : "no error");
  return arg->callbacks == 1 && arg->error == nullptr && arg->entry != nullptr &&
         memo_entry_get_string (arg->entry.get ()) != nullptr &&
         std::string (memo_entry_get_string (arg->entry.get ())) == expected;
}

MATCHER (GotMiss, "")
{
  *result_listener << arg->callbacks << " callbacks, "
                   << (arg->error != nullptr ? arg->error->message : "no error");
  return arg->callbacks == 1 && arg->error == nullptr && arg->entry == nullptr;
}

MATCHER_P2 (GotError, domain, code, "")
{
  *result_listener << arg->callbacks << " callbacks, "
                   << (arg->error != nullptr ? arg->error->message : "no error");
  return arg->callbacks == 1 && arg->entry == nullptr &&
         g_error_matches (arg->error.get (), domain, code);
}

MATCHER (IsPending, "")
{
  *result_listener << arg->callbacks << " callbacks";
  return arg->callbacks == 0;
}

} // namespace memo_test

// GoogleTest prints a GError by its text, not by its address.
inline void PrintTo (const memo_test::Error &error, std::ostream *os)
{
  if (error == nullptr)
    *os << "no error";
  else
    *os << g_quark_to_string (error->domain) << "/" << error->code << " “" << error->message << "”";
}

inline void PrintTo (const memo_test::Entry &entry, std::ostream *os)
{
  if (entry == nullptr)
    *os << "no entry";
  else if (memo_entry_get_string (entry.get ()) != nullptr)
    *os << "an entry with " << ::testing::PrintToString (std::string (memo_entry_get_string (entry.get ())));
  else
    *os << "an entry with a " << g_type_name (memo_entry_get_value_type (entry.get ()));
}
