// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "contexts.hpp"
#include "memory-backend.hpp"

// What the tests of a cache with a backup need: a place that keeps things, and caches that come and go in front of it,
// as processes do.

namespace memo_test {

class BackupTest : public AsyncTest
{
protected:
  template <typename... Options>
  Ref<MemoAsyncCache> new_cache_over (MemoBackend *backend, Options... options)
  {
    return adopt (MEMO_ASYNC_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock_.get (), "backup", backend,
                                                  options..., nullptr)));
  }

  MemoCache *cache () { return MEMO_CACHE (cache_.get ()); }

  std::shared_ptr<Got> get (const char *key, MemoLoader *loader = nullptr, GCancellable *cancellable = nullptr,
                            MemoGetFlags flags = MEMO_GET_NONE)
  {
    return AsyncTest::get (cache (), key, loader, cancellable, flags);
  }

  std::shared_ptr<Got> refresh (const char *key, MemoLoader *loader)
  {
    return get (key, loader, nullptr, MEMO_GET_REFRESH);
  }

  void set (const char *key, Entry value) { memo_cache_set (cache (), key, value.release ()); }
  void set (const char *key, const char *text) { set (key, entry (text)); }
  void remove (const char *key) { memo_cache_delete (cache (), key); }
  void clear () { memo_cache_clear (cache ()); }
  void invalidate (const char *tag)
  {
    const char *tags[] = { tag, nullptr };

    memo_cache_invalidate_tags (cache (), tags);
  }
  Metrics metrics () { return Metrics (memo_cache_get_metrics (cache ())); }

  // Forgets what is in memory, as the end of a process does, once all is written.
  void restart ()
  {
    flush ();
    cache_ = new_cache_over (backend_);
  }

  std::shared_ptr<Got> flush ()
  {
    auto got = std::make_shared<Got> ();

    memo_cache_flush_async (cache (), nullptr, [] (GObject *source, GAsyncResult *result, gpointer data) {
      std::unique_ptr<std::shared_ptr<Got>> mine (static_cast<std::shared_ptr<Got> *> (data));

      (*mine)->callbacks++;
      memo_cache_flush_finish (MEMO_CACHE (source), result, ErrorOut ((*mine)->error));
    }, new std::shared_ptr<Got> (got));
    turn ();

    return got;
  }

  bool is_stored (const std::string &key) { return backend_.place ().get ("d:" + key).has_value (); }

  MemoryBackend       backend_ { Answers::at_once, MEMO_CLOCK (clock_.get ()) };
  Ref<MemoAsyncCache> cache_ = new_cache_over (backend_);
};

} // namespace memo_test
