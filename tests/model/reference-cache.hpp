// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <bitset>
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
inline const std::string not_found = "error: not found";
inline const std::string unnamed = "error: the arguments name no call";

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
  bool batch = false;             // is asked for many keys at a time
  bool accept_extra = false;
};

struct Ask
{
  bool refresh = false;
  bool warmup = false;
  bool cancelled = false;         // before it was asked
  std::string args {};            // of a decorated call
};

// What a change of the source makes wrong.
struct Touch
{
  std::bitset<n_keys> keys;
  Tags                tags;
  bool                everything = false;
};

struct Metrics
{
  long hits = 0;
  long misses = 0;
  long coalesced = 0;
  long loads = 0;
  long load_failures = 0;
  long batches = 0;
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
    std::string args;             // of a decorated call
  };

  // A batch has left.
  struct CalledBatch
  {
    int              batch;
    int              loader;
    std::vector<int> keys;        // in the order they were asked for
    bool             any_order;   // but for one that was taken out and came back
  };

  // The function of an invalidator, or its key function.
  struct CalledFunction
  {
    int  change;
    bool key_function;
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

  void set_batch_window (Time window) { batch_window_ = window; }
  void set_max_batch_size (std::size_t size) { max_batch_size_ = size; }
  std::size_t max_batch_size () const { return max_batch_size_; }
  bool has_windows () const;
  Time next_in_windows (Time before) const;
  void answer_key (int batch, int key, const Answer &answer);
  void answer_extra (int batch, int key, const Value &value);
  void end_batch (int batch, const std::string &words);
  void add_tags_to_batch (int batch, Tags tags);

  void begin_mutation (const Touch &touch);
  void end_mutation (const Touch &touch);
  void change (int asker, const std::string &words, bool has_key_function, const Touch *touch);
  void name_changed (int change, const Touch *touch, const std::string &error);
  void answer_change (int change, const std::string &words);

  const std::string &words_of (int change) const { return changes_.at (change).words; }
  std::size_t open_changes () const { return changes_.size (); }

  bool wants_to_call () const;
  bool is_cancelled (int flight) const { return flights_.at (flight).cancelled; }
  bool is_batch_cancelled (int batch) const { return batches_.at (batch).cancelled; }
  Time now () const { return now_; }
  std::size_t live () const { return values_.live (now_); }
  std::size_t maxsize () const { return maxsize_; }
  const ReferenceMemory &values () const { return values_; }
  ReferenceMemory &values () { return values_; }

  Metrics                    metrics;
  std::map<int, std::string> decided;   // by asker; for the driver to take
  std::vector<Called>        called;    // the loaders' functions, in order; for the driver to take
  std::vector<CalledBatch>    called_batches;
  std::vector<CalledFunction> called_functions;

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
    int                      batch = 0;           // 0 for a load of its own
    std::string              args;
  };

  // The keys that are asked for in one call: a window, until it leaves.
  struct Batch
  {
    int              number;
    const Loader    *loader;
    Time             deadline;                   // `at_idle`, or when the window closes
    bool             open = true;                // takes keys
    bool             left = false;
    bool             cancelled = false;
    bool             came_back = false;          // a key did, that had been taken out
    std::vector<int> keys {};
    Tags             tags {};                    // added to the call
    long             left_at = 0;
  };

  // One call of an invalidator.
  struct Change
  {
    int   number;
    int   asker;
    bool  waits = true;           // was not cancelled
    bool  named = false;          // it is known what it touches, and it began
    bool  running = false;        // a function was called and has not answered
    Touch touch {};
    std::string words {};         // who is called, with what
  };

  Flight *current (int key);
  Flight &begin (int key, const Loader &loader, const std::string &args, Waiter first);
  void start (int number);
  void outdate (Flight &flight, Event why);
  long first_invalidated (const Flight &flight, Tags tags) const;
  void keep (int key, const Value *value, Time loader_ttl, Tags tags);
  void fail (Flight &flight, const std::string &words);
  void deliver (Flight &flight, const Answer &answer);
  void forget (int number);
  void gather (Flight &flight);
  void leave (Batch &batch);
  void turn_batches ();
  std::vector<int> waiting_for (int batch, int key) const;
  std::vector<int> wanted (const Batch &batch) const;
  void desert (const Flight &flight, bool given_up);
  void invalidate (const Touch &touch);
  bool is_held (int key, Tags tags) const;
  void turn_changes ();
  void withdraw (Change &change);
  void end_change (Change &change, const std::string &words);
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

  static constexpr Time at_idle = -1;
  std::map<int, Batch>  batches_;
  int                   last_batch_ = 0;
  Time                  batch_window_ = 0;
  std::size_t           max_batch_size_ = 100;
  std::array<long, n_keys> key_changed_ {};   // when it was last set, deleted or cleared
  std::array<long, n_tags> tag_changed_ {};

  std::map<int, Change> changes_;
  int                   last_change_ = 0;
  std::deque<int>       function_starts_;
  std::array<int, n_keys> held_keys_ {};      // by how many changes
  std::array<int, n_tags> held_tags_ {};
  int                   held_all_ = 0;
};

} // namespace model
