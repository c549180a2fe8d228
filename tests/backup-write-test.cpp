// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/complaints.hpp"
#include "support/scripted-backend.hpp"

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

// What a cache writes to its backup, and what it does not.

class BackupWriteTest : public WritingTest
{
};

// --- a codec of the test's ---

struct TestCodec
{
  GObject                           parent_instance;
  std::function<void (MemoCall *)> *encode;
  const char                       *name;     // of the codec that writes the same, or NULL
};

GType
test_codec_get_type ()
{
  static const GType type = [] {
    const GType made = g_type_register_static_simple (
      G_TYPE_OBJECT, "MemoTestWriteCodec", sizeof (GObjectClass), [] (gpointer klass, gpointer) {
        G_OBJECT_CLASS (klass)->finalize = [] (GObject *object) {
          delete reinterpret_cast<TestCodec *> (object)->encode;
          G_OBJECT_CLASS (g_type_class_peek (G_TYPE_OBJECT))->finalize (object);
        };
      }, sizeof (TestCodec), nullptr, GTypeFlags (0));
    const GInterfaceInfo codec = { [] (gpointer iface, gpointer) {
      static_cast<MemoCodecInterface *> (iface)->encode = [] (MemoCodec *self, MemoCall *call) {
        (*reinterpret_cast<TestCodec *> (self)->encode) (call);
      };
      static_cast<MemoCodecInterface *> (iface)->decode = [] (MemoCodec *, MemoCall *call) {
        memo_call_return_entry (call, entry (content_of (memo_call_get_bytes (call)).c_str ()).release ());
      };
      static_cast<MemoCodecInterface *> (iface)->dup_name = [] (MemoCodec *self) {
        return g_strdup (reinterpret_cast<TestCodec *> (self)->name);
      };
    }, nullptr, nullptr };

    g_type_add_interface_static (made, MEMO_TYPE_CODEC, &codec);
    return made;
  } ();

  return type;
}

Ref<GObject>
codec_of (std::function<void (MemoCall *)> encode, const char *name = nullptr)
{
  auto made = static_cast<TestCodec *> (g_object_new (test_codec_get_type (), nullptr));

  made->encode = new std::function<void (MemoCall *)> (std::move (encode));
  made->name = name;
  return adopt (G_OBJECT (made));
}

void
encode_text (MemoCall *call)
{
  memo_call_return_bytes (call, bytes_of (memo_entry_get_string (memo_call_get_entry (call))).get ());
}

// --- what is written ---

TEST_F (BackupWriteTest, Rule04ACacheThatKeepsNothingWrites)
{
  cache_ = new_cache_over (backend_.get (), "maxsize", 0u);
  set ("key", "value");
  EXPECT_EQ (after_restart ("key"), "value");
  auto got = get ("key");
  turn ();
  EXPECT_THAT (got, GotText ("value"));
  remove ("key");
  EXPECT_EQ (after_restart ("key"), "-");
}

TEST_F (BackupWriteTest, Rule05ATtlOfNothingRemoves)
{
  set ("key", "value");
  set ("key", entry ("passing", 0.0));
  EXPECT_EQ (after_restart ("key"), "-");

  set ("key", "value");
  fill ("key", entry ("passing", 0.0));
  EXPECT_EQ (after_restart ("key"), "-");
}

TEST_F (BackupWriteTest, WhatExpiresWhileItWaitsIsRemoved)
{
  set ("key", "old");
  hold ();
  set ("key", "running");
  set ("key", entry ("short", 5.0));
  advance (5.0);
  log ();
  let_go (0);
  EXPECT_THAT (log (), ElementsAre ("remove d:key"));
  let_all_go ();
  EXPECT_EQ (after_restart ("key"), "-");
}

TEST_F (BackupWriteTest, WhatIsEvictedOrExpiresInMemoryIsNotRemoved)
{
  cache_ = new_cache_over (backend_.get (), "maxsize", 1u);
  set ("one", "value");
  set ("two", "value");
  advance (1.0);
  turn ();
  EXPECT_EQ (actor ().asked[Ask::remove], 0);
  EXPECT_EQ (after_restart ("one"), "value");
}

TEST_F (BackupWriteTest, WhatCameFromTheTierIsNotWrittenBack)
{
  set ("key", "value");
  restart ();
  log ();
  get ("key");
  turn ();
  EXPECT_THAT (log (), ElementsAre ("load d:key"));
}

TEST_F (BackupWriteTest, Rule02AKeyThatIsTooLongStaysInMemory)
{
  const std::string fits (65536, 'k'), late (65537, 'k');

  auto one = set_async (fits.c_str (), "value");
  auto two = set_async (late.c_str (), "value");
  auto three = delete_async (late.c_str ());
  set (late.c_str (), "value");
  turn ();
  for (const auto &done : { one, two, three })
    EXPECT_THAT (done, Succeeded ());
  EXPECT_EQ (after_restart (fits.c_str ()), "value");
  EXPECT_EQ (actor ().asked[Ask::store], 1);
  EXPECT_EQ (in_memory (late.c_str ()), "value");
}

// --- what cannot be encoded ---

TEST_F (BackupWriteTest, AnObjectStaysInMemoryAndTheOlderValueGoes)
{
  auto object = adopt (G_OBJECT (g_object_new (G_TYPE_OBJECT, nullptr)));

  set ("key", "old");
  auto done = set_async ("key", Entry (memo_entry_new_object (object.get ())));
  turn ();
  EXPECT_THAT (done, Succeeded ());
  EXPECT_TRUE (memo_cache_contains (cache (), "key"));
  EXPECT_EQ (after_restart ("key"), "-");
}

TEST_F (BackupWriteTest, ACodecThatFailsHasTheOlderValueRemoved)
{
  Ref<MemoCall> kept;
  int turns = 0;
  auto codec = codec_of ([&] (MemoCall *call) {
    switch (turns++)
      {
      case 1: memo_call_return_error (call, make_error ("cannot").release ()); break;
      case 2: break;
      case 3: memo_call_return_nothing (call); break;
      case 4: memo_call_return_entry (call, entry ("text").release ()); break;
      case 5: kept = share (call); break;
      default: encode_text (call); break;
      }
  });

  cache_ = new_cache_over (backend_.get (), "codec", codec.get ());
  for (const char *complaint : { "cannot", "dropped without an answer", "with nothing", "something else than bytes",
                                 "did not answer" })
    {
      const int turn = turns;

      turns = 0;
      set ("key", "old");
      EXPECT_TRUE (place_->get ("d:key").has_value ());
      turns = std::max (turn, 1);
      EXPECT_THAT (complaints_of ([&] { set ("key", "new"); }), ElementsAre (HasSubstr (complaint)));
      EXPECT_FALSE (place_->get ("d:key").has_value ()) << complaint;
      EXPECT_EQ (in_memory ("key"), "new");
    }

  // An answer that comes late is not one.
  memo_call_return_bytes (kept.get (), bytes_of ("late").get ());
  turn ();
  EXPECT_FALSE (place_->get ("d:key").has_value ());
}

TEST_F (BackupWriteTest, ACodecMayWriteWhatAnotherOneReads)
{
  auto plain = adopt (memo_variant_codec_new ());
  auto encode = [&] (MemoCall *call) {
    Bytes bytes (memo_codec_encode_entry (MEMO_CODEC (plain.get ()), memo_call_get_entry (call), nullptr));

    memo_call_return_bytes (call, bytes.get ());
  };
  auto other = codec_of (encode), same = codec_of (encode, "MemoVariantCodec");

  g_autofree char *plain_name = memo_codec_dup_name (MEMO_CODEC (plain.get ()));
  g_autofree char *other_name = memo_codec_dup_name (MEMO_CODEC (other.get ()));

  EXPECT_STREQ (plain_name, "MemoVariantCodec");
  EXPECT_STREQ (other_name, "MemoTestWriteCodec");
  for (auto &codec : { std::ref (other), std::ref (same) })
    {
      cache_ = new_cache_over (backend_.get (), "codec", codec.get ().get ());
      set ("key", "value");
      turn ();
      cache_ = new_cache_over (backend_.get ());
      auto got = get ("key");
      turn ();
      if (&codec.get () == &same)
        EXPECT_THAT (got, GotText ("value"));
      else
        EXPECT_THAT (got, GotMiss ());
    }
}

TEST_F (BackupWriteTest, ACodecMayUseTheCache)
{
  int depth = 0;
  auto codec = codec_of ([&] (MemoCall *call) {
    if (depth++ == 0)
      {
        set ("key", "inner");
        remove ("other");
        clear ();
        set ("key", "innermost");
        get ("elsewhere");
        flush_async ();
      }
    encode_text (call);
  });

  cache_ = new_cache_over (backend_.get (), "codec", codec.get ());
  set ("key", "outer");
  turn ();
  EXPECT_EQ (in_memory ("key"), "innermost");
  EXPECT_THAT (place_->get ("d:key").value_or (""), HasSubstr ("innermost"));
}

TEST_F (BackupWriteTest, ACodecMayDropTheLastReferenceToTheCache)
{
  auto codec = codec_of ([&] (MemoCall *call) {
    cache_.reset ();
    encode_text (call);
  });

  cache_ = new_cache_over (backend_.get (), "codec", codec.get ());
  auto held = share (cache_.get ());
  Watch watch (held.get ());
  auto raw = MEMO_CACHE (held.release ());
  g_object_unref (raw);
  memo_cache_set (raw, "key", entry ("value").release ());
  turn ();
  EXPECT_TRUE (watch.gone ());
}

// --- values whose end does something ---

TEST_F (BackupWriteTest, TheEndOfAValueMayUseTheCache)
{
  hold ();
  set ("key", "running");
  set ("key", entry_ending_with ([this] {
    set ("key", "from the end");
    set ("another", "from the end");
    invalidate ("tag");
  }));
  set ("key", "next");
  turn ();
  let_all_go ();
  EXPECT_EQ (after_restart ("key"), "from the end");
  EXPECT_EQ (after_restart ("another"), "from the end");
}

TEST_F (BackupWriteTest, TheEndOfAValueMayBeTheEndOfTheCache)
{
  for (int way = 0; way < 4; way++)
    {
      cache_ = new_cache_over (backend_.get ());
      Watch watch (cache_.get ());
      hold ();
      set ("key", "running");
      set ("key", entry_ending_with ([this] { cache_.reset (); }));
      MemoCache *raw = cache ();
      if (way == 0)
        memo_cache_clear (raw);
      else if (way == 1)
        memo_cache_delete (raw, "key");
      else if (way == 2)
        memo_cache_set (raw, "key", entry ("next").release ());
      hold_no_more ();
      while (held () > 0)
        let_go (0);
      cache_.reset ();
      turn ();
      EXPECT_TRUE (watch.gone ());
    }
}

// --- a backend that answers at once ---

TEST_F (BackupWriteTest, ABackendThatAnswersAtOnceIsAskedWithoutRecursion)
{
  constexpr int n = 90000;

  hold ({ Ask::clear });
  clear ();
  for (int i = 0; i < n; i++)
    remove (std::to_string (i).c_str ());
  set ("last", "value");
  let_all_go ();
  EXPECT_EQ (actor ().asked[Ask::remove], n);
  EXPECT_EQ (after_restart ("last"), "value");
}

// --- limits ---

TEST_F (BackupWriteTest, ManyKeysWaitForTheBackend)
{
  constexpr int n = 10100;

  hold ();
  for (int i = 0; i < n; i++)
    set (std::to_string (i).c_str (), "value");
  EXPECT_EQ (held (), 10000u);
  for (int i = 0; i < 100; i++)
    let_go (0);
  EXPECT_EQ (held (), 10000u);
  let_all_go ();
  EXPECT_EQ (actor ().asked[Ask::store], n);
}

// --- how it is opened ---

TEST_F (BackupWriteTest, WhatCouldNotBeOpenedIsTriedAgain)
{
  break_down ({ Ask::open });
  auto done = set_async ("key", "value");
  EXPECT_THAT (complaints_of ([&] { turn (); set ("other", "value"); }).size (), ::testing::Le (1u));
  turn ();
  EXPECT_THAT (done, IsBroken ());
  EXPECT_EQ (actor ().asked[Ask::store], 0);
  repair ();
  advance (1.0);
  turn ();
  set ("key", "new");
  turn ();
  EXPECT_EQ (after_restart ("key"), "new");
}

TEST_F (BackupWriteTest, WhatIsOpenedLateHasAllThatWasAsked)
{
  hold ({ Ask::open });
  set ("one", "value");
  set ("two", "value");
  remove ("one");
  auto done = flush_async ();
  turn ();
  EXPECT_EQ (holds (), "open");
  let_go (0);
  turn ();
  EXPECT_THAT (done, Succeeded ());
  EXPECT_EQ (after_restart ("one"), "-");
  EXPECT_EQ (after_restart ("two"), "value");
}

// --- what it need not know ---

TEST_F (BackupWriteTest, ABackendThatCanDoNothingIsNoHarm)
{
  static const GType type = [] {
    const GType made = g_type_register_static_simple (G_TYPE_OBJECT, "MemoTestEmptyBackend", sizeof (GObjectClass), nullptr,
                                                      sizeof (GObject), nullptr, GTypeFlags (0));
    const GInterfaceInfo info = { nullptr, nullptr, nullptr };

    g_type_add_interface_static (made, MEMO_TYPE_BACKEND, &info);
    return made;
  } ();
  auto empty = adopt (static_cast<MemoBackend *> (g_object_new (type, nullptr)));

  cache_ = new_cache_over (empty.get ());
  EXPECT_THAT (complaints_of ([&] {
    auto set = set_async ("key", "value"), gone = delete_async ("other");
    turn ();
    EXPECT_THAT (set, FailedWith (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
    EXPECT_THAT (gone, FailedWith (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
    auto all = clear_async ();
    turn ();
    EXPECT_THAT (all, FailedWith (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
    auto flush = flush_async ();
    turn ();
    EXPECT_THAT (flush, FailedWith (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
    auto got = get ("key");
    turn ();
    EXPECT_THAT (got, GotMiss ());
  }).size (), 1u);
}

} // namespace
