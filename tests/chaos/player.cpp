// SPDX-License-Identifier: LGPL-2.1-or-later
#include "players.hpp"

namespace chaos {

namespace {

constexpr guint READ_MS = 2;
constexpr guint CHANGE_MS = 25;
constexpr unsigned MAX_UNDER_WAY = 64;

} // namespace

Player::Player (const Options &options) : Process (options)
{
  if (options.backplane == 0)
    return;

  backplane_ = std::make_unique<Backplane> (options.backplane, [this] (const std::string &dropped) {
    const char *tags[] = { dropped.c_str () + 2, nullptr };

    if (dropped.compare (0, 2, "t:") == 0)
      memo_cache_invalidate_tags (cache_, tags);
    else
      memo_cache_delete (cache_, dropped.c_str () + 2);
  }, [this] {
    if (options_.flush)
      memo_async_cache_trim (MEMO_ASYNC_CACHE (cache_), 100);
  });
}

void
Player::started ()
{
  read_on ();
  if (options_.changes)
    change_on ();
}

void
Player::read_on ()
{
  if (over_)
    return;

  // Two at once, now and then of one key.
  for (int i = 0; i < 2 && under_way_ < MAX_UNDER_WAY; i++)
    read (dice (options_.keys));
  later (READ_MS, [this] { read_on (); });
}

void
Player::change_on ()
{
  if (over_)
    return;

  if (under_way_ < MAX_UNDER_WAY)
    change (dice (options_.keys));
  later (1 + dice (2 * CHANGE_MS), [this] { change_on (); });
}

void
Player::change (unsigned key)
{
  if (bracketed (key))
    bracket (key);
  else if (deleted (key))
    remove (key);
  else if (tagged (key))
    invalidate (key);
  // Who sets has to be the only one who writes to the source.
  else if (int (key / 4) % options_.processes == options_.slot && !being_set_[key])
    set (key);
}

void
Player::bracket (unsigned key)
{
  MemoMutation *mutation = memo_mutation_new (cache_);

  if (tag (key).empty ())
    memo_mutation_add_key (mutation, name (key).c_str ());
  else
    memo_mutation_add_tag (mutation, tag (key).c_str ());

  under_way_++;
  memo_mutation_begin_async (mutation, nullptr, answered_cb, then ([this, mutation, key] (GAsyncResult *result) {
    if (memo_mutation_begin_finish (mutation, result, nullptr))
      {
        later (dice (10), [this, mutation, key] { change_inside (mutation, key); });
        return;
      }
    // Refused, since it could not be fenced.
    source_.slot (options_.slot).failed_changes++;
    under_way_--;
    g_object_unref (mutation);
  }));
}

void
Player::change_inside (MemoMutation *mutation, unsigned key)
{
  const uint64_t version = source_.change (key);

  later (dice (5), [this, mutation, key, version] {
    memo_mutation_end_async (mutation, answered_cb, then ([this, mutation, key, version] (GAsyncResult *result) {
      const bool acknowledged = memo_mutation_end_finish (mutation, result, nullptr);

      settle ({ { key, version } }, tag (key).empty () ? "k:" + name (key) : "t:" + tag (key), acknowledged);
      g_object_unref (mutation);
    }));
  });
}

void
Player::remove (unsigned key)
{
  const uint64_t version = source_.change (key);

  under_way_++;
  memo_cache_delete_async (cache_, name (key).c_str (), nullptr, answered_cb, then ([this, key, version] (GAsyncResult *result) {
    g_autoptr(GError) error = nullptr;

    memo_cache_delete_finish (cache_, result, &error);
    settle ({ { key, version } }, "k:" + name (key), error == nullptr);
  }));
}

void
Player::invalidate (unsigned key)
{
  const std::string its = tag (key);
  const char *tags[] = { its.c_str (), nullptr };
  std::vector<std::pair<unsigned, uint64_t>> changed;

  for (int i = 0; i < options_.keys; i++)
    if (tag (i) == its)
      changed.emplace_back (i, source_.change (i));

  under_way_++;
  memo_cache_invalidate_tags_async (cache_, tags, nullptr, answered_cb, then ([this, changed, its] (GAsyncResult *result) {
    g_autoptr(GError) error = nullptr;

    memo_cache_invalidate_tags_finish (cache_, result, &error);
    settle (changed, "t:" + its, error == nullptr);
  }));
}

void
Player::set (unsigned key)
{
  const uint64_t version = source_.change (key);
  MemoEntry *entry = memo_entry_new_variant (g_variant_new_uint64 (version));

  memo_entry_set_ttl (entry, options_.ttl_ms / 1000.0);
  under_way_++;
  being_set_[key] = true;
  memo_cache_set_async (cache_, name (key).c_str (), entry, nullptr, answered_cb, then ([this, key, version] (GAsyncResult *result) {
    g_autoptr(GError) error = nullptr;

    being_set_[key] = false;
    memo_cache_set_finish (cache_, result, &error);
    settle ({ { key, version } }, "k:" + name (key), error == nullptr);
  }));
}

void
Player::settle (std::vector<std::pair<unsigned, uint64_t>> changed, const std::string &dropped, bool acknowledged)
{
  for (const auto &each : changed)
    know (each.first, each.second);

  if (backplane_ == nullptr)
    over (changed, acknowledged);
  else
    backplane_->tell (dropped, [this, changed, acknowledged] (bool told) { over (changed, acknowledged && told); });
}

void
Player::over (const std::vector<std::pair<unsigned, uint64_t>> &changed, bool acknowledged)
{
  Slot &slot = source_.slot (options_.slot);

  under_way_--;
  slot.changes++;
  if (!acknowledged)
    return;

  slot.acknowledged++;
  for (const auto &each : changed)
    source_.acknowledge (each.first, each.second);
}

} // namespace chaos
