// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <glib.h>

// Values such as a GVariant holds, made, compared and read back without the library: what its
// keys are judged by.

namespace memo_test {

// A value, as a tree.
struct Value
{
  // The kind is the first character of the type, and '{' for a dictionary entry.
  std::string        type;
  guint64            bits = 0;        // of a boolean, an integer or a number
  std::string        text;            // of s, o and g
  std::vector<Value> children;        // of v, m (none or one), a, ( and {

  char kind () const { return type[0]; }
  bool is_dictionary () const { return type.size () > 1 && type[0] == 'a' && type[1] == '{'; }
  bool is_text () const { return kind () == 's' || kind () == 'o' || kind () == 'g'; }

  double number () const
  {
    double value;

    memcpy (&value, &bits, sizeof value);
    return value;
  }

  void set_number (double value) { memcpy (&bits, &value, sizeof bits); }
};

inline Value
make_value (const std::string &type, std::vector<Value> children = {})
{
  Value value;

  value.type = type;
  value.children = std::move (children);
  return value;
}

inline Value
make_integer (char type, guint64 bits)
{
  Value value = make_value (std::string (1, type));

  value.bits = bits;
  return value;
}

inline Value
make_text (char type, const std::string &text)
{
  Value value = make_value (std::string (1, type));

  value.text = text;
  return value;
}

// As many bits as the type has, with the sign spread over all 64 where there is one.
inline guint64
fit (char type, guint64 bits)
{
  switch (type)
    {
    case 'b': return bits & 1;
    case 'y': return guint8 (bits);
    case 'n': return guint64 (gint64 (gint16 (bits)));
    case 'q': return guint16 (bits);
    case 'i':
    case 'h': return guint64 (gint64 (gint32 (bits)));
    case 'u': return guint32 (bits);
    default: return bits;
    }
}

// --- the two ways to be the same ---

// Dictionaries are sets of entries, all nans are one, and zero has a sign.
inline bool
equal (const Value &a, const Value &b)
{
  if (a.type != b.type || a.text != b.text || a.children.size () != b.children.size ())
    return false;

  if (a.kind () == 'd')
    return std::isnan (a.number ()) ? std::isnan (b.number ()) : a.bits == b.bits;
  if (a.bits != b.bits)
    return false;

  if (!a.is_dictionary ())
    {
      for (size_t i = 0; i < a.children.size (); i++)
        if (!equal (a.children[i], b.children[i]))
          return false;
      return true;
    }

  // No key is there twice, so each entry has at most one like it.
  for (const Value &entry : a.children)
    if (std::none_of (b.children.begin (), b.children.end (), [&] (const Value &other) { return equal (entry, other); }))
      return false;
  return true;
}

// --- to a GVariant ---

inline GVariant *
to_variant (const Value &value)
{
  std::vector<GVariant *> children;

  for (const Value &child : value.children)
    children.push_back (to_variant (child));

  switch (value.kind ())
    {
    case 'b': return g_variant_new_boolean (value.bits != 0);
    case 'y': return g_variant_new_byte (value.bits);
    case 'n': return g_variant_new_int16 (value.bits);
    case 'q': return g_variant_new_uint16 (value.bits);
    case 'i': return g_variant_new_int32 (value.bits);
    case 'u': return g_variant_new_uint32 (value.bits);
    case 'x': return g_variant_new_int64 (value.bits);
    case 't': return g_variant_new_uint64 (value.bits);
    case 'h': return g_variant_new_handle (value.bits);
    case 'd': return g_variant_new_double (value.number ());
    case 's': return g_variant_new_string (value.text.c_str ());
    case 'o': return g_variant_new_object_path (value.text.c_str ());
    case 'g': return g_variant_new_signature (value.text.c_str ());
    case 'v': return g_variant_new_variant (children[0]);
    case 'm': return g_variant_new_maybe (G_VARIANT_TYPE (value.type.c_str () + 1), children.empty () ? nullptr : children[0]);
    case 'a': return g_variant_new_array (G_VARIANT_TYPE (value.type.c_str () + 1), children.data (), children.size ());
    case '{': return g_variant_new_dict_entry (children[0], children[1]);
    default: return g_variant_new_tuple (children.data (), children.size ());
    }
}

// --- from a key ---

// Where a complete type ends that begins at POS.
inline size_t
type_end (const std::string &type, size_t pos)
{
  const char closing = type[pos] == '(' ? ')' : '}';

  if (type[pos] == 'a' || type[pos] == 'm')
    return type_end (type, pos + 1);
  if (type[pos] != '(' && type[pos] != '{')
    return pos + 1;

  pos++;
  while (type.at (pos) != closing)
    pos = type_end (type, pos);
  return pos + 1;
}

// The types in a tuple or a dictionary entry.
inline std::vector<std::string>
member_types (const std::string &type)
{
  std::vector<std::string> all;

  for (size_t pos = 1; pos + 1 < type.size (); )
    {
      size_t end = type_end (type, pos);

      all.push_back (type.substr (pos, end - pos));
      pos = end;
    }

  return all;
}

// Reads the text of a key back, by its grammar as it is documented.  Since what was said can be
// read back, no two values say the same.
class KeyReader
{
public:
  explicit KeyReader (const std::string &key) : text_ (key) {}

  // The arguments as a tuple, or nothing where this is no key of a function NAME.
  std::optional<Value> read (const std::string &name)
  {
    std::vector<Value> all;
    std::string type = "(";

    expect (name + "(");
    if (!take (")"))
      {
        do
          {
            all.push_back (typed ());
            type += all.back ().type;
          }
        while (good_ && take (", "));
        expect (")");
      }
    if (!good_ || pos_ != text_.size ())
      return {};

    return make_value (type + ")", std::move (all));
  }

private:
  bool take (const std::string &what)
  {
    if (!good_ || text_.compare (pos_, what.size (), what) != 0)
      return false;

    pos_ += what.size ();
    return true;
  }

  void expect (const std::string &what) { good_ = take (what); }

  // Up to one of some characters.
  std::string until (const char *ends)
  {
    size_t end = std::min (text_.find_first_of (ends, pos_), text_.size ());
    std::string word = text_.substr (pos_, end - pos_);

    pos_ = end;
    good_ = good_ && !word.empty ();
    return word;
  }

  Value typed ()
  {
    std::string type = until (" ");

    expect (" ");
    good_ = good_ && g_variant_type_string_is_valid (type.c_str ());
    return good_ ? value (type) : Value ();
  }

  Value value (const std::string &type)
  {
    Value value = make_value (type);
    std::string word, inner = type.substr (1);

    if (!good_)
      return value;

    switch (type[0])
      {
      case 'b':
        value.bits = take ("true");
        if (!value.bits)
          expect ("false");
        break;

      case 'd':
        word = until (",:]})>");
        value.set_number (g_ascii_strtod (word.c_str (), nullptr));
        good_ = good_ && (!std::isnan (value.number ()) || word == "nan");
        break;

      case 't':
        value.bits = g_ascii_strtoull (until (",:]})>").c_str (), nullptr, 10);
        break;

      case 'y': case 'n': case 'q': case 'i': case 'u': case 'x': case 'h':
        value.bits = g_ascii_strtoll (until (",:]})>").c_str (), nullptr, 10);
        good_ = good_ && fit (type[0], value.bits) == value.bits;
        break;

      case 's': case 'o': case 'g':
        value.text = quoted ();
        break;

      case 'v':
        expect ("<");
        value.children.push_back (typed ());
        expect (">");
        break;

      case 'm':
        if (take ("just "))
          value.children.push_back (this->value (inner));
        else
          expect ("nothing");
        break;

      case 'a':
        if (value.is_dictionary ())
          entries (value);
        else
          many (value, "[", "]", [&] (size_t) { return inner; });
        break;

      default:
        {
          auto types = member_types (type);

          many (value, type.substr (0, 1), type[0] == '(' ? ")" : "}",
                [&] (size_t i) { return i < types.size () ? types[i] : std::string (); });
          good_ = good_ && value.children.size () == types.size ();
        }
      }

    return value;
  }

  template <typename TypeOf>
  void many (Value &value, const std::string &open, const std::string &close, TypeOf &&type_of)
  {
    expect (open);
    if (take (close))
      return;

    do
      {
        std::string type = type_of (value.children.size ());

        good_ = good_ && !type.empty ();
        if (good_)
          value.children.push_back (this->value (type));
      }
    while (good_ && take (","));
    expect (close);
  }

  // Entries come sorted by their text.
  void entries (Value &value)
  {
    auto types = member_types (value.type.substr (1));
    std::string before;

    expect ("{");
    if (take ("}"))
      return;

    do
      {
        size_t start = pos_;
        Value entry = make_value (value.type.substr (1));

        entry.children.push_back (this->value (types[0]));
        expect (":");
        entry.children.push_back (this->value (types[1]));
        value.children.push_back (entry);

        std::string text = text_.substr (start, pos_ - start);
        good_ = good_ && before < text;
        before = text;
      }
    while (good_ && take (","));
    expect ("}");
  }

  std::string quoted ()
  {
    std::string text;

    expect ("\"");
    while (good_ && pos_ < text_.size () && text_[pos_] != '"')
      {
        char c = text_[pos_++];

        if (c == '\\' && take ("x"))
          {
            c = char (g_ascii_xdigit_value (text_[pos_]) * 16 + g_ascii_xdigit_value (text_[pos_ + 1]));
            pos_ += 2;
            good_ = good_ && (guchar (c) < 0x20 || c == 0x7f);
          }
        else if (c == '\\')
          {
            c = text_[pos_++];
            good_ = good_ && (c == '"' || c == '\\');
          }
        else
          {
            good_ = good_ && guchar (c) >= 0x20 && c != 0x7f;
          }
        text += c;
      }
    expect ("\"");

    return text;
  }

  const std::string &text_;
  size_t             pos_ = 0;
  bool               good_ = true;
};

} // namespace memo_test
