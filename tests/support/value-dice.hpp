// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <utility>

#include "values.hpp"

// Values at random, and others that are almost the same.

namespace memo_test {

// Chance that can be written down: a list of numbers, and the least of all choices once it is used up.
class Dice
{
public:
  explicit Dice (std::vector<guint32> numbers) : numbers_ (std::move (numbers)) {}

  guint32 next () { return pos_ < numbers_.size () ? numbers_[pos_++] : 0; }
  size_t below (size_t n) { return n > 0 ? next () % n : 0; }
  bool one_of (size_t n) { return below (n) == n - 1; }

  guint64 bits ()
  {
    guint64 high = next ();

    return high << 32 | next ();
  }

  template <typename T, size_t N>
  const T &pick (const T (&all)[N]) { return all[below (N)]; }

private:
  std::vector<guint32> numbers_;
  size_t               pos_ = 0;
};

class ValueMaker
{
public:
  explicit ValueMaker (Dice &dice) : dice_ (dice) {}

  // The arguments of a call.
  Value arguments ()
  {
    std::vector<Value> all;

    for (size_t n = dice_.below (7); n > 0; n--)
      all.push_back (any (0));
    return retyped (make_value ("()", std::move (all)));
  }

  Value any (int depth) { return of_type (type (depth), depth); }

  // The same value, made in another way: dictionaries in another order, other nans.
  Value same (const Value &value)
  {
    Value copy = value;

    for (Value &child : copy.children)
      child = same (child);
    if (copy.is_dictionary ())
      for (size_t i = copy.children.size (); i > 1; i--)
        std::swap (copy.children[i - 1], copy.children[dice_.below (i)]);
    if (copy.kind () == 'd' && std::isnan (copy.number ()))
      copy.bits = nan_bits ();
    return copy;
  }

  // A value that differs in one place, as a rule; and as little as can be.
  Value almost_the_same (const Value &value)
  {
    Value copy = value;
    std::vector<Place> places;

    if (dice_.one_of (6))
      {
        rearrange (copy);
      }
    else
      {
        for (Value &child : copy.children)
          gather (child, true, places);
        if (places.empty ())
          rearrange (copy);
        else
          change (places[dice_.below (places.size ())]);
      }

    return retyped (std::move (copy));
  }

private:
  struct Place { Value *value; bool free; };

  // What may be of another type is an argument, or in a variant, or in a tuple that is.
  static void gather (Value &value, bool free, std::vector<Place> &places)
  {
    places.push_back ({ &value, free });
    for (Value &child : value.children)
      gather (child, value.kind () == 'v' || (free && value.kind () == '('), places);
  }

  // After a change: the types of tuples follow from what is in them, and no key of a dictionary
  // is there twice.
  static Value retyped (Value value)
  {
    std::vector<Value> children = std::exchange (value.children, {});

    for (Value &child : children)
      add (value, retyped (std::move (child)));
    if (value.kind () == '(')
      {
        value.type = "(";
        for (const Value &child : value.children)
          value.type += child.type;
        value.type += ")";
      }
    return value;
  }

  // --- types ---

  std::string basic_type ()
  {
    static const std::string types = "sxdibynquthogsxdsdd";

    return std::string (1, types[dice_.below (types.size ())]);
  }

  std::string type (int depth)
  {
    size_t choice = dice_.below (depth < 4 ? 15 : 8);

    switch (choice)
      {
      case 8:
      case 9: return "v";
      case 10: return "m" + type (depth + 1);
      case 11: return "a" + type (depth + 1);
      case 12:
      case 13: return "a{" + basic_type () + type (depth + 1) + "}";
      case 14:
        {
          std::string all = "(";

          for (size_t n = dice_.below (4); n > 0; n--)
            all += type (depth + 1);
          return all + ")";
        }
      default: return basic_type ();
      }
  }

  // --- values ---

  static guint64 bits_of (double number)
  {
    guint64 bits;

    memcpy (&bits, &number, sizeof bits);
    return bits;
  }

  guint64 nan_bits ()
  {
    guint64 payload = dice_.bits () >> 12;

    return (dice_.one_of (2) ? G_GUINT64_CONSTANT (0xfff) : G_GUINT64_CONSTANT (0x7ff)) << 52 | MAX (payload, 1);
  }

  guint64 number_bits ()
  {
    switch (dice_.below (8))
      {
      case 0: return bits_of (0.0);
      case 1: return bits_of (-0.0);
      case 2: return nan_bits ();
      case 3: return bits_of (dice_.one_of (2) ? INFINITY : -INFINITY);
      case 4: return bits_of (double (gint32 (dice_.next ())) / 8);
      case 5: return bits_of (dice_.below (100) / 10.0);
      case 6: return dice_.bits () >> 12;
      default: return dice_.bits ();
      }
  }

  guint64 integer_bits ()
  {
    switch (dice_.below (5))
      {
      case 0: return dice_.below (3);
      case 1: return -guint64 (dice_.below (3));
      case 2: return guint64 (1) << dice_.below (64);
      case 3: return (guint64 (1) << dice_.below (64)) - 1;
      default: return dice_.bits ();
      }
  }

  const char *piece ()
  {
    static const char * const pieces[] = {
      "a", "A", "1", " ", "'", "[", "]", "{", "}", "<", ">", "nothing", "just ", "nan", "true", "x 1", "as []", "-0",
      "(", "()", ")", "\"", "\"", "\\", "\\", ",", ", ", ":", ":", "s \"", "\\\"", "\\x09",
      "\n", "\t", "\x01", "\x1f", "\x7f", "\xc2\x80", "ä", "日", "😀",
    };

    return dice_.pick (pieces);
  }

  std::string text (char type)
  {
    std::string made = type == 'o' ? "/" : "";

    if (type == 'g')
      return dice_.pick ({ "", "s", "i", "as", "a{sv}", "(ii)" });
    for (size_t n = dice_.below (4); n > 0; n--)
      made += type == 'o' ? dice_.pick ({ "a", "b", "A", "1", "_" }) : piece ();
    return made;
  }

  Value of_type (const std::string &type, int depth)
  {
    Value value = make_value (type);
    const std::string inner = type.substr (1);

    switch (type[0])
      {
      case 'd':
        value.bits = number_bits ();
        break;

      case 's': case 'o': case 'g':
        value.text = text (type[0]);
        break;

      case 'v':
        value.children.push_back (any (depth + 1));
        break;

      case 'm':
        if (dice_.one_of (2))
          value.children.push_back (of_type (inner, depth + 1));
        break;

      case 'a':
        for (size_t n = dice_.below (4); n > 0; n--)
          add (value, of_type (inner, depth + 1));
        break;

      case '(':
      case '{':
        for (const std::string &member : member_types (type))
          value.children.push_back (of_type (member, depth + 1));
        break;

      default:
        value.bits = fit (type[0], integer_bits ());
      }

    return value;
  }

  static void add (Value &array, Value child)
  {
    if (array.is_dictionary ())
      for (const Value &other : array.children)
        if (equal (other.children[0], child.children[0]))
          return;
    array.children.push_back (std::move (child));
  }

  // --- changes ---

  // Another list of the same or almost the same children.
  void rearrange (Value &value)
  {
    auto &all = value.children;

    switch (dice_.below (5))
      {
      case 0:
        all.push_back (any (3));
        break;

      case 1:
        if (!all.empty ())
          all.erase (all.begin () + dice_.below (all.size ()));
        break;

      case 2:
        if (all.size () > 1)
          std::swap (all[dice_.below (all.size ())], all[dice_.below (all.size ())]);
        break;

      case 3:
        all = { make_value ("()", std::move (all)) };
        break;

      default:
        if (all.size () == 1 && all[0].kind () == '(')
          {
            std::vector<Value> inner = std::move (all[0].children);
            all = std::move (inner);
          }
        else if (!all.empty ())
          {
            all.push_back (all[dice_.below (all.size ())]);
          }
      }
  }

  void change (const Place &place)
  {
    Value &value = *place.value;

    if (place.free && dice_.one_of (3))
      {
        change_type (value);
        return;
      }

    switch (value.kind ())
      {
      case 'd':
        change_number (value);
        break;

      case 's': case 'o': case 'g':
        change_text (value);
        break;

      case 'v':
        value.children[0] = any (3);
        break;

      case 'm':
        if (value.children.empty ())
          value.children.push_back (of_type (value.type.substr (1), 3));
        else
          value.children.clear ();
        break;

      case 'a':
        change_array (value);
        break;

      case '(': case '{':
        break;

      default:
        switch (dice_.below (4))
          {
          case 0: value.bits = fit (value.kind (), value.bits + 1); break;
          case 1: value.bits = fit (value.kind (), value.bits - 1); break;
          case 2: value.bits = fit (value.kind (), -value.bits); break;
          default: value.bits = fit (value.kind (), value.bits ^ guint64 (1) << dice_.below (64));
          }
      }
  }

  void change_number (Value &value)
  {
    switch (dice_.below (5))
      {
      case 0: value.bits ^= guint64 (1) << 63; break;
      case 1: value.bits ^= 1; break;
      case 2: value.bits = nan_bits (); break;
      case 3: value.set_number (std::nextafter (value.number (), 0.0)); break;
      default: value.bits ^= guint64 (1) << dice_.below (64);
      }
  }

  void change_text (Value &value)
  {
    std::string &text = value.text;

    if (value.kind () != 's')
      text = this->text (value.kind ());
    else if (text.empty () || dice_.one_of (2))
      dice_.one_of (2) ? text.insert (0, piece ()) : text.append (piece ());
    else if (g_ascii_isalpha (text[0]))
      text[0] ^= 0x20;
    else if (guchar (text.back ()) < 0x80)
      text.pop_back ();
  }

  void change_array (Value &value)
  {
    auto &all = value.children;
    const std::string inner = value.type.substr (1);

    switch (dice_.below (4))
      {
      case 0:
        add (value, of_type (inner, 3));
        break;

      case 1:
        if (!all.empty ())
          all.erase (all.begin () + dice_.below (all.size ()));
        break;

      case 2:
        std::reverse (all.begin (), all.end ());
        break;

      default:
        if (all.size () < 2)
          break;
        if (value.is_dictionary ())
          std::swap (all[0].children[1], all[1].children[1]);
        else
          std::swap (all[0], all[1]);
      }
  }

  // Something of another type that looks like it.
  void change_type (Value &value)
  {
    Value old = value;

    switch (dice_.below (6))
      {
      case 0:
        value = make_value ("m" + old.type, { old });
        break;

      case 1:
        value = make_value ("v", { old });
        break;

      case 2:
        value = make_value ("(" + old.type + ")", { old });
        break;

      case 3:
        value = make_value ("a" + old.type, { old });
        if (old.kind () == '{')
          value = old;
        break;

      case 4:
        look_alike (value);
        break;

      default:
        if ((old.kind () == 'v' || old.kind () == 'm' || old.kind () == '(') && old.children.size () == 1)
          value = Value (old.children[0]);
        else if ((old.kind () == 'a' || old.kind () == 'm') && old.children.empty ())
          value.type = old.type.substr (0, 1) + basic_type ();
      }
  }

  void look_alike (Value &value)
  {
    const char integers[] = { 'b', 'y', 'n', 'q', 'i', 'u', 'x', 't', 'h' };
    const Value old = value;

    switch (old.kind ())
      {
      case 's': case 'o': case 'g':
        for (char other : { 'o', 'g', 's' })
          if (other != old.kind () && (other == 's' || (other == 'o' ? g_variant_is_object_path (old.text.c_str ())
                                                                      : g_variant_is_signature (old.text.c_str ()))))
            {
              value = make_text (other, old.text);
              return;
            }
        break;

      case 'd':
        value = make_text ('s', std::to_string (old.number ()));
        break;

      case 'v': case 'm': case '{':
        break;

      case 'a': case '(':
        {
          bool like = old.kind () == 'a' || (!old.children.empty () &&
                                             std::all_of (old.children.begin (), old.children.end (), [&] (const Value &child) {
                                               return child.type == old.children[0].type;
                                             }));

          if (old.is_dictionary ())
            {
              for (Value &entry : value.children)
                entry.type = "(" + entry.type.substr (1, entry.type.size () - 2) + ")";
              value.type = "a(" + old.type.substr (2, old.type.size () - 3) + ")";
            }
          else if (like && old.kind () == 'a')
            value.type = "()";
          else if (like)
            value.type = "a" + old.children[0].type;
        }
        break;

      default:
        switch (dice_.below (3))
          {
          case 0:
            value.type = std::string (1, dice_.pick (integers));
            value.bits = fit (value.kind (), old.bits);
            break;

          case 1:
            value.type = "d";
            value.set_number (double (gint64 (old.bits)));
            break;

          default:
            value = make_text ('s', std::to_string (gint64 (old.bits)));
          }
      }
  }

  Dice &dice_;
};

} // namespace memo_test
