// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "../support/contexts.hpp"

#include "memo-disk-backend.h"

// What the tests of the disk backend need: a folder of its own for each, clocks that stand still,
// and writes that are gathered until the test says otherwise.

namespace memo_test {

namespace fs = std::filesystem;

using Backend = Ref<MemoBackend>;

// Registers the type as a plugin would.
inline void
register_disk_backend ()
{
  static GTypeModule *module = [] {
    static const GTypeInfo info = {
      sizeof (GTypeModuleClass), nullptr, nullptr,
      [] (gpointer klass, gpointer) {
        G_TYPE_MODULE_CLASS (klass)->load = [] (GTypeModule *) -> gboolean { return TRUE; };
        G_TYPE_MODULE_CLASS (klass)->unload = [] (GTypeModule *) {};
      },
      nullptr, nullptr, sizeof (GTypeModule), 0, nullptr, nullptr
    };
    GType type = g_type_register_static (G_TYPE_TYPE_MODULE, "TestModule", &info, GTypeFlags (0));
    auto made = G_TYPE_MODULE (g_object_new (type, nullptr));

    g_type_module_use (made);
    memo_disk_backend_register (made);
    return made;
  } ();

  (void) module;
}

// A folder that is gone when the test is over.
class TemporaryFolder
{
public:
  TemporaryFolder ()
  {
    g_autofree char *path = g_dir_make_tmp ("memo-disk-XXXXXX", nullptr);

    path_ = fs::canonical (path);
  }
  ~TemporaryFolder ()
  {
    std::error_code ignored;

    fs::remove_all (path_, ignored);
  }

  TemporaryFolder (const TemporaryFolder &) = delete;
  TemporaryFolder &operator= (const TemporaryFolder &) = delete;

  operator const fs::path & () const { return path_; }
  fs::path operator/ (const std::string &name) const { return path_ / name; }

private:
  fs::path path_;
};

// What came of something that a backend was asked.
struct Told
{
  int         callbacks = 0;
  bool        good = false;
  bool        found = false;
  std::string text;
  Error       error;

  bool done () const { return callbacks == 1; }
};

using Telling = std::shared_ptr<Told>;

inline Bytes
bytes_of (const std::string &text)
{
  return Bytes (g_bytes_new (text.data (), text.size ()));
}

inline std::string
text_of (const fs::path &path)
{
  g_autofree char *text = nullptr;
  gsize length = 0;

  // Not by a stream, which is slow under the sanitizers.
  g_file_get_contents (path.c_str (), &text, &length, nullptr);
  return text != nullptr ? std::string (text, length) : "";
}

inline void
write_text (const fs::path &path, const std::string &text)
{
  std::ofstream file (path, std::ios::binary | std::ios::trunc);

  file << text;
}

// --- asking; what comes of it is filled in later ---

template <gboolean (*Finish) (MemoBackend *, GAsyncResult *, GError **)>
void
told_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  std::unique_ptr<Telling> mine (static_cast<Telling *> (data));
  Told &told = **mine;

  told.callbacks++;
  told.good = Finish (MEMO_BACKEND (source), result, ErrorOut (told.error));
}

inline void
loaded_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  std::unique_ptr<Telling> mine (static_cast<Telling *> (data));
  Told &told = **mine;
  Bytes bytes (memo_backend_load_finish (MEMO_BACKEND (source), result, ErrorOut (told.error)));

  told.callbacks++;
  told.good = told.error == nullptr;
  told.found = bytes != nullptr;
  if (bytes != nullptr)
    {
      gsize size;
      auto start = static_cast<const char *> (g_bytes_get_data (bytes.get (), &size));

      told.text = start != nullptr ? std::string (start, size) : "";
    }
}

inline Telling
ask_open (MemoBackend *backend, GCancellable *cancellable = nullptr)
{
  auto told = std::make_shared<Told> ();

  memo_backend_open_async (backend, cancellable, told_cb<memo_backend_open_finish>, new Telling (told));
  return told;
}

inline Telling
ask_load (MemoBackend *backend, const std::string &key, GCancellable *cancellable = nullptr)
{
  auto told = std::make_shared<Told> ();

  memo_backend_load_async (backend, key.c_str (), cancellable, loaded_cb, new Telling (told));
  return told;
}

inline Telling
ask_store (MemoBackend *backend, const std::string &key, const std::string &text, double ttl = MEMO_TTL_FOREVER,
           bool durable = false, GCancellable *cancellable = nullptr)
{
  auto told = std::make_shared<Told> ();

  memo_backend_store_async (backend, key.c_str (), bytes_of (text).get (), ttl, durable, cancellable,
                            told_cb<memo_backend_store_finish>, new Telling (told));
  return told;
}

inline Telling
ask_remove (MemoBackend *backend, const std::string &key, GBytes *only = nullptr, GCancellable *cancellable = nullptr)
{
  auto told = std::make_shared<Told> ();

  memo_backend_remove_async (backend, key.c_str (), only, cancellable, told_cb<memo_backend_remove_finish>,
                             new Telling (told));
  return told;
}

inline Telling
ask_clear (MemoBackend *backend)
{
  auto told = std::make_shared<Told> ();

  memo_backend_clear_async (backend, nullptr, told_cb<memo_backend_clear_finish>, new Telling (told));
  return told;
}

inline Telling
ask_flush (MemoBackend *backend)
{
  auto told = std::make_shared<Told> ();

  memo_backend_flush_async (backend, nullptr, told_cb<memo_backend_flush_finish>, new Telling (told));
  return told;
}

inline Telling
ask_close (MemoBackend *backend)
{
  auto told = std::make_shared<Told> ();

  memo_backend_close_async (backend, nullptr, told_cb<memo_backend_close_finish>, new Telling (told));
  return told;
}

// --- what it was told ---

MATCHER (IsDone, "")
{
  *result_listener << arg->callbacks << " callbacks, " << (arg->error != nullptr ? arg->error->message : "no error");
  return arg->callbacks == 1 && arg->good && arg->error == nullptr;
}

MATCHER_P (Found, text, "")
{
  *result_listener << arg->callbacks << " callbacks, " << (arg->error != nullptr ? arg->error->message : "no error")
                   << (arg->found ? ", found " + ::testing::PrintToString (arg->text) : ", found nothing");
  return arg->callbacks == 1 && arg->error == nullptr && arg->found && arg->text == text;
}

MATCHER (FoundNothing, "")
{
  *result_listener << arg->callbacks << " callbacks, " << (arg->error != nullptr ? arg->error->message : "no error")
                   << (arg->found ? ", found " + ::testing::PrintToString (arg->text) : ", found nothing");
  return arg->callbacks == 1 && arg->error == nullptr && !arg->found;
}

// It failed, and the message has these words in it.
MATCHER_P2 (FailedWith, code, words, "")
{
  *result_listener << arg->callbacks << " callbacks, " << (arg->error != nullptr ? arg->error->message : "no error");
  return arg->callbacks == 1 && g_error_matches (arg->error.get (), MEMO_ERROR, code) &&
         std::string (arg->error->message).find (words) != std::string::npos;
}

class DiskTest : public AsyncTest
{
protected:
  // As long as a test takes; nothing is written because of the time that went by.
  static constexpr gint64 for_ever = G_USEC_PER_SEC * gint64 (100000);

  DiskTest ()
  {
    register_disk_backend ();
    setup_ = memo_disk_setup_default;
    setup_.wall = [] (gpointer) -> gint64 { return wall_; };
    setup_.monotonic = [] (gpointer) -> gint64 { return monotonic_; };
    setup_.gather = for_ever;
  }

  ~DiskTest () override { close_all (); }

  void close_all ()
  {
    for (auto &backend : made_)
      close (backend.get ());
    made_.clear ();
  }

  fs::path path () { return folder_ / "cache" / "test.db"; }
  std::string uri (const std::string &query = "") { return "disk://" + path ().string () + query; }

  MemoBackend *make (const std::string &uri)
  {
    Error error;
    Backend backend (MEMO_BACKEND (g_initable_new (MEMO_TYPE_DISK_BACKEND, nullptr, ErrorOut (error), "uri", uri.c_str (),
                                                   nullptr)));

    EXPECT_NE (backend, nullptr) << (error != nullptr ? error->message : "");
    memo_disk_backend_set_setup (MEMO_DISK_BACKEND (backend.get ()), &setup_);
    made_.push_back (std::move (backend));
    return made_.back ().get ();
  }
  MemoBackend *make () { return make (uri ()); }

  Telling wait (Telling told)
  {
    wait_until ([&] { return told->callbacks > 0; });
    return told;
  }

  Telling open (MemoBackend *backend) { return wait (ask_open (backend)); }
  Telling load (MemoBackend *backend, const std::string &key) { return wait (ask_load (backend, key)); }
  Telling remove (MemoBackend *backend, const std::string &key, GBytes *only = nullptr)
  {
    return wait (ask_remove (backend, key, only));
  }
  Telling clear (MemoBackend *backend) { return wait (ask_clear (backend)); }
  Telling flush (MemoBackend *backend) { return wait (ask_flush (backend)); }
  Telling close (MemoBackend *backend) { return wait (ask_close (backend)); }

  // Stored and written.
  Telling store (MemoBackend *backend, const std::string &key, const std::string &text, double ttl = MEMO_TTL_FOREVER)
  {
    return wait (ask_store (backend, key, text, ttl, true));
  }

  static guint64 number (MemoBackend *backend, const char *property)
  {
    guint64 value;

    g_object_get (backend, property, &value, nullptr);
    return value;
  }

  void later (double seconds)
  {
    wall_ += gint64 (seconds * G_USEC_PER_SEC);
    monotonic_ += gint64 (seconds * G_USEC_PER_SEC);
  }

  // The first number of what a statement gives, in a connection of our own.
  gint64 sql (const std::string &text) { return sql (path (), text); }
  static gint64 sql (const fs::path &path, const std::string &text)
  {
    sqlite3 *db = nullptr;
    sqlite3_stmt *statement = nullptr;
    gint64 number = -1;

    EXPECT_EQ (sqlite3_open_v2 (path.c_str (), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr), SQLITE_OK);
    EXPECT_EQ (sqlite3_prepare_v2 (db, text.c_str (), -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg (db);
    if (statement != nullptr && sqlite3_step (statement) == SQLITE_ROW)
      number = sqlite3_column_int64 (statement, 0);
    sqlite3_finalize (statement);
    sqlite3_close (db);
    return number;
  }

  TemporaryFolder      folder_;
  MemoDiskSetup        setup_;
  std::vector<Backend> made_;

  // Not of one test: the thread of a backend that was let go of may look at them a little longer.
  static inline std::atomic<gint64> wall_ { gint64 (1700000000) * G_USEC_PER_SEC };
  static inline std::atomic<gint64> monotonic_ { gint64 (1000) * G_USEC_PER_SEC };
};

} // namespace memo_test
