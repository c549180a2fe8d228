// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <vector>

#include "reference-cache.hpp"

namespace model {

// The decorated functions, their calls, and which of these a change makes wrong.

enum class Arg { one, two, text_one, number_one, pairs, no_pairs, session };

using Args = std::vector<Arg>;

constexpr int n_functions = 3;
constexpr int any_number = -1;

struct FunctionTraits
{
  const char *name;
  int         skip;
  int         n_args;     // after those that are skipped, or `any_number`
  int         tag;        // that all its answers carry
};

const FunctionTraits &function_traits (int function);

// A call that the model knows of: no others are made.
struct KnownCall
{
  int         function;
  Args        args;       // without those that are skipped
  const char *key;        // docs/keys.md says so
};

constexpr int n_calls = n_keys - n_plain_keys;

extern const std::array<KnownCall, n_calls> known_calls;

struct ChangerTraits
{
  int               number;
  std::vector<int>  reads;
  int               skip;             // or `as_the_read`
  bool              clear_all;
  bool              has_key_function;
};

constexpr int as_the_read = -1;

extern const std::vector<ChangerTraits> changers;

void add_call (int function, const Args &args, Touch &touch);
bool touch_by_args (const ChangerTraits &changer, const Args &args, Touch &touch);

} // namespace model
