// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "memo-conformance-fixture.hpp"

// What a backend keeps.

namespace memo_conformance {

TEST_P (BackendConformance, AtFirstNothingIsThere)
{
  EXPECT_EQ (load ("key"), std::nullopt);
}

TEST_P (BackendConformance, WhatIsStoredIsFound)
{
  store ("key", "content");
  EXPECT_EQ (load ("key"), "content");
  EXPECT_EQ (load ("key"), "content") << "a second time, too";
  EXPECT_EQ (load ("another"), std::nullopt);
}

TEST_P (BackendConformance, AStoreReplacesWhatIsThere)
{
  store ("key", "something long that was there before");
  store ("key", "new");
  EXPECT_EQ (load ("key"), "new");
  done (ask ().store ("key", "durable", MEMO_TTL_FOREVER, true));
  EXPECT_EQ (load ("key"), "durable");
}

TEST_P (BackendConformance, ARemoveTakesOneKeyAway)
{
  store ("key", "content");
  store ("another", "stays");
  done (ask ().remove ("key"));
  EXPECT_EQ (load ("key"), std::nullopt);
  EXPECT_EQ (load ("another"), "stays");
}

TEST_P (BackendConformance, ARemoveOfWhatIsNotThereSucceeds)
{
  done (ask ().remove ("key"));
  done (ask ().remove ("key", "content"));
}

TEST_P (BackendConformance, AKeyMayBeStoredAgainAfterItWasRemoved)
{
  for (int i = 0; i < 3; i++)
    {
      store ("key", std::to_string (i));
      EXPECT_EQ (load ("key"), std::to_string (i));
      done (ask ().remove ("key"));
      EXPECT_EQ (load ("key"), std::nullopt);
    }
}

TEST_P (BackendConformance, ARemoveOfCertainBytesLeavesAllOthers)
{
  const std::string zeros (3, '\0');

  store ("key", "content");
  for (const auto &other : { std::string ("content", 6), std::string ("content "), std::string ("Content"), std::string () })
    done (ask ().remove ("key", other));
  EXPECT_EQ (load ("key"), "content");
  done (ask ().remove ("key", "content"));
  EXPECT_EQ (load ("key"), std::nullopt);

  store ("key", zeros);
  done (ask ().remove ("key", std::string (2, '\0')));
  EXPECT_EQ (load ("key"), zeros);
  done (ask ().remove ("key", zeros));
  EXPECT_EQ (load ("key"), std::nullopt);

  store ("key", "");
  done (ask ().remove ("key", "something"));
  EXPECT_EQ (load ("key"), "");
  done (ask ().remove ("key", ""));
  EXPECT_EQ (load ("key"), std::nullopt);
}

TEST_P (BackendConformance, AClearTakesEverythingAway)
{
  done (ask ().clear ());
  for (int i = 0; i < 100; i++)
    store ("key " + std::to_string (i), "content");
  done (ask ().clear ());
  for (int i = 0; i < 100; i++)
    EXPECT_EQ (load ("key " + std::to_string (i)), std::nullopt);

  store ("key 0", "again");
  EXPECT_EQ (load ("key 0"), "again");
}

// --- time ---

TEST_P (BackendConformance, WhatExpiredIsNotFound)
{
  store ("short", "content", 10.0);
  store ("long", "content", 1000.0);
  store ("forever", "content");
  if (!subject_->advance (9.0))
    return;

  EXPECT_EQ (load ("short"), "content");
  subject_->advance (1.0);
  EXPECT_EQ (load ("short"), std::nullopt);
  EXPECT_EQ (load ("long"), "content");
  subject_->advance (990.0);
  EXPECT_EQ (load ("long"), std::nullopt);
  subject_->advance (10.0 * 365 * 86400);
  EXPECT_EQ (load ("forever"), "content");
}

TEST_P (BackendConformance, AStoreBeginsANewLife)
{
  store ("longer", "content", 10.0);
  store ("forever", "content", 10.0);
  store ("shorter", "content", 1000.0);
  if (!subject_->advance (9.0))
    return;

  store ("longer", "content", 10.0);
  store ("forever", "content");
  store ("shorter", "content", 10.0);
  subject_->advance (9.0);
  EXPECT_EQ (load ("longer"), "content");
  subject_->advance (1.0);
  EXPECT_EQ (load ("longer"), std::nullopt);
  EXPECT_EQ (load ("shorter"), std::nullopt);
  EXPECT_EQ (load ("forever"), "content");
}

TEST_P (BackendConformance, ALoadDoesNotLengthenALife)
{
  store ("key", "content", 10.0);
  if (!subject_->advance (9.0))
    return;

  EXPECT_EQ (load ("key"), "content");
  subject_->advance (1.0);
  EXPECT_EQ (load ("key"), std::nullopt);
}

TEST_P (BackendConformance, AnyTimeToLiveIsTaken)
{
  for (double ttl : { 1e-9, 0.0004, 1.0 / 3, 1e5, 1e9, 1e15, 1e300 })
    done (ask ().store ("key", "content", ttl));
  EXPECT_EQ (load ("key"), "content") << "which was the longest";
}

// --- keys and contents ---

inline std::vector<std::string>
odd_keys ()
{
  std::vector<std::string> keys {
    "", " ", "  ", "a", "A", "aa", "a ", " a", "a/b", "a//b", "../../a", "a:b", "a%00b", "%", "%s%n", "_", "a_", "a%", "*", "?", "[a]",
    "'", "\"", "''", "`", "\\", "\\0", "'; DROP TABLE kv; --", "a\nb", "a\r\nb", "\t", "\x01", "\x1f", "\x7f", "$-1\r\n", "*1\r\n",
    "ä", "a\xcc\x88", "Ä", "ß", "SS", "ss", "日本語", "🦆", "\xe2\x80\xae right to left", "\xef\xbb\xbf", "\xc2\xa0", "İ", "i", "I", "ı",
    "NULL", "null", "0", "00", "1", "1.0", "1e0", "key", "keys", "ke", "key\x01", "KEY", "Key",
  };
  std::string every;

  for (char c = 1; c < 127; c++)
    every += c;
  keys.push_back (every);
  for (size_t size : { 255u, 256u, 511u, 512u, 513u, 4096u, 65535u, 65536u })
    {
      keys.push_back (std::string (size, 'k'));
      keys.push_back (std::string (size - 1, 'k') + "l");
    }

  return keys;
}

TEST_P (BackendConformance, AnyTextIsAKeyAndNoOtherIsTheSame)
{
  const auto keys = odd_keys ();

  for (size_t i = 0; i < keys.size (); i++)
    store (keys[i], "of key " + std::to_string (i));
  for (size_t i = 0; i < keys.size (); i++)
    EXPECT_EQ (load (keys[i]), "of key " + std::to_string (i)) << "key " << i << ": " << keys[i].substr (0, 40);

  // Every second one goes, and nobody else.
  for (size_t i = 0; i < keys.size (); i += 2)
    done (ask ().remove (keys[i]));
  for (size_t i = 0; i < keys.size (); i++)
    EXPECT_EQ (load (keys[i]).has_value (), i % 2 == 1) << "key " << i << ": " << keys[i].substr (0, 40);
}

TEST_P (BackendConformance, AnyBytesAreAContent)
{
  std::string every;

  for (int c = 0; c < 256; c++)
    every += static_cast<char> (c);
  for (const auto &content : { std::string (), std::string (1, '\0'), std::string ("a\0b", 3), std::string ("\0", 1) + every, every,
                               std::string ("\xff\xfe"), std::string ("NULL"), std::string ("'\"\r\n$-1\r\n") })
    {
      store ("key", content);
      EXPECT_TRUE (has ("key", content)) << content.size () << " bytes";
    }
}

TEST_P (BackendConformance, AContentMayBeAnythingFromNothingTo16MiB)
{
  for (size_t size : { size_t (0), size_t (1), size_t (511), size_t (512), size_t (4095), size_t (4096), size_t (65535), size_t (65536),
                       size_t (1) << 20, size_t (16) << 20 })
    {
      std::string content (size, '\0');

      // So that no part of it is the same as another.
      for (size_t i = 0; i < size; i++)
        content[i] = static_cast<char> (i * 2654435761u >> 13);
      store ("key " + std::to_string (size), content);
      EXPECT_TRUE (has ("key " + std::to_string (size), content)) << size << " bytes";
      store ("key", content);
      EXPECT_TRUE (has ("key", content)) << size << " bytes in place of fewer";
    }
  store ("key", "");
  EXPECT_TRUE (has ("key", "")) << "nothing in place of much";
}

TEST_P (BackendConformance, TheKeyIsTheBackendsOwn)
{
  std::string key = "a key that changes";
  auto pending = ask ().store (key, "content");

  key.assign (key.size (), 'x');
  done (pending);
  EXPECT_EQ (load ("a key that changes"), "content");
}

// --- many, and in which order ---

TEST_P (BackendConformance, ManyMayBeAskedForAtOnce)
{
  constexpr int n = 2000;
  std::vector<Pending> pending;

  for (int i = 0; i < n; i++)
    pending.push_back (ask ().store ("key " + std::to_string (i), "content " + std::to_string (i)));
  done (pending);

  pending.clear ();
  for (int i = 0; i < n; i++)
    pending.push_back (ask ().load ("key " + std::to_string (i)));
  done (pending);
  for (int i = 0; i < n; i++)
    EXPECT_EQ (pending[i]->content, "content " + std::to_string (i));
}

TEST_P (BackendConformance, WhatIsAskedOfAKeyIsDoneInThatOrder)
{
  constexpr int n = 200;
  std::vector<Pending> loads, rest;

  // Nobody waits for an answer before the next question.
  for (int i = 0; i < n; i++)
    {
      const std::string key = "key " + std::to_string (i % 3);

      rest.push_back (ask ().store (key, "first"));
      rest.push_back (ask ().store (key, std::to_string (i)));
      loads.push_back (ask ().load (key));
      rest.push_back (ask ().remove (key, "first"));
      loads.push_back (ask ().load (key));
      rest.push_back (ask ().remove (key, std::to_string (i)));
      loads.push_back (ask ().load (key));
    }
  done (rest);
  done (loads);
  for (int i = 0; i < n; i++)
    {
      EXPECT_EQ (loads[3 * i]->content, std::to_string (i));
      EXPECT_EQ (loads[3 * i + 1]->content, std::to_string (i)) << "that was another one's remove";
      EXPECT_EQ (loads[3 * i + 2]->content, std::nullopt);
    }
}

TEST_P (BackendConformance, AClearIsBetweenWhatIsAskedBeforeAndAfter)
{
  auto before = ask ().store ("before", "content");
  auto clear = ask ().clear ();
  auto after = ask ().store ("after", "content");
  auto loads = std::vector<Pending> { ask ().load ("before"), ask ().load ("after") };

  done ({ before, clear, after });
  done (loads);
  EXPECT_EQ (loads[0]->content, std::nullopt);
  EXPECT_EQ (loads[1]->content, "content");
}

// --- what outlives the backend ---

TEST_P (BackendConformance, WhatWasStoredIsThereForTheNextBackend)
{
  if (!subject_->remembers ())
    return;

  store ("stored", "content");
  store ("removed", "content");
  store ("replaced", "old");
  done (ask ().store ("replaced", "new", MEMO_TTL_FOREVER, true));
  done (ask ().remove ("removed"));
  done (ask ().flush ());
  done (ask ().close ());

  renew ();
  EXPECT_EQ (load ("stored"), "content");
  EXPECT_EQ (load ("replaced"), "new");
  EXPECT_EQ (load ("removed"), std::nullopt);
}

TEST_P (BackendConformance, WhatWasClearedIsNotThereForTheNextBackend)
{
  if (!subject_->remembers ())
    return;

  store ("key", "content");
  done (ask ().close ());
  renew ();
  done (ask ().clear ());
  done (ask ().close ());
  renew ();
  EXPECT_EQ (load ("key"), std::nullopt);
}

TEST_P (BackendConformance, TheTimeBetweenTwoBackendsCounts)
{
  if (!subject_->remembers ())
    return;

  store ("key", "content", 10.0);
  done (ask ().close ());
  if (!subject_->advance (10.0))
    return;
  renew ();
  EXPECT_EQ (load ("key"), std::nullopt);
}

} // namespace memo_conformance
