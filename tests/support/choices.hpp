// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include <glib.h>

namespace memo_test {

// Walks the tree of all choices, depth first, from its root again for each leaf.
class Choices
{
public:
  size_t choose (size_t n_ways)
  {
    if (depth_ == path_.size ())
      path_.push_back ({ 0, n_ways });
    g_assert (path_[depth_].n_ways == n_ways);
    return path_[depth_++].taken;
  }

  bool next ()
  {
    while (!path_.empty () && path_.back ().taken + 1 == path_.back ().n_ways)
      path_.pop_back ();
    depth_ = 0;
    if (path_.empty ())
      return false;
    path_.back ().taken++;
    return true;
  }

private:
  struct Fork { size_t taken, n_ways; };

  std::vector<Fork> path_;
  size_t            depth_ = 0;
};

} // namespace memo_test
