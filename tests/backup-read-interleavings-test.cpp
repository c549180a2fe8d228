// SPDX-License-Identifier: LGPL-2.1-or-later
#include <map>
#include <optional>

#include "support/memo-test.hpp"

#include "support/backup-explorer.hpp"

using namespace memo_test;

namespace {

// Nothing stale comes out of a tier, or stays in one, whatever the order of things: rules 15 to 18.
class BackupReadInterleavingsTest : public AsyncTest
{
protected:
  void explore (const Play &play)
  {
    const auto place = play.stored ? place_with_version_0 (play.tagged) : std::map<std::string, std::string> ();
    Choices choices;
    int count = 0;

    do
      {
        Performance performance (play, context_, clock_.get (), place);
        const std::string wrong = performance.run (choices);

        count++;
        if (!wrong.empty ())
          {
            ADD_FAILURE () << wrong << ", in the order: " << performance.story ();
            return;
          }
      }
    while (choices.next ());

    EXPECT_GE (count, play.at_least);
    RecordProperty ("orders", count);
  }

private:
  std::map<std::string, std::string> place_with_version_0 (bool tagged)
  {
    auto actor = std::make_shared<PatientBackend> ();
    auto backend = new_backend (actor);

    actor->at_once = true;
    auto cache = adopt (MEMO_CACHE (g_object_new (MEMO_TYPE_ASYNC_CACHE, "clock", clock_.get (), "backup", backend.get (),
                                                  nullptr)));
    memo_cache_set (cache.get (), "key", tagged ? entry ("0", MEMO_TTL_DEFAULT, { "tag" }).release () : entry ("0").release ());
    EXPECT_EQ (actor->place.size (), tagged ? 2u : 1u);

    return actor->place;
  }
};

TEST_F (BackupReadInterleavingsTest, Rule17ADelete)
{
  explore ({ .changes = { Told::ByDelete } });
}

TEST_F (BackupReadInterleavingsTest, Rule17ASet)
{
  explore ({ .gets = 3, .changes = { Told::BySet }, .at_least = 300 });
}

TEST_F (BackupReadInterleavingsTest, Rule17AClear)
{
  explore ({ .changes = { Told::ByClear } });
}

TEST_F (BackupReadInterleavingsTest, Rule17ATag)
{
  explore ({ .changes = { Told::ByTag }, .tagged = true });
}

TEST_F (BackupReadInterleavingsTest, Rule17ATagAndWhoComesLater)
{
  explore ({ .gets = 3, .changes = { Told::ByTag }, .tagged = true, .loads_are_two_steps = false });
}

TEST_F (BackupReadInterleavingsTest, Rule17NothingStoredYet)
{
  explore ({ .changes = { Told::ByDelete }, .stored = false });
}

TEST_F (BackupReadInterleavingsTest, Rule17TwoChanges)
{
  explore ({ .changes = { Told::BySet, Told::ByDelete }, .loads_are_two_steps = false });
}

TEST_F (BackupReadInterleavingsTest, Rule17AClearAndATag)
{
  explore ({ .gets = 1, .changes = { Told::ByTag, Told::ByClear }, .tagged = true, .loads_are_two_steps = false });
}

TEST_F (BackupReadInterleavingsTest, Rule17ATagAndASet)
{
  explore ({ .gets = 1, .changes = { Told::BySet, Told::ByTag }, .tagged = true, .loads_are_two_steps = false, .at_least = 400 });
}

TEST_F (BackupReadInterleavingsTest, Rule13ARefresh)
{
  explore ({ .gets = 1, .refreshes = 1, .changes = { Told::ByDelete } });
}

TEST_F (BackupReadInterleavingsTest, Rule08SomebodyWithoutALoader)
{
  explore ({ .gets = 1, .loaderless = 1, .changes = { Told::ByDelete } });
}

TEST_F (BackupReadInterleavingsTest, Rule09TheFirstIsCancelled)
{
  explore ({ .changes = { Told::ByDelete }, .first_may_be_cancelled = true, .loads_are_two_steps = false });
}

TEST_F (BackupReadInterleavingsTest, Rule24AWriteFails)
{
  explore ({ .changes = { Told::ByDelete }, .writes_may_fail = true });
}

TEST_F (BackupReadInterleavingsTest, Rule24ATagFails)
{
  explore ({ .changes = { Told::ByTag }, .tagged = true, .loads_are_two_steps = false, .writes_may_fail = true });
}

TEST_F (BackupReadInterleavingsTest, Rule17TheMainLoopLags)
{
  explore ({ .changes = { Told::ByDelete }, .loads_are_two_steps = false, .loop_may_lag = true });
}

TEST_F (BackupReadInterleavingsTest, Rule17TheMainLoopLagsAndATagIsInvalidated)
{
  explore ({ .changes = { Told::ByTag }, .tagged = true, .loads_are_two_steps = false, .loop_may_lag = true });
}

TEST_F (BackupReadInterleavingsTest, Rule17ATagThatIsKnown)
{
  explore ({ .gets = 1, .changes = { Told::ByTag, Told::ByTag }, .tagged = true, .tag_is_known = true, .loads_are_two_steps = false });
}

TEST_F (BackupReadInterleavingsTest, Rule17ATagOfWhichSomebodyWithoutALoaderKnowsNothing)
{
  explore ({ .gets = 1, .loaderless = 1, .changes = { Told::ByTag }, .tagged = true, .tag_is_known = true, .loads_are_two_steps = false });
}

TEST_F (BackupReadInterleavingsTest, Rule13ARefreshOfWhatIsTagged)
{
  explore ({ .gets = 1, .refreshes = 1, .changes = { Told::ByTag }, .tagged = true, .loads_are_two_steps = false });
}

TEST_F (BackupReadInterleavingsTest, Rule18TwoBrackets)
{
  explore ({ .gets = 1, .changes = { Told::ByBracket, Told::ByTagBracket }, .tagged = true, .loads_are_two_steps = false });
}

TEST_F (BackupReadInterleavingsTest, Rule18ABracketOfATagAndWhoComesLater)
{
  explore ({ .changes = { Told::ByTagBracket }, .tagged = true, .loads_are_two_steps = false });
}

TEST_F (BackupReadInterleavingsTest, Rule18ABracket)
{
  explore ({ .changes = { Told::ByBracket }, .loads_are_two_steps = false });
}

TEST_F (BackupReadInterleavingsTest, Rule18ABracketOfATag)
{
  explore ({ .gets = 1, .changes = { Told::ByTagBracket }, .tagged = true });
}

TEST_F (BackupReadInterleavingsTest, Rule18ABracketWhoseRemoveFails)
{
  explore ({ .changes = { Told::ByBracket }, .loads_are_two_steps = false, .writes_may_fail = true, .at_least = 400 });
}

} // namespace
