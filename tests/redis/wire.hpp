// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "real-server.hpp"

// A connection to a server that stays open, with replies as text.

namespace memo_test {

class Wire
{
public:
  explicit Wire (const RealServer &server)
  {
    sockaddr_un address = {};

    fd_ = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sun_family = AF_UNIX;
    strncpy (address.sun_path, server.path ().c_str (), sizeof address.sun_path - 1);
    g_assert_cmpint (connect (fd_, reinterpret_cast<sockaddr *> (&address), sizeof address), ==, 0);
  }
  ~Wire () { hang_up (); }

  Wire (const Wire &) = delete;
  Wire &operator= (const Wire &) = delete;

  void hang_up ()
  {
    if (fd_ >= 0)
      close (fd_);
    fd_ = -1;
  }

  // A string is given as it is, a number in digits, nothing as "(nil)", an array as its parts with a comma between.
  std::string say (const std::vector<std::string> &words)
  {
    std::string out = "*" + std::to_string (words.size ()) + "\r\n";

    for (const auto &word : words)
      out += "$" + std::to_string (word.size ()) + "\r\n" + word + "\r\n";
    g_assert_cmpint (send (fd_, out.data (), out.size (), MSG_NOSIGNAL), ==, out.size ());
    return hear ();
  }

  std::string hear ()
  {
    const std::string head = line ();

    if (head.empty ())
      return "(closed)";
    if (head[0] == '$')
      return head == "$-1" ? "(nil)" : exactly (std::stoul (head.substr (1)));
    if (head[0] == '*' && head != "*-1")
      {
        std::string all;

        for (int i = 0, n = std::stoi (head.substr (1)); i < n; i++)
          all += (i > 0 ? "," : "") + hear ();
        return all;
      }
    return head == "*-1" ? "(nil)" : head[0] == '-' ? head : head.substr (1);
  }

private:
  std::string line ()
  {
    std::string text;
    char byte;

    while (recv (fd_, &byte, 1, 0) == 1 && byte != '\n')
      text += byte;
    if (!text.empty ())
      text.pop_back ();
    return text;
  }

  std::string exactly (size_t size)
  {
    std::string text (size + 2, '\0');

    for (size_t got = 0; got < text.size ();)
      {
        const ssize_t n = recv (fd_, &text[got], text.size () - got, 0);

        if (n <= 0)
          return "(closed)";
        got += n;
      }
    text.resize (size);
    return text;
  }

  int fd_ = -1;
};

} // namespace memo_test
