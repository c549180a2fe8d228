// SPDX-License-Identifier: LGPL-2.1-or-later
#include "wire.hpp"

using namespace memo_test;

static auto *needs [[maybe_unused]] = ::testing::AddGlobalTestEnvironment (new NeedsPrograms ({ "redis-server" }));

// The scripts of the coherence protocol, condition by condition, and what the model in tests/coherence-model takes for granted
// about a server.
class RedisScriptsTest : public ::testing::Test
{
protected:
  using Words = std::vector<std::string>;

  const std::string mine = "0123456789abcdef", other = "ABCDEFGHIJKLMNOP";
  const std::string life = "60000";

  void SetUp () override
  {
    const std::string id = i.say ({ "CLIENT", "ID" });

    ASSERT_EQ (i.say ({ "SUBSCRIBE", "__redis__:invalidate" }), "subscribe,__redis__:invalidate,1");
    ASSERT_EQ (d.say ({ "CLIENT", "TRACKING", "ON", "REDIRECT", id, "NOLOOP" }), "OK");
  }

  static std::string source (const std::string &name)
  {
    g_autofree char *path = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "..", "plugins", "redis", "scripts",
                                              (name + ".lua").c_str (), nullptr);
    g_autofree char *text = nullptr;
    g_autoptr(GError) error = nullptr;

    EXPECT_TRUE (g_file_get_contents (path, &text, nullptr, &error)) << error->message;
    return text != nullptr ? text : "";
  }

  std::string run (Wire &wire, const std::string &name, const Words &arguments = {})
  {
    Words words { "EVAL", source (name), "1", "k" };

    words.insert (words.end (), arguments.begin (), arguments.end ());
    return wire.say (words);
  }

  // What the server has told the process since it was last asked: all of it comes before the echo.
  Words told ()
  {
    Words all;

    for (std::string said = i.say ({ "PING", "until here" }); said != "pong,until here"; said = i.hear ())
      all.push_back (said);
    return all;
  }

  static Words message (const std::string &key) { return { "message,__redis__:invalidate," + key }; }

  std::string now () { return o.say ({ "GET", "k" }); }
  void there_is (const std::string &value) { o.say ({ "SET", "k", value, "PX", life }); }

  // A fence of one that ended long ago.
  static std::string ended (const std::string &id) { return id + "0000000000001"; }

  RealServer server;
  Wire d { server }, i { server };   // of the process
  Wire o { server };                 // of another
};

// --- the scripts ---

TEST_F (RedisScriptsTest, AcqIsGrantedWhereNothingIs)
{
  const std::string reply = run (d, "acq", { mine, life, "" });

  EXPECT_NE (reply.find (','), std::string::npos) << "not the time: " << reply;
  EXPECT_EQ (now (), "L" + mine);
  EXPECT_GT (std::stoi (o.say ({ "PTTL", "k" })), 0);
}

TEST_F (RedisScriptsTest, AcqGivesWhatIsThere)
{
  for (const auto &value : { "V" + other + "record", "L" + other, "F" + ended (other) })
    {
      there_is (value);
      EXPECT_EQ (run (d, "acq", { mine, life, "" }), value);
      EXPECT_EQ (now (), value);
    }
}

TEST_F (RedisScriptsTest, AcqReplacesWhatIsVoidAndNothingElse)
{
  there_is ("V" + other + "record");
  EXPECT_EQ (run (d, "acq", { mine, life, "V" + mine }), "V" + other + "record");
  run (d, "acq", { mine, life, "V" + other });
  EXPECT_EQ (now (), "L" + mine);
}

TEST_F (RedisScriptsTest, FillStoresWhereItsLeaseIs)
{
  there_is ("L" + mine);
  EXPECT_EQ (run (d, "fill", { "L" + mine, "V" + mine + "record", life }), "1");
  EXPECT_EQ (now (), "V" + mine + "record");
  EXPECT_GT (std::stoi (o.say ({ "PTTL", "k" })), 0);
}

TEST_F (RedisScriptsTest, FillStoresForEverWithoutALife)
{
  there_is ("L" + mine);
  run (d, "fill", { "L" + mine, "V", "" });
  EXPECT_EQ (o.say ({ "PTTL", "k" }), "-1");
}

TEST_F (RedisScriptsTest, FillStoresNowhereElse)
{
  EXPECT_EQ (run (d, "fill", { "L" + mine, "V", life }), "0");
  EXPECT_EQ (now (), "(nil)");
  for (const auto &value : { "V" + mine, "L" + other, "L" + mine.substr (0, 15), "F" + ended (mine) })
    {
      there_is (value);
      EXPECT_EQ (run (d, "fill", { "L" + mine, "V", life }), "0");
      EXPECT_EQ (now (), value);
    }
}

TEST_F (RedisScriptsTest, FillOfARefreshExpectsTheVeryValue)
{
  there_is ("V" + other + "old");
  EXPECT_EQ (run (d, "fill", { "V" + mine, "V" + mine + "new", life }), "0");
  EXPECT_EQ (run (d, "fill", { "V" + other, "V" + mine + "new", life }), "1");
  EXPECT_EQ (now (), "V" + mine + "new");
}

TEST_F (RedisScriptsTest, ClaimTakesAllButAFence)
{
  for (const auto &value : { "V" + other, "L" + other })
    {
      there_is (value);
      EXPECT_EQ (run (d, "claim", { mine, life }), "1");
      EXPECT_EQ (now (), "L" + mine);
    }
  o.say ({ "DEL", "k" });
  EXPECT_EQ (run (d, "claim", { mine, life }), "1");

  there_is ("F" + ended (other));
  EXPECT_EQ (run (d, "claim", { mine, life }), "0");
  EXPECT_EQ (now (), "F" + ended (other));
}

TEST_F (RedisScriptsTest, ReleaseRemovesItsLeaseAlone)
{
  for (const auto &value : { "V" + mine, "L" + other, "F" + ended (mine) })
    {
      there_is (value);
      EXPECT_EQ (run (d, "release", { mine }), "0");
      EXPECT_EQ (now (), value);
    }
  there_is ("L" + mine);
  EXPECT_EQ (run (d, "release", { mine }), "1");
  EXPECT_EQ (now (), "(nil)");
}

TEST_F (RedisScriptsTest, InvalidateRemovesAllButAFence)
{
  for (const auto &value : { "V" + other, "L" + other, "T" + other })
    {
      there_is (value);
      EXPECT_EQ (run (d, "invalidate"), "1");
      EXPECT_EQ (now (), "(nil)");
    }
  EXPECT_EQ (run (d, "invalidate"), "1");

  run (o, "fence", { other, life });
  const std::string fence = now ();
  EXPECT_EQ (run (d, "invalidate"), "0");
  EXPECT_EQ (now (), fence);
  EXPECT_GT (std::stoi (o.say ({ "PTTL", "k" })), 0);
}

TEST_F (RedisScriptsTest, FenceReplacesWhatIsThere)
{
  for (const auto &value : { "V" + other, "L" + other, "T" + other })
    {
      there_is (value);
      EXPECT_EQ (run (d, "fence", { mine, life }), "1");
      EXPECT_EQ (now ().substr (0, 17), "F" + mine);
      EXPECT_EQ (now ().size (), 30u);
    }
}

TEST_F (RedisScriptsTest, FenceKeepsOthersAndRenewsItself)
{
  run (o, "fence", { other, "90000" });
  run (d, "fence", { mine, "1000" });
  run (d, "fence", { mine, "2000" });

  EXPECT_EQ (now ().size (), 59u);
  EXPECT_EQ (now ().substr (1, 16), other);
  EXPECT_EQ (now ().substr (30, 16), mine);
  EXPECT_GT (std::stoi (o.say ({ "PTTL", "k" })), 2000) << "the latest deadline counts";
}

TEST_F (RedisScriptsTest, FenceAndUnfenceDropWhatHasEnded)
{
  there_is ("F" + ended (other));
  run (d, "fence", { mine, life });
  EXPECT_EQ (now ().size (), 30u);
  EXPECT_EQ (now ().substr (1, 16), mine);

  there_is ("F" + ended (other) + now ().substr (1));
  run (d, "fence", { mine, "0" });
  EXPECT_EQ (now (), "(nil)");
}

TEST_F (RedisScriptsTest, UnfenceLeavesOthers)
{
  run (o, "fence", { other, life });
  const std::string theirs = now ();
  run (d, "fence", { mine, "90000" });

  EXPECT_EQ (run (d, "fence", { mine, "0" }), "1");
  EXPECT_EQ (now (), theirs);
  EXPECT_LE (std::stoi (o.say ({ "PTTL", "k" })), std::stoi (life));
}

TEST_F (RedisScriptsTest, UnfenceRemovesWhatCameWhenItsFenceWasLost)
{
  for (const auto &value : { "V" + other, "L" + other, "T" + other })
    {
      there_is (value);
      EXPECT_EQ (run (d, "fence", { mine, "0" }), "1");
      EXPECT_EQ (now (), "(nil)");
    }
}

TEST_F (RedisScriptsTest, AFullServerStillInvalidates)
{
  run (o, "fence", { mine, life });
  o.say ({ "CONFIG", "SET", "maxmemory", "1" });

  EXPECT_EQ (run (o, "acq", { mine, life, "F" }).substr (0, 4), "-OOM");
  EXPECT_EQ (run (o, "invalidate"), "0");
  EXPECT_EQ (run (o, "fence", { mine, "0" }), "1");
  EXPECT_EQ (run (o, "invalidate"), "1");
  EXPECT_EQ (run (o, "release", { mine }), "0");
}

// --- what the model takes for granted ---

TEST_F (RedisScriptsTest, AKeyThatWasReadIsToldOnce)
{
  d.say ({ "GET", "k" });
  there_is ("1");
  EXPECT_EQ (told (), message ("k")) << "also where nothing was there";
  there_is ("2");
  EXPECT_EQ (told (), Words {});
}

TEST_F (RedisScriptsTest, AnOwnWriteIsNotToldAndEndsTheTracking)
{
  d.say ({ "GET", "k" });
  d.say ({ "SET", "k", "1" });
  EXPECT_EQ (told (), Words {});
  there_is ("2");
  EXPECT_EQ (told (), Words {});
}

TEST_F (RedisScriptsTest, AcqIsToldOfWhatComesAfterIt)
{
  run (d, "acq", { mine, life, "" });
  EXPECT_EQ (told (), Words {});
  run (o, "invalidate");
  EXPECT_EQ (told (), message ("k")) << "granted";

  there_is ("L" + other);
  run (d, "acq", { mine, life, "" });
  run (o, "invalidate");
  EXPECT_EQ (told (), message ("k")) << "not granted";
}

TEST_F (RedisScriptsTest, FillIsToldOfWhatComesAfterIt)
{
  there_is ("L" + mine);
  run (d, "fill", { "L" + mine, "V", life });
  EXPECT_EQ (told (), Words {});
  run (o, "fence", { other, life });
  EXPECT_EQ (told (), message ("k"));
}

TEST_F (RedisScriptsTest, InvalidateOfAFenceIsTold)
{
  run (o, "fence", { other, life });
  d.say ({ "GET", "k" });
  run (o, "invalidate");
  EXPECT_EQ (told (), message ("k"));
}

TEST_F (RedisScriptsTest, UnfenceOfOneOfTwoIsTold)
{
  run (o, "fence", { other, life });
  run (o, "fence", { mine, life });
  d.say ({ "GET", "k" });
  run (o, "fence", { mine, "0" });
  EXPECT_EQ (told (), message ("k"));

  d.say ({ "GET", "k" });
  run (o, "fence", { mine, "0" });
  EXPECT_EQ (told (), message ("k")) << "also where its id is not there any more";
}

TEST_F (RedisScriptsTest, NobodyIsToldOfAKeyThatIsNotThere)
{
  d.say ({ "GET", "k" });
  run (o, "invalidate");
  run (o, "fence", { other, "0" });
  EXPECT_EQ (told (), Words {});
}

TEST_F (RedisScriptsTest, TheEndOfItsOwnLeaseIsTold)
{
  run (d, "acq", { mine, "1", "" });
  while (o.say ({ "EXISTS", "k" }) != "0")
    ;
  EXPECT_EQ (told (), message ("k"));
}

TEST_F (RedisScriptsTest, AFlushIsToldWithoutAKey)
{
  d.say ({ "GET", "k" });
  o.say ({ "FLUSHALL" });
  EXPECT_EQ (told (), message ("(nil)"));
}

TEST_F (RedisScriptsTest, WhoSubscribesAfterTheTrackingBeganHasMissedSomething)
{
  Wire late_i { server }, late_d { server };

  late_d.say ({ "CLIENT", "TRACKING", "ON", "REDIRECT", late_i.say ({ "CLIENT", "ID" }), "NOLOOP" });
  late_d.say ({ "GET", "k" });
  there_is ("1");
  EXPECT_EQ (late_i.say ({ "SUBSCRIBE", "__redis__:invalidate" }), "subscribe,__redis__:invalidate,1");
  EXPECT_EQ (late_i.say ({ "PING", "x" }), "pong,x") << "and no message before it";
}

TEST_F (RedisScriptsTest, TheEndOfIIsSilentOnD)
{
  d.say ({ "GET", "k" });
  o.say ({ "CLIENT", "KILL", "TYPE", "pubsub" });
  there_is ("1");
  EXPECT_EQ (d.say ({ "GET", "k" }), "1") << "untracked, and nothing says so";
}

TEST_F (RedisScriptsTest, ARestartIsAnotherRun)
{
  auto run_id = [] (const std::string &info) {
    const size_t at = info.find ("run_id:");

    return at == std::string::npos ? "" : info.substr (at + 7, 40);
  };
  const std::string before = run_id (d.say ({ "INFO", "server" }));

  EXPECT_EQ (before.size (), 40u);
  server.stop ();
  server.start ();
  EXPECT_NE (run_id (Wire { server }.say ({ "INFO", "server" })), before);
}
