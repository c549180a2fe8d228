// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../conformance/memo-backend-conformance.hpp"
#include "disk-test.hpp"

namespace memo_test {

// A file in a folder of its own, and a clock that stands still; nobody waits for others to write with them.
class DiskSubject : public memo_conformance::Subject
{
public:
  DiskSubject ()
  {
    register_disk_backend ();
    setup_ = memo_disk_setup_default;
    setup_.wall = [] (gpointer) -> gint64 { return now; };
    setup_.monotonic = [] (gpointer) -> gint64 { return now; };
    setup_.gather = 0;
  }

  MemoBackend *make () override
  {
    const std::string uri = "disk://" + (folder_ / "cache" / "test.db").string () + "?max-size=1G";
    GError *error = nullptr;
    gpointer made = g_initable_new (MEMO_TYPE_DISK_BACKEND, nullptr, &error, "uri", uri.c_str (), nullptr);

    EXPECT_EQ (error, nullptr) << error->message;
    memo_disk_backend_set_setup (MEMO_DISK_BACKEND (made), &setup_);
    return MEMO_BACKEND (made);
  }

  bool advance (double seconds) override
  {
    now += static_cast<gint64> (seconds * G_USEC_PER_SEC);
    return true;
  }

  bool remembers () const override { return true; }

  // A file in the place of the folder.  After a failure the backend pauses for up to half a minute.
  bool obstruct (bool on) override
  {
    const fs::path path = folder_ / "cache";

    fs::remove_all (path);
    if (on)
      write_text (path, "in the way");
    return advance (60.0);
  }

private:
  static inline std::atomic<gint64> now { gint64 (1700000000) * G_USEC_PER_SEC };

  TemporaryFolder folder_;
  MemoDiskSetup   setup_;
};

} // namespace memo_test

MEMO_BACKEND_CONFORMANCE (Disk, [] { return std::make_unique<memo_test::DiskSubject> (); });
