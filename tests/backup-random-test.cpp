// SPDX-License-Identifier: LGPL-2.1-or-later
#include <list>
#include <random>

#include "support/complaints.hpp"
#include "support/scripted-backend.hpp"

using namespace memo_test;

namespace {

// A cache and a backend that answers in any order and fails now and then, for many random steps, with the end of
// the process in between.  A get never gives what was overwritten or invalidated before; after the end of a process,
// what was so and acknowledged.

class BackupRandomTest : public WritingTest
{
protected:
  static constexpr const char *keys[] = { "a", "b", "c", "d" };
  static constexpr const char *tags[] = { "red", "green" };

  // What is known of a key.
  struct Truth
  {
    std::set<int>                    now { 0 };       // what this process may find; 0 is nothing
    std::set<int>                    possible { 0 };  // what the next one may find
    int                              mark = 0;        // how often there was a word on it
    int                              began = 0;       // the same, when the process began
    std::vector<std::pair<int, int>> history;         // the words that may not have arrived: mark, value
  };

  // Something that waits to be acknowledged, and what is known once it is.
  struct Waiting
  {
    Done               done;
    std::map<int, int> marks;         // by key: which word it is about
    std::array<int, 2> drops {};      // by tag: up to which value it was invalidated
  };

  void note (const std::string &what, int key = 0, int value = 0)
  {
    trail_.push_back (std::to_string (step_) + ": " + what + " " + keys[key] + " " + std::to_string (value) + "\n");
    if (trail_.size () > 150)
      trail_.pop_front ();
  }

  // What led to it.
  std::string trail ()
  {
    std::string all = "\n";

    for (const auto &line : trail_)
      all += line;
    return all;
  }

  int roll (int n) { return static_cast<int> (dice_ () % static_cast<unsigned> (n)); }

  void word (int key, int value)
  {
    Truth &truth = truths_[key];

    note ("word on", key, value);
    truth.now = { value };
    truth.possible.insert (value);
    truth.history.push_back ({ ++truth.mark, value });
    // One that waits gets what was right when it asked, or since.
    for (auto &reading : reads_)
      if (reading.key == key)
        reading.allowed.insert (value);
  }

  bool is_dropped (int value, const std::array<int, 2> &drops)
  {
    for (int tag = 0; tag < 2; tag++)
      if (value <= drops[tag] && (tags_of_[value] & (1 << tag)))
        return true;
    return false;
  }

  // What was said before MARK is not found any more, and what has a tag that was dropped.
  void acknowledge (int key, int mark, const std::array<int, 2> &drops)
  {
    Truth &truth = truths_[key];
    auto &all = truth.history;

    if (mark > 0)
      {
        all.erase (std::remove_if (all.begin (), all.end (), [mark] (auto &it) { return it.first < mark; }), all.end ());
        truth.possible = { 0 };
        for (const auto &it : all)
          truth.possible.insert (it.second);
      }
    all.erase (std::remove_if (all.begin (), all.end (), [&] (auto &it) { return is_dropped (it.second, drops); }),
               all.end ());
    for (auto it = truth.possible.begin (); it != truth.possible.end ();)
      it = is_dropped (*it, drops) ? truth.possible.erase (it) : std::next (it);
  }

  void look_at_waiting ()
  {
    for (auto it = waiting_.begin (); it != waiting_.end ();)
      {
        if (it->done->callbacks == 0)
          {
            ++it;
            continue;
          }
        if (it->done->success)
          for (int key = 0; key < 4; key++)
            acknowledge (key, it->marks.count (key) > 0 ? it->marks[key] : 0, it->drops);
        it = waiting_.erase (it);
      }
  }

  std::map<int, int> marks_of_all ()
  {
    std::map<int, int> all;

    // What an earlier process did not get done nobody does.
    for (int key = 0; key < 4; key++)
      if (truths_[key].mark > truths_[key].began)
        all[key] = truths_[key].mark;
    return all;
  }

  void check (int key, const std::shared_ptr<Got> &got, const std::set<int> &allowed)
  {
    if (!got->done () || got->error != nullptr || got->entry == nullptr)
      return;

    const int value = std::stoi (memo_entry_get_string (got->entry.get ()));

    note ("read", key, value);
    EXPECT_TRUE (allowed.count (value) > 0) << trail () << "“" << keys[key] << "” gave " << value << " at step " << step_ << " with seed "
                                            << seed_;
  }

  void write (int key)
  {
    const int bits = roll (4), value = ++values_;
    auto made = entry (std::to_string (value).c_str ());
    std::vector<const char *> names;

    for (int i = 0; i < 2; i++)
      if (bits & (1 << i))
        names.push_back (tags[i]);
    names.push_back (nullptr);
    if (bits != 0)
      memo_entry_set_tags (made.get (), names.data ());
    tags_of_[value] = bits;
    word (key, value);
    if (roll (2) == 0)
      set (keys[key], std::move (made));
    else
      waiting_.push_back ({ set_async (keys[key], std::move (made)), { { key, truths_[key].mark } }, {} });
  }

  void erase (int key)
  {
    word (key, 0);
    if (roll (4) == 0)
      set (keys[key], entry ("0", 0.0));
    else if (roll (2) == 0)
      remove (keys[key]);
    else
      waiting_.push_back ({ delete_async (keys[key]), { { key, truths_[key].mark } }, {} });
  }

  void erase_all ()
  {
    note ("clear");
    for (int key = 0; key < 4; key++)
      word (key, 0);
    waiting_.push_back ({ clear_async (), marks_of_all (), {} });
  }

  void drop_tag (int tag)
  {
    std::array<int, 2> drops {};

    note (std::string ("drop ") + tags[tag]);
    drops[tag] = dropped_[tag] = values_;
    for (auto &truth : truths_)
      {
        for (int value : std::set<int> (truth.now))
          if (is_dropped (value, drops))
            truth.now.erase (value);
        // A read that waits may not have it any more, either.
        truth.now.insert (0);
      }
    waiting_.push_back ({ invalidate_async (tags[tag]), {}, drops });
  }

  void read (int key)
  {
    note ("ask for", key);
    reads_.push_back ({ key, get (keys[key]), truths_[key].now });
  }

  void answer_some ()
  {
    if (held () == 0)
      return;

    const size_t i = dice_ () % held ();
    const int how = roll (12);

    note (std::string (how == 0 ? "fails: " : how == 1 ? "is dropped: " : "does: ") + ScriptedActor::describe (actor ().held[i]));
    switch (how)
      {
      case 0: WritingTest::fail (i); break;
      case 1: drop (i); break;
      default: let_go (i); break;
      }
  }

  void look_at_reads ()
  {
    for (auto it = reads_.begin (); it != reads_.end ();)
      {
        if (!it->got->done ())
          {
            ++it;
            continue;
          }
        check (it->key, it->got, it->allowed);
        it = reads_.erase (it);
      }
  }

  void end_of_process ()
  {
    note ("the end of the process");
    // Those who wait hold the cache, and see to it that it goes on.
    for (int i = 0; i < 1000 && !(waiting_.empty () && reads_.empty ()); i++)
      {
        while (held () > 0)
          let_go (0);
        turn ();
        advance (1.0);
        turn ();
        look_at_waiting ();
        look_at_reads ();
      }
    EXPECT_TRUE (waiting_.empty ());
    if (roll (2) == 0)
      for (int i = roll (5); i > 0; i--)
        write_without_waiting (roll (4));
    Watch watch (cache_.get ());
    cache_.reset ();
    turn ();
    EXPECT_TRUE (watch.gone ());
    while (held () > 0)
      let_go (0);
    turn ();
    cache_ = new_cache_over (backend_.get (), "maxsize", static_cast<guint> (roll (4)));
    for (auto &truth : truths_)
      {
        truth.now = truth.possible;
        truth.began = truth.mark;
      }
    dropped_ = {};
  }

  void write_without_waiting (int key)
  {
    word (key, ++values_);
    set (keys[key], std::to_string (values_).c_str ());
  }

  void step ()
  {
    const int what = roll (1000);

    if (what < 300)
      answer_some ();
    else if (what < 550)
      read (roll (4));
    else if (what < 700)
      write (roll (4));
    else if (what < 800)
      erase (roll (4));
    else if (what < 850)
      drop_tag (roll (2));
    else if (what < 870)
      erase_all ();
    else if (what < 920)
      waiting_.push_back ({ flush_async (), marks_of_all (), dropped_ });
    else if (what < 990)
      advance (0.5);
    else
      end_of_process ();
    turn ();
    look_at_waiting ();
    look_at_reads ();
  }

  struct Reading
  {
    int                  key;
    std::shared_ptr<Got> got;
    std::set<int>        allowed;
  };

  std::mt19937                                seeded_;
  std::function<unsigned ()>                  dice_ = [this] { return seeded_ (); };
  unsigned                                    seed_ = 0;
  int                                         step_ = 0;
  int                                         values_ = 0;
  Truth                                       truths_[4];
  std::map<int, int>                          tags_of_;         // by value, in bits
  std::array<int, 2>                          dropped_ {};
  std::list<Waiting>                          waiting_;
  std::deque<std::string>                     trail_;
  std::list<Reading>                          reads_;
};

TEST_F (BackupRandomTest, NothingThatWasOverwrittenOrInvalidatedComesBack)
{
  complaints_of ([&] {
    for (seed_ = 1; seed_ <= 10 && !HasFailure (); seed_++)
      {
        seeded_.seed (seed_);
        hold ({ Ask::load, Ask::store, Ask::remove, Ask::clear, Ask::flush });
        for (step_ = 0; step_ < 2000 && !HasFailure (); step_++)
          step ();
        end_of_process ();
      }
  });
}

} // namespace
