// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "batch-test.hpp"

// What the tests of decorated functions need.

namespace memo_test {

// A function that answers nothing itself: it keeps its calls, in order, for the test to answer.
class ScriptedFunction
{
public:
  ScriptedFunction () = default;
  ~ScriptedFunction () { calls_.clear (); }

  ScriptedFunction (const ScriptedFunction &) = delete;
  ScriptedFunction &operator= (const ScriptedFunction &) = delete;

  // What memo_async_lru_new() and the like take.
  static void func (MemoCall *call, gpointer data) { static_cast<ScriptedFunction *> (data)->take (call); }
  static void destroy (gpointer data) { static_cast<ScriptedFunction *> (data)->ended_++; }

  Ref<MemoLoader> new_loader () { return adopt (memo_loader_new (func, this, destroy)); }

  // What the function does when it is called, in place of keeping the call.
  std::function<void (MemoCall *)> on_call;

  int count () const { return asked_.size (); }
  bool ended () const { return ended_ > 0; }
  MemoCall *front () { return calls_.front ().get (); }

  // The arguments of each call so far, as text.
  const Keys &asked () const { return asked_; }

  Ref<MemoCall> next ()
  {
    EXPECT_FALSE (calls_.empty ()) << "the function was not called";
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

private:
  void take (MemoCall *call)
  {
    std::unique_ptr<char, Deleter<void, g_free>> text (g_variant_print (memo_call_get_args (call), TRUE));

    asked_.push_back (text.get ());
    if (on_call)
      on_call (call);
    else
      calls_.push_back (share (call));
  }

  std::deque<Ref<MemoCall>> calls_;
  Keys                      asked_;
  int                       ended_ = 0;
};

// Decorated functions with the clock of the test.
class FunctionTest : public AsyncTest
{
protected:
  // Options are those of g_object_new(), without the NULL.
  template <typename... Options>
  Ref<MemoDecorator> new_function (GType type, const char *name, MemoLoader *loader, Options... options)
  {
    return adopt (MEMO_DECORATOR (g_object_new (type, "name", name, "loader", loader, "clock", clock_.get (),
                                                options..., nullptr)));
  }

  template <typename... Options>
  Ref<MemoDecorator> new_lru (const char *name, ScriptedFunction &function, Options... options)
  {
    return new_function (MEMO_TYPE_ASYNC_LRU, name, function.new_loader ().get (), options...);
  }

  template <typename... Options>
  Ref<MemoDecorator> new_ttl (const char *name, ScriptedFunction &function, Options... options)
  {
    return new_function (MEMO_TYPE_ASYNC_TTL, name, function.new_loader ().get (), options...);
  }

  using Variant = std::unique_ptr<GVariant, Deleter<GVariant, g_variant_unref>>;

  // Arguments from their text.  They do not float.
  static Variant args (const char *text)
  {
    GError *error = nullptr;
    GVariant *parsed = g_variant_parse (nullptr, text, nullptr, nullptr, &error);

    EXPECT_EQ (error, nullptr) << text << ": " << error->message;
    return Variant (parsed != nullptr ? parsed : g_variant_ref_sink (g_variant_new_tuple (nullptr, 0)));
  }

  // Calls a function, and gives what will be filled in when the answer is there.
  static std::shared_ptr<Got> call (const Ref<MemoDecorator> &function, GVariant *arguments,
                                    MemoGetFlags flags = MEMO_GET_NONE, GCancellable *cancellable = nullptr)
  {
    auto got = std::make_shared<Got> ();

    memo_decorator_call_async (function.get (), arguments, flags, cancellable, called_cb,
                               new std::shared_ptr<Got> (got));
    EXPECT_EQ (got->callbacks, 0) << "the callback ran before the call returned";

    return got;
  }

  // The same with arguments from their text.
  static std::shared_ptr<Got> call (const Ref<MemoDecorator> &function, const char *text,
                                    MemoGetFlags flags = MEMO_GET_NONE, GCancellable *cancellable = nullptr)
  {
    return call (function, args (text).get (), flags, cancellable);
  }

  static std::shared_ptr<Got> refresh (const Ref<MemoDecorator> &function, const char *text)
  {
    return call (function, text, MEMO_GET_REFRESH);
  }

  static std::shared_ptr<Got> call_on (const Ref<MemoDecorator> &function, gpointer instance, const char *text)
  {
    auto got = std::make_shared<Got> ();

    memo_decorator_call_on_async (function.get (), G_OBJECT (instance), args (text).get (), MEMO_GET_NONE, nullptr,
                                  called_cb, new std::shared_ptr<Got> (got));

    return got;
  }

  static void invalidate (const Ref<MemoDecorator> &function, const char *text)
  {
    memo_decorator_invalidate (function.get (), args (text).get ());
  }

  static void called_cb (GObject *source, GAsyncResult *result, gpointer data)
  {
    std::unique_ptr<std::shared_ptr<Got>> mine (static_cast<std::shared_ptr<Got> *> (data));
    Got &got = **mine;

    got.callbacks++;
    got.entry.reset (memo_decorator_call_finish (MEMO_DECORATOR (source), result, ErrorOut (got.error)));
  }

  static MemoCache *cache_of (const Ref<MemoDecorator> &function)
  {
    return memo_async_function_get_cache (MEMO_ASYNC_FUNCTION (function.get ()));
  }

  static Metrics metrics (const Ref<MemoDecorator> &function)
  {
    return Metrics (memo_decorator_get_metrics (function.get ()));
  }

  static std::string key_of (const Ref<MemoDecorator> &function, const char *text)
  {
    std::unique_ptr<char, Deleter<void, g_free>> key (memo_async_function_dup_key (MEMO_ASYNC_FUNCTION (function.get ()),
                                                                                   args (text).get ()));

    return key.get ();
  }

  static Ref<GCancellable> new_cancellable () { return adopt (g_cancellable_new ()); }
};

} // namespace memo_test
