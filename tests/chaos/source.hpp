// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

// What is cached, and the judge: a file in the memory of all processes, with a version for each key. It outlives whoever is killed.

namespace chaos {

// The clock of all processes of a machine, in nanoseconds.
inline int64_t
now ()
{
  timespec time;

  clock_gettime (CLOCK_BOOTTIME, &time);
  return int64_t (time.tv_sec) * 1000000000 + time.tv_nsec;
}

constexpr unsigned MAX_KEYS = 64;
constexpr unsigned MAX_SLOTS = 128;
constexpr unsigned MAX_VERSIONS = 1 << 18;
constexpr unsigned MAX_NOTED = 4096;

struct Key
{
  std::atomic<uint64_t> version;
  std::atomic<uint64_t> loads;
  std::atomic<int64_t>  loaded[MAX_NOTED];            // when the first loads began
  std::atomic<int64_t>  acknowledged[MAX_VERSIONS];   // when the change to a version was; 0: not yet, or never
};

// What a process counts.
struct Slot
{
  std::atomic<uint64_t> reads, failed_reads;
  std::atomic<uint64_t> changes, acknowledged, failed_changes;
  std::atomic<uint64_t> late;           // reads T or more after a change that they lack
  std::atomic<uint64_t> late_at_home;   // reads after a change of their own process that they lack
  std::atomic<int64_t>  latest;         // the read that was the longest after a change that it lacks, in nanoseconds
};

struct Shared
{
  Slot slots[MAX_SLOTS];
  Key  keys[MAX_KEYS];
};

class Source
{
public:
  Source (const char *path, bool create)
  {
    const int fd = open (path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0600);

    // The file has holes where nothing was counted.
    if (fd < 0 || (create && ftruncate (fd, sizeof (Shared)) != 0))
      fail (path);
    shared_ = static_cast<Shared *> (mmap (nullptr, sizeof (Shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    if (shared_ == MAP_FAILED)
      fail (path);
    close (fd);
  }

  Slot &slot (unsigned index) { return shared_->slots[index]; }
  Key &key (unsigned index) { return shared_->keys[index]; }

  uint64_t read (unsigned index) { return shared_->keys[index].version; }

  void note_load (unsigned index)
  {
    Key &key = shared_->keys[index];
    const uint64_t n = key.loads++;

    if (n < MAX_NOTED)
      key.loaded[n] = now ();
  }

  uint64_t change (unsigned index)
  {
    const uint64_t version = ++shared_->keys[index].version;

    if (version >= MAX_VERSIONS)
      {
        fprintf (stderr, "A key was changed too often: raise MAX_VERSIONS in source.hpp\n");
        abort ();
      }
    return version;
  }

  void acknowledge (unsigned index, uint64_t version) { shared_->keys[index].acknowledged[version] = now (); }

  // How long after the first acknowledged change that VERSION lacks a read of it began, in nanoseconds; 0: it lacks none.
  int64_t lateness (unsigned index, uint64_t version, int64_t begin)
  {
    Key &key = shared_->keys[index];
    const uint64_t newest = key.version;
    int64_t first = begin;

    for (uint64_t i = version + 1; i <= newest; i++)
      {
        const int64_t acknowledged = key.acknowledged[i];

        if (acknowledged != 0 && acknowledged < first)
          first = acknowledged;
      }
    return begin - first;
  }

  // All that was counted, as an object of JSON.
  void print ()
  {
    uint64_t reads = 0, failed_reads = 0, changes = 0, acknowledged = 0, failed_changes = 0, late = 0, late_at_home = 0, loads = 0;
    int64_t latest = 0;

    for (const Slot &slot : shared_->slots)
      {
        reads += slot.reads;
        failed_reads += slot.failed_reads;
        changes += slot.changes;
        acknowledged += slot.acknowledged;
        failed_changes += slot.failed_changes;
        late += slot.late;
        late_at_home += slot.late_at_home;
        latest = std::max<int64_t> (latest, slot.latest);
      }
    for (const Key &key : shared_->keys)
      loads += key.loads;

    printf ("{\"reads\": %lu, \"failed_reads\": %lu, \"changes\": %lu, \"acknowledged\": %lu, \"failed_changes\": %lu, \"late\": %lu, "
            "\"late_at_home\": %lu, \"latest_ms\": %.1f, \"loads\": %lu}\n",
            reads, failed_reads, changes, acknowledged, failed_changes, late, late_at_home, latest / 1e6, loads);
  }

  // When the loads of a key began, in milliseconds.
  void print_loads (unsigned index)
  {
    const Key &key = shared_->keys[index];

    printf ("[");
    for (uint64_t i = 0; i < std::min<uint64_t> (key.loads, MAX_NOTED); i++)
      printf ("%s%.3f", i > 0 ? ", " : "", key.loaded[i] / 1e6);
    printf ("]\n");
  }

private:
  [[noreturn]] static void fail (const char *path)
  {
    perror (path);
    exit (1);
  }

  Shared *shared_;
};

} // namespace chaos
