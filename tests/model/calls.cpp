// SPDX-License-Identifier: LGPL-2.1-or-later
#include "calls.hpp"

namespace model {

const FunctionTraits &
function_traits (int function)
{
  static const std::array<FunctionTraits, n_functions> all = { {
    { "f", 0, 1, n_plain_tags },
    { "g", 1, any_number, n_plain_tags + 1 },
    { "h", 0, 1, n_plain_tags + 2 },
  } };

  return all[function];
}

const std::array<KnownCall, n_calls> known_calls = { {
  { 0, { Arg::one }, "f(x 1)" },
  { 0, { Arg::text_one }, "f(s \"1\")" },
  { 0, { Arg::number_one }, "f(d 1)" },
  { 1, {}, "g()" },
  { 1, { Arg::one }, "g(x 1)" },
  { 1, { Arg::one, Arg::two }, "g(x 1, x 2)" },
  { 2, { Arg::pairs }, "h(a{sv} {\"a\":<x 1>,\"b\":<as [\"\\\\\"]>})" },
  { 2, { Arg::no_pairs }, "h(a{sv} {})" },
} };

const std::vector<ChangerTraits> changers = {
  { 0, { 0 }, as_the_read, false, false },
  { 1, { 1 }, as_the_read, false, false },
  { 2, { 0, 2 }, as_the_read, true, false },
  { 3, { 0, 2 }, as_the_read, false, true },
  { 4, { 0, 2 }, 1, false, false },
};

// Of a call that nobody makes nothing is kept.
void
add_call (int function, const Args &args, Touch &touch)
{
  for (int n = 0; n < n_calls; n++)
    if (known_calls[n].function == function && known_calls[n].args == args)
      touch.keys.set (n_plain_keys + n);
}

// By default the leading arguments of a change, as many as the read takes, name a call of it.  Says
// whether they do.
bool
touch_by_args (const ChangerTraits &changer, const Args &args, Touch &touch)
{
  for (int read : changer.reads)
    {
      const FunctionTraits &traits = function_traits (read);
      const std::size_t skip = changer.skip == as_the_read ? traits.skip : changer.skip;
      const Args named (args.begin () + std::min (skip, args.size ()), args.end ());

      if (changer.clear_all)
        touch.tags.set (traits.tag);
      else if (traits.n_args == any_number)
        for (std::size_t n = 0; n <= named.size (); n++)
          add_call (read, Args (named.begin (), named.begin () + n), touch);
      else if (named.size () < static_cast<std::size_t> (traits.n_args))
        return false;
      else
        add_call (read, Args (named.begin (), named.begin () + traits.n_args), touch);
    }

  return true;
}

} // namespace model
