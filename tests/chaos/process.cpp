// SPDX-License-Identifier: LGPL-2.1-or-later
#include "process.hpp"

#include <gio/gunixinputstream.h>

namespace chaos {

namespace {

struct Loads
{
  std::function<void (MemoCall *)> load;
};

MemoEntry *
entry_of (uint64_t version, int ttl_ms)
{
  MemoEntry *entry = memo_entry_new_variant (g_variant_new_uint64 (version));

  memo_entry_set_ttl (entry, ttl_ms / 1000.0);
  return entry;
}

void
answer (MemoCall *call, uint64_t version, int ttl_ms)
{
  memo_call_return_entry (call, entry_of (version, ttl_ms));
  g_object_unref (call);
}

} // namespace

MemoLoader *
Process::make_loader (unsigned key)
{
  MemoLoader *loader = memo_loader_new ([] (MemoCall *call, gpointer data) { static_cast<Loads *> (data)->load (call); },
                                        new Loads { [this, key] (MemoCall *call) { load (key, call); } },
                                        [] (gpointer data) { delete static_cast<Loads *> (data); });
  const std::string its = tag (key);
  const char *tags[] = { its.c_str (), nullptr };

  if (!its.empty ())
    memo_loader_set_tags (loader, tags);
  return loader;
}

// What is read from a source may be long under way, before or after.
void
Process::load (unsigned key, MemoCall *call)
{
  const guint before = options_.load_ms > 0 ? dice (options_.load_ms) / 2 : 0;
  const guint after = options_.load_ms > 0 ? options_.load_ms - before : 0;

  source_.note_load (key);
  g_object_ref (call);
  later (before, [this, key, call, after] {
    const uint64_t version = source_.read (key);

    later (after, [this, call, version] { answer (call, version, options_.ttl_ms); });
  });
}

void
Process::judge (unsigned key, int64_t begin, uint64_t known, MemoEntry *entry)
{
  const uint64_t version = g_variant_get_uint64 (memo_entry_get_variant (entry));
  const int64_t lateness = source_.lateness (key, version, begin);
  Slot &slot = source_.slot (options_.slot);

  if (lateness > slot.latest)
    slot.latest = lateness;
  if (lateness >= int64_t (options_.staleness_ms) * 1000000)
    {
      slot.late++;
      tell ("%s was %" G_GUINT64_FORMAT ", %.1f ms after a change that it lacks was acknowledged", name (key).c_str (), version, lateness / 1e6);
    }
  if (version < known)
    {
      slot.late_at_home++;
      tell ("%s was %" G_GUINT64_FORMAT " after its own change to %" G_GUINT64_FORMAT, name (key).c_str (), version, known);
    }
}

// The first few stories, where there should be none; the rest is only counted.
void
Process::tell (const char *format, ...)
{
  va_list rest;
  g_autofree char *story = nullptr;

  if (told_ == MAX_TOLD || options_.backplane != 0)
    return;

  told_++;
  va_start (rest, format);
  story = g_strdup_vprintf (format, rest);
  va_end (rest);
  fprintf (stderr, "# process %d: %s\n", options_.slot, story);
}

void
Process::read (unsigned key, std::function<void ()> done)
{
  const uint64_t known = mine_[key];
  // Before the call: so what is judged is never later than what the cache has promised.
  const int64_t begin = now ();

  under_way_++;
  memo_cache_get_async (cache_, name (key).c_str (), MEMO_GET_NONE, loaders_[key], nullptr, answered_cb,
                        then ([this, key, known, begin, done] (GAsyncResult *result) {
    g_autoptr(GError) error = nullptr;
    g_autoptr(MemoEntry) entry = memo_cache_get_finish (cache_, result, &error);

    under_way_--;
    if (entry != nullptr)
      {
        source_.slot (options_.slot).reads++;
        judge (key, begin, known, entry);
      }
    else
      {
        source_.slot (options_.slot).failed_reads++;
        tell ("a read failed: %s", error->message);
      }
    done ();
  }));
}

void
Process::listen ()
{
  g_autoptr(GInputStream) input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  struct Ear
  {
    Process          *process;
    GDataInputStream *lines;

    void wait () { g_data_input_stream_read_line_async (lines, G_PRIORITY_HIGH, nullptr, cb, this); }

    static void cb (GObject *, GAsyncResult *result, gpointer data)
    {
      Ear *self = static_cast<Ear *> (data);
      g_autofree char *line = g_data_input_stream_read_line_finish (self->lines, result, nullptr, nullptr);

      if (line != nullptr)
        {
          self->process->heard (line);
          self->wait ();
          return;
        }
      self->process->over_ = true;
      self->process->end ();
      g_object_unref (self->lines);
      delete self;
    }
  };

  (new Ear { this, g_data_input_stream_new (input) })->wait ();
}

// Not before everything was answered, and all that is pending has been said.
void
Process::end ()
{
  if (under_way_ > 0)
    {
      later (10, [this] { end (); });
      return;
    }

  memo_cache_flush_async (cache_, nullptr, answered_cb, then ([this] (GAsyncResult *result) {
    if (memo_cache_flush_finish (cache_, result, nullptr))
      memo_cache_close_async (cache_, nullptr, answered_cb, then ([this] (GAsyncResult *closed) {
        memo_cache_close_finish (cache_, closed, nullptr);
        g_main_loop_quit (loop_);
      }));
    else
      later (50, [this] { end (); });
  }));
}

void
Process::run ()
{
  loop_ = g_main_loop_new (nullptr, FALSE);
  listen ();
  started ();
  g_main_loop_run (loop_);
  g_main_loop_unref (loop_);
}

} // namespace chaos
