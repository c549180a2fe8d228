// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>

#include <glib.h>
#include <hiredis/adapters/glib.h>

// What is often done in place of a protocol: a channel by which who changes something tells the others to drop it.

namespace chaos {

class Backplane
{
public:
  using Heard = std::function<void (const std::string &name)>;
  using Lost = std::function<void ()>;

  Backplane (int port, Heard heard, Lost lost) : port_ (port), heard_ (std::move (heard)), lost_ (std::move (lost))
  {
    connect (listener_);
    connect (speaker_);
  }

  // DONE is told whether the server has passed it on.
  void tell (const std::string &name, std::function<void (bool)> done)
  {
    auto *waiting = new std::function<void (bool)> (std::move (done));

    if (speaker_.link == nullptr
        || redisAsyncCommand (speaker_.link, told_cb, waiting, "PUBLISH chaos %s", name.c_str ()) != REDIS_OK)
      {
        (*waiting) (false);
        delete waiting;
      }
  }

private:
  struct Line
  {
    Backplane         *owner;
    bool               listens;
    redisAsyncContext *link = nullptr;
  };

  static constexpr guint AGAIN_MS = 50;

  void connect (Line &line)
  {
    redisAsyncContext *link = redisAsyncConnect ("127.0.0.1", port_);

    if (link == nullptr || link->err != 0)
      {
        if (link != nullptr)
          redisAsyncFree (link);
        g_timeout_add (AGAIN_MS, again_cb, &line);
        return;
      }

    link->data = &line;
    line.link = link;
    g_source_attach (redis_source_new (link), nullptr);
    redisAsyncSetConnectCallback (link, [] (const redisAsyncContext *c, int status) {
      // One that could not be made is freed by hiredis without a call of the other callback.
      if (status != REDIS_OK)
        ended (static_cast<Line *> (c->data));
    });
    redisAsyncSetDisconnectCallback (link, [] (const redisAsyncContext *c, int) { ended (static_cast<Line *> (c->data)); });
    if (line.listens)
      redisAsyncCommand (link, heard_cb, &line, "SUBSCRIBE chaos");
  }

  static void ended (Line *line)
  {
    line->link = nullptr;
    if (line->listens)
      line->owner->lost_ ();
    g_timeout_add (AGAIN_MS, again_cb, line);
  }

  static gboolean again_cb (gpointer data)
  {
    Line *line = static_cast<Line *> (data);

    line->owner->connect (*line);
    return G_SOURCE_REMOVE;
  }

  static void heard_cb (redisAsyncContext *, void *data, void *user_data)
  {
    auto *reply = static_cast<redisReply *> (data);
    Line *line = static_cast<Line *> (user_data);

    if (reply != nullptr && reply->type == REDIS_REPLY_ARRAY && reply->elements == 3 && reply->element[2]->type == REDIS_REPLY_STRING)
      line->owner->heard_ (reply->element[2]->str);
  }

  static void told_cb (redisAsyncContext *, void *data, void *user_data)
  {
    auto *reply = static_cast<redisReply *> (data);
    auto *waiting = static_cast<std::function<void (bool)> *> (user_data);

    (*waiting) (reply != nullptr && reply->type == REDIS_REPLY_INTEGER);
    delete waiting;
  }

  int   port_;
  Heard heard_;
  Lost  lost_;
  Line  listener_ { this, true };
  Line  speaker_ { this, false };
};

} // namespace chaos
