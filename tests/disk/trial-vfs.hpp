// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sqlite3.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

// A VFS of SQLite that does what the usual one does, and knows what of it would outlast a loss of power:
// what was written to a file before it was last synced, and of the rest any part of it.

namespace memo_test {

class TrialVfs
{
public:
  enum Operation { OPEN, READ, WRITE, TRUNCATE, SYNC, DELETE };

  TrialVfs () : real_ (sqlite3_vfs_find (nullptr)), name_ ("trial-" + std::to_string (count ()++))
  {
    vfs_ = *real_;
    vfs_.szOsFile = int (sizeof (File)) + real_->szOsFile;
    vfs_.pNext = nullptr;
    vfs_.zName = name_.c_str ();
    vfs_.pAppData = this;
    vfs_.xOpen = open;
    vfs_.xDelete = remove;
    sqlite3_vfs_register (&vfs_, 0);
  }
  ~TrialVfs () { sqlite3_vfs_unregister (&vfs_); }

  TrialVfs (const TrialVfs &) = delete;
  TrialVfs &operator= (const TrialVfs &) = delete;

  const char *name () const { return name_.c_str (); }

  // Called before each operation, in the thread that does it.  It may wait; what it gives but SQLITE_OK is what the
  // operation comes to.  To be set before anything is opened.
  std::function<int (Operation operation, const std::string &file)> before;

  // To be said before anything is opened: it does without all that a loss of power needs, and is quicker than a disk.
  void forget_all () { forgets_ = true; }

  int syncs () { std::lock_guard<std::mutex> held (mutex_); return syncs_; }

  // Puts the files of one folder as they are after a loss of power at this moment into another one.  Of what was not
  // synced each sector is there with a chance of KEPT.
  void lose_power (const std::filesystem::path &from, const std::filesystem::path &to, double kept, unsigned seed)
  {
    std::lock_guard<std::mutex> held (mutex_);

    at_ = {};
    lose_power_held (from, to, kept, seed);
  }

  // The same at the Nth operation from now on, unless one is asked for before.
  void lose_power_at (int n, const std::filesystem::path &from, const std::filesystem::path &to, double kept, unsigned seed)
  {
    std::lock_guard<std::mutex> held (mutex_);

    remaining_ = n;
    at_ = [=, this_ = this] { this_->lose_power_held (from, to, kept, seed); };
  }

  // How many sectors were lost by all losses of power.
  int lost () { std::lock_guard<std::mutex> held (mutex_); return lost_; }

private:
  static constexpr size_t sector = 512;

  struct Write
  {
    sqlite3_int64 at;
    std::string   bytes;
    bool          truncates;
  };

  struct Image
  {
    std::string        synced;
    std::vector<Write> unsynced;
  };

  struct File
  {
    sqlite3_file  base;
    TrialVfs     *vfs;
    std::string  *name;     // NULL for a temporary one

    sqlite3_file *real () { return reinterpret_cast<sqlite3_file *> (this + 1); }
  };

  static int &count () { static int count; return count; }
  static File *file_of (sqlite3_file *file) { return reinterpret_cast<File *> (file); }

  static void apply (std::string &bytes, const Write &write)
  {
    if (write.truncates)
      {
        bytes.resize (write.at);
        return;
      }
    if (bytes.size () < write.at + write.bytes.size ())
      bytes.resize (write.at + write.bytes.size ());
    bytes.replace (write.at, write.bytes.size (), write.bytes);
  }

  void lose_power_held (const std::filesystem::path &from, const std::filesystem::path &to, double kept, unsigned seed)
  {
    std::mt19937 dice (seed);
    std::bernoulli_distribution stays (kept);

    std::filesystem::create_directories (to);
    std::filesystem::permissions (to, std::filesystem::perms::owner_all);
    for (auto &[name, image] : images_)
      {
        std::filesystem::path path = name;
        std::string bytes = image.synced;

        if (path.parent_path () != from)
          continue;

        for (auto &write : image.unsynced)
          for (size_t done = 0; done < write.bytes.size () || write.truncates; )
            {
              size_t length = std::min (sector - size_t (write.at + done) % sector, write.bytes.size () - done);

              if (stays (dice))
                apply (bytes, write.truncates ? write : Write { sqlite3_int64 (write.at + done),
                                                                write.bytes.substr (done, length), false });
              else
                lost_++;
              if (write.truncates)
                break;
              done += length;
            }

        std::ofstream file (to / path.filename (), std::ios::binary | std::ios::trunc);
        file << bytes;
      }
  }

  int enter (Operation operation, const std::string *name)
  {
    if (name == nullptr)
      return SQLITE_OK;

    {
      std::lock_guard<std::mutex> held (mutex_);

      if (at_ && --remaining_ <= 0)
        {
          at_ ();
          at_ = {};
        }
    }
    return before ? before (operation, *name) : SQLITE_OK;
  }

  void wrote (const std::string *name, Write write)
  {
    std::lock_guard<std::mutex> held (mutex_);

    if (name != nullptr && !forgets_)
      images_[*name].unsynced.push_back (std::move (write));
  }

  // --- what SQLite calls ---

  static int open (sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
  {
    auto self = static_cast<TrialVfs *> (vfs->pAppData);
    File *mine = file_of (file);
    std::string *copy = name != nullptr ? new std::string (name) : nullptr;
    int code = self->enter (OPEN, copy);

    std::memset (static_cast<void *> (mine), 0, sizeof *mine);
    if (code == SQLITE_OK)
      code = self->real_->xOpen (self->real_, name, mine->real (), flags, out);
    if (code != SQLITE_OK)
      {
        delete copy;
        return code;
      }
    mine->vfs = self;
    mine->name = copy;
    mine->base.pMethods = methods ();

    if (copy != nullptr && !self->forgets_)
      {
        std::ifstream there (*copy, std::ios::binary);
        std::lock_guard<std::mutex> held (self->mutex_);

        // What was there before is on the disk.
        if (self->images_.count (*copy) == 0)
          self->images_[*copy].synced.assign (std::istreambuf_iterator<char> (there), {});
      }
    return SQLITE_OK;
  }

  static int remove (sqlite3_vfs *vfs, const char *name, int sync)
  {
    auto self = static_cast<TrialVfs *> (vfs->pAppData);
    std::string copy = name;
    int code = self->enter (DELETE, &copy);

    if (code == SQLITE_OK)
      code = self->real_->xDelete (self->real_, name, sync);
    if (code == SQLITE_OK)
      {
        std::lock_guard<std::mutex> held (self->mutex_);

        self->images_.erase (copy);
      }
    return code;
  }

  static int close (sqlite3_file *file)
  {
    File *mine = file_of (file);

    delete mine->name;
    return mine->real ()->pMethods->xClose (mine->real ());
  }

  static int read (sqlite3_file *file, void *bytes, int length, sqlite3_int64 at)
  {
    File *mine = file_of (file);
    int code = mine->vfs->enter (READ, mine->name);

    return code == SQLITE_OK ? mine->real ()->pMethods->xRead (mine->real (), bytes, length, at) : code;
  }

  static int write (sqlite3_file *file, const void *bytes, int length, sqlite3_int64 at)
  {
    File *mine = file_of (file);
    int code = mine->vfs->enter (WRITE, mine->name);

    if (code == SQLITE_OK)
      code = mine->real ()->pMethods->xWrite (mine->real (), bytes, length, at);
    if (code == SQLITE_OK)
      mine->vfs->wrote (mine->name, Write { at, std::string (static_cast<const char *> (bytes), length), false });
    return code;
  }

  static int truncate (sqlite3_file *file, sqlite3_int64 length)
  {
    File *mine = file_of (file);
    int code = mine->vfs->enter (TRUNCATE, mine->name);

    if (code == SQLITE_OK)
      code = mine->real ()->pMethods->xTruncate (mine->real (), length);
    if (code == SQLITE_OK)
      mine->vfs->wrote (mine->name, Write { length, "", true });
    return code;
  }

  static int sync (sqlite3_file *file, int flags)
  {
    File *mine = file_of (file);
    int code = mine->vfs->enter (SYNC, mine->name);

    if (code != SQLITE_OK || mine->name == nullptr || mine->vfs->forgets_)
      return code;

    // The disk itself need not work for this.
    std::lock_guard<std::mutex> held (mine->vfs->mutex_);
    Image &image = mine->vfs->images_[*mine->name];

    mine->vfs->syncs_++;
    for (auto &write : image.unsynced)
      apply (image.synced, write);
    image.unsynced.clear ();
    return SQLITE_OK;
  }

  static sqlite3_io_methods *methods ()
  {
    static sqlite3_io_methods all = [] {
      sqlite3_io_methods m = {};

      m.iVersion = 2;
      m.xClose = close;
      m.xRead = read;
      m.xWrite = write;
      m.xTruncate = truncate;
      m.xSync = sync;
      m.xFileSize = [] (sqlite3_file *f, sqlite3_int64 *size) { return real (f)->pMethods->xFileSize (real (f), size); };
      m.xLock = [] (sqlite3_file *f, int lock) { return real (f)->pMethods->xLock (real (f), lock); };
      m.xUnlock = [] (sqlite3_file *f, int lock) { return real (f)->pMethods->xUnlock (real (f), lock); };
      m.xCheckReservedLock = [] (sqlite3_file *f, int *out) { return real (f)->pMethods->xCheckReservedLock (real (f), out); };
      m.xFileControl = [] (sqlite3_file *f, int op, void *arg) { return real (f)->pMethods->xFileControl (real (f), op, arg); };
      m.xSectorSize = [] (sqlite3_file *f) { return real (f)->pMethods->xSectorSize (real (f)); };
      m.xDeviceCharacteristics = [] (sqlite3_file *f) { return real (f)->pMethods->xDeviceCharacteristics (real (f)); };
      m.xShmMap = [] (sqlite3_file *f, int page, int size, int extend, void volatile **out) {
        return real (f)->pMethods->xShmMap (real (f), page, size, extend, out);
      };
      m.xShmLock = [] (sqlite3_file *f, int offset, int n, int flags) {
        return real (f)->pMethods->xShmLock (real (f), offset, n, flags);
      };
      m.xShmBarrier = [] (sqlite3_file *f) { real (f)->pMethods->xShmBarrier (real (f)); };
      m.xShmUnmap = [] (sqlite3_file *f, int gone) { return real (f)->pMethods->xShmUnmap (real (f), gone); };
      return m;
    } ();

    return &all;
  }

  static sqlite3_file *real (sqlite3_file *file) { return file_of (file)->real (); }

  sqlite3_vfs                  *real_;
  sqlite3_vfs                   vfs_;
  std::string                   name_;
  std::mutex                    mutex_;
  std::map<std::string, Image>  images_;
  std::function<void ()>        at_;
  int                           remaining_ = 0;
  int                           syncs_ = 0;
  int                           lost_ = 0;
  bool                          forgets_ = false;
};

} // namespace memo_test
