// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <fcntl.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include <glib.h>

namespace memo_test {

using Words = std::vector<std::string>;

// --- the protocol, written once more and not as the library has it ---

inline std::string
bulk (const std::string &content)
{
  return "$" + std::to_string (content.size ()) + "\r\n" + content + "\r\n";
}

// Takes a whole command off the front of what came; an empty one when there is none yet.
inline Words
take_command (std::string &in)
{
  size_t at = 0;
  auto number = [&] (char type) -> long {
    const size_t end = in.find ("\r\n", at);

    if (end == std::string::npos || in[at] != type)
      return -1;
    const long value = std::stol (in.substr (at + 1, end - at - 1));
    at = end + 2;
    return value;
  };

  Words words;
  const long n = number ('*');

  for (long i = 0; i < n; i++)
    {
      const long size = number ('$');

      if (size < 0 || in.size () < at + size + 2)
        return {};
      words.push_back (in.substr (at, size));
      at += size + 2;
    }
  if (n > 0)
    in.erase (0, at);
  return words;
}

// Where a server without a path listens.
enum class Loopback
{
  v4,
  v6,
};

// A server that says what a test wants, in the main context of the test: nothing happens but in turns of it.
class FakeServer
{
public:
  struct Peer
  {
    int         fd;
    guint       readable = 0;
    GSource    *source = nullptr;
    GSource    *sending = nullptr;
    std::string in, out;
    size_t      sent = 0;
  };

  FakeServer (GMainContext *context, const std::string &path) : context_ (context), path_ (path) { listen (); }
  // At a port that is free, or at this one.
  FakeServer (GMainContext *context, Loopback kind, int port = 0) : context_ (context), kind_ (kind), port_ (port) { listen (); }
  ~FakeServer ()
  {
    close_all ();
    deaf ();
  }

  FakeServer (const FakeServer &) = delete;
  FakeServer &operator= (const FakeServer &) = delete;

  // What it says to a command; "" is nothing.
  std::function<std::string (const Words &)> answer = [this] (const Words &words) { return usual_answer (words); };
  Peer       *asking = nullptr;         // who is being answered
  std::string greeting;                 // what it says at once to whoever comes
  size_t      slice = 0;                // at most so many bytes a turn; 0 is all
  size_t      cut = SIZE_MAX;           // closes a connection after so many bytes
  bool        reset = false;            // by a reset
  bool        frozen = false;           // reads nothing and says nothing
  int         accepted = 0;
  std::vector<Words> heard;             // all but PING
  int         pings = 0, reads = 0;
  size_t      said = 0;                 // bytes, to all together

  std::string usual_answer (const Words &words)
  {
    if (words[0] == "PING")
      return "+PONG\r\n";
    if (words[0] == "AUTH" || words[0] == "SELECT" || words[0] == "SET")
      return "+OK\r\n";
    if (words[0] == "GET")
      return bulk ("value of " + words[1]);
    if (words[0] == "ECHO")
      return bulk (words[1]);

    return "-ERR unknown command\r\n";
  }

  // Says something to everybody.
  void say (const std::string &what)
  {
    for (auto &peer : peers_)
      send (*peer, what);
  }

  // The same to one.
  void say_to (Peer &peer, const std::string &what) { send (peer, what); }
  void hang_up (Peer &peer) { close (peer); }

  void close_all ()
  {
    while (!peers_.empty ())
      close (*peers_.front ());
  }

  size_t peers () const { return peers_.size (); }
  bool all_sent () const
  {
    return std::all_of (peers_.begin (), peers_.end (), [] (auto &peer) { return peer->out.empty (); });
  }

  // Nobody can connect any more.
  void deaf ()
  {
    drop (listening_);
    if (fd_ >= 0)
      ::close (fd_);
    fd_ = -1;
    if (!path_.empty ())
      unlink (path_.c_str ());
  }

  void listen ()
  {
    union
    {
      sockaddr     any;
      sockaddr_un  path;
      sockaddr_in  v4;
      sockaddr_in6 v6;
    } address = {};
    socklen_t size = sizeof address.path;

    if (!path_.empty ())
      {
        address.path.sun_family = AF_UNIX;
        strncpy (address.path.sun_path, path_.c_str (), sizeof address.path.sun_path - 1);
        unlink (path_.c_str ());
      }
    else if (kind_ == Loopback::v4)
      {
        address.v4 = { AF_INET, htons (port_), { htonl (INADDR_LOOPBACK) }, {} };
        size = sizeof address.v4;
      }
    else
      {
        address.v6 = { AF_INET6, htons (port_), 0, in6addr_loopback, 0 };
        size = sizeof address.v6;
      }

    const int again = 1;
    fd_ = socket (address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (path_.empty ())
      setsockopt (fd_, SOL_SOCKET, SO_REUSEADDR, &again, sizeof again);
    g_assert_cmpint (bind (fd_, &address.any, size), ==, 0);
    g_assert_cmpint (::listen (fd_, 100), ==, 0);
    if (path_.empty ())
      {
        size = sizeof address;
        g_assert_cmpint (getsockname (fd_, &address.any, &size), ==, 0);
        port_ = ntohs (kind_ == Loopback::v4 ? address.v4.sin_port : address.v6.sin6_port);
      }
    listening_ = watch (fd_, G_IO_IN, [this] { accept (); });
  }

  int port () const { return port_; }

  // Takes up what was not read while it was frozen.
  void thaw ()
  {
    frozen = false;
    for (auto &peer : peers_)
      peer->source = watch (peer->fd, G_IO_IN, [this, p = peer.get ()] { read (*p); });
  }

  void freeze ()
  {
    frozen = true;
    for (auto &peer : peers_)
      drop (peer->source);
  }

private:
  GSource *watch (int fd, GIOCondition condition, std::function<void ()> what)
  {
    GSource *source = g_unix_fd_source_new (fd, GIOCondition (condition | G_IO_HUP | G_IO_ERR));

    g_source_set_callback (source, G_SOURCE_FUNC (+[] (int, GIOCondition, gpointer data) -> gboolean {
      auto copy = *static_cast<std::function<void ()> *> (data);
      copy ();
      return G_SOURCE_CONTINUE;
    }), new std::function<void ()> (std::move (what)), [] (gpointer data) { delete static_cast<std::function<void ()> *> (data); });
    g_source_attach (source, context_);
    return source;
  }

  static void drop (GSource *&source)
  {
    if (source == nullptr)
      return;
    g_source_destroy (source);
    g_clear_pointer (&source, g_source_unref);
  }

  void accept ()
  {
    const int fd = accept4 (fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
      return;
    accepted++;
    peers_.push_back (std::make_unique<Peer> ());

    Peer *peer = peers_.back ().get ();
    peer->fd = fd;
    if (!frozen)
      peer->source = watch (fd, G_IO_IN, [this, peer] { read (*peer); });
    if (!greeting.empty ())
      send (*peer, greeting);
  }

  void read (Peer &peer)
  {
    char buffer[65536];
    const ssize_t size = ::read (peer.fd, buffer, sizeof buffer);

    if (size < 0 && errno == EAGAIN)
      return;
    if (size <= 0)
      return close (peer);

    reads++;
    peer.in.append (buffer, size);
    std::string out;
    asking = &peer;
    for (Words words = take_command (peer.in); !words.empty (); words = take_command (peer.in))
      {
        if (words[0] == "PING")
          pings++;
        else
          heard.push_back (words);
        out += answer (words);
      }
    if (!out.empty ())
      send (peer, out);
  }

  void send (Peer &peer, const std::string &what)
  {
    peer.out += what;
    if (slice > 0)
      {
        if (peer.sending == nullptr)
          send_in_slices (peer);
        return;
      }
    while (!peer.out.empty ())
      if (!send_some (peer, peer.out.size ()))
        return;
  }

  // FALSE: not now, or never again.
  bool send_some (Peer &peer, size_t most)
  {
    const size_t size = std::min ({ most, peer.out.size (), cut - peer.sent });

    if (size > 0)
      {
        const ssize_t sent = ::send (peer.fd, peer.out.data (), size, MSG_NOSIGNAL);

        if (sent < 0 && errno == EAGAIN)
          {
            if (peer.sending == nullptr)
              send_in_slices (peer);
            return false;
          }
        if (sent < 0)
          return close (peer), false;
        peer.sent += sent;
        said += sent;
        peer.out.erase (0, sent);
      }
    if (peer.sent >= cut)
      return close (peer), false;
    return true;
  }

  void send_in_slices (Peer &peer)
  {
    peer.sending = watch (peer.fd, G_IO_OUT, [this, p = &peer] {
      if (!send_some (*p, slice > 0 ? slice : p->out.size ()))
        return;
      if (p->out.empty ())
        drop (p->sending);
    });
    // Whoever reads comes first.
    g_source_set_priority (peer.sending, G_PRIORITY_LOW);
  }

  void close (Peer &peer)
  {
    drop (peer.source);
    drop (peer.sending);
    if (reset)
      {
        const linger hard = { 1, 0 };

        setsockopt (peer.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
      }
    ::close (peer.fd);
    peers_.remove_if ([&] (auto &each) { return each.get () == &peer; });
  }

  GMainContext *context_;
  std::string   path_;
  Loopback      kind_ = Loopback::v4;
  int           port_ = 0;
  int           fd_ = -1;
  GSource      *listening_ = nullptr;
  std::list<std::unique_ptr<Peer>> peers_;
};

} // namespace memo_test
