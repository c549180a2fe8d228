// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/backup-test.hpp"

#include "support/complaints.hpp"

using namespace memo_test;

namespace {

// What a backup gives back may be anything: rule 25.
class BackupDamageTest : public BackupTest
{
protected:
  static constexpr const char *place_of_key = "d:key";

  // What the backup has for an entry.
  std::string record_of (const char *key, Entry value)
  {
    set (key, std::move (value));
    flush ();

    return backend_.place ().get (std::string ("d:") + key).value ();
  }

  // Another process finds CONTENT where the record should be.
  std::shared_ptr<Got> read (const std::string &content)
  {
    backend_.place ().put (place_of_key, content);
    cache_ = new_cache_over (backend_);
    auto got = get ("key");
    turn ();

    return got;
  }

  void expect_miss_and_gone (const std::string &content, const std::string &what)
  {
    auto got = read (content);

    EXPECT_THAT (got, GotMiss ()) << what;
    flush ();
    EXPECT_FALSE (is_stored ("key")) << what;
  }
};

TEST_F (BackupDamageTest, Rule25EveryByteCounts)
{
  const std::string good = record_of ("key", entry ("value", 60.0, { "tag", "other" }));

  for (size_t i = 0; i < good.size (); i++)
    {
      for (int bits : { 0x01, 0x80, 0xff })
        {
          std::string bad = good;

          bad[i] ^= bits;
          expect_miss_and_gone (bad, "byte " + std::to_string (i));
        }
    }

  EXPECT_THAT (read (good), GotText ("value"));
}

TEST_F (BackupDamageTest, Rule25EveryLengthCounts)
{
  const std::string good = record_of ("key", entry ("value", 60.0, { "tag" }));

  for (size_t i = 0; i < good.size (); i++)
    expect_miss_and_gone (good.substr (0, i), "the first " + std::to_string (i));
  for (size_t i = 1; i < good.size (); i++)
    expect_miss_and_gone (good.substr (i), "all but the first " + std::to_string (i));
  expect_miss_and_gone (good + '\0', "one more");
  expect_miss_and_gone (good + good, "twice");
  expect_miss_and_gone (std::string (1000, '\0'), "zeros");
  expect_miss_and_gone (std::string (1000, '\xff'), "ones");
}

TEST_F (BackupDamageTest, Rule25TheRecordOfAnotherKeyIsNotTaken)
{
  expect_miss_and_gone (record_of ("other", entry ("value")), "that of another key");
  expect_miss_and_gone (record_of ("key2", entry ("value")), "that of a longer key");
  expect_miss_and_gone (record_of ("ke", entry ("value")), "that of a shorter key");
}

TEST_F (BackupDamageTest, Rule25WhatAnotherPutThereMeanwhileIsNotRemoved)
{
  const std::string good = record_of ("key", entry ("value"));

  backend_.place ().put (place_of_key, "damaged");
  cache_ = new_cache_over (backend_);
  backend_.hold (Ask::remove);
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ());
  EXPECT_EQ (backend_.held (), 1u);

  backend_.place ().put (place_of_key, good);
  backend_.let_go ();
  backend_.hold_no_more ();
  turn ();
  EXPECT_TRUE (is_stored ("key"));
  got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (BackupDamageTest, Rule25WhatIsLoadedInItsPlaceStays)
{
  ScriptedLoader loader;

  backend_.place ().put (place_of_key, "damaged");
  backend_.hold (Ask::remove);
  auto got = get ("key", loader);
  turn ();
  loader.answer ("value");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  backend_.let_go ();
  backend_.hold_no_more ();
  restart ();
  got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (BackupDamageTest, Rule25ASetWhileSomethingBadIsReadStays)
{
  backend_.place ().put (place_of_key, "damaged");
  backend_.hold ();
  auto got = get ("key");
  set ("key", "value");
  while (backend_.held () > 0)
    backend_.let_go (1);
  backend_.hold_no_more ();
  turn ();
  EXPECT_THAT (got, GotMiss ());
  restart ();
  got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
}

TEST_F (BackupDamageTest, Rule25DamageIsNoFailureOfTheBackup)
{
  EXPECT_THAT (complaints_of ([&] { read ("damaged"); }), ::testing::IsEmpty ());
  EXPECT_EQ (metrics ()->backup_failures, 0u);
  EXPECT_EQ (metrics ()->backup_hits, 0u);
}

TEST_F (BackupDamageTest, Rule25ARemoveOfSomethingBadThatFailsIsForgotten)
{
  backend_.fail_next (Ask::remove, make_error ("read-only"));
  EXPECT_EQ (complaints_of ([&] { read ("damaged"); }).size (), 1u);
  advance (3600.0);
  turn ();
  EXPECT_EQ (backend_.asked (Ask::remove), 1);
  EXPECT_EQ (flush ()->error, nullptr);
}

// A token may be anything, too.
TEST_F (BackupDamageTest, Rule25ATokenThatIsNoneIsAMiss)
{
  record_of ("key", entry ("value", 60.0, { "tag" }));
  const std::string token = backend_.place ().get ("t:tag").value ();
  EXPECT_EQ (token.size (), 16u);

  for (const std::string &bad : { std::string (), token.substr (1), token + token, std::string (16, 'x'), std::string (1, 't') })
    {
      backend_.place ().put ("t:tag", bad);
      cache_ = new_cache_over (backend_);
      auto got = get ("key");
      turn ();
      EXPECT_THAT (got, GotMiss ()) << bad;
    }

  // Nor does it stop anything from being stored.
  set ("key", entry ("new", 60.0, { "tag" }));
  restart ();
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("new"));
}

// --- codecs ---

// Keeps strings as they are, and is of whatever type it is asked to be.
struct PlainCodec
{
  static Ref<MemoCodec> make (const char *type_name, std::function<void (MemoCall *)> decode = {})
  {
    GType type = g_type_from_name (type_name);

    if (type == G_TYPE_INVALID)
      {
        type = g_type_register_static_simple (G_TYPE_OBJECT, type_name, sizeof (GObjectClass), nullptr, sizeof (GObject),
                                              nullptr, GTypeFlags (0));
        const GInterfaceInfo info = { [] (gpointer iface, gpointer) {
          static_cast<MemoCodecInterface *> (iface)->encode = [] (MemoCodec *, MemoCall *call) {
            const char *text = memo_entry_get_string (memo_call_get_entry (call));
            Bytes bytes (g_bytes_new (text, strlen (text)));

            memo_call_return_bytes (call, bytes.get ());
          };
          static_cast<MemoCodecInterface *> (iface)->decode = [] (MemoCodec *self, MemoCall *call) {
            auto decode = static_cast<Decode *> (g_object_get_data (G_OBJECT (self), "decode"));

            if (decode != nullptr)
              return (*decode) (call);
            memo_call_return_entry (call, entry (content_of (memo_call_get_bytes (call)).c_str ()).release ());
          };
        }, nullptr, nullptr };

        g_type_add_interface_static (type, MEMO_TYPE_CODEC, &info);
      }

    auto made = adopt (MEMO_CODEC (g_object_new (type, nullptr)));

    if (decode)
      g_object_set_data_full (G_OBJECT (made.get ()), "decode", new Decode (std::move (decode)),
                              [] (gpointer data) { delete static_cast<Decode *> (data); });
    return made;
  }

  using Decode = std::function<void (MemoCall *)>;
};

TEST_F (BackupDamageTest, Rule25WhatIsNotSignedWithTheSecretIsAMiss)
{
  const Bytes secret = bytes_of ("a secret of this application"), other = bytes_of ("another secret");

  for (GBytes *writer : { secret.get (), other.get (), static_cast<GBytes *> (nullptr) })
    {
      cache_ = new_cache_over (backend_, "record-secret", writer);
      set ("key", "value");
      flush ();
      cache_ = new_cache_over (backend_, "record-secret", secret.get ());
      auto got = get ("key");
      turn ();
      if (writer == secret.get ())
        EXPECT_THAT (got, GotText ("value"));
      else
        EXPECT_THAT (got, GotMiss ());
    }
}

TEST_F (BackupDamageTest, Rule25TheSecretIsNotEmpty)
{
  const Bytes empty = bytes_of ("");

  EXPECT_THAT (complaints_of ([&] { new_cache_over (backend_, "record-secret", empty.get ()); }), ::testing::SizeIs (1));
}

TEST_F (BackupDamageTest, Rule25WhatAnotherCodecMadeIsAMiss)
{
  auto one = PlainCodec::make ("OneCodec"), other = PlainCodec::make ("OtherCodec");

  cache_ = new_cache_over (backend_, "codec", one.get ());
  set ("key", "value");
  flush ();
  cache_ = new_cache_over (backend_, "codec", one.get ());
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));

  cache_ = new_cache_over (backend_, "codec", other.get ());
  got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ());
}

TEST_F (BackupDamageTest, Rule25WhatACodecDoesNotReadIsAMissAndGoes)
{
  const std::initializer_list<PlainCodec::Decode> codecs = {
    [] (MemoCall *call) { memo_call_return_error (call, make_error ("no").release ()); },
    [] (MemoCall *call) { memo_call_return_entry (call, nullptr); },
    [] (MemoCall *) {},
  };

  for (auto &decode : codecs)
    {
      auto codec = PlainCodec::make ("OneCodec", decode);

      cache_ = new_cache_over (backend_, "codec", codec.get ());
      set ("key", "value");
      flush ();
      cache_ = new_cache_over (backend_, "codec", codec.get ());
      auto got = get ("key");
      turn ();
      EXPECT_THAT (got, GotMiss ());
      flush ();
      EXPECT_FALSE (is_stored ("key"));
    }
}

TEST_F (BackupDamageTest, Rule17ADeleteWhileItIsDecodedIsADelete)
{
  auto codec = PlainCodec::make ("OneCodec", [this] (MemoCall *call) {
    remove ("key");
    memo_call_return_entry (call, entry ("value").release ());
  });

  cache_ = new_cache_over (backend_, "codec", codec.get ());
  set ("key", "value");
  flush ();
  cache_ = new_cache_over (backend_, "codec", codec.get ());
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value")) << "it was asked for before";
  EXPECT_FALSE (memo_cache_contains (cache (), "key"));
  EXPECT_FALSE (is_stored ("key"));
}

TEST_F (BackupDamageTest, Rule13ARefreshWhileItIsDecodedWantsNoneOfIt)
{
  ScriptedLoader loader;
  std::shared_ptr<Got> fresh;
  auto codec = PlainCodec::make ("OneCodec", [&] (MemoCall *call) {
    fresh = refresh ("key", loader);
    memo_call_return_entry (call, entry ("old").release ());
  });

  cache_ = new_cache_over (backend_, "codec", codec.get ());
  set ("key", "old");
  flush ();
  cache_ = new_cache_over (backend_, "codec", codec.get ());
  auto got = get ("key", loader);
  turn ();
  ASSERT_EQ (loader.count (), 1);
  loader.answer ("new");
  turn ();
  EXPECT_THAT (fresh, GotText ("new"));
  EXPECT_THAT (got, GotText ("new"));
}

TEST_F (BackupDamageTest, Rule26ACodecMayNotProlongALife)
{
  auto codec = PlainCodec::make ("OneCodec", [] (MemoCall *call) {
    memo_call_return_entry (call, entry ("value", 1000.0, { "tag of the codec" }).release ());
  });

  cache_ = new_cache_over (backend_, "codec", codec.get ());
  set ("key", entry ("value", 10.0));
  flush ();
  cache_ = new_cache_over (backend_, "codec", codec.get ());
  get ("key");
  turn ();
  EXPECT_TRUE (memo_cache_contains (cache (), "key"));
  advance (10.0);
  EXPECT_FALSE (memo_cache_contains (cache (), "key"));
}

// --- limits ---

TEST_F (BackupDamageTest, MoreTagsThanARecordHoldsKeepItInMemory)
{
  std::vector<std::string> texts;
  std::vector<const char *> tags;

  for (int i = 0; i < 65; i++)
    texts.push_back ("tag " + std::to_string (i));
  for (const auto &text : texts)
    tags.push_back (text.c_str ());
  tags.push_back (nullptr);

  Entry many = entry ("value");
  memo_entry_set_tags (many.get (), tags.data ());
  set ("key", "old");
  flush ();
  set ("key", std::move (many));
  EXPECT_EQ (flush ()->error, nullptr);
  EXPECT_TRUE (memo_cache_contains (cache (), "key"));
  EXPECT_FALSE (is_stored ("key")) << "the old one must not come back";

  // As many as there may be.
  tags.erase (tags.begin ());
  many = entry ("value");
  memo_entry_set_tags (many.get (), tags.data ());
  set ("key", std::move (many));
  restart ();
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  invalidate ("tag 64");
  got = get ("key");
  turn ();
  EXPECT_THAT (got, GotMiss ());
}

TEST_F (BackupDamageTest, AValueThatIsTooLargeStaysInMemory)
{
  const std::string large (16 * 1024 * 1024 + 1, 'v');

  set ("key", "old");
  flush ();
  set ("key", large.c_str ());
  EXPECT_EQ (flush ()->error, nullptr);
  EXPECT_TRUE (memo_cache_contains (cache (), "key"));
  EXPECT_FALSE (is_stored ("key"));
}

} // namespace
