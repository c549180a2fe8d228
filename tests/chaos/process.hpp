// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <libcache.h>

#include "source.hpp"

// What the processes of the experiment have in common: a cache, the source behind it, and the judge of each read.

namespace chaos {

struct Options
{
  const char *source = nullptr;
  const char *uri = nullptr;
  int         slot = 0;
  int         seed = 1;
  int         keys = 24;
  int         processes = 1;
  int         staleness_ms = 300;
  int         ttl_ms = 120000;
  int         load_ms = 12;
  int         backplane = 0;    // the port, 0: none
  gboolean    flush = FALSE;    // the backplane drops everything when its connection ends
  gboolean    strict = FALSE;
  double      early = 0.0;
  gboolean    changes = FALSE;
};

inline void
later (guint ms, std::function<void ()> function)
{
  using Function = std::function<void ()>;

  g_timeout_add_full (G_PRIORITY_DEFAULT, ms,
                      [] (gpointer data) -> gboolean { (*static_cast<Function *> (data)) (); return G_SOURCE_REMOVE; },
                      new Function (std::move (function)), [] (gpointer data) { delete static_cast<Function *> (data); });
}

// A callback of GIO that is a function of C++.
using Answered = std::function<void (GAsyncResult *)>;

inline void
answered_cb (GObject *, GAsyncResult *result, gpointer data)
{
  std::unique_ptr<Answered> answered (static_cast<Answered *> (data));

  (*answered) (result);
}

inline Answered *
then (Answered answered)
{
  return new Answered (std::move (answered));
}

class Process
{
public:
  explicit Process (const Options &options)
    : options_ (options), source_ (options.source, false), mine_ (options.keys), dice_ (options.seed * 1000 + options.slot)
  {
    g_autoptr(GError) error = nullptr;
    g_autoptr(MemoBackend) backend = memo_backend_new_for_uri (options.uri, &error);

    if (backend == nullptr)
      g_error ("%s", error->message);
    cache_ = MEMO_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "remote-cache", backend, nullptr));
    if (options.strict)
      g_object_set (cache_, "strict-changes", TRUE, nullptr);
    memo_async_cache_set_early_refresh (MEMO_ASYNC_CACHE (cache_), options.early);
    for (int i = 0; i < options.keys; i++)
      loaders_.push_back (make_loader (i));
  }

  ~Process ()
  {
    for (MemoLoader *loader : loaders_)
      g_object_unref (loader);
    g_object_unref (cache_);
  }

  Process (const Process &) = delete;
  Process &operator= (const Process &) = delete;

  // Until who started it closes the standard input, and then until all that was asked for has been answered.
  void run ();

protected:
  // A line of the standard input.
  virtual void heard (const std::string &) {}
  virtual void started () {}

  // Four kinds of keys, by how they are changed; of the first some are fenced by a tag.
  static bool bracketed (unsigned key) { return key % 4 == 0; }
  static bool deleted (unsigned key) { return key % 4 == 1; }
  static bool tagged (unsigned key) { return key % 4 == 2; }

  static std::string name (unsigned key) { return "k" + std::to_string (key); }
  static std::string tag (unsigned key)
  {
    if (tagged (key))
      return "g" + std::to_string (key / 4 % 2);
    return bracketed (key) && key % 8 == 4 ? "f" + std::to_string (key) : "";
  }

  guint dice (guint n) { return std::uniform_int_distribution<guint> (0, n - 1) (dice_); }

  void read (unsigned key, std::function<void ()> done = [] {});

  // KEY is VERSION for this process: none of its reads that begins from now on may give an older one.
  void know (unsigned key, uint64_t version) { mine_[key] = std::max (mine_[key], version); }

  const Options             &options_;
  Source                     source_;
  MemoCache                 *cache_;
  std::vector<MemoLoader *>  loaders_;
  std::vector<uint64_t>      mine_;
  std::mt19937               dice_;
  unsigned                   under_way_ = 0;
  bool                       over_ = false;

private:
  MemoLoader *make_loader (unsigned key);
  void        load (unsigned key, MemoCall *call);
  void        judge (unsigned key, int64_t begin, uint64_t known, MemoEntry *entry);
  void        tell (const char *format, ...) G_GNUC_PRINTF (2, 3);
  void        end ();
  void        listen ();

  static constexpr unsigned MAX_TOLD = 5;

  GMainLoop *loop_ = nullptr;
  unsigned   told_ = 0;
};

} // namespace chaos
