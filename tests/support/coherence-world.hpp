// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <random>

#include "coherence-test.hpp"

namespace memo_test {

// Three processes, a server and a source, and everything in any order: what docs/coherence-protocol.md promises holds whatever happens.
// The counterpart in C of the model in tests/coherence-model.
class CoherenceWorldTest : public CoherenceTest
{
protected:
  static constexpr int n_processes = 3;
  static constexpr int n_keys = 3;

  // What happens beside gets, loads, changes, deletes, lost requests and lost links.
  struct Family
  {
    int  caches = 1;          // of each process, on one backend
    bool full = false;        // the server has no room now and then
    bool sets = false;        // each key has one cache that changes it: else the last set wins, whatever it has
  };

  // A cache of a process.
  struct Client
  {
    int                             process;
    Ref<MemoAsyncCache>             cache;
    std::unique_ptr<ScriptedLoader> loader;

    operator MemoCache * () const { return MEMO_CACHE (cache.get ()); }
  };

  // What a key is worth at a time: each change makes it one more.
  struct Source
  {
    int                           version = 0;
    std::vector<gint64>           acknowledged;   // of each version, when; 0 while it is not
    int                           owner = -1;     // who alone changes it; or everybody
  };

  struct Reader
  {
    int                  client;
    int                  key;
    gint64               began;
    int                  least;       // the oldest version that it may get
    std::shared_ptr<Got> got;
  };

  struct Load
  {
    int           client;
    int           key;
    Ref<MemoCall> call;
    int           version = -1;       // that it has read, or not yet
  };

  struct Writer
  {
    int                     client;
    int                     key;
    bool                    tag;
    std::unique_ptr<Change> change;
    int                     version = 0;
    bool                    ending = false;
  };

  struct Deleter
  {
    int                   client;
    int                   key;
    int                   version;
    std::shared_ptr<Done> done;
    bool                  counted = false;
  };

  gint64 now () { return memo_clock_get_time (MEMO_CLOCK (clock_.get ())); }
  int pick (int n) { return static_cast<int> (dice_ () % static_cast<unsigned> (n)); }
  static std::string name (int key) { return "key" + std::to_string (key); }

  void say (const std::string &what) { history_.push_back (what); }

  void begin (unsigned seed, Family family)
  {
    dice_.seed (seed);
    family_ = family;
    for (int i = 0; i < n_processes; i++)
      processes_.push_back (std::make_unique<Process> (*this));
    for (int i = 0; i < n_processes * family.caches; i++)
      {
        Process &process = *processes_[i % n_processes];

        clients_.push_back ({ i % n_processes, i < n_processes ? memo_test::share (process.cache.get ()) : new_cache_on (process.link),
                              std::make_unique<ScriptedLoader> () });
        memo_loader_set_tags (*clients_.back ().loader, Tags { "tag" });
        clients_.back ().loader->on_call = [this, i] (MemoCall *call) {
          loads_.push_back ({ i, memo_call_get_key (call)[3] - '0', memo_test::share (call) });
        };
      }

    sources_.assign (n_keys, Source ());
    for (auto &source : sources_)
      {
        source.acknowledged.push_back (-1);
        if (family.sets)
          source.owner = pick (n_clients ());
      }
    own_.assign (clients_.size (), std::vector<int> (n_keys, 0));
  }

  int n_clients () const { return static_cast<int> (clients_.size ()); }
  std::string who (int client) const
  {
    return "process " + std::to_string (clients_[client].process) + (client < n_processes ? "" : "'s other cache");
  }

  // Somebody who may change the key.
  int writer_of (int key) { return sources_[key].owner >= 0 ? sources_[key].owner : pick (n_clients ()); }

  // The oldest version that a get of CLIENT that begins now may be given.
  int least (int client, int key)
  {
    const Source &source = sources_[key];
    int version = own_[client][key];

    for (int i = source.version; i > version; i--)
      {
        if (source.acknowledged[i] > 0 && now () >= source.acknowledged[i] + 2 * G_USEC_PER_SEC)
          return i;
      }
    return version;
  }

  // A change of CLIENT has ended well.
  void acknowledge (int client, int key, int version)
  {
    // Who acknowledges a version has told of all before it as well.
    for (int i = 0; i <= version; i++)
      {
        if (sources_[key].acknowledged[i] == 0)
          sources_[key].acknowledged[i] = now ();
      }
    for (int i = 0; i < n_clients (); i++)
      {
        if (clients_[i].process == clients_[client].process)
          own_[i][key] = std::max (own_[i][key], version);
      }
  }

  void check_readers ()
  {
    for (size_t i = 0; i < readers_.size ();)
      {
        Reader &reader = readers_[i];

        if (reader.got->callbacks == 0)
          {
            i++;
            continue;
          }
        ASSERT_NE (reader.got->entry, nullptr) << (reader.got->error != nullptr ? reader.got->error->message : "a miss") << tail ();
        const int version = std::stoi (memo_entry_get_string (reader.got->entry.get ()));
        reads_++;
        ASSERT_GE (version, reader.least) << who (reader.client) << " was given version " << version << " of "
                                          << name (reader.key) << ", and version " << reader.least
                                          << " was acknowledged two seconds before it asked, or its own" << tail ();
        readers_.erase (readers_.begin () + static_cast<long> (i));
      }
  }

  std::string tail ()
  {
    std::string text = "\n";

    for (size_t i = history_.size () > 100 ? history_.size () - 100 : 0; i < history_.size (); i++)
      text += history_[i] + "\n";
    return text;
  }

  void do_get ()
  {
    const int client = pick (n_clients ()), key = pick (n_keys);
    const bool refresh = pick (12) == 0;

    say (who (client) + (refresh ? " refreshes " : " gets ") + name (key));
    readers_.push_back ({ client, key, now (), least (client, key),
                          AsyncTest::get (clients_[client], name (key).c_str (), *clients_[client].loader, nullptr,
                                          refresh ? MEMO_GET_REFRESH : MEMO_GET_NONE) });
  }

  void do_load ()
  {
    if (loads_.empty ())
      return;

    auto &load = loads_[pick (static_cast<int> (loads_.size ()))];
    if (load.version < 0)
      {
        load.version = sources_[load.key].version;
        say ("the loader of " + who (load.client) + " reads " + name (load.key) + " " + std::to_string (load.version));
        return;
      }

    Load taken = std::move (load);
    loads_.erase (loads_.begin () + (&load - loads_.data ()));
    say ("the loader of " + who (taken.client) + " answers " + name (taken.key) + " " + std::to_string (taken.version));
    memo_call_return_entry (taken.call.get (), entry (std::to_string (taken.version).c_str (), MEMO_TTL_DEFAULT, { "tag" }).release ());
  }

  void do_write ()
  {
    const int which = pick (4);

    if (which == 0 && writers_.size () < 2)
      {
        const int key = pick (n_keys), client = writer_of (key);
        const bool tag = pick (3) == 0;

        say (who (client) + " begins to change " + name (key) + (tag ? " by its tag" : ""));
        auto change = tag ? std::make_unique<Change> (clients_[client], std::initializer_list<const char *> {}, std::initializer_list<const char *> { "tag" })
                          : std::make_unique<Change> (clients_[client], std::initializer_list<const char *> { name (key).c_str () });
        change->begin ();
        writers_.push_back ({ client, key, tag, std::move (change) });
        return;
      }

    for (auto writer = writers_.begin (); writer != writers_.end (); writer++)
      {
        Change &change = *writer->change;

        if (change.begun->callbacks == 0)
          continue;
        if (writer->version == 0)
          {
            writer->version = ++sources_[writer->key].version;
            sources_[writer->key].acknowledged.push_back (0);
            say (who (writer->client) + " makes " + name (writer->key) + " " + std::to_string (writer->version));
            return;
          }
        if (!writer->ending)
          {
            say (who (writer->client) + " ends its change of " + name (writer->key));
            writer->ending = true;
            change.end ();
            return;
          }
        if (change.ended->callbacks == 1)
          {
            if (change.ended->error == nullptr)
              {
                say ("the change to " + name (writer->key) + " " + std::to_string (writer->version) + " is acknowledged");
                acknowledge (writer->client, writer->key, writer->version);
              }
            else
              {
                own_[writer->client][writer->key] = std::max (own_[writer->client][writer->key], writer->version);
              }
            writers_.erase (writer);
            return;
          }
      }
  }

  // The source first, and then the cache.
  void do_own_change ()
  {
    const int key = pick (n_keys), client = writer_of (key);
    const bool sets = family_.sets && pick (2) == 0;

    sources_[key].acknowledged.push_back (0);
    const int version = ++sources_[key].version;
    say (who (client) + " makes " + name (key) + " " + std::to_string (version) + " and " + (sets ? "sets it" : "deletes it"));
    if (!sets && pick (6) == 0)
      memo_cache_clear (clients_[client]);
    deleters_.push_back ({ client, key, version, sets
      ? set (clients_[client], name (key).c_str (), entry (std::to_string (version).c_str (), MEMO_TTL_DEFAULT, { "tag" }))
      : remove (clients_[client], name (key).c_str ()) });
    own_[client][key] = std::max (own_[client][key], version);
  }

  void do_link ()
  {
    const int process = pick (n_processes);
    ScriptedLink &link = processes_[process]->link;
    const int which = pick (41);
    const std::string process_name = who (process);

    if (which < 14)
      {
        if (link.perform ())
          say (process_name + ": the server does a step");
      }
    else if (which < 28)
      {
        if (link.hear_reply ())
          say (process_name + " hears a reply");
      }
    else if (which < 36)
      {
        if (link.hear_message ())
          say (process_name + " hears a message");
      }
    else if (which == 36 && link.up () && link.requests () == 0 && link.replies () == 0 && link.messages () == 0)
      {
        say (process_name + " hears echoes");
        link.echo ();
      }
    else if (which == 37)
      {
        link.beat ();
      }
    else if (which == 38 && pick (4) == 0 && link.up ())
      {
        say (process_name + " loses its link");
        link.break_off ();
      }
    else if (which == 40 && pick (6) == 0)
      {
        if (pick (2) == 0 ? link.lose_request () : link.lose_reply ())
          say (process_name + " waits in vain for a reply");
      }
    else if (which == 39 && !link.up ())
      {
        say (process_name + " has a link again");
        link.connect ();
      }
  }

  void step ()
  {
    const int which = pick (100);

    if (which < 12)
      do_get ();
    else if (which < 24)
      do_load ();
    else if (which < 32)
      do_write ();
    else if (which < (family_.sets ? 34 : 33))
      do_own_change ();
    else if (which < 36)
      {
        advance (pick (10) == 0 ? 2.1 : 0.1 * (1 + pick (4)));
        server_.expire ();
      }
    else if (which < 37 && family_.full && pick (4) == 0)
      {
        server_.set_full (!server_.full ());
        say (server_.full () ? "the server is full" : "the server has room");
      }
    else if (which < 37 && pick (10) == 0)
      {
        if (pick (10) == 0)
          {
            say ("the server loses everything");
            server_.flush ();
          }
        else
          {
            say ("the server loses " + name (0));
            server_.evict ("d:key0");
          }
      }
    else
      do_link ();

    turn ();
    for (auto &deleter : deleters_)
      {
        if (!deleter.counted && deleter.done->callbacks == 1)
          {
            deleter.counted = true;
            if (deleter.done->error == nullptr)
              {
                say ("the delete or set of " + name (deleter.key) + " " + std::to_string (deleter.version) + " is acknowledged");
                acknowledge (deleter.client, deleter.key, deleter.version);
              }
          }
      }
  }

  // Everything ends.
  void finish ()
  {
    server_.set_full (false);
    for (int i = 0; i < 200 && (!readers_.empty () || !writers_.empty ()); i++)
      {
        for (auto &process : processes_)
          {
            if (!process->link.up ())
              process->link.connect ();
            process->link.settle ();
            process->link.echo ();
          }
        advance (0.2);
        server_.expire ();
        while (!loads_.empty ())
          do_load ();
        do_write ();
        turn ();
        check_readers ();
      }
    EXPECT_TRUE (readers_.empty ()) << "somebody still waits" << tail ();
    EXPECT_TRUE (writers_.empty ()) << "a change did not end" << tail ();
  }

  std::mt19937                                 dice_;
  std::vector<Source>                          sources_;
  std::vector<std::vector<int>>                own_;
  std::vector<Load>                            loads_;
  std::vector<Reader>                          readers_;
  std::vector<std::unique_ptr<Process>>        processes_;
  std::vector<Client>                          clients_;
  Family                                       family_;
  std::vector<Writer>                          writers_;
  std::vector<Deleter>                         deleters_;
  std::vector<std::string>                     history_;
  int                                          reads_ = 0;
};

} // namespace memo_test
