// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "choices.hpp"
#include "mutation-test.hpp"

#include <array>

// Changes of a source and reads of it, in every order in which their steps can come.
//
// A change is called, its function starts, commits a new version to the database, and answers; or it fails,
// with or without a commit, or drops its call; and its caller may be cancelled in between. A read asks,
// its loader reads the database, and replies. Each has a main context of its own, so each step is one
// turn of one context, or one answer. The explorer runs all orders, from the beginning each, and the
// first order that breaks a promise is told step by step.

namespace memo_test {

// How the cache is told of a change. Only the first is right.
enum class Strategy { Bracket, DeleteBefore, DeleteAfter, DeleteBeforeAndAfter };

enum class Ending { Success, FailureWithoutCommit, FailureAfterCommit, Drop };

struct ChangePlan
{
  Ending ending = Ending::Success;
  bool   cancelled = false;       // its caller is cancelled at some time

  bool operator== (const ChangePlan &other) const { return ending == other.ending && cancelled == other.cancelled; }
};

struct Scenario
{
  std::vector<ChangePlan>   changes;                  // one or two
  std::vector<MemoGetFlags> reads;
  bool                      starts_at_once = false;   // a change's call and the start of its function are one step
  bool                      warm = false;             // an entry is there at the beginning
  Strategy                  strategy = Strategy::Bracket;
};

// The promises.
inline const char *const older_than_answered = "a read that began after a change was answered got an older value";
inline const char *const stale_hit = "memory answered with a value older than the database";
inline const char *const stale_at_rest = "at rest the cache holds a value older than the database";
inline const char *const against_the_table = "memory holds something else than the table says";
inline const char *const wrongly_shared = "a read joined another, or did not, against the rule";
inline const char *const not_once = "a call was not answered exactly once, with what it is to get";
inline const char *const left_open = "at rest nothing is kept any more";

// A load that begins in one phase of a change and ends in another is kept or not:
//
//             ends  before  during  after
//   begins before    kept     no      no
//          during     -       no      no
//          after      -       -      kept
//
// and where there are several changes, when each of them lets it.
enum Phase { Before, During, After };

constexpr bool is_kept[3][3] = {
  { true,  false, false },
  { false, false, false },
  { false, false, true },
};

struct Report
{
  long                               schedules = 0;
  std::map<std::string, long>        violations;
  std::map<std::string, std::string> first;           // the first order that broke a promise
  std::array<std::array<long, 3>, 3> loads = {};      // by the phases in which they began and ended
  long                               hits = 0, joins = 0, cancelled_before_start = 0;
};

class World;

// Where schedules are run, one after the other. A bracket that one of them left open would be found by the next.
class Stage
{
public:
  Stage ()
  {
    read = adopt (memo_async_lru_new ("get", load_cb, this, nullptr));
    change = adopt (memo_async_lru_invalidator_new (read.get (), change_cb, this, nullptr));
    cache = memo_async_function_get_cache (MEMO_ASYNC_FUNCTION (read.get ()));
  }

  GMainContext *context (size_t i)
  {
    while (contexts_.size () <= i)
      contexts_.push_back (std::make_unique<Context> ());
    return *contexts_[i];
  }

  World                       *world = nullptr;
  Ref<MemoAsyncLru>            read;
  Ref<MemoAsyncLruInvalidator> change;
  MemoCache                   *cache;

private:
  static void load_cb (MemoCall *call, gpointer data);
  static void change_cb (MemoCall *call, gpointer data);

  std::vector<std::unique_ptr<Context>> contexts_;
};

// One schedule: the database, the cache, and those who change and read.
class World
{
public:
  World (const Scenario &scenario, Stage &stage, Choices &choices, Report &report)
    : scenario_ (scenario), stage_ (stage), choices_ (choices), report_ (report),
      changers_ (scenario.changes.size ()), readers_ (scenario.reads.size () + 1)
  {
    stage.world = this;
    for (auto &changer : changers_)
      changer.context = stage.context (n_contexts_++);
    for (auto &reader : readers_)
      reader.context = stage.context (n_contexts_++);
    done_.reserve (16);
    memo_cache_clear (cache_);
    if (scenario.warm)
      memo_cache_set (cache_, key, memo_entry_new_int64 (database_));
    kept_ = scenario.warm ? database_ : nothing;
    if (cached () != kept_)
      violate (left_open);
  }

  // Nothing is left for the next.
  ~World ()
  {
    for (auto &reader : readers_)
      reader.call.reset ();
    for (auto &changer : changers_)
      changer.call.reset ();
    for (size_t i = 0; i < n_contexts_; i++)
      turn (stage_.context (i), true);
  }

  void run ()
  {
    for (;;)
      {
        std::array<Step, 16> steps;
        size_t n = collect (steps);

        if (n == 0)
          break;
        done_.push_back (steps[choices_.choose (n)]);
        take (done_.back ());
        if (cached () != kept_)
          violate (against_the_table);
      }
    rest ();
  }

  // --- the functions ---

  void begin_load (MemoCall *call)
  {
    if (loading_ == nullptr)
      return violate (not_once);
    loading_->call = share (call);
    loading_->version = database_;
  }

  void begin_change (MemoCall *call)
  {
    if (starting_ == nullptr)
      return violate (not_once);
    starting_->call = share (call);
  }

private:
  static constexpr const char *key = "get()";
  static constexpr int nothing = -1;

  enum StepKind { Call, Start, Commit, Answer, Cancel, Ask, Load, Reply };

  struct Step { StepKind kind; size_t who; };

  struct Changer
  {
    GMainContext     *context = nullptr;
    enum { Waiting, Called, Running, Committed, Over } state = Waiting;
    Ref<GCancellable> cancellable;
    Ref<MemoCall>     call;
    bool              cancelled = false;
    int               version = 0;          // what it committed
    int               callbacks = 0;
    int               answer = nothing;
    Error             error;
    Phase             phase = Before;
  };

  struct Reader
  {
    GMainContext        *context = nullptr;
    enum { Waiting, Starting, Loading, Joined, Over } state = Waiting;
    Ref<MemoCall>        call;
    int                  floor = 0;         // the least version that it may get
    int                  version = nothing; // what its loader read
    int                  leader = nothing;  // whose load it waits for
    std::array<Phase, 2> began = {};        // in which phase of each change its load began
    int                  callbacks = 0;
    int                  value = nothing;
  };

  void violate (const char *promise)
  {
    if (report_.violations[promise]++ == 0)
      report_.first[promise] = story ();
  }

  std::string story () const
  {
    static const char *const names[] = { " is called", " starts", " commits", " answers", " is cancelled",
                                         " asks", " loads", " replies" };
    std::string text;
    for (auto &step : done_)
      text += (text.empty () ? "" : ", ") + std::string (step.kind < Ask ? "change " : "read ") +
              std::to_string (step.who + 1) + names[step.kind];
    return text;
  }

  // --- what can be done next ---

  size_t collect (std::array<Step, 16> &steps)
  {
    size_t n = 0;

    for (size_t i = 0; i < changers_.size (); i++)
      {
        Changer &changer = changers_[i];
        const ChangePlan &plan = scenario_.changes[i];

        // Of two that are alike, the first is called first.
        if (changer.state == Changer::Waiting)
          {
            if (i == 0 || !(plan == scenario_.changes[i - 1]) || changers_[i - 1].state != Changer::Waiting)
              steps[n++] = { Call, i };
          }
        else if (changer.state == Changer::Called)
          steps[n++] = { Start, i };
        else if (changer.state == Changer::Running && plan.ending != Ending::FailureWithoutCommit)
          steps[n++] = { Commit, i };
        else if (changer.state != Changer::Over)
          steps[n++] = { Answer, i };
        if (plan.cancelled && !changer.cancelled && changer.state != Changer::Waiting && changer.state != Changer::Over)
          steps[n++] = { Cancel, i };
      }

    for (size_t i = 0; i < scenario_.reads.size (); i++)
      {
        Reader &reader = readers_[i];

        if (reader.state == Reader::Waiting)
          {
            if (i == 0 || scenario_.reads[i] != scenario_.reads[i - 1] || readers_[i - 1].state != Reader::Waiting)
              steps[n++] = { Ask, i };
          }
        else if (reader.state == Reader::Starting)
          steps[n++] = { Load, i };
        else if (reader.state == Reader::Loading)
          steps[n++] = { Reply, i };
      }

    return n;
  }

  void take (const Step &step)
  {
    switch (step.kind)
      {
      case Call: call (changers_[step.who]); break;
      case Start: start (changers_[step.who]); break;
      case Commit: commit (changers_[step.who]); break;
      case Answer: answer (changers_[step.who], scenario_.changes[step.who].ending); break;
      case Cancel: cancel (changers_[step.who]); break;
      case Ask: ask (readers_[step.who], scenario_.reads[step.who]); break;
      case Load: load (readers_[step.who]); break;
      case Reply: reply (readers_[step.who]); break;
      }
  }

  static void turn (GMainContext *context, bool to_the_end = false)
  {
    while (g_main_context_iteration (context, FALSE) && to_the_end)
      ;
  }

  template <typename What>
  static void within (GMainContext *context, What &&what)
  {
    g_main_context_push_thread_default (context);
    what ();
    g_main_context_pop_thread_default (context);
  }

  int cached ()
  {
    Entry entry (memo_cache_peek (cache_, key));

    return entry != nullptr ? static_cast<int> (memo_entry_get_int64 (entry.get ())) : nothing;
  }

  // --- changes ---

  bool brackets () const { return scenario_.strategy == Strategy::Bracket; }
  bool deletes_before () const { return !brackets () && scenario_.strategy != Strategy::DeleteAfter; }
  bool deletes_after () const { return !brackets () && scenario_.strategy != Strategy::DeleteBefore; }

  // A start or an end: nothing should be kept; and where the cache is told, who asks joins nothing older.
  void pass (Changer &changer, Phase phase, bool told)
  {
    changer.phase = phase;
    kept_ = nothing;
    if (told)
      current_ = nothing;
  }

  void call (Changer &changer)
  {
    changer.state = Changer::Called;
    if (scenario_.changes[&changer - changers_.data ()].cancelled)
      changer.cancellable = adopt (g_cancellable_new ());
    if (brackets ())
      within (changer.context, [&] {
        memo_invalidator_call_async (MEMO_INVALIDATOR (stage_.change.get ()), nullptr, changer.cancellable.get (),
                                     changed_cb, &changer);
      });
    else if (deletes_before ())
      memo_cache_delete (cache_, key);
    pass (changer, During, brackets () || deletes_before ());
    if (scenario_.starts_at_once)
      start (changer);
  }

  void start (Changer &changer)
  {
    starting_ = &changer;
    if (brackets ())
      turn (changer.context);
    starting_ = nullptr;
    changer.state = Changer::Running;
    if (brackets () && changer.call == nullptr)
      violate (not_once);
  }

  void commit (Changer &changer)
  {
    changer.version = ++database_;
    changer.state = Changer::Committed;
  }

  void answer (Changer &changer, Ending ending)
  {
    if (brackets ())
      {
        if (ending == Ending::Success)
          memo_call_return_entry (changer.call.get (), memo_entry_new_int64 (changer.version));
        else if (ending != Ending::Drop)
          memo_call_return_error (changer.call.get (), make_error ("it failed").release ());
        changer.call.reset ();
        pass (changer, After, true);
        turn (changer.context);
        if (changer.cancelled)
          expect_told (changer, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        else if (ending == Ending::Success)
          expect_told (changer, 0, 0);
        else if (ending == Ending::Drop)
          expect_told (changer, MEMO_ERROR, MEMO_ERROR_ABANDONED);
        else
          expect_told (changer, G_IO_ERROR, G_IO_ERROR_FAILED);
      }
    else
      {
        if (deletes_after ())
          memo_cache_delete (cache_, key);
        pass (changer, After, deletes_after ());
      }
    changer.state = Changer::Over;
    answered_ = std::max (answered_, changer.version);
  }

  // Cancelled before its function was called, a change is over without it.
  void cancel (Changer &changer)
  {
    changer.cancelled = true;
    g_cancellable_cancel (changer.cancellable.get ());
    turn (changer.context);
    expect_told (changer, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    if (changer.state != Changer::Called)
      return;
    changer.state = Changer::Over;
    pass (changer, After, true);
    report_.cancelled_before_start++;
  }

  void expect_told (Changer &changer, GQuark domain, int code)
  {
    if (changer.callbacks != 1 ||
        (domain == 0 ? changer.error != nullptr || changer.answer != changer.version
                     : !g_error_matches (changer.error.get (), domain, code)))
      violate (not_once);
  }

  // --- reads ---

  void ask (Reader &reader, MemoGetFlags flags)
  {
    const int before = cached ();
    const bool hit = before != nothing && (flags & MEMO_GET_REFRESH) == 0;

    reader.floor = answered_;
    within (reader.context, [&] {
      memo_decorator_call_async (MEMO_DECORATOR (stage_.read.get ()), nullptr, flags, nullptr, read_cb, &reader);
    });

    if (hit)
      {
        report_.hits++;
        if (before < database_)
          violate (stale_hit);
        deliver (reader, before);
      }
    else if (g_main_context_pending (reader.context))
      {
        if (current_ != nothing && brackets ())
          violate (wrongly_shared);        // it should have joined
        reader.state = Reader::Starting;
        reader.leader = current_ = index_of (reader);
        for (size_t i = 0; i < changers_.size (); i++)
          reader.began[i] = changers_[i].phase;
      }
    else
      {
        report_.joins++;
        reader.state = Reader::Joined;
        reader.leader = current_;
        if (current_ == nothing)
          violate (wrongly_shared);
      }
  }

  void load (Reader &reader)
  {
    loading_ = &reader;
    turn (reader.context);
    loading_ = nullptr;
    reader.state = Reader::Loading;
    if (reader.call == nullptr)
      violate (not_once);
  }

  // Its answer goes to all who wait for it, and is kept or not as the table says.
  void reply (Reader &reader)
  {
    const int index = index_of (reader);
    bool keep = true;

    for (size_t i = 0; i < changers_.size (); i++)
      {
        report_.loads[reader.began[i]][changers_[i].phase]++;
        keep = keep && is_kept[reader.began[i]][changers_[i].phase];
      }
    memo_call_return_entry (reader.call.get (), memo_entry_new_int64 (reader.version));
    reader.call.reset ();
    if (keep)
      kept_ = reader.version;
    if (current_ == index)
      current_ = nothing;

    for (auto &other : readers_)
      if (other.leader == index && other.state != Reader::Over)
        deliver (other, reader.version);
  }

  void deliver (Reader &reader, int expected)
  {
    turn (reader.context);
    reader.state = Reader::Over;
    if (reader.callbacks != 1 || reader.value != expected)
      violate (not_once);
    if (reader.value < reader.floor)
      violate (older_than_answered);
  }

  int index_of (const Reader &reader) const { return static_cast<int> (&reader - readers_.data ()); }

  // --- at the end ---

  void rest ()
  {
    Reader &last = readers_.back ();

    if (cached () != nothing && cached () < database_)
      violate (stale_at_rest);
    for (auto &changer : changers_)
      if (changer.state != Changer::Over || (changer.callbacks != 1 && brackets ()))
        violate (not_once);
    for (auto &reader : readers_)
      if (&reader != &last && (reader.state != Reader::Over || reader.callbacks != 1))
        violate (not_once);

    ask (last, MEMO_GET_REFRESH);
    load (last);
    reply (last);
    if (cached () != database_ || last.value != database_)
      violate (left_open);
  }

  // --- the callbacks ---

  static void read_cb (GObject *source, GAsyncResult *result, gpointer data)
  {
    auto reader = static_cast<Reader *> (data);
    Error error;
    Entry entry (memo_decorator_call_finish (MEMO_DECORATOR (source), result, ErrorOut (error)));

    reader->callbacks++;
    reader->value = entry != nullptr ? static_cast<int> (memo_entry_get_int64 (entry.get ())) : nothing;
  }

  static void changed_cb (GObject *source, GAsyncResult *result, gpointer data)
  {
    auto changer = static_cast<Changer *> (data);
    Entry entry (memo_invalidator_call_finish (MEMO_INVALIDATOR (source), result, ErrorOut (changer->error)));

    changer->callbacks++;
    changer->answer = entry != nullptr ? static_cast<int> (memo_entry_get_int64 (entry.get ())) : nothing;
  }

  const Scenario              &scenario_;
  Stage                       &stage_;
  Choices                     &choices_;
  Report                      &report_;
  std::vector<Changer>         changers_;
  std::vector<Reader>          readers_;        // and one more that reads at the end
  MemoCache                   *cache_ = stage_.cache;
  std::vector<Step>            done_;

  size_t   n_contexts_ = 0;
  int      database_ = 0;             // its version
  int      answered_ = 0;             // what the callers of changes know to be there
  int      current_ = nothing;        // whose load others join
  int      kept_ = nothing;           // what memory should hold
  Reader  *loading_ = nullptr;
  Changer *starting_ = nullptr;
};

inline void Stage::load_cb (MemoCall *call, gpointer data) { static_cast<Stage *> (data)->world->begin_load (call); }
inline void Stage::change_cb (MemoCall *call, gpointer data) { static_cast<Stage *> (data)->world->begin_change (call); }

inline Report
explore (const Scenario &scenario)
{
  Stage stage;
  Choices choices;
  Report report;

  do
    {
      World (scenario, stage, choices, report).run ();
      report.schedules++;
    }
  while (choices.next ());

  return report;
}
} // namespace memo_test
