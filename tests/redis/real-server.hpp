// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../support/folders.hpp"

// A redis-server of the test's own, on a socket in a folder of its own, and on a free port.

namespace memo_test {

inline bool
under_ci ()
{
  const char *ci = g_getenv ("CI");

  return ci != nullptr && *ci != '\0' && !g_str_equal (ci, "0") && !g_str_equal (ci, "false");
}

// Without a server there is nothing to test; a CI that skips proves nothing.
class NeedsPrograms : public ::testing::Environment
{
public:
  explicit NeedsPrograms (std::vector<std::string> programs) : programs_ (std::move (programs)) {}

  void SetUp () override
  {
    for (const auto &program : programs_)
      {
        g_autofree char *path = g_find_program_in_path (program.c_str ());

        if (path != nullptr)
          continue;
        if (under_ci ())
          FAIL () << "there is no " << program << " here";
        // GoogleTest would say that all tests have passed; this is how Meson is told that they were skipped.
        fprintf (stderr, "Skipped: there is no %s here\n", program.c_str ());
        exit (77);
      }
  }

private:
  std::vector<std::string> programs_;
};

inline int
free_port ()
{
  sockaddr_in address = {};
  socklen_t size = sizeof address;
  const int fd = socket (AF_INET, SOCK_STREAM, 0);

  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_cmpint (bind (fd, reinterpret_cast<sockaddr *> (&address), sizeof address), ==, 0);
  g_assert_cmpint (getsockname (fd, reinterpret_cast<sockaddr *> (&address), &size), ==, 0);
  close (fd);
  return ntohs (address.sin_port);
}

class RealServer
{
public:
  explicit RealServer (std::vector<std::string> options = {}) { start (std::move (options)); }
  ~RealServer () { stop (); }

  RealServer (const RealServer &) = delete;
  RealServer &operator= (const RealServer &) = delete;

  std::string path () const { return folder_ / "redis.sock"; }
  std::string file (const std::string &name) const { return folder_ / name; }
  int port () const { return port_; }
  std::string uri (const std::string &query = "timeout-ms=20000") const { return "redis+unix://" + path () + "?" + query; }
  std::string tcp_uri (const std::string &query = "timeout-ms=20000") const
  {
    return "redis://127.0.0.1:" + std::to_string (port_) + "/0?" + query;
  }

  void start (std::vector<std::string> options = {}, bool wait = true)
  {
    std::vector<std::string> all { "redis-server", "--port", std::to_string (port_), "--bind", "127.0.0.1", "--unixsocket", path (),
                                   "--dir", folder_.path (), "--save", "", "--appendonly", "no", "--daemonize", "no",
                                   "--logfile", folder_ / "log", "--enable-debug-command", "yes" };
    std::vector<char *> arguments;

    all.insert (all.end (), options.begin (), options.end ());
    for (auto &each : all)
      arguments.push_back (each.data ());
    arguments.push_back (nullptr);

    pid_ = fork ();
    if (pid_ == 0)
      {
        prctl (PR_SET_PDEATHSIG, SIGKILL);
        execvp ("redis-server", arguments.data ());
        _exit (127);
      }
    for (int i = 0; wait && i < 3000 && say ({ "PING" }) != "+PONG" && say ({ "PING" }).substr (0, 7) != "-NOAUTH"; i++)
      g_usleep (10 * 1000);
  }

  void stop (int signal = SIGKILL)
  {
    if (pid_ <= 0)
      return;
    kill (pid_, SIGCONT);
    kill (pid_, signal);
    waitpid (pid_, nullptr, 0);
    pid_ = 0;
    unlink (path ().c_str ());
  }

  void freeze () { kill (pid_, SIGSTOP); }
  void thaw () { kill (pid_, SIGCONT); }

  // Says something on a connection of its own; gives the first line of the reply, or the whole of a string.
  std::string say (const std::vector<std::string> &words, const std::vector<std::string> &before = {}) const
  {
    sockaddr_un address = {};
    const int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::string reply;

    address.sun_family = AF_UNIX;
    strncpy (address.sun_path, path ().c_str (), sizeof address.sun_path - 1);
    if (connect (fd, reinterpret_cast<sockaddr *> (&address), sizeof address) == 0)
      {
        if (!before.empty ())
          ask (fd, before);
        reply = ask (fd, words);
      }
    close (fd);
    return reply;
  }

private:
  static std::string ask (int fd, const std::vector<std::string> &words)
  {
    std::string out = "*" + std::to_string (words.size ()) + "\r\n", reply;
    char byte;

    for (const auto &word : words)
      out += "$" + std::to_string (word.size ()) + "\r\n" + word + "\r\n";
    if (send (fd, out.data (), out.size (), MSG_NOSIGNAL) < 0)
      return "";
    while (recv (fd, &byte, 1, 0) == 1 && byte != '\n')
      reply += byte;
    if (!reply.empty ())
      reply.pop_back ();
    if (reply.empty () || reply[0] != '$' || reply == "$-1")
      return reply;

    std::string content (std::stoul (reply.substr (1)) + 2, '\0');
    size_t got = 0;
    for (ssize_t n; got < content.size () && (n = recv (fd, &content[got], content.size () - got, 0)) > 0; got += n)
      ;
    content.resize (content.size () - 2);
    return content;
  }

  TemporaryFolder folder_;
  int             port_ = free_port ();
  pid_t           pid_ = 0;
};

} // namespace memo_test
