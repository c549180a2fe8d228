// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "memo-test.hpp"

// A server in memory and links to it, on which nothing happens unless a test says so: each request waits to be done, each reply and each
// message waits to be delivered.  It does the steps of docs/coherence-protocol.md, and tracks as Redis does.

namespace memo_test {

class ScriptedLink;

// What the server has.
class ScriptedServer
{
public:
  explicit ScriptedServer (MemoManualClock *clock) : clock_ (clock) {}

  struct Reply
  {
    MemoRemoteRequest          *request;
    bool                        done = false;
    std::optional<std::string>  found;
    bool                        refused = false;
  };

  // Does one step for LINK, at once.
  Reply run (ScriptedLink *link, MemoRemoteRequest *request);

  std::optional<std::string> get (const std::string &key);
  bool has (const std::string &key) { return get (key).has_value (); }
  char kind (const std::string &key) { return has (key) ? (*get (key))[0] : '-'; }
  void put (const std::string &key, std::string bytes) { write (nullptr, key, std::move (bytes), 0); }
  void evict (const std::string &key) { remove (nullptr, key); }
  void flush ();

  // As with OOM: what would store something is refused, and what takes something away is not.
  void set_full (bool full) { full_ = full; }
  bool full () const { return full_; }
  void restart () { links_.clear (); id_[0]++; }

  // As Redis does in time; what has ended is announced.
  void expire ();

  int  writes (char kind) { return writes_[kind]; }
  void forget_link (ScriptedLink *link) { links_.erase (link); for (auto &[key, who] : tracked_) who.erase (link); }
  void add_link (ScriptedLink *link) { links_.insert (link); }
  const std::string &id () const { return id_; }

private:
  struct Value
  {
    std::string bytes;
    gint64      end;      // 0: never
  };

  gint64 now () { return memo_clock_get_time (MEMO_CLOCK (clock_)); }
  void announce (ScriptedLink *writer, const std::string &key);
  void write (ScriptedLink *writer, const std::string &key, std::string bytes, guint64 lifetime_ms);
  void remove (ScriptedLink *writer, const std::string &key);
  bool store (ScriptedLink *writer, MemoRemoteRequest *request);
  bool fence (ScriptedLink *link, const std::string &key, const std::string &id, guint64 lifetime_ms);

  MemoManualClock                               *clock_;
  std::map<std::string, Value>                   values_;
  std::map<std::string, std::set<ScriptedLink *>> tracked_;
  std::set<ScriptedLink *>                       links_;
  std::map<char, int>                            writes_;
  bool                                           full_ = false;
  std::string                                    id_ = std::string (MEMO_REMOTE_SERVER_ID_SIZE, 'a');
};

// A backend of one process.  It begins with its link up.
class ScriptedLink
{
public:
  ScriptedLink (ScriptedServer &server, MemoManualClock *clock, guint max_staleness_ms = 2000);
  ~ScriptedLink ();

  operator MemoBackend * () { return MEMO_BACKEND (backend_.get ()); }
  MemoRemoteBackend *backend () { return MEMO_REMOTE_BACKEND (backend_.get ()); }

  // The next request is done by the server; the next reply, or message, is heard.  Says whether there was one.
  bool perform ();
  bool hear_reply ();
  bool hear_message ();

  // All of it, messages first.
  void settle ();

  // The next request, or all that are not answered, fail.
  bool lose_request (const char *why = "it took too long");

  // The next one that the server has done fails all the same.
  bool lose_reply ();
  void echo () { lease_end_ = now () + max_staleness_ms_ * 1000; memo_remote_backend_emit_beat (backend ()); }
  void beat () { memo_remote_backend_emit_beat (backend ()); }
  void break_off ();
  void connect ();

  size_t requests () const { return requests_.size (); }
  MemoRemoteStep next_step () const { return requests_.front ()->step; }
  std::string next_key () const { return requests_.front ()->key; }
  size_t replies () const { return replies_.size (); }
  size_t messages () const { return messages_.size (); }
  bool up () const { return up_; }
  int asked (MemoRemoteStep step) { return asked_[step]; }

  // For the backend and the server.
  void ask (MemoRemoteRequest *request);
  void push (std::optional<std::string> key) { messages_.push_back (std::move (key)); }
  gint64 lease () { return lease_end_ - now (); }
  guint max_staleness_ms () const { return max_staleness_ms_; }
  ScriptedServer &server () { return server_; }

private:
  gint64 now () { return memo_clock_get_time (MEMO_CLOCK (clock_)); }
  void fail (MemoRemoteRequest *request, const char *why);

  ScriptedServer                          &server_;
  MemoManualClock                         *clock_;
  guint                                    max_staleness_ms_;
  Ref<GObject>                             backend_;
  bool                                     up_ = false;
  guint64                                  generation_ = 0;
  gint64                                   lease_end_ = 0;
  std::deque<MemoRemoteRequest *>          requests_;
  std::deque<ScriptedServer::Reply>        replies_;
  std::deque<std::optional<std::string>>   messages_;
  std::map<MemoRemoteStep, int>            asked_;
};

inline std::string
text_of (GBytes *bytes)
{
  gsize size = 0;
  auto data = static_cast<const char *> (bytes != nullptr ? g_bytes_get_data (bytes, &size) : nullptr);

  return std::string (data != nullptr ? data : "", size);
}

// --- the server ---

inline void
ScriptedServer::announce (ScriptedLink *writer, const std::string &key)
{
  auto tracked = std::move (tracked_[key]);

  tracked_.erase (key);
  for (auto link : tracked)
    {
      if (link != writer && links_.count (link) > 0)
        link->push (key);
    }
}

inline void
ScriptedServer::write (ScriptedLink *writer, const std::string &key, std::string bytes, guint64 lifetime_ms)
{
  writes_[bytes[0]]++;
  values_[key] = { std::move (bytes), lifetime_ms > 0 ? now () + static_cast<gint64> (lifetime_ms) * 1000 : 0 };
  announce (writer, key);
}

inline void
ScriptedServer::remove (ScriptedLink *writer, const std::string &key)
{
  if (values_.erase (key) > 0)
    announce (writer, key);
}

inline std::optional<std::string>
ScriptedServer::get (const std::string &key)
{
  auto found = values_.find (key);

  if (found == values_.end () || (found->second.end != 0 && found->second.end <= now ()))
    return std::nullopt;
  return found->second.bytes;
}

inline void
ScriptedServer::expire ()
{
  std::vector<std::string> over;

  for (const auto &[key, value] : values_)
    {
      if (value.end != 0 && value.end <= now ())
        over.push_back (key);
    }
  for (const auto &key : over)
    remove (nullptr, key);
}

inline void
ScriptedServer::flush ()
{
  values_.clear ();
  tracked_.clear ();
  for (auto link : links_)
    link->push (std::nullopt);
}

// Says whether there was room.
inline bool
ScriptedServer::store (ScriptedLink *writer, MemoRemoteRequest *request)
{
  if (!full_)
    write (writer, request->key, text_of (request->value), request->lifetime_ms);
  return !full_;
}

// FENCE, or UNFENCE where the life is 0.  Says whether there was room.
inline bool
ScriptedServer::fence (ScriptedLink *link, const std::string &key, const std::string &id, guint64 lifetime_ms)
{
  constexpr size_t part = 16 + 13;
  const gint64 now_ms = now () / 1000;
  const auto found = get (key).value_or ("");
  std::string left = "F";
  gint64 latest = now_ms;
  auto add = [&] (const std::string &whose, gint64 deadline) {
    char digits[32];

    g_snprintf (digits, sizeof digits, "%013" G_GINT64_FORMAT, deadline);
    left += whose + digits;
    latest = std::max (latest, deadline);
  };

  for (size_t at = 1; found[0] == 'F' && at + part <= found.size (); at += part)
    {
      const gint64 deadline = std::stoll (found.substr (at + 16, 13));

      if (deadline > now_ms && found.substr (at, 16) != id)
        add (found.substr (at, 16), deadline);
    }
  if (lifetime_ms > 0)
    add (id, now_ms + static_cast<gint64> (lifetime_ms));

  if (left.size () > 1 && full_)
    return false;
  if (left.size () > 1)
    write (link, key, left, static_cast<guint64> (latest - now_ms));
  else
    remove (link, key);
  return true;
}

inline ScriptedServer::Reply
ScriptedServer::run (ScriptedLink *link, MemoRemoteRequest *request)
{
  const std::string key = request->key;
  const std::string value = text_of (request->value);
  const std::string expected = text_of (request->expected);
  const auto found = get (key);
  auto begins = [&found] (const std::string &text) { return found && found->compare (0, text.size (), text) == 0; };
  Reply reply { request, false, std::nullopt, false };

  switch (request->step)
    {
    case MEMO_REMOTE_LOAD:
      tracked_[key].insert (link);
      reply.found = found;
      break;

    case MEMO_REMOTE_CREATE:
      reply.done = !found;
      if (!found)
        reply.refused = !store (link, request);
      break;

    case MEMO_REMOTE_ACQUIRE:
      tracked_[key].insert (link);
      reply.done = !found || (request->expected != nullptr && begins (expected));
      if (reply.done)
        {
          reply.refused = !store (link, request);
          tracked_[key].insert (link);
        }
      else
        {
          reply.found = found;
        }
      break;

    case MEMO_REMOTE_FILL:
      reply.done = begins (expected);
      if (reply.done)
        {
          reply.refused = !store (link, request);
          tracked_[key].insert (link);
        }
      break;

    case MEMO_REMOTE_CLAIM:
      reply.done = !begins ("F");
      if (reply.done)
        reply.refused = !store (link, request);
      break;

    case MEMO_REMOTE_RELEASE:
      reply.done = begins (value);
      if (reply.done)
        remove (link, key);
      break;

    case MEMO_REMOTE_INVALIDATE:
      reply.done = !begins ("F");
      if (reply.done)
        remove (link, key);
      else
        announce (link, key);
      break;

    case MEMO_REMOTE_FENCE:
      reply.refused = !fence (link, key, value, request->lifetime_ms);
      reply.done = !reply.refused;
      break;

    case MEMO_REMOTE_UNFENCE:
      reply.refused = !fence (link, key, value, 0);
      reply.done = !reply.refused;
      break;
    }

  return reply;
}

// --- the backend ---

struct CppRemote
{
  GObject       parent_instance;
  ScriptedLink *link;
};

inline ScriptedLink *
link_of (gpointer backend)
{
  return static_cast<CppRemote *> (backend)->link;
}

inline GType
cpp_remote_get_type ()
{
  static const GType type = [] {
    const GType made = g_type_register_static_simple (
      G_TYPE_OBJECT, "MemoTestRemote", sizeof (GObjectClass), [] (gpointer klass, gpointer) {
        auto object_class = G_OBJECT_CLASS (klass);

        object_class->get_property = [] (GObject *object, guint id, GValue *value, GParamSpec *) {
          if (id == 1)
            g_value_set_boolean (value, link_of (object)->up ());
          else
            g_value_set_uint (value, link_of (object)->max_staleness_ms ());
        };
        g_object_class_override_property (object_class, 1, "connected");
        g_object_class_override_property (object_class, 2, "max-staleness-ms");
      }, sizeof (CppRemote), nullptr, GTypeFlags (0));
    const GInterfaceInfo backend = { [] (gpointer, gpointer) {}, nullptr, nullptr };
    const GInterfaceInfo remote = { [] (gpointer iface, gpointer) {
      auto functions = static_cast<MemoRemoteBackendInterface *> (iface);

      functions->ask = [] (MemoRemoteBackend *self, MemoRemoteRequest *request) { link_of (self)->ask (request); };
      functions->get_lease = [] (MemoRemoteBackend *self) { return link_of (self)->lease (); };
      functions->get_server = [] (MemoRemoteBackend *self, guint8 *id) {
        memcpy (id, link_of (self)->server ().id ().data (), MEMO_REMOTE_SERVER_ID_SIZE);
      };
    }, nullptr, nullptr };

    g_type_add_interface_static (made, MEMO_TYPE_BACKEND, &backend);
    g_type_add_interface_static (made, MEMO_TYPE_REMOTE_BACKEND, &remote);
    return made;
  } ();

  return type;
}

inline
ScriptedLink::ScriptedLink (ScriptedServer &server, MemoManualClock *clock, guint max_staleness_ms)
  : server_ (server), clock_ (clock), max_staleness_ms_ (max_staleness_ms)
{
  backend_.reset (G_OBJECT (g_object_new (cpp_remote_get_type (), nullptr)));
  reinterpret_cast<CppRemote *> (backend_.get ())->link = this;
  connect ();
}

inline
ScriptedLink::~ScriptedLink ()
{
  if (up_)
    break_off ();
  server_.forget_link (this);
}

inline void
ScriptedLink::fail (MemoRemoteRequest *request, const char *why)
{
  Error error = make_error (why, MEMO_ERROR, MEMO_ERROR_UNAVAILABLE);

  memo_remote_request_fail (request, error.get ());
}

inline void
ScriptedLink::ask (MemoRemoteRequest *request)
{
  asked_[request->step]++;
  if (!up_ || (request->link != 0 && request->link != generation_))
    fail (request, "there is no link");
  else
    requests_.push_back (request);
}

inline bool
ScriptedLink::perform ()
{
  if (requests_.empty ())
    return false;

  auto request = requests_.front ();
  requests_.pop_front ();
  replies_.push_back (server_.run (this, request));
  return true;
}

inline bool
ScriptedLink::hear_reply ()
{
  if (replies_.empty ())
    return false;

  auto reply = std::move (replies_.front ());
  replies_.pop_front ();
  if (reply.refused)
    {
      fail (reply.request, "OOM command not allowed when used memory > 'maxmemory'");
      return true;
    }
  Bytes found (reply.found ? g_bytes_new (reply.found->data (), reply.found->size ()) : nullptr);
  memo_remote_request_done (reply.request, generation_, reply.done, found.get ());
  return true;
}

inline bool
ScriptedLink::hear_message ()
{
  if (messages_.empty ())
    return false;

  auto key = std::move (messages_.front ());
  messages_.pop_front ();
  memo_remote_backend_emit_outdated (backend (), key ? key->c_str () : nullptr);
  return true;
}

inline void
ScriptedLink::settle ()
{
  while (hear_message () || hear_reply () || perform ())
    ;
}

inline bool
ScriptedLink::lose_request (const char *why)
{
  if (requests_.empty ())
    return false;

  auto request = requests_.front ();
  requests_.pop_front ();
  fail (request, why);
  return true;
}

inline bool
ScriptedLink::lose_reply ()
{
  if (replies_.empty ())
    return false;

  auto request = replies_.front ().request;
  replies_.pop_front ();
  fail (request, "its reply took too long");
  return true;
}

inline void
ScriptedLink::break_off ()
{
  auto requests = std::move (requests_);
  auto replies = std::move (replies_);

  up_ = false;
  requests_.clear ();
  replies_.clear ();
  messages_.clear ();
  server_.forget_link (this);
  memo_remote_backend_emit_unlinked (backend ());
  for (auto &reply : replies)
    fail (reply.request, "the link is broken");
  for (auto request : requests)
    fail (request, "the link is broken");
}

inline void
ScriptedLink::connect ()
{
  up_ = true;
  generation_++;
  lease_end_ = now () + max_staleness_ms_ * 1000;
  server_.add_link (this);
  memo_remote_backend_emit_linked (backend ());
}

} // namespace memo_test
