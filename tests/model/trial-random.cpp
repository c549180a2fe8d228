// SPDX-License-Identifier: LGPL-2.1-or-later
#include "trial.hpp"

#include <array>

namespace model {

using namespace memo_test;

static constexpr Time second = 1000000;
static constexpr Time thousand_years = Time (1000) * 365 * 24 * 3600 * second;

// --- names ---

// The empty one, ones that begin alike, ones of one length, a long one, and some that are not ASCII.
const char *
Trial::key_name (int key)
{
  static const std::array<const char *, n_plain_keys> names = {
    "", "k", "key", "key:1", "key:2", "key:11", "KEY:1", "ключ", "鍵", "key:1 ", "1:yek",
    "a key of more than sixty-four bytes, which no fixed buffer of that size could hold without cutting it off",
  };

  return key < n_plain_keys ? names[key] : known_calls[key - n_plain_keys].key;
}

std::string
Trial::quoted (int key)
{
  return std::string ("“") + key_name (key) + "”";
}

std::vector<const char *>
Trial::tag_names (Tags tags)
{
  static const std::array<const char *, n_plain_tags> names = { "red", "green", "blue", "", "red:1" };
  std::vector<const char *> all;

  for (int tag = 0; tag < n_plain_tags; tag++)
    if (tags[tag])
      all.push_back (names[tag]);
  all.push_back (nullptr);

  return all;
}

// --- what is drawn ---

// A few keys are asked for more often than the others, so that more happens at a time; those of decorated calls now
// and then.
int
Trial::draw_key ()
{
  if (chance (mood_ == Mood::changes ? 40 : 5))
    return n_plain_keys + below (n_calls);
  if (mood_ == Mood::batches)
    return below (chance (70) ? n_plain_keys / 2 : n_plain_keys);

  return below (chance (mood_ == Mood::slow_loaders ? 80 : 50) ? n_plain_keys / 4 : n_plain_keys);
}

// Time moves by halves of a second, so that deadlines are hit exactly, and missed by a
// microsecond on either side.
Time
Trial::draw_ttl ()
{
  static const std::array<Time, 12> ttls = {
    1, second / 2, second - 1, second, second + 1, 3 * second / 2, 2 * second, 3 * second, 5 * second,
    10 * second, thousand_years, never,
  };

  return ttls[below (ttls.size ())];
}

// One is drawn more often than the others, and no loader has it: only answers bring it.
Tags
Trial::draw_tags (int at_most)
{
  Tags tags;

  for (int n = below (at_most + 1); n > 0; n--)
    tags.set (chance (mood_ == Mood::slow_loaders ? 70 : 40) ? n_plain_tags - 1 : below (n_plain_tags));

  return tags;
}

// The tags of an answer are often among those that were invalidated while it was made.
Tags
Trial::draw_own_tags ()
{
  return chance (mood_ == Mood::slow_loaders ? 75 : 40) ? last_invalidated_ : draw_tags (2);
}

Value
Trial::draw_value ()
{
  Value value;

  value.words = chance (25) ? nothing : "v" + std::to_string (++last_value_);
  value.ttl = chance (60) ? unsaid : chance (44) ? 0 : draw_ttl ();
  value.tags = draw_own_tags ();

  return value;
}

Answer
Trial::draw_answer ()
{
  const int roll = below (100);

  if (roll < (mood_ == Mood::slow_loaders ? 68 : 58))
    return { Answer::Kind::value, draw_value (), "" };
  if (roll < (mood_ == Mood::slow_loaders ? 75 : 69))
    return { Answer::Kind::none, {}, "" };
  if (roll < 90)
    return { Answer::Kind::error, {}, "error: e" + std::to_string (++last_value_) };

  return { Answer::Kind::dropped, {}, "" };
}

// The next answer of the loaders that answer at once: the same for both, whoever comes first.
Answer
Trial::scripted (std::size_t &n)
{
  if (n == script_.size ())
    {
      std::swap (random_, script_random_);
      script_.push_back (draw_answer ());
      std::swap (random_, script_random_);
    }

  return script_[n++];
}

// What is refreshed is often refreshed by a loader whose errors are remembered, or would be.
Trial::Source *
Trial::draw_source (bool refresh)
{
  if (chance (mood_ == Mood::batches ? 60 : mood_ == Mood::no_loaders ? 0 : 4))
    return batch_sources_[below (batch_sources_.size ())];

  for (;;)
    {
      Source *source = sources_[below (sources_.size ())].get ();

      if (!refresh || source->traits.error_ttl > 0 || chance (30))
        return source;
    }
}

// Those that answer at once remember no errors: then the order in which things happen within one
// turn of the loop makes no difference.
void
Trial::make_sources ()
{
  const std::vector<Loader> all = {
    { 0 },
    { 1, 2 * second },
    { 2, unsaid, never, 5 * second, Tags (0b00001) },
    { 3, unsaid, 3 * second / 2 },
    { 4, unsaid, never, 3 * second, Tags (0b00010) },
    { 5, 0, 2 * second },
    { 6, unsaid, second, 2 * second, Tags (0b00101) },
    { 7, second + 1, never, never },
    { 8, unsaid, never, 0, Tags (), true },
    { 9, second, never, 0, Tags (0b01000), true },
  };

  for (const Loader &traits : all)
    {
      auto source = std::make_unique<Source> ();

      source->trial = this;
      source->traits = traits;
      source->loader.reset (memo_loader_new (loader_func, source.get (), nullptr));
      if (traits.ttl != unsaid)
        memo_loader_set_ttl (source->loader.get (), seconds (traits.ttl));
      if (traits.timeout != never)
        memo_loader_set_timeout (source->loader.get (), seconds (traits.timeout));
      memo_loader_set_error_ttl (source->loader.get (), seconds (traits.error_ttl));
      if (traits.tags.any ())
        memo_loader_set_tags (source->loader.get (), tag_names (traits.tags).data ());
      sources_.push_back (std::move (source));
    }
}

// --- how it looks to the library ---

double
Trial::seconds (Time time)
{
  return time == never ? MEMO_TTL_FOREVER : time == unsaid ? MEMO_TTL_DEFAULT : time / 1e6;
}

MemoEntry *
Trial::new_entry (const Value &value)
{
  MemoEntry *entry = value.words == nothing ? memo_entry_new (nullptr) : memo_entry_new_string (value.words.c_str ());

  memo_entry_set_ttl (entry, seconds (value.ttl));
  if (value.tags.any ())
    memo_entry_set_tags (entry, tag_names (value.tags).data ());

  return entry;
}

// Answers a call, unless it is to be dropped.
void
Trial::give (MemoCall *call, const Answer &answer)
{
  switch (answer.kind)
    {
    case Answer::Kind::value:
      memo_call_return_entry (call, new_entry (answer.value));
      break;

    case Answer::Kind::none:
      memo_call_return_entry (call, nullptr);
      break;

    case Answer::Kind::error:
      memo_call_return_error (call, make_error (answer.error).release ());
      break;

    case Answer::Kind::dropped:
      break;
    }
}

// --- and to who reads what went wrong ---

std::string
Trial::in_words (Time ttl)
{
  if (ttl == unsaid)
    return "";
  if (ttl == never)
    return " for ever";
  if (ttl == thousand_years)
    return " for a thousand years";

  return " for " + std::to_string (ttl) + " µs";
}

std::string
Trial::in_words (Tags tags)
{
  std::string words;

  for (int tag = 0; tag < n_tags; tag++)
    if (tags[tag])
      words += (words.empty () ? " tag " : "+") + std::to_string (tag);

  return words.empty () ? " no tag" : words;
}

std::string
Trial::in_words (const Value &value)
{
  return value.words + in_words (value.ttl) + "," + in_words (value.tags);
}

std::string
Trial::in_words (const Answer &answer)
{
  switch (answer.kind)
    {
    case Answer::Kind::value:
      return "with " + in_words (answer.value);

    case Answer::Kind::none:
      return "that there is none";

    case Answer::Kind::error:
      return "with " + answer.error;

    case Answer::Kind::dropped:
      break;
    }

  return "never, and drop it";
}

} // namespace model
