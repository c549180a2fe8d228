// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "complaints.hpp"
#include "mutation-test.hpp"

// What the tests of agents need: tools and changes whose answers the test gives, and sessions.

namespace memo_test {

// Arguments from their text.  They do not float.
inline Variant
parsed (const char *text)
{
  GError *error = nullptr;
  GVariant *value = g_variant_parse (nullptr, text, nullptr, nullptr, &error);

  EXPECT_EQ (error, nullptr) << text << ": " << error->message;
  return Variant (value != nullptr ? value : g_variant_ref_sink (g_variant_new_tuple (nullptr, 0)));
}

// A function of an agent: a tool, or a change.
class AgentFunction
{
public:
  struct Options
  {
    MemoAgentScope           scope = MEMO_AGENT_SCOPE_GLOBAL;
    std::vector<const char *> resources = {};
    std::vector<const char *> volatile_args = {};
    bool                     poll = false;
    bool                     repeatable = false;
    double                   ttl = MEMO_TTL_DEFAULT;
    guint                    maxsize = 128;
    const char              *version = nullptr;
    MemoLoader              *loader = nullptr;
  };

  AgentFunction (MemoAgentCache *agent, GType type, const char *name, Options options)
  {
    Ref<MemoLoader> mine (options.loader == nullptr ? memo_loader_new (ScriptedFunction::call, &function, nullptr)
                                                    : static_cast<MemoLoader *> (g_object_ref (options.loader)));

    options.resources.push_back (nullptr);
    options.volatile_args.push_back (nullptr);
    made_ = adopt (MEMO_AGENT_FUNCTION (g_object_new (type, "name", name, "loader", mine.get (),
                                                      "scope", options.scope,
                                                      "resources", options.resources.data (),
                                                      "volatile-args", options.volatile_args.data (), nullptr)));
    if (type == MEMO_TYPE_AGENT_TOOL)
      g_object_set (made_.get (), "poll", options.poll, "repeatable", options.repeatable, "ttl", options.ttl,
                    "maxsize", options.maxsize, "version", options.version, nullptr);
    if (agent != nullptr)
      {
        Error error;

        EXPECT_TRUE (memo_agent_cache_add (agent, made_.get (), ErrorOut (error))) << error->message;
      }
  }

  operator MemoAgentFunction * () { return made_.get (); }
  operator MemoAgentTool * () { return MEMO_AGENT_TOOL (made_.get ()); }
  operator MemoDecorator * () { return MEMO_DECORATOR (made_.get ()); }
  operator MemoInvalidator * () { return MEMO_INVALIDATOR (made_.get ()); }
  Metrics metrics () { return Metrics (memo_agent_function_get_metrics (made_.get ())); }

  // What the function does when it is called, in place of keeping the call.
  void answers (const char *text)
  {
    function.on_call = [text] (MemoCall *call) { memo_call_return_entry (call, memo_entry_new_string (text)); };
  }
  void fails (const char *message, int code = G_IO_ERROR_FAILED)
  {
    function.on_call = [=] (MemoCall *call) { memo_call_return_error (call, make_error (message, G_IO_ERROR, code).release ()); };
  }

  int count () const { return function.count (); }

  ScriptedFunction function;

private:
  Ref<MemoAgentFunction> made_;
};

class Tool : public AgentFunction
{
public:
  Tool (MemoAgentCache *agent, const char *name, Options options = {})
    : AgentFunction (agent, MEMO_TYPE_AGENT_TOOL, name, std::move (options)) {}
};

class AgentChange : public AgentFunction
{
public:
  AgentChange (MemoAgentCache *agent, const char *name, Options options = {})
    : AgentFunction (agent, MEMO_TYPE_AGENT_CACHE_INVALIDATOR, name, std::move (options)) {}
};

class AgentTest : public AsyncTest
{
protected:
  using Options = AgentFunction::Options;

  static Options of_session (std::vector<const char *> resources = {})
  {
    Options options;

    options.scope = MEMO_AGENT_SCOPE_SESSION;
    options.resources = std::move (resources);
    return options;
  }

  static Options global (std::vector<const char *> resources = {})
  {
    Options options;

    options.resources = std::move (resources);
    return options;
  }

  Ref<MemoAgentCache> new_agent (const char *principal = nullptr, MemoCache *cache = nullptr)
  {
    return adopt (MEMO_AGENT_CACHE (g_object_new (MEMO_TYPE_AGENT_CACHE, "principal", principal, "cache", cache,
                                                  "clock", clock_.get (), nullptr)));
  }

  Ref<MemoAgentCacheSession> new_session (const char *id = "test")
  {
    return adopt (memo_agent_cache_session_new (agent (), id));
  }

  MemoAgentCache *agent () { return agent_.get (); }

  // Calls a function in a session, and gives what will be filled in when the answer is there.
  static std::shared_ptr<Got> call (const Ref<MemoAgentCacheSession> &session, AgentFunction &function,
                                    const char *arguments = "()", MemoCall *parent = nullptr,
                                    MemoGetFlags flags = MEMO_GET_NONE, GCancellable *cancellable = nullptr)
  {
    auto got = std::make_shared<Got> ();

    memo_agent_cache_session_call_async (session.get (), function, parsed (arguments).get (), parent, flags, cancellable,
                                         called_cb, new std::shared_ptr<Got> (got));
    EXPECT_EQ (got->callbacks, 0) << "the callback ran before the call returned";

    return got;
  }

  // The same, and waits for what the function answers by itself.
  std::shared_ptr<Got> done (const Ref<MemoAgentCacheSession> &session, AgentFunction &function,
                             const char *arguments = "()", MemoCall *parent = nullptr)
  {
    auto got = call (session, function, arguments, parent);

    turn ();
    EXPECT_EQ (got->callbacks, 1) << "nobody answered";

    return got;
  }

  static void called_cb (GObject *source, GAsyncResult *result, gpointer data)
  {
    std::unique_ptr<std::shared_ptr<Got>> mine (static_cast<std::shared_ptr<Got> *> (data));
    Got &got = **mine;

    got.callbacks++;
    got.entry.reset (memo_agent_cache_session_call_finish (MEMO_AGENT_CACHE_SESSION (source), result,
                                                           ErrorOut (got.error)));
  }

  // Without a session.
  static std::shared_ptr<Got> call_alone (AgentFunction &tool, const char *arguments = "()")
  {
    auto got = std::make_shared<Got> ();

    memo_decorator_call_async (tool, parsed (arguments).get (), MEMO_GET_NONE, nullptr,
                               [] (GObject *source, GAsyncResult *result, gpointer data) {
      std::unique_ptr<std::shared_ptr<Got>> mine (static_cast<std::shared_ptr<Got> *> (data));

      (*mine)->callbacks++;
      (*mine)->entry.reset (memo_decorator_call_finish (MEMO_DECORATOR (source), result, ErrorOut ((*mine)->error)));
    }, new std::shared_ptr<Got> (got));

    return got;
  }

  static std::shared_ptr<Got> change_alone (AgentFunction &change, const char *arguments = "()")
  {
    auto got = std::make_shared<Got> ();

    memo_invalidator_call_async (change, parsed (arguments).get (), nullptr,
                                 [] (GObject *source, GAsyncResult *result, gpointer data) {
      std::unique_ptr<std::shared_ptr<Got>> mine (static_cast<std::shared_ptr<Got> *> (data));

      (*mine)->callbacks++;
      (*mine)->entry.reset (memo_invalidator_call_finish (MEMO_INVALIDATOR (source), result, ErrorOut ((*mine)->error)));
    }, new std::shared_ptr<Got> (got));

    return got;
  }

  // Whether a call of a tool is answered without its function.  Where it is not, the function answers "fresh".
  bool remembers (const Ref<MemoAgentCacheSession> &session, AgentFunction &tool, const char *arguments = "()")
  {
    int before = tool.count ();
    auto got = call (session, tool, arguments);

    turn ();
    if (tool.count () == before)
      return true;

    if (got->callbacks == 0)
      tool.function.answer ("fresh");
    turn ();
    EXPECT_EQ (got->callbacks, 1);

    return false;
  }

  static Metrics metrics (const Ref<MemoAgentCacheSession> &session)
  {
    return Metrics (memo_agent_cache_session_get_metrics (session.get ()));
  }

  Ref<MemoAgentCache> agent_ = new_agent ();
};

// EXPECT_THAT (got, GotLoop ());
inline auto
GotLoop ()
{
  return GotError (MEMO_ERROR, MEMO_ERROR_AGENT_LOOP);
}

} // namespace memo_test
