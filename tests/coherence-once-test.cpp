// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/coherence-world.hpp"

using namespace memo_test;

namespace {

// Three processes of two caches each, a server that does what it should, and a source that nobody changes: what all of them miss is
// loaded once for each of its lives, in whatever order the processes hear of each other.
class CoherenceOnceTest : public CoherenceWorldTest, public ::testing::WithParamInterface<unsigned>
{
protected:
  static constexpr double ttl = 3.0;
  static constexpr double patience = 2.0;      // of the sources: within the life of a lease

  double seconds () { return static_cast<double> (now ()) / G_USEC_PER_SEC; }

  void prepare ()
  {
    begin (GetParam (), { .caches = 2 });
    last_.assign (n_keys, -2 * ttl);
    for (size_t i = 0; i < clients_.size (); i++)
      {
        clients_[i].loader->on_call = [this] (MemoCall *call) {
          const int key = memo_call_get_key (call)[3] - '0';

          n_loads_++;
          EXPECT_GE (seconds (), last_[key] + ttl) << name (key) << " is loaded again after " << seconds () - last_[key] << " s, and lives "
                                                   << ttl << " s" << tail ();
          last_[key] = seconds ();
          say (name (key) + " is loaded");
          calls_.push_back ({ memo_test::share (call), seconds () });
        };
      }
  }

  void answer (size_t i)
  {
    auto call = std::move (calls_[i].first);

    calls_.erase (calls_.begin () + static_cast<long> (i));
    say (std::string ("a loader answers ") + memo_call_get_key (call.get ()));
    memo_call_return_entry (call.get (), entry ("1", ttl, { "tag" }).release ());
  }

  // No source and no link is slower than that.
  void hurry ()
  {
    while (!calls_.empty () && seconds () >= calls_.front ().second + patience)
      answer (0);
    if (seconds () < hurried_ + 0.5)
      return;
    hurried_ = seconds ();
    say ("all links are settled");
    for (auto &process : processes_)
      {
        process->link.settle ();
        process->link.echo ();
      }
  }

  void do_something ()
  {
    const int which = pick (100);
    const int process = pick (n_processes);
    auto &link = processes_[process]->link;

    if (which < 20)
      {
        const int client = pick (n_clients ()), key = pick (n_keys);

        say (who (client) + " gets " + name (key));
        gots_.push_back (AsyncTest::get (clients_[client], name (key).c_str (), *clients_[client].loader));
      }
    else if (which < 26 && !calls_.empty ())
      answer (pick (static_cast<int> (calls_.size ())));
    else if (which < 30)
      advance (0.1);
    else if (which < 50)
      link.hear_message ();
    else if (which < 75)
      {
        // A message about the end of one life that is heard in the next makes the load of that one of no use to others, and another
        // one follows: only here nothing is that late.
        while (link.hear_message ())
          say (who (process) + " hears a message");
        if (link.hear_reply ())
          say (who (process) + " hears a reply");
      }
    else if (link.requests () > 0)
      {
        say ("the server does step " + std::to_string (link.next_step ()) + " of " + who (process) + " for " + link.next_key ());
        link.perform ();
      }
    server_.expire ();
    hurry ();
    turn ();
  }

  std::vector<std::pair<Ref<MemoCall>, double>> calls_;
  std::vector<std::shared_ptr<Got>>             gots_;
  std::vector<double>                           last_;
  int                                           n_loads_ = 0;
  double                                        hurried_ = 0.0;
};

TEST_P (CoherenceOnceTest, EachLifeOfAKeyCostsOneLoad)
{
  prepare ();
  for (int i = 0; i < 2000 && !HasFailure (); i++)
    do_something ();
  for (int i = 0; i < 20; i++)
    {
      for (auto &process : processes_)
        process->link.settle ();
      while (!calls_.empty ())
        answer (0);
      turn ();
    }
  for (const auto &got : gots_)
    EXPECT_THAT (got, GotText ("1"));
  EXPECT_GT (n_loads_, n_keys) << "keys have ended and were loaded anew";
}

INSTANTIATE_TEST_SUITE_P (Seeds, CoherenceOnceTest, ::testing::Range (1u, 61u));

} // namespace
