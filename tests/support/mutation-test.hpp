// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>

#include "contexts.hpp"
#include "tracking.hpp"

// What tests of mutations and invalidators need.

namespace memo_test {

using Variant = std::unique_ptr<GVariant, Deleter<GVariant, g_variant_unref>>;
using Text = std::unique_ptr<char, Deleter<void, g_free>>;

// A tuple of arguments: `args (1, "one")`, floating as g_variant_new() makes it.
inline GVariant *arg (int number) { return g_variant_new_int32 (number); }
inline GVariant *arg (const char *text) { return g_variant_new_string (text); }
inline GVariant *arg (GVariant *value) { return value; }

template <typename... Values>
GVariant *
args (Values... values)
{
  GVariant *children[] = { arg (values)..., nullptr };

  return g_variant_new_tuple (children, sizeof... (values));
}

inline std::vector<std::string>
texts (const char * const *array)
{
  return { array, array + g_strv_length (const_cast<char **> (array)) };
}

inline std::string
print (GVariant *value)
{
  return value != nullptr ? Text (g_variant_print (value, FALSE)).get () : "NULL";
}

inline Entry
variant_entry (GVariant *value)
{
  return Entry (memo_entry_new_variant (value));
}

// A function of the user's that answers nothing itself: it keeps its calls, in order, for the
// test to answer.
class ScriptedFunction
{
public:
  // What stands in C: `memo_async_lru_new ("name", ScriptedFunction::call, &function, NULL)`.
  static void call (MemoCall *call, gpointer data) { static_cast<ScriptedFunction *> (data)->take (call); }

  // What the function does when it is called, in place of keeping the call.
  std::function<void (MemoCall *)> on_call;

  int count () const { return static_cast<int> (asked_.size ()); }
  size_t pending () const { return calls_.size (); }
  MemoCall *front () { return calls_.front ().get (); }
  MemoCall *back () { return calls_.back ().get (); }

  // Keeps a call for the test to answer: what on_call() may do with it.
  void keep (MemoCall *call) { calls_.push_back (share (call)); }

  // The arguments of all calls so far, as text.
  const std::vector<std::string> &asked () const { return asked_; }

  // The oldest call that was not taken yet.
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
  void answer (GVariant *value) { answer (variant_entry (value)); }
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
    auto function = on_call;      // which may take itself away

    asked_.push_back (print (memo_call_get_args (call)));
    if (function)
      function (call);
    else
      keep (call);
  }

  std::deque<Ref<MemoCall>> calls_;
  std::vector<std::string>  asked_;
};

// What came of the begin or the end of a mutation.
template <auto Finish>
void
mutation_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  std::unique_ptr<std::shared_ptr<DoneState>> mine (static_cast<std::shared_ptr<DoneState> *> (data));
  DoneState &done = **mine;

  done.callbacks++;
  done.success = Finish (MEMO_MUTATION (source), result, ErrorOut (done.error));
}

inline Done
begin (const Ref<MemoMutation> &mutation, GCancellable *cancellable = nullptr)
{
  Done done;

  memo_mutation_begin_async (mutation.get (), cancellable, mutation_cb<memo_mutation_begin_finish>, done.keep ());
  EXPECT_EQ (done->callbacks, 0) << "the callback ran before the call returned";

  return done;
}

inline Done
end (const Ref<MemoMutation> &mutation)
{
  Done done;

  memo_mutation_end_async (mutation.get (), mutation_cb<memo_mutation_end_finish>, done.keep ());
  EXPECT_EQ (done->callbacks, 0) << "the callback ran before the call returned";

  return done;
}

// A change of the source, as the cache sees it: it begins and ends.
class MutationTest : public CacheTest
{
protected:
  Ref<MemoMutation> mutation (std::initializer_list<const char *> keys = {},
                              std::initializer_list<const char *> tags = {})
  {
    auto made = adopt (memo_mutation_new (cache ()));

    for (auto key : keys)
      memo_mutation_add_key (made.get (), key);
    for (auto tag : tags)
      memo_mutation_add_tag (made.get (), tag);

    return made;
  }

  // Whether a set is kept: nothing of the key is being changed.
  bool keeps (const char *key, std::initializer_list<const char *> tags = {})
  {
    set (key, entry ("probe", MEMO_TTL_DEFAULT, tags));

    return contains (key);
  }

  ScriptedLoader loader_;
};

// A cache of somebody else's making.
inline GType
register_cache (const char *name, void (*iface_init) (MemoCacheInterface *))
{
  GType type = g_type_register_static_simple (G_TYPE_OBJECT, name, sizeof (GObjectClass), nullptr,
                                              sizeof (GObject), nullptr, GTypeFlags (0));
  const GInterfaceInfo info = { reinterpret_cast<GInterfaceInitFunc> (reinterpret_cast<void (*) ()> (iface_init)),
                                nullptr, nullptr };

  g_type_add_interface_static (type, MEMO_TYPE_CACHE, &info);

  return type;
}

// One that has no mutations.
inline GType
plain_cache_get_type ()
{
  static const GType type = register_cache ("PlainCache", [] (MemoCacheInterface *) {});

  return type;
}

// One that could begin a mutation and not end it.
inline GType
half_cache_get_type ()
{
  static const GType type = register_cache ("HalfCache", [] (MemoCacheInterface *iface) {
    iface->begin_mutation = [] (MemoCache *, MemoMutation *, MemoCall *call) {
      ADD_FAILURE () << "what cannot be ended was begun";
      memo_call_return_nothing (call);
    };
  });

  return type;
}

// One that keeps the questions of mutations for the test to answer.
class SlowCache
{
public:
  SlowCache () { g_object_set_data (G_OBJECT (object.get ()), "calls", this); }
  SlowCache (const SlowCache &) = delete;
  SlowCache &operator= (const SlowCache &) = delete;

  static GType get_type ()
  {
    static const GType type = register_cache ("SlowCache", [] (MemoCacheInterface *iface) {
      iface->begin_mutation = [] (MemoCache *cache, MemoMutation *, MemoCall *call) {
        of (cache)->begins.push_back (share (call));
      };
      iface->end_mutation = [] (MemoCache *cache, MemoMutation *, MemoCall *call) {
        of (cache)->ends.push_back (share (call));
      };
    });

    return type;
  }

  std::deque<Ref<MemoCall>> begins, ends;
  Ref<MemoCache>            object = adopt (MEMO_CACHE (g_object_new (get_type (), nullptr)));

private:
  static SlowCache *of (MemoCache *cache)
  {
    return static_cast<SlowCache *> (g_object_get_data (G_OBJECT (cache), "calls"));
  }
};

// A decorated function whose answers the test gives: get_user, say.
class Read
{
public:
  struct Options
  {
    int        n_args = MEMO_ANY_NUMBER;
    guint      skip_args = 0;
    MemoCache *shared = nullptr;
  };

  Read (const char *name, MemoManualClock *clock) : Read (name, clock, Options ()) {}
  Read (const char *name, MemoManualClock *clock, Options options, GType type = MEMO_TYPE_ASYNC_LRU)
  {
    auto loader = adopt (memo_loader_new (ScriptedFunction::call, &function, nullptr));

    decorated_ = adopt (MEMO_ASYNC_FUNCTION (g_object_new (type, "name", name, "loader", loader.get (),
                                                           "cache", options.shared, "clock", clock,
                                                           "n-args", options.n_args, "skip-args", options.skip_args,
                                                           nullptr)));
  }

  operator MemoAsyncFunction * () { return decorated_.get (); }
  operator MemoAsyncLru * () { return MEMO_ASYNC_LRU (decorated_.get ()); }
  operator MemoAsyncTtl * () { return MEMO_ASYNC_TTL (decorated_.get ()); }
  MemoCache *cache () { return memo_async_function_get_cache (decorated_.get ()); }
  Text key (GVariant *args) { return Text (memo_async_function_dup_key (decorated_.get (), args)); }

  // Whether its answer is in memory.
  bool remembers (GVariant *args) { return memo_cache_contains (cache (), key (args).get ()); }

  std::shared_ptr<Got> ask (GVariant *args, MemoGetFlags flags = MEMO_GET_NONE)
  {
    auto got = std::make_shared<Got> ();

    memo_decorator_call_async (MEMO_DECORATOR (decorated_.get ()), args, flags, nullptr,
                               [] (GObject *source, GAsyncResult *result, gpointer data) {
      std::unique_ptr<std::shared_ptr<Got>> mine (static_cast<std::shared_ptr<Got> *> (data));
      Got &got = **mine;

      got.callbacks++;
      got.entry.reset (memo_decorator_call_finish (MEMO_DECORATOR (source), result, ErrorOut (got.error)));
    }, new std::shared_ptr<Got> (got));

    return got;
  }

  void forget_reference () { decorated_.reset (); }

  ScriptedFunction function;

private:
  Ref<MemoAsyncFunction> decorated_;
};

// A function that changes the source, tied to reads, whose answers the test gives: update_user, say.
class Change
{
public:
  explicit Change (Read &read)
  {
    tied_ = adopt (MEMO_ASYNC_INVALIDATOR (memo_async_lru_invalidator_new (read, ScriptedFunction::call, &function,
                                                                           nullptr)));
  }

  operator MemoAsyncInvalidator * () { return tied_.get (); }
  operator MemoInvalidator * () { return MEMO_INVALIDATOR (tied_.get ()); }

  void tie_to (Read &read) { memo_async_invalidator_add_read (tied_.get (), read); }
  void use_key_function () { memo_async_invalidator_set_key_func (tied_.get (), ScriptedFunction::call, &keys, nullptr); }
  void forget_reference () { tied_.reset (); }

  // Calls it by a closure, whose data goes even where the callback never runs.
  std::shared_ptr<Got> call (GVariant *args, GCancellable *cancellable = nullptr, GObject *instance = nullptr,
                             std::function<void ()> when_done = {})
  {
    struct Data
    {
      std::shared_ptr<Got>   got;
      std::function<void ()> when_done;
    };

    auto got = std::make_shared<Got> ();
    auto called = [] (MemoInvalidator *source, GAsyncResult *result, gpointer user_data) {
      auto data = static_cast<Data *> (user_data);

      data->got->callbacks++;
      data->got->entry.reset (memo_invalidator_call_finish (source, result, ErrorOut (data->got->error)));
      if (data->when_done)
        data->when_done ();
    };
    auto gone = [] (gpointer data, GClosure *) { delete static_cast<Data *> (data); };

    auto closure = g_cclosure_new (G_CALLBACK (+called), new Data { got, std::move (when_done) }, gone);

    memo_invalidator_call_with_closure (*this, instance, args, cancellable, closure);
    EXPECT_EQ (got->callbacks, 0) << "the callback ran before the call returned";

    return got;
  }

  ScriptedFunction function;
  ScriptedFunction keys;      // answers where it is used: see use_key_function()

private:
  Ref<MemoAsyncInvalidator> tied_;
};

// A read and a change of it, and both in any number.
class InvalidatorTest : public AsyncTest
{
protected:
  // Has a read asked and answered, so that its answer is remembered.
  void remember (Read &read, GVariant *args, const char *text = "value")
  {
    Variant kept (g_variant_ref_sink (args));
    auto got = read.ask (kept.get (), MEMO_GET_REFRESH);

    turn ();
    read.function.answer (text);
    turn ();
    EXPECT_THAT (got, GotText (text));
    EXPECT_TRUE (read.remembers (kept.get ()));
  }

  // Whether what is read now is remembered: no change of it is under way.
  bool keeps (Read &read, GVariant *args)
  {
    Variant kept (g_variant_ref_sink (args));
    auto got = read.ask (kept.get (), MEMO_GET_REFRESH);

    turn ();
    read.function.answer ("fresh");
    turn ();
    EXPECT_THAT (got, GotText ("fresh"));

    return read.remembers (kept.get ());
  }
};

} // namespace memo_test
