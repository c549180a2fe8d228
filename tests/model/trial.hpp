// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "../support/memo-test.hpp"
#include "calls.hpp"
#include "reference-cache.hpp"

namespace model {

// The library did something else than the model.
struct Mismatch : std::runtime_error
{
  using std::runtime_error::runtime_error;
};

// The library and the model side by side: random steps are taken by both, and whatever can be seen of
// the library has to be what the model says.
class Trial
{
public:
  Trial (std::uint64_t seed, Tally &tally);
  ~Trial ();

  Trial (const Trial &) = delete;
  Trial &operator= (const Trial &) = delete;

  void run (long steps);              // may throw Mismatch
  std::string last_steps () const;
  long steps () const { return n_steps_; }

private:
  using Call = memo_test::Ref<MemoCall>;

  struct Source;

  // What is waited for, with what comes of it.
  struct Reply
  {
    Trial      *trial;
    int         callbacks = 0;
    std::string words;
  };

  struct Asked
  {
    enum class Kind { get, call, warm_up, change, mutation };

    int                                number;
    memo_test::Ref<GCancellable>       cancellable;   // NULL when it cannot be cancelled
    std::shared_ptr<Reply>             reply;
    MemoWarmup                        *warmup;        // for one of these the askers are:
    std::vector<int>                   askers;
    Kind                               kind = Kind::get;
    std::string                        expected {};   // of a mutation: it waits for nothing
    int                                key = -1;      // of a get
    Source                            *source = nullptr;
  };

  // A loader of the library, and what the model has to know of it.
  struct Source
  {
    Trial                     *trial;
    Loader                     traits;
    memo_test::Ref<MemoLoader> loader;
  };

  struct Function
  {
    Source                            source;   // its traits are those of its loads
    memo_test::Ref<MemoAsyncFunction> object;
  };

  struct Changer
  {
    Trial                                *trial;
    const ChangerTraits                  *traits;
    memo_test::Ref<MemoAsyncInvalidator>  object;
  };

  struct Mutation
  {
    int                          number;
    memo_test::Ref<MemoMutation> object;
    Touch                        touch;
    bool                         open = false;
    std::shared_ptr<Reply>       begun {};
  };

  // A call of a loader that was not answered yet.
  struct Question
  {
    int         loader;
    std::string key;
    std::string previous;
    Call        call;
    int         flight;
    std::string args;
  };

  // A call of a batch loader that did not end yet.
  struct OpenBatch
  {
    int              loader;
    Call             call;
    int              batch;
    std::vector<int> keys;
    std::vector<int> left;          // not answered yet
  };

  // A call of an invalidator's function, or of its key function.
  struct OpenChange
  {
    int         changer;
    bool        key_function;
    std::string args;
    Call        call;
    int         change;
  };

  // What a stretch of steps is like, so that more than one kind of trouble comes about.
  enum class Mood { even, slow_loaders, no_loaders, batches, changes };

  struct Choice
  {
    std::array<int, 5> weights;     // in each mood
    void (Trial::*take) ();
  };

  static const std::vector<Choice> choices;

  // trial-steps.cpp: what both do
  void take_step ();
  void step_get ();
  void step_lookup ();
  void step_peek ();
  void step_contains ();
  void step_set ();
  void step_delete ();
  void step_clear ();
  void step_invalidate_tags ();
  void step_cancel ();
  void step_answer ();
  void step_add_tags ();
  void step_advance ();
  void step_turn ();
  void step_set_maxsize ();
  void step_set_default_ttl ();
  void step_trim ();
  void step_reset_metrics ();
  void step_warm_up ();
  void step_compare_order ();
  void take_get (int key, bool refresh, bool warmup, Source *source);
  void cancel (Asked &asked);
  void answer_one ();
  void set_out (Asked &asked, bool cancellable, bool cancelled);
  std::shared_ptr<Reply> *listen (const Asked &asked);
  void move_clock (Time by);

  // trial-batches.cpp: the same for batches
  void step_get_many ();
  void step_answer_batch ();
  void step_add_tags_to_batch ();
  void step_set_batch_window ();
  void step_set_max_batch_size ();
  void answer_one_key (OpenBatch &batch);
  void answer_extra_key (OpenBatch &batch);
  void answer_by_array (OpenBatch &batch);
  void end_batch (OpenBatch &batch);
  void close_batch (const OpenBatch &batch, const std::string &words);
  void make_batch_sources ();
  static void batch_func (MemoCall *call, gpointer data);
  void compare_batches ();
  void compare_batch_calls ();

  // trial-functions.cpp: for decorated functions
  void step_call ();
  void step_forget_call ();
  void step_clear_function ();
  void make_functions ();
  GVariant *new_variant (Arg arg);
  GVariant *new_args (const Args &args);
  static std::string in_words (GVariant *args);

  // trial-changes.cpp: for mutations and invalidators
  void step_begin_mutation ();
  void step_end_mutation ();
  void step_drop_mutation ();
  void step_change ();
  void step_answer_change ();
  void name_changed (OpenChange &open);
  void make_changers ();
  Touch draw_touch ();
  static std::string in_words (const Touch &touch);
  static void change_func (MemoCall *call, gpointer data);
  static void key_func (MemoCall *call, gpointer data);
  void take_change_call (MemoCall *call, const Changer &changer, bool key_function);
  void compare_change_calls ();
  void set_maxsize (guint maxsize);
  void settle ();
  void wind_up ();

  // trial-random.cpp: what is drawn, and how it looks to the library
  int below (int n) { return std::uniform_int_distribution<int> (0, n - 1) (random_); }
  bool chance (int percent) { return below (100) < percent; }
  int draw_key ();
  Time draw_ttl ();
  Tags draw_tags (int at_most);
  Tags draw_own_tags ();
  Value draw_value ();
  Answer draw_answer ();
  Answer scripted (std::size_t &n);
  Source *draw_source (bool refresh);
  void make_sources ();
  static const char *key_name (int key);
  static std::string quoted (int key);
  static std::vector<const char *> tag_names (Tags tags);
  static double seconds (Time time);
  static std::string in_words (Time ttl);
  static std::string in_words (Tags tags);
  static std::string in_words (const Value &value);
  static std::string in_words (const Answer &answer);
  static MemoEntry *new_entry (const Value &value);
  static void give (MemoCall *call, const Answer &answer);

  // trial.cpp: what is compared
  MemoCache *cache () { return MEMO_CACHE (cache_.get ()); }
  void note (std::string words);
  void expect_same (const std::string &what, const std::string &library, const std::string &model);
  void turn ();
  void compare_calls ();
  void compare_replies ();
  void compare_contents ();
  void compare_metrics (bool settled);
  std::string outcome_of (const Asked &asked);
  static std::string words_of (MemoEntry *entry, GError *error);
  static void loader_func (MemoCall *call, gpointer data);
  static void got_cb (GObject *source, GAsyncResult *result, gpointer data);
  static void warmed_cb (GObject *source, GAsyncResult *result, gpointer data);
  static void called_cb (GObject *source, GAsyncResult *result, gpointer data);
  static void changed_cb (GObject *source, GAsyncResult *result, gpointer data);
  static void begun_cb (GObject *source, GAsyncResult *result, gpointer data);
  static void ended_cb (GObject *source, GAsyncResult *result, gpointer data);
  static void reply_with (gpointer data, const std::string &words);

  std::mt19937_64                       random_;
  std::mt19937_64                       script_random_;
  std::vector<Answer>                   script_;          // of this turn
  std::size_t                           n_scripted_ = 0;  // how many of these the library had
  std::size_t                           n_modelled_ = 0;  // and the model
  int                                   last_value_ = 0;
  Mood                                  mood_ = Mood::even;
  Tags                                  last_invalidated_;
  Tally                                &tally_;
  ReferenceCache                        model_;

  GMainContext                         *context_;
  memo_test::Ref<MemoManualClock>       clock_;
  std::vector<std::unique_ptr<Source>>  sources_;
  memo_test::Ref<MemoAsyncCache>        cache_;

  std::vector<Asked>                    asked_;       // not delivered yet
  int                                   last_asked_ = 0;
  std::deque<Question>                  questions_;   // called in this turn, the model not yet asked
  std::vector<Question>                 held_;        // not answered yet, some in vain
  std::deque<OpenBatch>                 batch_questions_;
  std::vector<OpenBatch>                open_batches_;
  std::vector<Source *>                 batch_sources_;
  std::vector<std::unique_ptr<Function>> functions_;
  std::vector<std::unique_ptr<Changer>> changers_;
  std::vector<Mutation>                 mutations_;
  int                                   last_mutation_ = 0;
  std::deque<OpenChange>                change_questions_;
  std::vector<OpenChange>               open_changes_;
  int                                   callbacks_ = 0;
  int                                   calls_ = 0;

  std::uint64_t                         seed_;
  long                                  n_steps_ = 0;
  std::deque<std::string>               notes_;
};

} // namespace model
