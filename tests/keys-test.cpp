// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/function-test.hpp"

#include <locale.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <random>
#include <set>

using namespace memo_test;
using ::testing::ElementsAre;

namespace {

// A locale in which numbers have a comma, or one that does without.  Made from the system's sources
// where none is installed.
class CommaLocale
{
public:
  CommaLocale ()
  {
    for (const char *name : { "de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "fr_FR.utf8", "nl_NL.UTF-8", "ru_RU.UTF-8" })
      if (setlocale (LC_NUMERIC, name) != nullptr)
        return;
    compile ();
  }

  ~CommaLocale () { setlocale (LC_NUMERIC, "C"); }

  CommaLocale (const CommaLocale &) = delete;
  CommaLocale &operator= (const CommaLocale &) = delete;

private:
  static void compile ()
  {
    std::string folder = ::testing::TempDir () + "locale-XXXXXX";
    if (g_mkdtemp (folder.data ()) == nullptr)
      return;

    const std::string path = folder + "/de_DE.UTF-8";
    const char *argv[] = { "localedef", "-i", "de_DE", "-f", "UTF-8", path.c_str (), nullptr };
    const char *removal[] = { "rm", "-rf", folder.c_str (), nullptr };

    if (spawn (argv))
      {
        std::unique_ptr<char, Deleter<void, g_free>> old (g_strdup (g_getenv ("LOCPATH")));

        g_setenv ("LOCPATH", folder.c_str (), TRUE);
        setlocale (LC_NUMERIC, "de_DE.UTF-8");
        if (old != nullptr)
          g_setenv ("LOCPATH", old.get (), TRUE);
        else
          g_unsetenv ("LOCPATH");
      }
    spawn (removal);
  }

  static bool spawn (const char **argv)
  {
    int status = 1;

    return g_spawn_sync (nullptr, const_cast<char **> (argv), nullptr,
                         GSpawnFlags (G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL),
                         nullptr, nullptr, nullptr, nullptr, &status, nullptr) && g_spawn_check_wait_status (status, nullptr);
  }
};

struct Pinned { int line; std::string arguments, key; };

std::vector<Pinned>
read_list ()
{
  const char *folder = g_getenv ("G_TEST_SRCDIR");
  std::ifstream file (std::string (folder != nullptr ? folder : "tests") + "/data/canonical-keys.txt");
  std::vector<Pinned> all;
  std::string line;

  EXPECT_TRUE (file.is_open ()) << "G_TEST_SRCDIR says where the tests are";
  for (int n = 1; std::getline (file, line); n++)
    {
      if (line.empty () || line[0] == '#')
        continue;

      size_t arrow = line.find (" => ");
      EXPECT_NE (arrow, std::string::npos) << "line " << n;
      EXPECT_EQ (arrow, line.rfind (" => ")) << "line " << n;
      if (arrow != std::string::npos)
        all.push_back ({ n, line.substr (0, arrow), line.substr (arrow + 4) });
    }

  return all;
}

} // namespace

class KeysTest : public FunctionTest
{
protected:
  static std::string key (const Ref<MemoDecorator> &function, GVariant *arguments)
  {
    std::unique_ptr<char, Deleter<void, g_free>> text (memo_async_function_dup_key (MEMO_ASYNC_FUNCTION (function.get ()),
                                                                                    arguments));

    return text.get ();
  }

  std::string key (GVariant *arguments) { return key (f_, arguments); }
  std::string key (const char *text) { return key (args (text).get ()); }

  // Each key once.
  std::set<std::string> keys (std::initializer_list<const char *> texts)
  {
    std::set<std::string> all;

    for (const char *text : texts)
      all.insert (key (text));

    return all;
  }

  static GVariant *number_of_bits (guint64 bits)
  {
    double number;

    memcpy (&number, &bits, sizeof number);
    return g_variant_new ("(d)", number);
  }

  ScriptedFunction   function_;
  Ref<MemoDecorator> f_ = new_lru ("f", function_);
};

// --- the list ---

TEST_F (KeysTest, Rule03TheKeysOfTheListAreWhatTheyHaveAlwaysBeen)
{
  auto all = read_list ();
  EXPECT_GE (all.size (), 60u);
  for (const Pinned &pinned : all)
    EXPECT_EQ (key (pinned.arguments.c_str ()), pinned.key) << "line " << pinned.line << ": " << pinned.arguments;

  // In whichever locale, and however they are in memory.
  CommaLocale locale;
  for (const Pinned &pinned : all)
    {
      Variant built = args (pinned.arguments.c_str ());
      Bytes bytes (g_variant_get_data_as_bytes (built.get ()));
      Variant swapped (g_variant_byteswap (built.get ()));
      Variant back (g_variant_byteswap (swapped.get ()));

      EXPECT_EQ (key (built.get ()), pinned.key) << "line " << pinned.line << ", in another locale";
      EXPECT_EQ (key (g_variant_new_from_bytes (g_variant_get_type (built.get ()), bytes.get (), FALSE)), pinned.key)
        << "line " << pinned.line << ", from bytes";
      EXPECT_EQ (key (back.get ()), pinned.key) << "line " << pinned.line << ", swapped";
    }
}

TEST_F (KeysTest, Rule03NoLineOfTheListIsThereTwiceAndItsTypesAreAll)
{
  std::set<std::string> texts;
  std::string types;

  for (const Pinned &pinned : read_list ())
    {
      Variant built = args (pinned.arguments.c_str ());

      EXPECT_TRUE (texts.insert (pinned.arguments).second) << "line " << pinned.line;
      types += g_variant_get_type_string (built.get ());
    }
  for (char type : std::string ("bynqiuxthdsogvma({"))
    EXPECT_NE (types.find (type), std::string::npos) << type;
}

// --- what other caches do wrong ---

TEST_F (KeysTest, Failure08WhatIsNotTheSameHasKeysOfItsOwn)
{
  auto all = { "(1,)", "(true,)", "(1.0,)", "('1',)", "(byte 1,)", "(int16 1,)", "(uint16 1,)", "(uint32 1,)", "(int64 1,)",
               "(uint64 1,)", "(handle 1,)", "(<1>,)", "(just 1,)", "([1],)", "((1,),)", "(<<1>>,)", "([<1>],)", "([just 1],)",
               "({1: 1},)", "({1, 1},)", "(1, 1)", "('1', '1')", "('1, 1',)", "('i 1',)", "('f(i 1)',)", "(signature 'i',)", "('i',)",
               "([1, 2],)", "((1, 2),)", "(1, 2)", "([2, 1],)", "([int64 1, 2],)", "(['1', '2'],)", "(['1,2'],)", "(['1', '', '2'],)",
               "()", "((),)", "(@as [],)", "(@ai [],)", "(@a{ss} {},)", "(@a{si} {},)", "(@aas [],)", "(@aas [[]],)",
               "(@aas [[], []],)", "('',)", "('', '')", "([''],)", "(['', ''],)", "(@ms nothing,)", "(@mi nothing,)", "(just '',)",
               "(@mms nothing,)", "(@mms just nothing,)", "(0.0,)", "(-0.0,)", "(0,)", "(false,)", "(nan,)", "('nan',)", "(inf,)",
               "(-inf,)", "('inf',)", "('nothing',)", "(0.1,)", "(0.10000000000000002,)", "(@ai [0],)", "(@ay [0],)",
               "({'a': 1},)", "([('a', 1)],)", "({'a': <1>},)", "({'a': 1, 'b': 1},)",
               "(<int64 1>,)", "(<<int64 1>>,)", "([<int64 1>],)", "({'a': <int64 1>},)" };
  std::map<std::string, std::string> seen;
  for (const char *text : all)
    {
      auto [other, is_new] = seen.emplace (key (text), text);
      EXPECT_TRUE (is_new) << text << " has the key of " << other->second;
    }
  EXPECT_EQ (seen.size (), all.size ());
}

TEST_F (KeysTest, Failure09AnyBasicTypeMayBeTheKeyOfADictionary)
{
  EXPECT_EQ (key ("({byte 2: 1, 1: 2}, {int16 2: 1, 1: 2}, {uint16 2: 1, 1: 2}, {2: 1, 1: 2}, {uint32 2: 1, 1: 2})"),
             "f(a{yi} {1:2,2:1}, a{ni} {1:2,2:1}, a{qi} {1:2,2:1}, a{ii} {1:2,2:1}, a{ui} {1:2,2:1})");
  EXPECT_EQ (key ("({int64 2: 1, 1: 2}, {uint64 2: 1, 1: 2}, {handle 2: 1, 1: 2}, {2.5: 1, 1.5: 2}, {true: 1, false: 2})"),
             "f(a{xi} {1:2,2:1}, a{ti} {1:2,2:1}, a{hi} {1:2,2:1}, a{di} {1.5:2,2.5:1}, a{bi} {false:2,true:1})");
  EXPECT_EQ (key ("({'b': 1, 'a': 2}, {objectpath '/b': 1, '/a': 2}, {signature 'b': 1, 'as': 2})"),
             "f(a{si} {\"a\":2,\"b\":1}, a{oi} {\"/a\":2,\"/b\":1}, a{gi} {\"as\":2,\"b\":1})");
}

TEST_F (KeysTest, Failure09PairsOfAnyTypesMayBeSideBySide)
{
  EXPECT_EQ (key ("([(<'one'>, <1>), (<2>, <'two'>), (<nan>, <()>)],)"),
             "f(a(vv) [(<s \"one\">,<i 1>),(<i 2>,<s \"two\">),(<d nan>,<() ()>)])");
}

TEST_F (KeysTest, Failure09EmptyContainersAreArguments)
{
  EXPECT_EQ (key ("(@as [], @a{sv} {}, (), @ms nothing, @aa{sv} [{}], @a() [(), ()])"),
             "f(as [], a{sv} {}, () (), ms nothing, aa{sv} [{}], a() [(),()])");
}

TEST_F (KeysTest, Failure09ArgumentsMayBeAsDeepAsTheyCome)
{
  GVariant *deep = g_variant_new_string ("bottom");
  std::string expected = "s \"bottom\"";
  for (int i = 0; i < 100; i++)
    {
      deep = g_variant_new_variant (deep);
      expected = "v <" + expected + ">";
    }
  EXPECT_EQ (key (g_variant_new_tuple (&deep, 1)), "f(" + expected + ")");
}

TEST_F (KeysTest, Failure10TheOrderOfADictionarySaysNothing)
{
  std::vector<int> numbers (1000);
  std::set<std::string> all;
  std::mt19937 random (1);

  for (int i = 0; i < 1000; i++)
    numbers[i] = i;
  for (int round = 0; round < 10; round++)
    {
      GVariantBuilder builder;
      std::shuffle (numbers.begin (), numbers.end (), random);
      g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sv}"));
      for (int number : numbers)
        g_variant_builder_add (&builder, "{sv}", std::to_string (number).c_str (), g_variant_new_int32 (number));
      all.insert (key (g_variant_new ("(a{sv})", &builder)));
    }
  EXPECT_EQ (all.size (), 1u);
}

TEST_F (KeysTest, Failure10TheOrderOfADictionaryWithinAnotherSaysNothing)
{
  EXPECT_EQ (keys ({ "([{'a': {1: <{true: 'x', false: 'y'}>, 2: <0>}, 'b': {}}],)",
                     "([@a{sa{iv}} {'b': {}, 'a': {2: <0>, 1: <{false: 'y', true: 'x'}>}}],)",
                     "([{'a': {2: <0>, 1: <{false: 'y', true: 'x'}>}, 'b': {}}],)" }).size (), 1u);
  EXPECT_EQ (keys ({ "([{'a': 1}, {'b': 2}],)", "([{'b': 2}, {'a': 1}],)" }).size (), 2u) << "that of an array does";
}

TEST_F (KeysTest, Failure10ANumberHasOneKeyHoweverItWasWritten)
{
  EXPECT_EQ (keys ({ "(1.5,)", "(15e-1,)", "(+1.5,)", "(1.50,)", "(0.15e1,)", "(1.5000000000000000001,)" }).size (), 1u);
  EXPECT_EQ (keys ({ "(int64 16,)", "(int64 0x10,)", "(int64 020,)", "(int64 +16,)" }).size (), 1u);
}

TEST_F (KeysTest, Rule03ThereIsOneNanAndTwoZeros)
{
  std::set<std::string> nans;
  for (guint64 bits : { G_GUINT64_CONSTANT (0x7ff8000000000000), G_GUINT64_CONSTANT (0xfff8000000000000),
                        G_GUINT64_CONSTANT (0x7ff8000000000001), G_GUINT64_CONSTANT (0x7ff0000000000001),
                        G_GUINT64_CONSTANT (0xffffffffffffffff) })
    nans.insert (key (number_of_bits (bits)));
  EXPECT_THAT (nans, ElementsAre ("f(d nan)"));
  EXPECT_EQ (key (g_variant_new ("(d)", 0.0)), "f(d 0)");
  EXPECT_EQ (key (g_variant_new ("(d)", -0.0)), "f(d -0)");
}

TEST_F (KeysTest, Rule03NeighbouringNumbersHaveKeysOfTheirOwn)
{
  std::mt19937_64 random (1);
  for (int i = 0; i < 1000; i++)
    {
      guint64 bits = random ();
      double number;
      memcpy (&number, &bits, sizeof number);
      if (!std::isfinite (number))
        continue;
      EXPECT_NE (key (g_variant_new ("(d)", number)), key (g_variant_new ("(d)", std::nextafter (number, 2 * number)))) << bits;
    }
  EXPECT_EQ (key (number_of_bits (1)), "f(d 4.9406564584124654e-324)") << "the least that there is";
}

// --- texts ---

TEST_F (KeysTest, Rule03ControlCharactersAreWrittenOut)
{
  for (int c = 1; c <= 0x20; c++)
    {
      const char text[] = { static_cast<char> (c == 0x20 ? 0x7f : c), '\0' };
      char expected[16];
      g_snprintf (expected, sizeof expected, "f(s \"\\x%02x\")", static_cast<guint> (text[0]));
      EXPECT_EQ (key (g_variant_new ("(s)", text)), expected);
    }
}

TEST_F (KeysTest, Rule03EverythingElseStandsForItself)
{
  for (gunichar c : { 0x20, 0x21, 0x27, 0x7e, 0x80, 0x85, 0x9f, 0xa0, 0xad, 0xe4, 0x301, 0x200b, 0x2028, 0xfeff, 0xfffd,
                      0xffff, 0x1f600, 0x10ffff })
    {
      char text[7] = "";
      text[g_unichar_to_utf8 (c, text)] = '\0';
      EXPECT_EQ (key (g_variant_new ("(s)", text)), std::string ("f(s \"") + text + "\")") << c;
    }
  EXPECT_EQ (keys ({ "('\\u00e4',)", "('a\\u0308',)" }).size (), 2u) << "nothing is normalized";
}

TEST_F (KeysTest, Rule03AKeyIsUtf8)
{
  for (const Pinned &pinned : read_list ())
    EXPECT_TRUE (g_utf8_validate (key (pinned.arguments.c_str ()).c_str (), -1, nullptr));
}

// --- names, and what is skipped ---

TEST_F (KeysTest, Rule03TheNameIsThereAsItIs)
{
  for (const char *name : { "", "get_product", "größe", "a b, \"c\"\n", "x.y::z<T>" })
    {
      auto named = new_lru (name, function_);
      EXPECT_EQ (key (named, args ("(true,)").get ()), std::string (name) + "(b true)");
    }
}

TEST_F (KeysTest, Rule03WhatIsSkippedLeavesNoTrace)
{
  for (guint n = 0; n <= 4; n++)
    {
      auto skipping = new_lru ("f", function_, "skip-args", n);
      const char *rest[] = { "(1, 'two', [3])", "('two', [3])", "([3],)", "()", "()" };
      EXPECT_EQ (key (skipping, args ("(1, 'two', [3])").get ()), key (rest[n])) << n;
      EXPECT_EQ (key (skipping, nullptr), "f()");
    }
}

TEST_F (KeysTest, Rule03DataThatIsDamagedHasTheKeyOfWhatIsReadFromIt)
{
  // An array of texts whose offsets point past its end: an empty text stands for it.
  const guint8 damaged[] = { 'a', 0, 'b', 0, 200, 4 };
  Variant broken (g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE ("(as)"), damaged, sizeof damaged, FALSE,
                                                               nullptr, nullptr)));
  Variant normal (g_variant_get_normal_form (broken.get ()));
  ASSERT_FALSE (g_variant_is_normal_form (broken.get ()));
  EXPECT_EQ (key (broken.get ()), key (normal.get ()));
}
