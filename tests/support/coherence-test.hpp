// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "scripted-remote.hpp"

// What the tests of coherent caches need: a server, and processes that share it, each a cache with a link of its own.

namespace memo_test {

// Lets the library warn that it goes on without its remote tier, where a test allows it.
class Warnings
{
public:
  Warnings ()
  {
    handler_ = g_log_set_handler ("Memo", static_cast<GLogLevelFlags> (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE), heard, this);
    fatal_ = g_log_set_always_fatal (static_cast<GLogLevelFlags> (G_LOG_FATAL_MASK));
  }
  ~Warnings ()
  {
    g_log_set_always_fatal (fatal_);
    g_log_remove_handler ("Memo", handler_);
    EXPECT_TRUE (allowed_ || texts_.empty ()) << texts_.front ();
  }

  void allow () { allowed_ = true; }

private:
  static void heard (const char *, GLogLevelFlags level, const char *message, gpointer data)
  {
    if (level & G_LOG_LEVEL_WARNING)
      static_cast<Warnings *> (data)->texts_.push_back (message);
  }

  guint                    handler_;
  GLogLevelFlags           fatal_;
  bool                     allowed_ = false;
  std::vector<std::string> texts_;
};

class CoherenceTest : public AsyncTest
{
protected:
  struct Done
  {
    int   callbacks = 0;
    Error error;

    bool well () const { return callbacks == 1 && error == nullptr; }
    bool failed () const { return callbacks == 1 && error != nullptr; }
  };

  // A mutation that a test begins and ends.
  struct Change
  {
    Ref<MemoMutation>     mutation;
    std::shared_ptr<Done> begun = std::make_shared<Done> ();
    std::shared_ptr<Done> ended = std::make_shared<Done> ();

    explicit Change (MemoCache *cache, std::initializer_list<const char *> keys = {}, std::initializer_list<const char *> tags = {})
      : mutation (memo_mutation_new (cache))
    {
      for (auto key : keys)
        memo_mutation_add_key (mutation.get (), key);
      for (auto tag : tags)
        memo_mutation_add_tag (mutation.get (), tag);
    }

    void begin ()
    {
      memo_mutation_begin_async (mutation.get (), nullptr, [] (GObject *source, GAsyncResult *result, gpointer data) {
        std::unique_ptr<std::shared_ptr<Done>> done (static_cast<std::shared_ptr<Done> *> (data));

        (*done)->callbacks++;
        memo_mutation_begin_finish (MEMO_MUTATION (source), result, ErrorOut ((*done)->error));
      }, new std::shared_ptr<Done> (begun));
    }

    void end ()
    {
      memo_mutation_end_async (mutation.get (), [] (GObject *source, GAsyncResult *result, gpointer data) {
        std::unique_ptr<std::shared_ptr<Done>> done (static_cast<std::shared_ptr<Done> *> (data));

        (*done)->callbacks++;
        memo_mutation_end_finish (MEMO_MUTATION (source), result, ErrorOut ((*done)->error));
      }, new std::shared_ptr<Done> (ended));
    }
  };

  struct Process
  {
    Process (CoherenceTest &test, guint max_staleness_ms = 2000)
      : link (test.server_, test.clock_.get (), max_staleness_ms), cache (test.new_cache_on (link))
    {
    }

    operator MemoCache * () { return MEMO_CACHE (cache.get ()); }

    ScriptedLink        link;
    Ref<MemoAsyncCache> cache;
  };

  template <typename... Options>
  Ref<MemoAsyncCache> new_cache_on (ScriptedLink &link, Options... options)
  {
    return adopt (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock_.get (), "remote-cache",
                                                  static_cast<MemoBackend *> (link), options..., nullptr)));
  }

  // Until nothing happens by itself any more.
  void settle (std::initializer_list<Process *> processes)
  {
    for (int i = 0; i < 20; i++)
      {
        for (auto process : processes)
          process->link.settle ();
        turn ();
      }
  }

  void settle () { settle ({ &a_, &b_ }); }

  std::shared_ptr<Got> get (Process &process, const char *key, MemoLoader *loader = nullptr,
                            MemoGetFlags flags = MEMO_GET_NONE)
  {
    return AsyncTest::get (process, key, loader, nullptr, flags);
  }

  // A get, all that follows from it, and the answer of the loader where that is called.
  std::string read (Process &process, const char *key, const char *source, std::initializer_list<const char *> tags = {})
  {
    ScriptedLoader loader;

    if (tags.size () > 0)
      memo_loader_set_tags (loader, Tags (tags));
    auto got = get (process, key, loader);
    settle ();
    loads_ += loader.count ();
    if (loader.pending () > 0)
      loader.answer (source);
    settle ();
    EXPECT_EQ (got->callbacks, 1);
    return got->entry != nullptr ? memo_entry_get_string (got->entry.get ()) : "nothing";
  }

  static std::string memory (Process &process, const char *key)
  {
    Entry entry (memo_cache_peek (process, key));

    return entry != nullptr ? memo_entry_get_string (entry.get ()) : "nothing";
  }

  static std::shared_ptr<Done> remove (MemoCache *cache, const char *key)
  {
    auto done = std::make_shared<Done> ();

    memo_cache_delete_async (cache, key, nullptr, [] (GObject *source, GAsyncResult *result, gpointer data) {
      std::unique_ptr<std::shared_ptr<Done>> mine (static_cast<std::shared_ptr<Done> *> (data));

      (*mine)->callbacks++;
      memo_cache_delete_finish (MEMO_CACHE (source), result, ErrorOut ((*mine)->error));
    }, new std::shared_ptr<Done> (done));
    return done;
  }

  static std::shared_ptr<Done> set (MemoCache *cache, const char *key, Entry entry)
  {
    auto done = std::make_shared<Done> ();

    memo_cache_set_async (cache, key, entry.release (), nullptr, [] (GObject *source, GAsyncResult *result, gpointer data) {
      std::unique_ptr<std::shared_ptr<Done>> mine (static_cast<std::shared_ptr<Done> *> (data));

      (*mine)->callbacks++;
      memo_cache_set_finish (MEMO_CACHE (source), result, ErrorOut ((*mine)->error));
    }, new std::shared_ptr<Done> (done));
    return done;
  }

  static std::shared_ptr<Done> flush (MemoCache *cache)
  {
    auto done = std::make_shared<Done> ();

    memo_cache_flush_async (cache, nullptr, [] (GObject *source, GAsyncResult *result, gpointer data) {
      std::unique_ptr<std::shared_ptr<Done>> mine (static_cast<std::shared_ptr<Done> *> (data));

      (*mine)->callbacks++;
      memo_cache_flush_finish (MEMO_CACHE (source), result, ErrorOut ((*mine)->error));
    }, new std::shared_ptr<Done> (done));
    return done;
  }

  Metrics metrics (Process &process) { return Metrics (memo_cache_get_metrics (process)); }

  Warnings       complaints_;
  ScriptedServer server_ { clock_.get () };
  Process        a_ { *this };
  Process        b_ { *this };
  int            loads_ = 0;
};

} // namespace memo_test
