// SPDX-License-Identifier: LGPL-2.1-or-later
#include "disk-test.hpp"

#include <random>
#include <set>
#include <signal.h>
#include <sys/wait.h>

using namespace memo_test;

// Several processes that use one file, and ones that are killed while they do.
class DiskProcessesTest : public DiskTest
{
protected:
  // Another process, whose output is read line by line.
  class Process
  {
  public:
    explicit Process (std::vector<std::string> arguments)
    {
      std::vector<const char *> argv { DISK_HELPER };
      Error error;

      for (auto &argument : arguments)
        argv.push_back (argument.c_str ());
      argv.push_back (nullptr);
      int in, out;
      EXPECT_TRUE (g_spawn_async_with_pipes (nullptr, const_cast<char **> (argv.data ()), nullptr,
                                             G_SPAWN_DO_NOT_REAP_CHILD, nullptr, nullptr, &pid_, &in, &out, nullptr,
                                             ErrorOut (error))) << error->message;
      in_ = in;
      out_ = fdopen (out, "r");
    }

    ~Process ()
    {
      start ();
      fclose (out_);
      if (pid_ != 0)
        {
          kill ();
          wait ();
        }
    }

    Process (const Process &) = delete;
    Process &operator= (const Process &) = delete;

    bool read_line (std::string &line)
    {
      char buffer[8192];

      if (fgets (buffer, sizeof buffer, out_) == nullptr)
        return false;
      line = buffer;
      // What was cut off by a kill was not said.
      if (line.empty () || line.back () != '\n')
        return false;
      line.pop_back ();
      return true;
    }

    void start ()
    {
      if (in_ != -1)
        ::close (in_);
      in_ = -1;
    }

    void kill () { ::kill (pid_, SIGKILL); }

    int wait ()
    {
      int status = 0;

      waitpid (pid_, &status, 0);
      pid_ = 0;
      return status;
    }

  private:
    GPid  pid_ = 0;
    int   in_ = -1;
    FILE *out_ = nullptr;
  };

  void expect_sound ()
  {
    EXPECT_EQ (sql ("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
    EXPECT_EQ (sql ("SELECT total FROM meta"), sql ("SELECT ifnull(sum(size), 0) FROM kv"));
  }
};

TEST_F (DiskProcessesTest, TwoWhoUseOneFileShareWhatIsInIt)
{
  auto one = make (), two = make ();

  store (one, "key", "value");
  EXPECT_THAT (load (two, "key"), Found ("value"));
  remove (two, "key");
  EXPECT_THAT (load (one, "key"), FoundNothing ());
  ask_store (one, "key", "value");
  EXPECT_THAT (load (two, "key"), FoundNothing ()) << "it is not written yet";
  flush (one);
  EXPECT_THAT (load (two, "key"), Found ("value"));
}

TEST_F (DiskProcessesTest, EightProcessesUseOneFile)
{
  std::vector<std::unique_ptr<Process>> all;
  std::string line;
  int found = 0;

  for (int i = 0; i < 8; i++)
    all.push_back (std::make_unique<Process> (std::vector<std::string> { "share", uri (), std::to_string (i), "1000" }));
  for (auto &process : all)
    {
      ASSERT_TRUE (process->read_line (line));
      ASSERT_EQ (line, "open");
    }
  for (auto &process : all)
    process->start ();
  for (auto &process : all)
    {
      ASSERT_TRUE (process->read_line (line));
      ASSERT_EQ (line.rfind ("found ", 0), 0u) << line;
      found += atoi (line.c_str () + 6);
      EXPECT_EQ (process->wait (), 0);
    }
  EXPECT_GT (found, 500);
  expect_sound ();
}

// How often may be said as MEMO_DISK_KILLS.
TEST_F (DiskProcessesTest, OneThatIsKilledLeavesASoundFileAndNothingThatWasRemoved)
{
  const char *count = g_getenv ("MEMO_DISK_KILLS");
  int kills = count != nullptr ? atoi (count) : 20;
  int removals = 0, stores = 0, in_flight = 0, damaged = 0, resurrected = 0, found = 0;

  for (int i = 0; i < kills; i++)
    {
      std::mt19937 dice (i);
      std::set<std::string> removed;
      Process process ({ "write", uri (), std::to_string (i) });
      std::string line;
      bool killed = false;
      // It is killed while it goes on: what it says until it is dead is read, too.
      for (int lines = 0, last = 100 + dice () % 1500; process.read_line (line); lines++)
        {
          if (lines == last)
            {
              process.kill ();
              killed = true;
            }
          if (line.rfind ("removed ", 0) == 0)
            {
              removals++;
              removed.insert (line.substr (8));
            }
          else if (line.rfind ("storing ", 0) == 0)
            {
              stores++;
              in_flight += killed;
              removed.erase (line.substr (8));
            }
          else
            {
              FAIL () << line;
            }
        }
      ASSERT_TRUE (killed);
      EXPECT_TRUE (WIFSIGNALED (process.wait ()));

      auto backend = make ();
      for (int k = 0; k < 50; k++)
        {
          std::string key = "key " + std::to_string (k);
          auto told = load (backend, key);

          ASSERT_TRUE (told->good) << told->error->message;
          found += told->found;
          damaged += told->found && told->text.rfind (key + ": ", 0) != 0;
          resurrected += told->found && removed.count (key) != 0;
        }
      damaged += number (backend, "recreated");
      close (backend);
      made_.clear ();
      expect_sound ();
    }

  std::cout << kills << " kills: " << removals << " removals acknowledged, " << stores << " stores, " << in_flight
            << " of them after the kill was decided, " << found << " values found; " << damaged << " damaged, "
            << resurrected << " came back\n";
  EXPECT_GT (removals, 20 * kills);
  EXPECT_GT (found, 10 * kills);
  EXPECT_EQ (damaged, 0);
  EXPECT_EQ (resurrected, 0);
}
