// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "reference-memory.hpp"
#include "tally.hpp"

namespace model {

// What a set or a load brings.
struct Value
{
  std::string words;              // the text that it holds, or `nothing`
  Time        ttl = unsaid;
  Tags        tags;
};

inline const std::string nothing = "the cached nothing";
inline const std::string miss = "a miss";

// All errors begin like that.
inline const std::string cancelled = "error: cancelled";
inline const std::string timed_out = "error: timed out";
inline const std::string abandoned = "error: abandoned";

inline bool is_error (const std::string &words) { return words.compare (0, 7, "error: ") == 0; }

struct Answer
{
  enum class Kind { value, none, error, dropped };

  Kind        kind;
  Value       value;
  std::string error;
};

struct Loader
{
  int  number;
  Time ttl = unsaid;
  Time timeout = never;
  Time error_ttl = 0;
  Tags tags {};
  bool at_once = false;           // answers as soon as it is called
};

struct Ask
{
  bool refresh = false;
  bool warmup = false;
  bool cancelled = false;         // before it was asked
};

struct Metrics
{
  long hits = 0;
  long misses = 0;
  long coalesced = 0;
  long loads = 0;
  long load_failures = 0;
};

// The promises of the library, said a second time and as plainly as can be.  It shares no
// code with the library and knows nothing of its inside: it has no locks, no heap, no hashing, no
// sources and no callbacks.  All that the loop would do is done by turn().
//
// Askers and loads are numbers.  What a get comes to is in `decided` as soon as nothing can
// change it any more; the library has to deliver it in the next turn of the loop, and
// nothing else, and not before.
class ReferenceCache
{
public:
  using Script = std::function<Answer ()>;

  struct Called
  {
    int         flight;
    int         loader;
    int         key;
    std::string previous;         // what is being refreshed, or a miss
  };

  // SCRIPT gives the answers of the loaders that answer at once, one after the other.
  ReferenceCache (Script script, Tally &tally) : script_ (std::move (script)), tally_ (tally) {}

  void advance (Time by) { now_ += by; }
  void turn ();

  std::string lookup (int key);
  std::string peek (int key) const;
  void set (int key, const Value &value);
  bool remove (int key);
  void clear ();
  void invalidate_tags (Tags tags);

  void set_maxsize (std::size_t maxsize);
  void set_default_ttl (Time ttl) { default_ttl_ = ttl; }
  void trim (unsigned percent);
  void reset_metrics ();

  void get (int asker, int key, Ask how, const Loader *loader);
  bool cancel (int asker);
  void add_tags (int flight, Tags tags);
  void answer (int flight, const Answer &answer);

  bool wants_to_call () const { return !starts_.empty (); }
  bool is_cancelled (int flight) const { return flights_.at (flight).cancelled; }
  std::size_t live () const { return values_.live (now_); }
  std::size_t maxsize () const { return maxsize_; }
  const ReferenceMemory &values () const { return values_; }
  ReferenceMemory &values () { return values_; }

  Metrics                    metrics;
  std::map<int, std::string> decided;   // by asker; for the driver to take
  std::vector<Called>        called;    // the loaders' functions, in order; for the driver to take

private:
  struct Waiter
  {
    int  asker;
    long joined;
  };

  // One load and who waits for it.
  struct Flight
  {
    int                      number;
    int                      key;
    const Loader            *loader;
    Time                     deadline;
    Tags                     known;       // the loader's and those added to the call
    Tags                     previous_tags;
    std::string              previous;
    std::array<long, n_tags> invalidated {};   // the first time since it began, 0 for not at all
    std::vector<Waiter>      waiters;
    bool                     current = true;   // may be joined and stored
    bool                     started = false;
    bool                     over = false;
    bool                     cancelled = false;
  };

  Flight *current (int key);
  Flight &begin (int key, const Loader &loader, Waiter first);
  void start (int number);
  void outdate (Flight &flight, Event why);
  long first_invalidated (const Flight &flight, Tags tags) const;
  void keep (int key, const Value *value, Time loader_ttl, Tags tags);
  void fail (Flight &flight, const std::string &words);
  void deliver (Flight &flight, const Answer &answer);
  void decide (int asker, const std::string &words) { decided[asker] = words; }

  Script                script_;
  Tally                &tally_;

  Time                  now_ = 0;
  long                  moment_ = 0;      // counts what is asked and invalidated, to tell what came first
  std::size_t           maxsize_ = 128;
  Time                  default_ttl_ = never;

  ReferenceMemory       values_ { &tally_ };
  ReferenceMemory       errors_ { nullptr };

  std::map<int, Flight> flights_;         // in the order they began
  int                   last_flight_ = 0;
  std::deque<int>       starts_;          // whose loader is to be called in the next turn
};

} // namespace model
