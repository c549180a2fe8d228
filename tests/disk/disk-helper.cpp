// SPDX-License-Identifier: LGPL-2.1-or-later
#include "disk-test.hpp"

#include <sys/prctl.h>

#include <cinttypes>
#include <random>

using namespace memo_test;

// Another process that uses a disk backend, for tests that need more than one, or end one by force.
//
//   disk-helper [--user N] open URI        opens, stores, loads; says "ok", or why not
//   disk-helper write URI SEED             stores and removes until it is killed, and says what
//   disk-helper share URI SEED COUNT       does COUNT things that others do to the same file, too

namespace {

class Program
{
public:
  explicit Program (const char *uri)
  {
    Error error;

    register_disk_backend ();
    backend_.reset (MEMO_BACKEND (g_initable_new (MEMO_TYPE_DISK_BACKEND, nullptr, ErrorOut (error), "uri", uri, nullptr)));
    if (error != nullptr)
      {
        say (error->message);
        exit (2);
      }
  }

  MemoBackend *backend () { return backend_.get (); }

  // Gives up when something failed.
  void wait (const Telling &told)
  {
    while (told->callbacks == 0)
      g_main_context_iteration (nullptr, TRUE);
    if (told->error != nullptr)
      {
        say (told->error->message);
        exit (1);
      }
  }

  static void say (const std::string &line)
  {
    std::string whole = line + "\n";

    // In one piece, and not kept back: what was said before a kill has been said.
    if (::write (STDOUT_FILENO, whole.data (), whole.size ()) < 0)
      exit (3);
  }

private:
  Backend backend_;
};

int
open (Program &program)
{
  program.wait (ask_open (program.backend ()));
  program.wait (ask_store (program.backend (), "key", "value", MEMO_TTL_FOREVER, true));
  auto told = ask_load (program.backend (), "key");
  program.wait (told);
  program.wait (ask_close (program.backend ()));
  Program::say (told->text == "value" ? "ok" : "not found");

  return 0;
}

int
write (Program &program, unsigned seed)
{
  std::mt19937 dice (seed);
  std::vector<Telling> before;

  program.wait (ask_open (program.backend ()));
  for (;;)
    {
      std::string key = "key " + std::to_string (dice () % 50);

      if (dice () % 4 == 0)
        {
          program.wait (ask_remove (program.backend (), key));
          Program::say ("removed " + key);
        }
      else
        {
          Program::say ("storing " + key);
          before.push_back (ask_store (program.backend (), key, key + ": " + std::string (dice () % 4000, 'x')));
          if (before.size () > 20)
            {
              program.wait (before.front ());
              before.erase (before.begin ());
            }
        }
    }
}

int
share (Program &program, unsigned seed, int count)
{
  std::mt19937 dice (seed);
  int found = 0;
  char start;

  program.wait (ask_open (program.backend ()));
  Program::say ("open");
  // All begin when nobody holds the other end any more.
  while (::read (STDIN_FILENO, &start, 1) > 0)
    ;

  for (int i = 0; i < count; i++)
    {
      std::string key = "key " + std::to_string (dice () % 100);
      Telling told;

      switch (dice () % 6)
        {
        case 0:
          program.wait (ask_remove (program.backend (), key));
          break;

        case 1:
          program.wait (ask_store (program.backend (), key, key + ": " + std::string (dice () % 2000, 'x'),
                                   MEMO_TTL_FOREVER, dice () % 2));
          break;

        case 2:
          ask_store (program.backend (), key, key + ": " + std::string (dice () % 2000, 'y'));
          break;

        default:
          told = ask_load (program.backend (), key);
          program.wait (told);
          if (told->found && told->text.rfind (key + ": ", 0) != 0)
            {
              Program::say ("a wrong value for " + key);
              return 1;
            }
          found += told->found;
          break;
        }
    }
  program.wait (ask_close (program.backend ()));
  Program::say ("found " + std::to_string (found));

  return 0;
}

} // namespace

int
main (int argc, char **argv)
{
  if (argc > 2 && std::string (argv[1]) == "--user")
    {
      int user = atoi (argv[2]);

      if (setgid (user) != 0 || setuid (user) != 0)
        return 4;
      prctl (PR_SET_DUMPABLE, 1);
      argv += 2;
      argc -= 2;
    }
  if (argc < 3)
    return 5;

  Program program (argv[2]);
  std::string what = argv[1];

  if (what == "open")
    return open (program);
  if (what == "write" && argc == 4)
    return write (program, atoi (argv[3]));
  if (what == "share" && argc == 5)
    return share (program, atoi (argv[3]), atoi (argv[4]));

  return 5;
}
