// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "complaints.hpp"

namespace memo_test {

class ClockTest : public AsyncTest
{
protected:
  // A source of a clock that counts how often it ran.
  class Timer
  {
  public:
    Timer (MemoClock *clock, gint64 deadline, GMainContext *context)
    {
      source_ = memo_clock_create_source (clock, deadline);
      g_source_set_callback (source_, [] (gpointer data) -> gboolean {
        auto *self = static_cast<Timer *> (data);

        self->runs++;
        if (self->on_run)
          self->on_run ();
        return self->again;
      }, this, nullptr);
      g_source_attach (source_, context);
    }
    ~Timer ()
    {
      g_source_destroy (source_);
      g_source_unref (source_);
    }
    Timer (const Timer &) = delete;

    operator GSource * () { return source_; }

    int                    runs = 0;
    gboolean               again = G_SOURCE_REMOVE;
    std::function<void ()> on_run;

  private:
    GSource *source_;
  };

  std::unique_ptr<Timer> timer (gint64 deadline) { return timer (MEMO_CLOCK (clock_.get ()), deadline); }
  std::unique_ptr<Timer> timer (MemoClock *clock, gint64 deadline)
  {
    return std::make_unique<Timer> (clock, deadline, context_);
  }

  gint64 now () { return memo_clock_get_time (MEMO_CLOCK (clock_.get ())); }

  gint64 real_time () { return memo_clock_get_real_time (MEMO_CLOCK (clock_.get ())); }

  // The origin of a clock, "" where there is none.
  static std::string origin_of (gpointer clock)
  {
    std::unique_ptr<char, Deleter<void, g_free>> origin (memo_clock_dup_origin (MEMO_CLOCK (clock)));

    return origin != nullptr ? origin.get () : "";
  }

  static void expect_complaint (const char *about, const std::function<void ()> &mistake)
  {
    EXPECT_THAT (complaints_of (mistake), ::testing::ElementsAre (::testing::HasSubstr (about)));
  }
};

} // namespace memo_test
