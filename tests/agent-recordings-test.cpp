// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <fstream>

#include <nlohmann/json.hpp>

#include "support/agent-test.hpp"

using namespace memo_test;
using nlohmann::json;

// Recorded work of agents, replayed call by call: no honest work is stopped, and every loop is, at the very call
// that the rules say.
//
// A recording is in tests/data/recorded-agents/, a line of JSON each: first what it is about, the tools and, where it is
// a loop, which call is found and by which detector; then the calls, each with its arguments and what came of it.

namespace {

struct Recording
{
  std::string       name;
  json              about;
  std::vector<json> steps;

  bool is_loop () const { return about.contains ("loop"); }
};

void
PrintTo (const Recording &recording, std::ostream *os)
{
  *os << recording.name;
}

std::vector<Recording>
recordings (const char *prefix)
{
  const char *tests = g_getenv ("G_TEST_SRCDIR");
  Text folder (g_build_filename (tests != nullptr ? tests : "tests", "data", "recorded-agents", nullptr));
  std::vector<Recording> all;
  GDir *dir = g_dir_open (folder.get (), 0, nullptr);

  while (const char *name = dir != nullptr ? g_dir_read_name (dir) : nullptr)
    {
      if (!g_str_has_prefix (name, prefix) || !g_str_has_suffix (name, ".jsonl"))
        continue;

      Text path (g_build_filename (folder.get (), name, nullptr));
      std::ifstream file (path.get ());
      Recording recording;
      std::string line;

      recording.name = std::string (name, strlen (name) - strlen (".jsonl"));
      std::getline (file, line);
      recording.about = json::parse (line);
      while (std::getline (file, line))
        recording.steps.push_back (json::parse (line));
      all.push_back (std::move (recording));
    }
  if (dir != nullptr)
    g_dir_close (dir);
  std::sort (all.begin (), all.end (), [] (auto &a, auto &b) { return a.name < b.name; });

  return all;
}

// JSON's numbers and texts are all that the recordings have.
GVariant *
arguments_of (const json &args)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (auto &[key, value] : args.items ())
    g_variant_builder_add (&builder, "{sv}", key.c_str (),
                           value.is_number () ? g_variant_new_int64 (value.get<gint64> ())
                                              : g_variant_new_string (value.get<std::string> ().c_str ()));

  return g_variant_new ("(a{sv})", &builder);
}

int
code_of (const std::string &name)
{
  if (name == "timed-out")
    return G_IO_ERROR_TIMED_OUT;
  if (name == "busy")
    return G_IO_ERROR_BUSY;
  if (name == "connection-refused")
    return G_IO_ERROR_CONNECTION_REFUSED;
  EXPECT_EQ (name, "failed");
  return G_IO_ERROR_FAILED;
}

class AgentRecordingsTest : public AgentTest, public ::testing::WithParamInterface<Recording>
{
protected:
  AgentRecordingsTest ()
  {
    for (auto &[name, about] : GetParam ().about["tools"].items ())
      {
        const bool change = about["kind"] == "change";
        const std::string owned = about.contains ("resources") ? about["resources"][0].get<std::string> () : "";
        Options options = of_session ();

        if (!owned.empty ())
          options.resources = { owned.c_str () };
        // What came of each call is in the recording.
        options.ttl = 0.0;
        options.poll = about.value ("poll", false);
        options.repeatable = about.value ("repeatable", false);
        functions_[name].reset (new AgentFunction (agent (), change ? MEMO_TYPE_AGENT_CACHE_INVALIDATOR : MEMO_TYPE_AGENT_TOOL,
                                                   name.c_str (), options));
        functions_[name]->function.on_call = [this] (MemoCall *call) { answer (call); };
      }
    g_signal_connect (session_.get (), "loop-detected",
                      G_CALLBACK (+[] (MemoAgentCacheSession *, MemoAgentLoop *loop, gpointer data) {
      static_cast<AgentRecordingsTest *> (data)->detectors_.push_back (memo_agent_loop_get_detector (loop));
    }), this);
  }

  void answer (MemoCall *call)
  {
    const json &step = outcomes_.at (print (memo_call_get_args (call)));

    executed_++;
    if (step.contains ("error"))
      memo_call_return_error (call, make_error (step["error"].get<std::string> (), G_IO_ERROR, code_of (step["code"])).release ());
    else
      memo_call_return_entry (call, memo_entry_new_string (step["outcome"].get<std::string> ().c_str ()));
  }

  // Makes the calls, those of a group side by side, and says which was the first that was found, counted from 1.
  int replay ()
  {
    const auto &steps = GetParam ().steps;
    int first = 0;

    for (size_t i = 0; i < steps.size ();)
      {
        if (steps[i].contains ("wait"))
          advance (steps[i++]["wait"].get<double> ());
        else if (steps[i].contains ("progress"))
          memo_agent_cache_session_mark_progress ((i++, session_.get ()));
        else
          {
            std::vector<std::shared_ptr<Got>> group;
            const json together = steps[i].value ("parallel", json ());

            outcomes_.clear ();
            do
              group.push_back (make (steps[i++]));
            while (!together.is_null () && i < steps.size () && steps[i].value ("parallel", json ()) == together);
            turn ();
            for (auto &got : group)
              {
                calls_++;
                EXPECT_EQ (got->callbacks, 1);
                if (first == 0 && g_error_matches (got->error.get (), MEMO_ERROR, MEMO_ERROR_AGENT_LOOP))
                  first = calls_;
              }
          }
      }

    return first;
  }

  std::shared_ptr<Got> make (const json &step)
  {
    Variant args (g_variant_ref_sink (arguments_of (step["args"])));
    auto got = std::make_shared<Got> ();

    outcomes_[print (args.get ())] = step;
    memo_agent_cache_session_call_async (session_.get (), *functions_.at (step["tool"]), args.get (), nullptr,
                                         MEMO_GET_NONE, nullptr, called_cb, new std::shared_ptr<Got> (got));

    return got;
  }

  std::map<std::string, std::unique_ptr<AgentFunction>> functions_;
  std::map<std::string, json>                           outcomes_;
  Ref<MemoAgentCacheSession>                            session_ = new_session ();
  std::vector<MemoAgentDetector>                        detectors_;
  int                                                   calls_ = 0;
  int                                                   executed_ = 0;
};

class AgentHonestTest : public AgentRecordingsTest {};
class AgentLoopingTest : public AgentRecordingsTest {};

TEST_P (AgentHonestTest, IsNotStopped)
{
  EXPECT_EQ (replay (), 0) << GetParam ().about["about"];
  EXPECT_GE (calls_, 30);
  EXPECT_TRUE (detectors_.empty ());
  EXPECT_GT (executed_, 0);
  EXPECT_FALSE (GetParam ().is_loop ());
}

TEST_P (AgentLoopingTest, IsStoppedAtTheCallThatTheRulesSay)
{
  GEnumClass *detectors = static_cast<GEnumClass *> (g_type_class_ref (MEMO_TYPE_AGENT_DETECTOR));
  const json &loop = GetParam ().about["loop"];

  EXPECT_EQ (replay (), loop["at"].get<int> ()) << GetParam ().about["about"];
  EXPECT_GE (calls_, 30);
  ASSERT_FALSE (detectors_.empty ());
  EXPECT_EQ (g_enum_get_value (detectors, detectors_[0])->value_nick, loop["detector"].get<std::string> ());
  EXPECT_LT (executed_, calls_) << "what is found is not executed";
  g_type_class_unref (detectors);
}

std::string
name_of (const ::testing::TestParamInfo<Recording> &info)
{
  std::string name = info.param.name;

  std::replace (name.begin (), name.end (), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P (Recorded, AgentHonestTest, ::testing::ValuesIn (recordings ("honest-")), name_of);
INSTANTIATE_TEST_SUITE_P (Recorded, AgentLoopingTest, ::testing::ValuesIn (recordings ("loop-")), name_of);

TEST (AgentRecordings, AreTenOfEachKindAtLeast)
{
  EXPECT_GE (recordings ("honest-").size (), 10u);
  EXPECT_GE (recordings ("loop-").size (), 10u);
}

} // namespace
