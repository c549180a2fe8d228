// SPDX-License-Identifier: LGPL-2.1-or-later
#include "redis-backend-test.hpp"
#include "wire.hpp"

#include <algorithm>
#include <atomic>
#include <sstream>

using namespace memo_test;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

static auto *needs [[maybe_unused]] = ::testing::AddGlobalTestEnvironment (new NeedsPrograms ({ "redis-server" }));

namespace {

using BytesPtr = std::unique_ptr<GBytes, decltype (&g_bytes_unref)>;

// A step that was asked for; answered in the thread of the backend.
struct Step
{
  MemoRemoteRequest          request {};
  std::string                key;
  bool                       done = false;
  std::optional<std::string> found;
  Error                      error;
  guint64                    link = 0;
  std::function<void ()>     then;
  std::atomic<int>           answers { 0 };

  std::string words () const
  {
    return std::to_string (answers) + " answers, " + (error != nullptr ? error->message : done ? "done" : "not done") + ", “" +
           found.value_or ("nothing") + "”";
  }
};

using Asked = std::shared_ptr<Step>;

MATCHER (WasDone, "")
{
  *result_listener << arg->words ();
  return arg->answers == 1 && arg->error == nullptr && arg->done;
}

MATCHER (WasNotDone, "")
{
  *result_listener << arg->words ();
  return arg->answers == 1 && arg->error == nullptr && !arg->done;
}

MATCHER_P (WasFound, text, "")
{
  *result_listener << arg->words ();
  return arg->answers == 1 && arg->error == nullptr && arg->found == std::string (text);
}

MATCHER_P3 (Failed, domain, code, words, "")
{
  *result_listener << arg->words ();
  return arg->answers == 1 && g_error_matches (arg->error.get (), domain, code) &&
         std::string (arg->error->message).find (words) != std::string::npos;
}

auto IsAway (const std::string &words = "") { return Failed (MEMO_ERROR, MEMO_ERROR_UNAVAILABLE, words); }

// Steps on a backend with its two connections, and a server that others change.
class RedisStepsTest : public SharedServerTest
{
protected:
  const std::string lease = "L0123456789abcdef", value = "V0123456789abcdef and more", id = "ABCDEFGHIJKLMNOP";

  ~RedisStepsTest () override
  {
    close_all ();
    for (auto &step : steps_)
      {
        EXPECT_EQ (step->answers, 1) << step->key;
        g_clear_pointer (&step->request.value, g_bytes_unref);
        g_clear_pointer (&step->request.expected, g_bytes_unref);
      }
  }

  MemoBackend *make (const std::string &query = "max-staleness-ms=2000&timeout-ms=20000") { return listen (server_->uri (query)); }

  MemoBackend *listen (const std::string &uri)
  {
    MemoBackend *backend = RedisTest::make (uri);

    g_signal_connect (backend, "linked", G_CALLBACK (+[] (MemoBackend *, RedisStepsTest *self) { self->note ("linked"); }), this);
    g_signal_connect (backend, "unlinked", G_CALLBACK (+[] (MemoBackend *, RedisStepsTest *self) { self->note ("unlinked"); }), this);
    g_signal_connect (backend, "outdated", G_CALLBACK (+[] (MemoBackend *, const char *key, RedisStepsTest *self) {
      self->note (key != nullptr ? key : "everything");
    }), this);
    return backend;
  }

  void note (const std::string &what)
  {
    std::lock_guard<std::mutex> lock (noted_lock_);
    noted_.push_back (what);
  }
  std::vector<std::string> noted ()
  {
    std::lock_guard<std::mutex> lock (noted_lock_);
    return noted_;
  }
  void forget ()
  {
    std::lock_guard<std::mutex> lock (noted_lock_);
    noted_.clear ();
  }
  void wait_until_noted (const std::string &what)
  {
    wait_really_until ([&] { auto all = noted (); return std::find (all.begin (), all.end (), what) != all.end (); });
  }

  static GBytes *bytes (const std::string &text) { return text.empty () ? nullptr : g_bytes_new (text.data (), text.size ()); }

  Asked begin (MemoBackend *backend, MemoRemoteStep what, const std::string &key, const std::string &stored = "",
               const std::string &expected = "", guint64 lifetime_ms = 60000, guint64 link = 0, std::function<void ()> then = {})
  {
    auto step = std::make_shared<Step> ();

    step->key = key;
    step->then = std::move (then);
    step->request.step = what;
    step->request.key = step->key.c_str ();
    step->request.value = bytes (stored);
    step->request.expected = bytes (expected);
    step->request.lifetime_ms = lifetime_ms;
    step->request.link = link;
    step->request.owner = step.get ();
    step->request.answered = [] (MemoRemoteRequest *request, gboolean done, GBytes *found, const GError *error) {
      auto self = static_cast<Step *> (request->owner);
      gsize size;

      self->done = done;
      self->link = request->link;
      if (found != nullptr)
        {
          auto data = static_cast<const char *> (g_bytes_get_data (found, &size));
          self->found = std::string (data, size);
        }
      if (error != nullptr)
        self->error.reset (g_error_copy (error));
      if (self->then)
        self->then ();
      self->answers++;
    };
    steps_.push_back (step);
    MEMO_REMOTE_BACKEND_GET_IFACE (backend)->ask (MEMO_REMOTE_BACKEND (backend), &step->request);
    return step;
  }

  Asked wait (Asked step)
  {
    wait_really_until ([&] { return step->answers > 0; });
    return step;
  }
  using RedisTest::wait;

  template <typename... Arguments>
  Asked have (Arguments &&...arguments) { return wait (begin (std::forward<Arguments> (arguments)...)); }

  // What another process finds, and does.
  std::string now (const std::string &name) { return server_->say ({ "GET", "memo:" + name }); }
  void another_stores (const std::string &name, const std::string &what) { ASSERT_EQ (server_->say ({ "SET", "memo:" + name, what }), "+OK"); }

  // All that the server had to say until now was said: it is behind this.
  void hear_all (MemoBackend *backend)
  {
    const std::string mark = "d:mark " + std::to_string (marks_++);

    ASSERT_THAT (have (backend, MEMO_REMOTE_LOAD, mark), WasNotDone ());
    another_stores (mark, "here");
    wait_until_noted (mark);
    std::lock_guard<std::mutex> lock (noted_lock_);
    noted_.erase (std::remove (noted_.begin (), noted_.end (), mark), noted_.end ());
  }

  double lease_of (MemoBackend *backend)
  {
    return MEMO_REMOTE_BACKEND_GET_IFACE (backend)->get_lease (MEMO_REMOTE_BACKEND (backend)) / 1e6;
  }

  std::vector<Asked>       steps_;
  std::mutex               noted_lock_;
  std::vector<std::string> noted_;
  int                      marks_ = 0;
};

// --- each step ---

TEST_F (RedisStepsTest, LoadFindsWhatIsThere)
{
  auto backend = make ();

  EXPECT_THAT (have (backend, MEMO_REMOTE_LOAD, "d:key"), WasNotDone ());
  another_stores ("d:key", value);
  auto found = have (backend, MEMO_REMOTE_LOAD, "d:key");
  EXPECT_THAT (found, WasFound (value));
  EXPECT_TRUE (found->done);
  EXPECT_EQ (found->link, 1u);
  EXPECT_EQ (number (backend, "hits"), 1u);
  EXPECT_EQ (number (backend, "misses"), 1u);
}

TEST_F (RedisStepsTest, CreateLeavesWhatIsThere)
{
  auto backend = make ();

  EXPECT_THAT (have (backend, MEMO_REMOTE_CREATE, "t:tag", "T" + id), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_CREATE, "t:tag", "Tother"), WasNotDone ());
  EXPECT_EQ (now ("t:tag"), "T" + id);
  EXPECT_NE (server_->say ({ "PTTL", "memo:t:tag" }), ":-1");
  EXPECT_THAT (have (backend, MEMO_REMOTE_CREATE, "t:eternal", "T" + id, "", 0), WasDone ());
  EXPECT_EQ (server_->say ({ "PTTL", "memo:t:eternal" }), ":-1");
}

TEST_F (RedisStepsTest, ALoadIsLeasedAndFilled)
{
  auto backend = make ();

  EXPECT_THAT (have (backend, MEMO_REMOTE_ACQUIRE, "d:key", lease), WasDone ());
  EXPECT_EQ (now ("d:key"), lease);
  EXPECT_THAT (have (backend, MEMO_REMOTE_ACQUIRE, "d:key", "Lfedcba9876543210"), WasFound (lease));
  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", value, "Lfedcba9876543210"), WasNotDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", value, lease), WasDone ());
  EXPECT_EQ (now ("d:key"), value);
  EXPECT_EQ (number (backend, "stored"), 1u);
  // What is void is given to the lease.
  EXPECT_THAT (have (backend, MEMO_REMOTE_ACQUIRE, "d:key", lease, value.substr (0, 17)), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_RELEASE, "d:key", "Lfedcba9876543210"), WasNotDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_RELEASE, "d:key", lease), WasDone ());
  EXPECT_EQ (now ("d:key"), "$-1");
}

TEST_F (RedisStepsTest, AValueMayLiveForEver)
{
  auto backend = make ();

  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", value, lease, 0), WasDone ());
  EXPECT_EQ (server_->say ({ "PTTL", "memo:d:key" }), ":-1");
}

TEST_F (RedisStepsTest, AFenceKeepsOthersAway)
{
  auto backend = make ();

  another_stores ("d:key", value);
  EXPECT_THAT (have (backend, MEMO_REMOTE_FENCE, "d:key", id), WasDone ());
  EXPECT_EQ (now ("d:key").substr (0, 17), "F" + id);
  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease), WasNotDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_INVALIDATE, "d:key"), WasNotDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_UNFENCE, "d:key", id), WasDone ());
  EXPECT_EQ (now ("d:key"), "$-1");
  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_INVALIDATE, "d:key"), WasDone ());
  EXPECT_EQ (now ("d:key"), "$-1");
}

TEST_F (RedisStepsTest, BytesOfAnyKindComeThrough)
{
  auto backend = make ();
  std::string all = "V" + id;

  for (int i = 0; i < 256; i++)
    all += static_cast<char> (i);
  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", "L" + std::string ("\0\r\n$*\xff", 6) + "0123456789"), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", all, "L" + std::string ("\0\r\n$*\xff", 6) + "0123456789"), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_LOAD, "d:key"), WasFound (all));
}

TEST_F (RedisStepsTest, RepliesAreHandledInTheOrderOfTheQuestions)
{
  auto backend = make ();
  std::vector<int> order;

  for (int n = 0; n < 300; n++)
    begin (backend, n % 3 == 0 ? MEMO_REMOTE_LOAD : n % 3 == 1 ? MEMO_REMOTE_CLAIM : MEMO_REMOTE_INVALIDATE, "d:key", lease, "", 60000, 0,
           [&order, n] { order.push_back (n); });
  wait (steps_.back ());
  for (int n = 0; n < 300; n++)
    EXPECT_EQ (order[n], n);
}

TEST_F (RedisStepsTest, AServerThatForgotItsScriptsIsGivenThemAgain)
{
  auto backend = make ();

  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease), WasDone ());
  ASSERT_EQ (server_->say ({ "SCRIPT", "FLUSH" }), "+OK");
  std::vector<Asked> all;
  for (int n = 0; n < 10; n++)
    all.push_back (begin (backend, MEMO_REMOTE_CLAIM, "d:key", lease));
  for (auto &each : all)
    EXPECT_THAT (wait (each), WasDone ());
}

TEST_F (RedisStepsTest, WhatIsTooLargeToBeReadIsNotStored)
{
  setup_.max_bulk = 1000;
  auto backend = make ();

  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", std::string (1001, 'V'), lease), Failed (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED, "too many"));
}

TEST_F (RedisStepsTest, OneWithoutAUriRefusesEachStep)
{
  Backend unmade (MEMO_BACKEND (g_object_new (MEMO_TYPE_REDIS_BACKEND, nullptr)));

  EXPECT_THAT (have (unmade.get (), MEMO_REMOTE_LOAD, "d:key"), Failed (MEMO_ERROR, MEMO_ERROR_FAILED, "memo_backend_new_for_uri"));
  EXPECT_LE (lease_of (unmade.get ()), 0.0);
}

// --- links ---

TEST_F (RedisStepsTest, LinkedComesBeforeTheFirstAnswer)
{
  auto backend = make ();
  auto step = begin (backend, MEMO_REMOTE_LOAD, "d:key", "", "", 0, 0, [this] { note ("answer"); });

  wait (step);
  EXPECT_THAT (noted (), ElementsAre ("linked", "answer"));
  EXPECT_TRUE (memo_remote_backend_get_connected (MEMO_REMOTE_BACKEND (backend)));
  EXPECT_EQ (memo_remote_backend_get_max_staleness_ms (MEMO_REMOTE_BACKEND (backend)), 2000u);
  EXPECT_GT (lease_of (backend), 0.0);
  EXPECT_LE (lease_of (backend), 2.0);
}

TEST_F (RedisStepsTest, AnotherLinkIsAnotherNumber)
{
  auto backend = make ();
  const guint64 first = have (backend, MEMO_REMOTE_LOAD, "d:key")->link;

  forget ();
  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease, "", 60000, first), WasDone ());
  ASSERT_NE (server_->say ({ "CLIENT", "KILL", "TYPE", "normal" }), "");
  wait_until_noted ("linked");
  EXPECT_THAT (noted (), ElementsAre ("unlinked", "linked"));
  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", value, lease, 60000, first), IsAway ("has ended"));
  EXPECT_EQ (now ("d:key"), lease);
  EXPECT_GT (have (backend, MEMO_REMOTE_LOAD, "d:key")->link, first);
}

TEST_F (RedisStepsTest, AKilledSubscriptionEndsTheLink)
{
  auto backend = make ();

  have (backend, MEMO_REMOTE_LOAD, "d:key");
  forget ();
  EXPECT_EQ (server_->say ({ "CLIENT", "KILL", "TYPE", "pubsub" }), ":1");
  wait_until_noted ("linked");
  EXPECT_THAT (noted (), ElementsAre ("unlinked", "linked"));
}

TEST_F (RedisStepsTest, TheServerIsNamedByItsRun)
{
  auto backend = make ();
  guint8 run[16];

  have (backend, MEMO_REMOTE_LOAD, "d:key");
  MEMO_REMOTE_BACKEND_GET_IFACE (backend)->get_server (MEMO_REMOTE_BACKEND (backend), run);
  EXPECT_THAT (server_->say ({ "INFO", "server" }), HasSubstr ("run_id:" + std::string (reinterpret_cast<char *> (run), 16)));
}

TEST_F (RedisStepsTest, AFrozenServerEndsTheLinkAndTheLease)
{
  auto backend = make ("max-staleness-ms=400&timeout-ms=20000");

  have (backend, MEMO_REMOTE_LOAD, "d:key");
  server_->freeze ();
  auto under_way = begin (backend, MEMO_REMOTE_LOAD, "d:key");
  wait_until_noted ("unlinked");
  EXPECT_THAT (wait (under_way), IsAway ());
  EXPECT_LE (lease_of (backend), 0.0);
  server_->thaw ();
  forget ();
  wait_until_noted ("linked");
  EXPECT_GT (lease_of (backend), 0.0);
}

TEST_F (RedisStepsTest, WhatIsAskedBeforeACloseIsAnswered)
{
  auto backend = make ();
  std::vector<Asked> all;

  EXPECT_THAT (open (backend), WentWell ());
  for (int n = 0; n < 100; n++)
    all.push_back (begin (backend, MEMO_REMOTE_CLAIM, "d:key", lease));
  EXPECT_THAT (wait (Asking (backend).close ()), WentWell ());
  for (auto &each : all)
    EXPECT_THAT (each, WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_LOAD, "d:key"), Failed (MEMO_ERROR, MEMO_ERROR_CLOSED, "closed"));
  EXPECT_EQ (noted ().back (), "unlinked");
}

// --- what others change ---

TEST_F (RedisStepsTest, WhatAnotherChangesIsToldOnce)
{
  auto backend = make ();

  another_stores ("d:key", value);
  have (backend, MEMO_REMOTE_LOAD, "d:key");
  forget ();
  another_stores ("d:key", "V2");
  another_stores ("d:key", "V3");
  another_stores ("d:unread", value);
  hear_all (backend);
  EXPECT_THAT (noted (), ElementsAre ("d:key"));
  EXPECT_GE (number (backend, "messages"), 2u);
}

TEST_F (RedisStepsTest, AMessageIsBehindTheReplyThatItIsAbout)
{
  auto backend = make ();

  // Whatever is read is either the new value, or is outdated by a message.
  for (int n = 0; n < 200; n++)
    {
      another_stores ("d:key", "Vold");
      forget ();
      auto read = begin (backend, MEMO_REMOTE_LOAD, "d:key");
      another_stores ("d:key", "Vnew");
      wait (read);
      hear_all (backend);
      if (read->found == "Vold")
        {
          EXPECT_THAT (noted (), Contains ("d:key"));
        }
    }
}

TEST_F (RedisStepsTest, OwnWritesGiveNoMessageAndStayTracked)
{
  auto backend = make ();

  have (backend, MEMO_REMOTE_LOAD, "d:key");
  forget ();
  EXPECT_THAT (have (backend, MEMO_REMOTE_ACQUIRE, "d:key", lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", value, lease), WasDone ());
  hear_all (backend);
  EXPECT_THAT (noted (), IsEmpty ());

  // FILL has read the key again.
  another_stores ("d:key", "V2");
  hear_all (backend);
  EXPECT_THAT (noted (), ElementsAre ("d:key"));
}

TEST_F (RedisStepsTest, ALeaseThatEndsIsTold)
{
  auto backend = make ();

  EXPECT_THAT (have (backend, MEMO_REMOTE_ACQUIRE, "d:key", lease, "", 50), WasDone ());
  forget ();
  // An expiry is told when somebody looks, or when the server finds it by itself.
  wait_really_until ([&] { return now ("d:key") == "$-1"; });
  hear_all (backend);
  EXPECT_THAT (noted (), ElementsAre ("d:key"));
}

TEST_F (RedisStepsTest, TwoProcessesHearOfEachOther)
{
  auto one = make ();
  auto other = RedisTest::make (server_->uri ("max-staleness-ms=2000&timeout-ms=20000"));

  EXPECT_THAT (have (one, MEMO_REMOTE_ACQUIRE, "d:key", lease), WasDone ());
  forget ();
  EXPECT_THAT (have (other, MEMO_REMOTE_LOAD, "d:key"), WasFound (lease));
  EXPECT_THAT (have (other, MEMO_REMOTE_FENCE, "d:key", id), WasDone ());
  hear_all (one);
  EXPECT_THAT (noted (), ElementsAre ("d:key"));
}

TEST_F (RedisStepsTest, AFlushOutdatesEverything)
{
  auto backend = make ();

  have (backend, MEMO_REMOTE_LOAD, "d:key");
  forget ();
  ASSERT_EQ (server_->say ({ "FLUSHALL" }), "+OK");
  wait_until_noted ("everything");
}

TEST_F (RedisStepsTest, KeysOfOthersAreNotTold)
{
  auto backend = make ("max-staleness-ms=2000&timeout-ms=20000&prefix=memo%3A");

  have (backend, MEMO_REMOTE_LOAD, "d:key");
  forget ();
  // What a script reads is tracked, too.
  auto spare = RedisTest::make (server_->uri ("max-staleness-ms=2000&timeout-ms=20000&prefix=other%3A"));
  EXPECT_THAT (have (spare, MEMO_REMOTE_LOAD, "d:key"), WasNotDone ());
  ASSERT_EQ (server_->say ({ "SET", "other:d:key", "x" }), "+OK");
  hear_all (backend);
  EXPECT_THAT (noted (), IsEmpty ());
}

TEST_F (RedisStepsTest, ALongKeyIsToldByItsName)
{
  auto backend = make ();
  const std::string key = "d:" + std::string (1000, 'x');

  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, key, lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_LOAD, key), WasFound (lease));
  forget ();
  auto other = RedisTest::make (server_->uri ("max-staleness-ms=2000&timeout-ms=20000"));
  EXPECT_THAT (have (other, MEMO_REMOTE_INVALIDATE, key), WasDone ());
  wait_until_noted (key);
}

// --- what this process writes by other ways ---

TEST_F (RedisStepsTest, WhatThePlainFunctionsWriteIsTold)
{
  auto backend = make ();

  forget ();
  EXPECT_THAT (store (backend, "d:key", "value"), WentWell ());
  EXPECT_THAT (remove (backend, "d:other"), WentWell ());
  EXPECT_THAT (noted (), ElementsAre ("linked", "d:key", "d:other"));
  forget ();
  EXPECT_THAT (clear (backend), WentWell ());
  EXPECT_THAT (noted (), Contains ("everything"));
}

TEST_F (RedisStepsTest, AReplyThatIsTooLateIsToldAllTheSame)
{
  // Not given up, and not answered in time.
  auto backend = make ("max-staleness-ms=60000&timeout-ms=300");

  setup_.heartbeat = 600 * G_USEC_PER_SEC;
  memo_redis_backend_set_setup (MEMO_REDIS_BACKEND (backend), &setup_);
  wait_really_until ([&] { return wait (begin (backend, MEMO_REMOTE_LOAD, "d:key"))->error == nullptr; });
  forget ();
  server_->freeze ();
  auto late = begin (backend, MEMO_REMOTE_FENCE, "d:key", id);
  EXPECT_THAT (wait (late), Failed (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "no answer within"));
  EXPECT_THAT (noted (), IsEmpty ());
  server_->thaw ();
  wait_until_noted ("d:key");
  EXPECT_THAT (noted (), Not (Contains ("unlinked")));
}

// --- rights ---

class RedisRightsTest : public RedisStepsTest
{
protected:
  static inline const std::string all = "+ping +info +get +set +unlink +scan +eval +evalsha +select +client|id +client|tracking +subscribe "
                                        "+getrange +exists +pexpire +pttl +time";

  // A user with these rights; the backend of it.
  MemoBackend *make_user (const std::string &rights, const std::string &channel = "&__redis__:invalidate")
  {
    std::vector<std::string> words { "ACL", "SETUSER", "shop", "reset", "on", ">secret", "~memo:*", "resetchannels", "-@all" };
    std::string word;

    for (std::istringstream in (rights + " " + channel); in >> word;)
      words.push_back (word);
    EXPECT_EQ (server_->say (words), "+OK");
    return listen ("redis+unix://shop:secret@" + server_->path () + "?max-staleness-ms=2000&timeout-ms=20000");
  }

  void expect_refusal (MemoBackend *backend, const std::string &words)
  {
    EXPECT_THAT (open (backend), IsUnavailable (words));
    wait_really_until ([&] { return !warnings ().empty (); });
    EXPECT_THAT (warnings (), ElementsAre (HasSubstr ("max-staleness-ms=0")));
  }
};

TEST_F (RedisRightsTest, TheseAreEnough)
{
  auto backend = make_user (all);

  EXPECT_THAT (have (backend, MEMO_REMOTE_CREATE, "t:tag", "T" + id), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_ACQUIRE, "d:key", lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_RELEASE, "d:key", lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_FILL, "d:key", value, lease), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_LOAD, "d:key"), WasFound (value));
  EXPECT_THAT (have (backend, MEMO_REMOTE_FENCE, "d:key", id), WasDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_INVALIDATE, "d:key"), WasNotDone ());
  EXPECT_THAT (have (backend, MEMO_REMOTE_UNFENCE, "d:key", id), WasDone ());
  EXPECT_THAT (clear (backend), WentWell ());
  hear_all (backend);
  EXPECT_THAT (warnings (), IsEmpty ());
}

TEST_F (RedisRightsTest, WithoutClientTracking)
{
  expect_refusal (make_user ("+ping +info +get +client|id +subscribe"), "NOPERM");
}

TEST_F (RedisRightsTest, WithoutTheChannel) { expect_refusal (make_user (all, ""), "&__redis__:invalidate"); }

TEST_F (RedisRightsTest, WithoutInfo) { expect_refusal (make_user ("+ping +get +client|id +client|tracking +subscribe"), "+info"); }

TEST_F (RedisRightsTest, WithoutClientId) { expect_refusal (make_user ("+ping +info +get +client|tracking +subscribe"), "+client|id"); }

// --- by other ways than a socket ---

TEST_F (RedisStepsTest, ByTcp)
{
  auto backend = listen (server_->tcp_uri ("max-staleness-ms=2000&timeout-ms=20000"));

  EXPECT_THAT (have (backend, MEMO_REMOTE_CLAIM, "d:key", lease), WasDone ());
  have (backend, MEMO_REMOTE_LOAD, "d:key");
  forget ();
  another_stores ("d:key", value);
  hear_all (backend);
  EXPECT_THAT (noted (), ElementsAre ("d:key"));
}

} // namespace
