// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/complaints.hpp"
#include "support/scripted-backend.hpp"

using namespace memo_test;

namespace {

// Rule 27, by trying everything: each sequence of changes, with each backend call of it done before or after each
// change, the oldest or the newest first, and each of them failing.

enum class Change { set, set_tagged, remove, fill, fill_tagged, set_nothing, other, clear, invalidate };

constexpr int n_changes = 9;
constexpr const char *names[] = { "set", "set tagged", "remove", "fill", "fill tagged", "set with a TTL of 0", "set another",
                                  "clear", "invalidate" };

// What is done in between.
enum class Pause { none, oldest, newest };

class WriteInterleavingsTest : public WritingTest
{
protected:
  WriteInterleavingsTest ()
  {
    actor ().on_ask = [this] (ScriptedActor::Wish &wish) {
      if (!held_up_ || wish.what == Ask::load || wish.what == Ask::open)
        return false;
      actor ().held.push_back (std::move (wish));
      return true;
    };
  }

  void begin (guint maxsize)
  {
    place_->clear ();
    actor ().log.clear ();
    cache_ = new_cache_over (backend_.get (), "maxsize", maxsize);
    model_.clear ();
    count_ = calls_ = 0;
    fail_at_ = -1;
    held_up_ = true;
  }

  void put (const char *key, bool tagged, bool loaded)
  {
    std::string value = std::to_string (++count_);
    auto made = entry (value.c_str ());

    if (tagged)
      memo_entry_set_tags (made.get (), Tags ({ "tag" }));
    if (loaded)
      fill (key, std::move (made));
    else
      set (key, std::move (made));
    model_[key] = { value, tagged };
  }

  void change (Change what)
  {
    switch (what)
      {
      case Change::set: put ("key", false, false); break;
      case Change::set_tagged: put ("key", true, false); break;
      case Change::fill: put ("key", false, true); break;
      case Change::fill_tagged: put ("key", true, true); break;
      case Change::other: put ("other", true, false); break;
      case Change::remove:
        remove ("key");
        model_.erase ("key");
        break;
      case Change::set_nothing:
        set ("key", entry ("nothing", 0.0));
        model_.erase ("key");
        break;
      case Change::clear:
        clear ();
        model_.clear ();
        break;
      case Change::invalidate:
        invalidate ("tag");
        for (auto it = model_.begin (); it != model_.end ();)
          it = it->second.tagged ? model_.erase (it) : std::next (it);
        break;
      }
  }

  void one (size_t i)
  {
    if (calls_++ == fail_at_)
      WritingTest::fail (i);
    else
      let_go (i);
  }

  void pause (Pause what)
  {
    if (what != Pause::none && held () > 0)
      one (what == Pause::oldest ? 0 : held () - 1);
  }

  std::string expected (const char *key)
  {
    auto found = model_.find (key);

    return found != model_.end () ? found->second.value : "-";
  }

  std::string read (const char *key)
  {
    auto got = get (key);

    turn ();
    EXPECT_TRUE (got->done ());
    return got->entry != nullptr ? memo_entry_get_string (got->entry.get ()) : "-";
  }

  // Says whether all was as it should be.
  bool check (const char *when)
  {
    for (const char *key : { "key", "other" })
      {
        std::string found = read (key), wanted = expected (key);

        if (found != wanted && (fail_at_ < 0 || found != "-"))
          {
            ADD_FAILURE () << when << " “" << key << "” is " << found << " in place of " << wanted;
            return false;
          }
      }
    return true;
  }

  // Does all that is asked for, and looks at what came of it.
  bool end ()
  {
    auto flush = flush_async ();

    for (int i = 0; i < 20 && (held () > 0 || flush->callbacks == 0); i++)
      {
        while (held () > 0)
          one (0);
        turn ();
        advance (1.0);
        turn ();
      }
    EXPECT_EQ (flush->callbacks, 1);
    held_up_ = false;
    bool good = flush->callbacks == 1 && check ("afterwards");

    for (const char *key : { "key", "other" })
      {
        std::string found = after_restart (key), wanted = expected (key);

        if (found != wanted && (fail_at_ < 0 || found != "-"))
          {
            ADD_FAILURE () << "after a restart “" << key << "” is " << found << " in place of " << wanted;
            good = false;
          }
      }
    return good;
  }

  bool run (const std::vector<Change> &changes, const std::vector<Pause> &pauses, guint maxsize, int fail_at = -1)
  {
    begin (maxsize);
    fail_at_ = fail_at;

    bool good = true;
    for (size_t i = 0; good && i < changes.size (); i++)
      {
        change (changes[i]);
        good = check ("meanwhile");
        if (i < pauses.size ())
          pause (pauses[i]);
        good = good && check ("after a pause");
      }
    good = end () && good;
    if (!good)
      {
        for (size_t i = 0; i < changes.size (); i++)
          {
            std::cerr << names[static_cast<int> (changes[i])] << ", ";
            if (i < pauses.size () && pauses[i] != Pause::none)
              std::cerr << (pauses[i] == Pause::oldest ? "oldest, " : "newest, ");
          }
        std::cerr << "maxsize " << maxsize << ", failing " << fail_at_ << "; asked for: ";
        for (const auto &line : log ())
          std::cerr << line << "; ";
        std::cerr << std::endl;
      }
    return good;
  }

  template <typename T>
  static std::vector<T> digits (int number, int base, int n)
  {
    std::vector<T> all;

    for (; n-- > 0; number /= base)
      all.push_back (static_cast<T> (number % base));
    return all;
  }

  static int power (int base, int exponent) { return exponent == 0 ? 1 : base * power (base, exponent - 1); }

  struct Kept
  {
    std::string value;
    bool        tagged;
  };

  std::map<std::string, Kept> model_;
  int                         count_ = 0;
  int                         calls_ = 0;
  int                         fail_at_ = -1;
  bool                        held_up_ = false;
};

TEST_F (WriteInterleavingsTest, Rule27WhateverIsWrittenWhenWhatIsThereAtLastIsWhatWasSaidLast)
{
  for (int i = 0; i < power (n_changes, 3); i++)
    for (int j = 0; j < power (3, 2); j++)
      ASSERT_TRUE (run (digits<Change> (i, n_changes, 3), digits<Pause> (j, 3, 2), 0));
  for (int i = 0; i < power (n_changes, 2); i++)
    for (int j = 0; j < power (3, 2); j++)
      ASSERT_TRUE (run (digits<Change> (i, n_changes, 2), digits<Pause> (j, 3, 2), 128));
}

TEST_F (WriteInterleavingsTest, Rule27FourChangesInFrontOfABackendThatIsBehind)
{
  for (int i = 0; i < power (n_changes, 4); i++)
    ASSERT_TRUE (run (digits<Change> (i, n_changes, 4), { Pause::none, Pause::oldest }, 0));
}

TEST_F (WriteInterleavingsTest, Rule27WhateverFailsNothingComesBack)
{
  complaints_of ([&] {
    for (int i = 0; i < power (n_changes, 3); i++)
      for (int j : { 0, 1, 4 })
        for (int k = 0; k < 4; k++)
          ASSERT_TRUE (run (digits<Change> (i, n_changes, 3), digits<Pause> (j, 3, 2), 0, k));
  });
}

} // namespace
