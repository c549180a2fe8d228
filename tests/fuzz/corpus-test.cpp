// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "fuzz.h"

namespace {

// What the fuzzers begin with, and whatever they found once: each file has to do no harm.
class CorpusTest : public ::testing::Test
{
protected:
  void replay (const char *name, void (*target) (const guint8 *, gsize), int least)
  {
    const char *other = g_getenv ("MEMO_CORPUS");
    const std::string folder = (other != nullptr ? other : std::string (g_getenv ("G_TEST_SRCDIR")) + "/fuzz/corpus/") + std::string ("/") + name;
    GDir *dir = g_dir_open (folder.c_str (), 0, nullptr);
    int replayed = 0;

    ASSERT_NE (dir, nullptr) << folder;
    while (const char *file = g_dir_read_name (dir))
      {
        char *data;
        gsize size;

        SCOPED_TRACE (file);
        ASSERT_TRUE (g_file_get_contents ((folder + "/" + file).c_str (), &data, &size, nullptr));
        target (reinterpret_cast<const guint8 *> (data), size);
        g_free (data);
        replayed++;
      }
    g_dir_close (dir);
    EXPECT_GE (replayed, least);
  }
};

TEST_F (CorpusTest, Rule25OfRecords)
{
  replay ("record", fuzz_record, 15);
}

TEST_F (CorpusTest, Rule25OfPayloads)
{
  replay ("payload", fuzz_payload, 20);
}

#ifdef FUZZ_REPLIES
TEST_F (CorpusTest, RepliesOfRedis)
{
  fuzz_replies (nullptr, 0);
  replay ("replies", fuzz_replies, 20);
}
#endif

TEST_F (CorpusTest, Rule25OfNothing)
{
  fuzz_record (nullptr, 0);
  fuzz_payload (nullptr, 0);
}

} // namespace
