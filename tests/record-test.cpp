// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/complaints.hpp"
#include "support/record-bytes.hpp"

#include <functional>

extern "C" {
#include "memo-record-private.h"
}

using namespace memo_test;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

std::string
text_of (GBytes *bytes)
{
  gsize size;
  auto *data = static_cast<const char *> (g_bytes_get_data (bytes, &size));

  return std::string (data, size);
}

Bytes
bytes_of (const std::string &text)
{
  return Bytes (g_bytes_new (text.data (), text.size ()));
}

class RecordTest : public ::testing::Test
{
protected:
  ~RecordTest () override { memo_record_clear (&decoded_); }

  // What the library is to encode: the same as RecordBytes says.
  class Source
  {
  public:
    explicit Source (const RecordBytes &from)
      : key_ (from.key), codec_ (from.codec), tags_ (from.tags), payload_ (bytes_of (from.payload))
    {
      record_.key = key_.c_str ();
      record_.codec = codec_.c_str ();
      record_.written = from.written;
      record_.expiry = from.expiry;
      memcpy (record_.origin, from.origin.data (), 16);
      record_.origin_expiry = from.origin_expiry;
      record_.load_duration = from.load_duration;
      record_.payload = payload_.get ();
      record_.n_tags = tags_.size ();
      for (size_t i = 0; i < tags_.size () && i < MEMO_RECORD_MAX_TAGS; i++)
        {
          record_.tags[i].text = tags_[i].second.c_str ();
          memcpy (record_.tags[i].token, tags_[i].first.data (), 16);
        }
    }
    operator MemoRecord * () { return &record_; }

  private:
    std::string                             key_, codec_;
    std::vector<std::pair<Id, std::string>> tags_;
    Bytes                                   payload_;
    MemoRecord                              record_ = {};
  };

  std::string encode (const RecordBytes &from, const char *secret = nullptr)
  {
    Bytes key = secret != nullptr ? bytes_of (secret) : nullptr;
    Bytes made (memo_record_encode (Source (from), key.get (), ErrorOut (error_)));

    return made != nullptr ? text_of (made.get ()) : "";
  }

  // Exactly as large in memory as it is, so that a read beyond it does not go unnoticed.
  bool decode (const std::string &text, const char *key = "key", const char *codec = "MemoVariantCodec",
               const char *secret = nullptr)
  {
    Bytes bytes = bytes_of (text), secret_bytes = secret != nullptr ? bytes_of (secret) : nullptr;

    memo_record_clear (&decoded_);
    memset (&decoded_, 0xff, sizeof decoded_);
    const bool done = memo_record_decode (&decoded_, bytes.get (), key, codec, secret_bytes.get (), ErrorOut (error_));

    if (done == (error_ != nullptr))
      ADD_FAILURE () << "either a record or an error";
    if (!done && (decoded_.payload != nullptr || decoded_.bytes != nullptr || decoded_.key != nullptr || decoded_.n_tags > 0))
      ADD_FAILURE () << "something is left of what was refused";
    return done;
  }

  bool decode (const RecordBytes &from) { return decode (from.with_checksum (), from.key.c_str (), from.codec.c_str ()); }

  void expect_refused (const char *why)
  {
    EXPECT_THAT (error_, IsGError (MEMO_ERROR, MEMO_ERROR_INVALID_DATA));
    if (error_ != nullptr)
      {
        EXPECT_THAT (error_->message, HasSubstr (why));
        EXPECT_THAT (error_->message, Not (HasSubstr ("payload")));
      }
  }

  void expect_decoded (const RecordBytes &from)
  {
    EXPECT_EQ (decoded_.key, from.key);
    EXPECT_EQ (decoded_.codec, from.codec);
    EXPECT_EQ (decoded_.written, from.written);
    EXPECT_EQ (decoded_.expiry, from.expiry);
    EXPECT_EQ (memcmp (decoded_.origin, from.origin.data (), 16), 0);
    EXPECT_EQ (decoded_.origin_expiry, from.origin_expiry);
    EXPECT_EQ (decoded_.load_duration, from.load_duration);
    EXPECT_EQ (text_of (decoded_.payload), from.payload);
    ASSERT_EQ (decoded_.n_tags, from.tags.size ());
    for (size_t i = 0; i < from.tags.size (); i++)
      {
        EXPECT_EQ (decoded_.tags[i].text, from.tags[i].second);
        EXPECT_EQ (memcmp (decoded_.tags[i].token, from.tags[i].first.data (), 16), 0);
      }
  }

  static Id id (guint8 first)
  {
    Id made;

    for (size_t i = 0; i < made.size (); i++)
      made[i] = first + i;
    return made;
  }

  // One that has everything.
  static RecordBytes full ()
  {
    RecordBytes all;

    all.key = "user:1";
    all.written = G_GINT64_CONSTANT (1'700'000'000'000);
    all.expiry = G_GINT64_CONSTANT (1'700'000'060'000);
    all.origin = id (1);
    all.origin_expiry = G_GINT64_CONSTANT (123'456'789'012);
    all.load_duration = 2'345'678;
    all.tags = { { id (0x20), "users" }, { id (0x40), "" }, { id (0x80), "städte" } };
    all.payload = std::string ("\0pay\0load", 9);
    return all;
  }

  Error      error_;
  MemoRecord decoded_ = {};
};

// --- what is written ---

TEST_F (RecordTest, ItIsWrittenAsThePageSays)
{
  for (const RecordBytes &record : { RecordBytes (), full () })
    {
      EXPECT_EQ (encode (record), record.with_checksum ());
      EXPECT_EQ (encode (record, "secret"), record.with_signature ("secret"));
    }
}

TEST_F (RecordTest, ThesePreciseBytesStayReadable)
{
  // Written by hand, but for the checksum.
  const char bytes[] =
    "Memo" "\1\0" "\0\0" "\x7b\0\0\0" "\1\0\0\0" "\1\0\0\0" "\1\0\0\0" "\x16\0\0\0" "\3\0\0\0"
    "\1\0\0\0\0\0\0\0" "\xff\xff\xff\xff\xff\xff\xff\x7f" "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "\0\0\0\0\0\0\0\0" "\2\0\0\0\0\0\0\0" "k\0" "c\0" "0123456789abcdef" "\1\0\0\0" "t\0"
    "\0\0\0\0\0\0" "abc";
  RecordBytes same;

  same.key = "k";
  same.codec = "c";
  same.written = 1;
  same.expiry = G_MAXINT64;
  same.load_duration = 2;
  same.payload = "abc";
  memcpy (same.tags.emplace_back (Id (), "t").first.data (), "0123456789abcdef", 16);

  EXPECT_EQ (same.body (8), std::string (bytes, sizeof bytes - 1));
  EXPECT_EQ (encode (same).substr (0, sizeof bytes - 1), std::string (bytes, sizeof bytes - 1));
  ASSERT_TRUE (decode (same));
  expect_decoded (same);
}

TEST_F (RecordTest, WhatWasWrittenIsRead)
{
  for (const RecordBytes &record : { RecordBytes (), full () })
    {
      ASSERT_TRUE (decode (encode (record), record.key.c_str ()));
      expect_decoded (record);
      ASSERT_TRUE (decode (encode (record, "secret"), record.key.c_str (), "MemoVariantCodec", "secret"));
      expect_decoded (record);
    }
}

TEST_F (RecordTest, TimesMayBeAnything)
{
  for (gint64 time : { G_MININT64, G_GINT64_CONSTANT (-1), G_GINT64_CONSTANT (0), G_MAXINT64 - 1, G_MAXINT64 })
    {
      RecordBytes record = full ();

      record.written = record.expiry = record.origin_expiry = time;
      ASSERT_TRUE (decode (encode (record), record.key.c_str ()));
      expect_decoded (record);
    }
}

TEST_F (RecordTest, TheValueIsASliceThatKeepsTheRecord)
{
  Bytes bytes = bytes_of (full ().with_checksum ()), payload;
  gsize size;
  auto *data = static_cast<const guint8 *> (g_bytes_get_data (bytes.get (), &size));

  ASSERT_TRUE (memo_record_decode (&decoded_, bytes.get (), "user:1", "MemoVariantCodec", nullptr, nullptr));
  auto *slice = static_cast<const guint8 *> (g_bytes_get_data (decoded_.payload, nullptr));
  EXPECT_GE (slice, data);
  EXPECT_LT (slice, data + size);
  EXPECT_EQ ((slice - data) % 8, 0) << "aligned as a variant needs it";

  payload.reset (g_bytes_ref (decoded_.payload));
  memo_record_clear (&decoded_);
  EXPECT_EQ (decoded_.payload, nullptr);
  bytes.reset ();
  EXPECT_EQ (text_of (payload.get ()), full ().payload);
  memo_record_clear (&decoded_);    // once more does no harm
}

TEST_F (RecordTest, ItDoesNotMatterWhereInMemoryItLies)
{
  const std::string text = full ().with_checksum ();

  for (size_t shift = 0; shift < 16; shift++)
    {
      Bytes outer = bytes_of (std::string (shift, 'x') + text);
      Bytes inner (g_bytes_new_from_bytes (outer.get (), shift, text.size ()));

      memo_record_clear (&decoded_);
      ASSERT_TRUE (memo_record_decode (&decoded_, inner.get (), "user:1", "MemoVariantCodec", nullptr, nullptr));
      expect_decoded (full ());
    }
}

// --- limits ---

// What is at a limit passes both ways; one more is refused both ways.
class RecordLimitTest : public RecordTest
{
protected:
  void expect_limit (const RecordBytes &just_in, const RecordBytes &beyond, const char *why)
  {
    const std::string made = encode (just_in);

    EXPECT_EQ (made, just_in.with_checksum ());
    EXPECT_TRUE (decode (made, just_in.key.c_str (), just_in.codec.c_str ()));

    EXPECT_EQ (encode (beyond), "");
    EXPECT_THAT (error_, IsGError (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED));
    if (error_ != nullptr)
      {
        EXPECT_THAT (error_->message, AllOf (HasSubstr (why), Not (HasSubstr ("xxx"))));
      }
    EXPECT_FALSE (decode (beyond));
    expect_refused (why);
  }
};

TEST_F (RecordLimitTest, Rule25KeysUpTo64KiB)
{
  RecordBytes just_in, beyond;

  just_in.key = std::string (64 * 1024, 'x');
  beyond.key = just_in.key + "x";
  expect_limit (just_in, beyond, "The key is too long for a record: 65537, and the limit is 65536");
}

TEST_F (RecordLimitTest, Rule25NamesOfCodecsUpTo255Bytes)
{
  RecordBytes just_in, beyond;

  just_in.codec = std::string (255, 'x');
  beyond.codec = just_in.codec + "x";
  expect_limit (just_in, beyond, "codec is too long");
}

TEST_F (RecordLimitTest, Rule25SixtyFourTags)
{
  RecordBytes just_in, beyond;

  for (int i = 0; i < 64; i++)
    just_in.tags.push_back ({ id (i), std::to_string (i) });
  beyond.tags = just_in.tags;
  beyond.tags.push_back ({ id (64), "xxx" });
  expect_limit (just_in, beyond, "too many tags for a record: 65, and the limit is 64");
}

TEST_F (RecordLimitTest, Rule25TagsOf64KiBTogether)
{
  for (size_t n : { 1, 2, 64 })
    {
      RecordBytes just_in, beyond;

      for (size_t i = 0; i < n; i++)
        just_in.tags.push_back ({ id (i), std::string (64 * 1024 / n, 'x') });
      beyond.tags = just_in.tags;
      beyond.tags.back ().second += "x";
      expect_limit (just_in, beyond, "tags are too long");
    }
}

TEST_F (RecordLimitTest, Rule25ValuesUpTo16MiB)
{
  RecordBytes just_in, beyond;

  just_in.payload = std::string (16 * 1024 * 1024, 'x');
  beyond.payload = just_in.payload + "x";
  expect_limit (just_in, beyond, "The value is too large for a record: 16777217, and the limit is 16777216");
}

TEST_F (RecordLimitTest, Rule25TheLargestOfEverythingPasses)
{
  RecordBytes all;

  all.key = std::string (64 * 1024, 'k');
  all.codec = std::string (255, 'c');
  all.payload = std::string (16 * 1024 * 1024, 'p');
  for (int i = 0; i < 64; i++)
    all.tags.push_back ({ id (i), std::string (1024, 't') });
  ASSERT_TRUE (decode (encode (all, "secret"), all.key.c_str (), all.codec.c_str (), "secret"));
  expect_decoded (all);
}

TEST_F (RecordLimitTest, Rule25TheSmallestOfEverythingPasses)
{
  RecordBytes none;

  none.key = none.payload = "";
  ASSERT_TRUE (decode (encode (none), ""));
  expect_decoded (none);
}

TEST_F (RecordLimitTest, Rule25WhatIsLargerThanAnyRecordIsNotLookedAt)
{
  std::string text = RecordBytes ().with_checksum ();

  text.resize (20 * 1024 * 1024 + 1);
  EXPECT_FALSE (decode (text));
  expect_refused ("These 20971521 bytes are not a record");
}

// --- damage ---

TEST_F (RecordTest, Rule25EveryFlippedBitIsNoticed)
{
  for (const char *secret : { static_cast<const char *> (nullptr), "secret" })
    {
      const std::string good = encode (full (), secret);

      for (size_t i = 0; i < good.size () * 8; i++)
        {
          std::string bad = good;

          bad[i / 8] ^= 1 << (i % 8);
          ASSERT_FALSE (decode (bad, "user:1", "MemoVariantCodec", secret)) << "bit " << i;
          ASSERT_THAT (error_, IsGError (MEMO_ERROR, MEMO_ERROR_INVALID_DATA));
        }
    }
}

TEST_F (RecordTest, Rule25EveryCutAndEveryTrailingByteIsNoticed)
{
  for (const char *secret : { static_cast<const char *> (nullptr), "secret" })
    {
      const std::string good = encode (full (), secret);

      for (size_t size = 0; size < good.size (); size++)
        {
          ASSERT_FALSE (decode (good.substr (0, size), "user:1", "MemoVariantCodec", secret)) << size;
          ASSERT_FALSE (decode (good.substr (size), "user:1", "MemoVariantCodec", secret) && size > 0) << size;
        }
      for (size_t more : { 1, 8, 32, 200 })
        {
          ASSERT_FALSE (decode (good + std::string (more, '\0'), "user:1", "MemoVariantCodec", secret));
          expect_refused ("The record says that it has ");
        }
    }
}

TEST_F (RecordTest, Rule25NothingIsNoRecord)
{
  Bytes empty (g_bytes_new (nullptr, 0));

  EXPECT_FALSE (memo_record_decode (&decoded_, empty.get (), "key", "MemoVariantCodec", nullptr, ErrorOut (error_)));
  expect_refused ("These 0 bytes are not a record");
}

// --- forgery: all of these have the right checksum ---

struct Forgery
{
  const char                           *what;
  std::function<void (RecordBytes &)>   forge;
  const char                           *why;
};

class ForgedRecordTest : public RecordTest
{
protected:
  void expect_all_refused (const std::vector<Forgery> &forgeries)
  {
    ASSERT_TRUE (decode (full ()));
    for (auto &forgery : forgeries)
      {
        SCOPED_TRACE (forgery.what);
        RecordBytes record = full ();

        forgery.forge (record);
        EXPECT_FALSE (decode (record.with_checksum (), "user:1"));
        expect_refused (forgery.why);
        EXPECT_FALSE (decode (record.with_signature ("secret"), "user:1", "MemoVariantCodec", "secret"));
        expect_refused (forgery.why);
      }
  }
};

TEST_F (ForgedRecordTest, Rule25OfAnotherKind)
{
  expect_all_refused ({
    { "magic", [] (RecordBytes &r) { r.magic = "memo"; }, "not a record" },
    { "version 0", [] (RecordBytes &r) { r.version = 0; }, "of version 0, not 1" },
    { "version 2", [] (RecordBytes &r) { r.version = 2; }, "of version 2, not 1" },
    { "version 257", [] (RecordBytes &r) { r.version = 257; }, "of version 257, not 1" },
    { "flags", [] (RecordBytes &r) { r.flags = 2; }, "unknown flags" },
    { "flags", [] (RecordBytes &r) { r.flags = 0x8000; }, "unknown flags" },
  });
}

TEST_F (ForgedRecordTest, Rule25WithWrongSizes)
{
  constexpr int huge = -1;    // 4 GiB and then some

  std::vector<Forgery> forgeries = {
    { "key and codec", [] (RecordBytes &r) { r.more_key = 1; r.more_codec = -1; }, "another key" },
    { "codec and payload", [] (RecordBytes &r) { r.more_codec = 8; r.more_payload = -8; }, "another codec" },
    { "tags and payload", [] (RecordBytes &r) { r.more_tags = 8; r.more_payload = -8; }, "something after its tags" },
    { "fewer tags", [] (RecordBytes &r) { r.more_n_tags = -1; }, "something after its tags" },
    { "more tags", [] (RecordBytes &r) { r.more_n_tags = 1; }, "says that it has 4 tags, and has 3" },
    { "no tags", [] (RecordBytes &r) { r.more_n_tags = -3; }, "something after its tags" },
    { "longer tags", [] (RecordBytes &r) { r.more_tag = 1; }, "does not end where it should" },
    { "much longer tags", [] (RecordBytes &r) { r.more_tag = 1'000; }, "longer than its tags" },
    { "endless tags", [] (RecordBytes &r) { r.more_tag = huge - 5; }, "longer than its tags" },
    { "a tag that ends after the tags", [] (RecordBytes &r) {
        r.tags.clear ();
        r.more_n_tags = 1;
        r.after_tags = RecordBytes::text_of (id (1)) + RecordBytes::number (1, 4) + "a";
      }, "longer than its tags" },
    { "shorter tags", [] (RecordBytes &r) { r.tags[0].second = "ab"; r.tags.resize (1); r.more_tag = -1; },
      "does not end where it should" },
    { "huge key", [] (RecordBytes &r) { r.more_key = huge - 6; }, "key is too long" },
    { "huge codec", [] (RecordBytes &r) { r.more_codec = huge - 16; }, "codec is too long" },
    { "huge number of tags", [] (RecordBytes &r) { r.more_n_tags = huge - 3; }, "too many tags" },
    { "huge tags", [] (RecordBytes &r) { r.more_tags = G_MAXINT; }, "tags are too long" },
    { "huge payload", [] (RecordBytes &r) { r.more_payload = huge - 9; }, "value is too large" },
  };
  for (int more : { -1, 1, 8, -8, 1'000 })
    {
      forgeries.push_back ({ "size", [more] (RecordBytes &r) { r.more_size = more; }, "The record says that it has" });
      forgeries.push_back ({ "payload", [more] (RecordBytes &r) { r.more_payload = more; }, "The record says that it has" });
    }
  expect_all_refused (forgeries);
}

TEST_F (ForgedRecordTest, Rule25WithSomethingWhereNothingShouldBe)
{
  expect_all_refused ({
    { "padding", [] (RecordBytes &r) { r.padding = std::string (4, '\0') + "\1"; }, "between its parts" },
    { "padding", [] (RecordBytes &r) { r.padding = "\1" + std::string (4, '\0'); }, "between its parts" },
    { "more padding", [] (RecordBytes &r) { r.padding = std::string (13, '\0'); }, "The record says that it has" },
    { "after the tags", [] (RecordBytes &r) { r.after_tags = "x"; }, "something after its tags" },
    { "in a tag", [] (RecordBytes &r) { r.tags[0].second = std::string ("a\0b", 3); }, "does not end where it should" },
    { "in the key", [] (RecordBytes &r) { r.key = std::string ("user:1\0x", 8); }, "another key" },
    { "in the codec", [] (RecordBytes &r) { r.codec += std::string ("\0x", 2); }, "another codec" },
  });
}

TEST_F (ForgedRecordTest, Rule25WithTimesThatCannotBe)
{
  constexpr const char *why = "The times of the record cannot be right";

  expect_all_refused ({
    { "a negative load", [] (RecordBytes &r) { r.load_duration = -1; }, why },
    { "the longest negative load", [] (RecordBytes &r) { r.load_duration = G_MININT64; }, why },
    { "never and some time", [] (RecordBytes &r) { r.expiry = G_MAXINT64; }, why },
    { "some time and never", [] (RecordBytes &r) { r.origin_expiry = G_MAXINT64; }, why },
    { "a time from nowhere", [] (RecordBytes &r) { r.origin = {}; }, why },
  });
}

TEST_F (ForgedRecordTest, Rule25OfAnotherKeyOrCodec)
{
  const std::string text = full ().with_checksum ();

  for (const char *key : { "", "user:", "user:2", "user:12", "User:1", "user:1 " })
    {
      EXPECT_FALSE (decode (text, key));
      expect_refused ("another key");
      EXPECT_THAT (error_->message, Not (HasSubstr ("user:1"))) << "it may be none of ours";
    }
  for (const char *codec : { "", "MemoVariantCode", "MemoVariantCodec2", "MemoVariantCodeC" })
    {
      EXPECT_FALSE (decode (text, "user:1", codec));
      expect_refused ("another codec");
    }
}

// --- secrets ---

TEST_F (RecordTest, Rule25ASignedRecordIsReadWithItsSecretOnly)
{
  const std::string text = full ().with_signature ("secret");

  for (const char *secret : { "Secret", "secret ", "x", "another" })
    {
      EXPECT_FALSE (decode (text, "user:1", "MemoVariantCodec", secret));
      expect_refused ("The signature of the record is wrong");
      EXPECT_THAT (error_->message, Not (HasSubstr (secret)));
    }
  EXPECT_FALSE (decode (text, "user:1"));
  expect_refused ("there is no secret to check it with");
}

TEST_F (RecordTest, Rule25WithASecretNothingUnsignedIsRead)
{
  EXPECT_FALSE (decode (full ().with_checksum (), "user:1", "MemoVariantCodec", "secret"));
  expect_refused ("The record is not signed");

  // Nor one that only says so.
  RecordBytes record = full ();
  record.flags = 1;
  EXPECT_FALSE (decode (record.with_checksum (), "user:1", "MemoVariantCodec", "secret"));
  expect_refused ("The record says that it has");
  EXPECT_FALSE (decode (record.body (32) + std::string (24, '\0') + RecordBytes::checksum (record.body (32)), "user:1",
                        "MemoVariantCodec", "secret"));
  expect_refused ("The signature of the record is wrong");
}

TEST_F (RecordTest, Rule25ASecretMayBeLongAndHaveAnyBytes)
{
  for (const std::string &secret : { std::string (1, '\0'), std::string (64, 'x'), std::string (1'000, '\xff') })
    {
      Bytes bytes = bytes_of (secret);
      Bytes made (memo_record_encode (Source (full ()), bytes.get (), nullptr));

      ASSERT_EQ (text_of (made.get ()), full ().with_signature (secret));
      memo_record_clear (&decoded_);
      EXPECT_TRUE (memo_record_decode (&decoded_, made.get (), "user:1", "MemoVariantCodec", bytes.get (), nullptr));
    }
}

TEST_F (RecordTest, AnEmptySecretIsAMistake)
{
  EXPECT_THAT (complaints_of ([&] { encode (full (), ""); }), ::testing::ElementsAre (HasSubstr ("g_bytes_get_size (secret) > 0")));
  Bytes bytes = bytes_of (full ().with_checksum ()), empty = bytes_of ("");
  EXPECT_THAT (complaints_of ([&] {
    EXPECT_FALSE (memo_record_decode (&decoded_, bytes.get (), "user:1", "MemoVariantCodec", empty.get (), nullptr));
  }), ::testing::ElementsAre (HasSubstr ("g_bytes_get_size (secret) > 0")));
}

TEST_F (RecordTest, TimesThatCannotBeAreAMistakeToWrite)
{
  RecordBytes negative = full (), nowhere = full (), half = full ();

  negative.load_duration = -1;
  nowhere.origin = {};
  half.expiry = G_MAXINT64;
  for (const RecordBytes &record : { negative, nowhere, half })
    EXPECT_THAT (complaints_of ([&] { EXPECT_EQ (encode (record), ""); }), ::testing::SizeIs (1));
}

} // namespace
