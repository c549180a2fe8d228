// SPDX-License-Identifier: LGPL-2.1-or-later
#include <signal.h>
#include <sys/prctl.h>

#include <cstring>

#include "players.hpp"

// A process of the experiment.  tests/chaos/run starts them, and does to them what can happen.
//
//   chaos-process --source FILE create          the source, empty
//   chaos-process --source FILE report          what was counted
//   chaos-process --source FILE loads KEY       when the loads of a key began
//   chaos-process --source FILE … play          reads, and with --changes changes, until its standard input ends
//   chaos-process --source FILE … herd          reads what its standard input says
//   chaos-process --source FILE … die STEP      changes, and dies at a step, 0 to 7

using namespace chaos;

namespace {

int
fail (const char *message)
{
  fprintf (stderr, "%s\n", message);
  return 2;
}

} // namespace

int
main (int argc, char **argv)
{
  static Options options;
  static const GOptionEntry entries[] = {
    { "source", 0, 0, G_OPTION_ARG_FILENAME, &options.source, "What is cached", "FILE" },
    { "uri", 0, 0, G_OPTION_ARG_STRING, &options.uri, "The Redis server", "URI" },
    { "slot", 0, 0, G_OPTION_ARG_INT, &options.slot, "Which process it is", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT, &options.seed, "Of the random numbers", "N" },
    { "keys", 0, 0, G_OPTION_ARG_INT, &options.keys, "How many keys there are", "N" },
    { "processes", 0, 0, G_OPTION_ARG_INT, &options.processes, "How many processes set keys", "N" },
    { "staleness", 0, 0, G_OPTION_ARG_INT, &options.staleness_ms, "From when on a read is late", "MS" },
    { "ttl", 0, 0, G_OPTION_ARG_INT, &options.ttl_ms, "Of the entries", "MS" },
    { "load", 0, 0, G_OPTION_ARG_INT, &options.load_ms, "How long a load takes", "MS" },
    { "backplane", 0, 0, G_OPTION_ARG_INT, &options.backplane, "Tell the others by a channel of the server", "PORT" },
    { "flush", 0, 0, G_OPTION_ARG_NONE, &options.flush, "Drop everything when the channel breaks", nullptr },
    { "strict", 0, 0, G_OPTION_ARG_NONE, &options.strict, "Make no change that cannot be fenced", nullptr },
    { "early", 0, 0, G_OPTION_ARG_DOUBLE, &options.early, "Refresh entries before they expire", "FACTOR" },
    { "changes", 0, 0, G_OPTION_ARG_NONE, &options.changes, "Change keys, too", nullptr },
    {},
  };
  g_autoptr(GOptionContext) context = g_option_context_new ("create | report | loads KEY | play | herd | die STEP");
  g_autoptr(GError) error = nullptr;

  g_option_context_add_main_entries (context, entries, nullptr);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    return fail (error->message);
  if (argc < 2 || options.source == nullptr)
    return fail ("Say --source FILE, and what to do; see --help");
  if (options.keys < 1 || options.keys > int (MAX_KEYS) || options.slot < 0 || options.slot >= int (MAX_SLOTS))
    return fail ("There are 1 to 64 keys, and 128 processes at most");

  const std::string part = argv[1];

  if (part == "create")
    Source (options.source, true);
  else if (part == "report")
    Source (options.source, false).print ();
  else if (part == "loads" && argc == 3 && atoi (argv[2]) >= 0 && atoi (argv[2]) < options.keys)
    Source (options.source, false).print_loads (atoi (argv[2]));
  else if (options.uri == nullptr)
    return fail ("Say --uri URI, and one of: play, herd, die STEP");
  else
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      signal (SIGPIPE, SIG_IGN);
      // That a cache goes on without its server, and has it again.
      for (const char *domain : { "Memo", "Memo-Redis" })
        g_log_set_handler (domain, GLogLevelFlags (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE),
                           [] (const char *, GLogLevelFlags, const char *, gpointer) {}, nullptr);
      if (part == "play")
        Player (options).run ();
      else if (part == "herd")
        Herd (options).run ();
      else if (part == "die" && argc == 3 && atoi (argv[2]) >= 0 && atoi (argv[2]) < Mortal::N_STEPS)
        Mortal (options, Mortal::Step (atoi (argv[2]))).run ();
      else
        return fail ("It is one of: play, herd, die STEP");
    }

  return 0;
}
