// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/folders.hpp"
#include "support/memo-test.hpp"

#include <atomic>
#include <link.h>
#include <thread>
#include <unistd.h>

using namespace memo_test;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

namespace fs = std::filesystem;

// How GLib's own function of this name answers is as if the program had other rights than its user.
static bool privileged = false;

extern "C" __attribute__ ((visibility ("default"))) char *
secure_getenv (const char *name)
{
  return privileged ? nullptr : getenv (name);
}

using Backend = Ref<MemoBackend>;

// Has folders of its own, in which it puts plugins.  A plugin stays loaded, so each test has its own.
class PluginTest : public AsyncTest
{
protected:
  PluginTest () { use ({ folder_.path () }); }
  ~PluginTest () override { g_unsetenv ("MEMO_PLUGIN_PATH"); }

  static void use (const std::vector<std::string> &folders)
  {
    std::string path;

    for (const auto &folder : folders)
      path += (path.empty () ? "" : ":") + folder;
    g_setenv ("MEMO_PLUGIN_PATH", path.c_str (), TRUE);
  }

  // Puts the plugin NAME where it is found, called as another where TARGET says so.
  static std::string put (const TemporaryFolder &folder, const std::string &name, const std::string &target = "")
  {
    const std::string file = folder / file_of (target.empty () ? name : target);

    fs::copy_file (fs::path (g_getenv ("G_TEST_BUILDDIR")) / "plugins" / file_of (name), file);
    fs::permissions (file, static_cast<fs::perms> (0644));
    return file;
  }
  std::string put (const std::string &name, const std::string &target = "") { return put (folder_, name, target); }

  static std::string file_of (const std::string &name) { return "libmemo-" + name + ".so"; }

  Backend make (const std::string &uri)
  {
    Backend made (memo_backend_new_for_uri (uri.c_str (), ErrorOut (error_)));

    EXPECT_EQ (made == nullptr, error_ != nullptr) << uri;
    return made;
  }

  // Why it cannot be made.
  std::string why_not (const std::string &uri, int code = MEMO_ERROR_NO_BACKEND)
  {
    EXPECT_EQ (make (uri), nullptr);
    EXPECT_THAT (error_, IsGError (MEMO_ERROR, code));
    return error_ != nullptr ? error_->message : "";
  }

  // The URI that the plugin's backend was made for.
  std::string uri_of (MemoBackend *backend)
  {
    GAsyncResult *result = nullptr;

    memo_backend_load_async (backend, "key", nullptr, [] (GObject *, GAsyncResult *given, gpointer data) {
      *static_cast<GAsyncResult **> (data) = static_cast<GAsyncResult *> (g_object_ref (given));
    }, &result);
    turn ();
    EXPECT_NE (result, nullptr);
    if (result == nullptr)
      return "";

    auto owned = adopt (result);
    Bytes bytes (memo_backend_load_finish (backend, result, nullptr));
    gsize size;
    auto data = static_cast<const char *> (g_bytes_get_data (bytes.get (), &size));
    return std::string (data, size);
  }

  static std::vector<std::string> schemes ()
  {
    char **listed = memo_backend_list_schemes ();
    std::vector<std::string> all (listed, listed + g_strv_length (listed));

    g_strfreev (listed);
    return all;
  }

  // Whether the plugin's code is in this process.
  static bool is_loaded (const std::string &name)
  {
    std::string file = file_of (name);

    return dl_iterate_phdr ([] (dl_phdr_info *info, size_t, void *data) -> int {
      return fs::path (info->dlpi_name).filename () == *static_cast<std::string *> (data);
    }, &file) != 0;
  }

  TemporaryFolder folder_;
  Error           error_;
};

// --- what works ---

TEST_F (PluginTest, APluginIsFoundByTheSchemeOfTheUri)
{
  put ("good");
  auto backend = make ("good://somewhere/else?in=particular");

  ASSERT_NE (backend, nullptr);
  EXPECT_EQ (uri_of (backend.get ()), "good://somewhere/else?in=particular");
  EXPECT_STREQ (G_OBJECT_TYPE_NAME (backend.get ()), "Plugin_good");
}

TEST_F (PluginTest, TheSchemeMayBeInCapitals)
{
  put ("good");
  EXPECT_NE (make ("GOOD:it"), nullptr);
}

TEST_F (PluginTest, WhatThePluginFindsWrongIsTheError)
{
  put ("good");
  EXPECT_EQ (why_not ("good:wrong", MEMO_ERROR_INVALID_URI), "something is wrong");
}

TEST_F (PluginTest, OnlyThePluginThatIsAskedForIsLoaded)
{
  put ("twin-a");
  put ("twin-b");

  EXPECT_THAT (schemes (), IsSupersetOf ({ "twin-a", "twin-b" }));
  EXPECT_FALSE (is_loaded ("twin-a")) << "to list it is no reason";
  EXPECT_FALSE (is_loaded ("twin-b"));
  EXPECT_NE (make ("twin-b:"), nullptr);
  EXPECT_TRUE (is_loaded ("twin-b"));
  EXPECT_FALSE (is_loaded ("twin-a"));
  EXPECT_THAT (schemes (), IsSupersetOf ({ "twin-a", "twin-b" }));
}

TEST_F (PluginTest, TheFoldersAreSearchedInTheirOrder)
{
  TemporaryFolder first, second;

  put (second, "good", "ordered");
  first.write (file_of ("ordered"), "this one is found first");
  use ({ first.path (), second.path () });
  EXPECT_THAT (why_not ("ordered:"), HasSubstr (first / file_of ("ordered")));
  use ({ second.path (), first.path () });
  EXPECT_THAT (why_not ("ordered:"), HasSubstr (second / file_of ("ordered")));
}

TEST_F (PluginTest, APluginMayTakeSeveralSchemes)
{
  put ("family");
  EXPECT_NE (make ("family+unix:/a/socket"), nullptr) << "another way to the same";
  EXPECT_NE (make ("familys://a.host"), nullptr) << "the same with TLS";
  EXPECT_NE (make ("family://a.host"), nullptr);
  EXPECT_NE (make ("cousin://a.host"), nullptr) << "which is known now";
  EXPECT_THAT (schemes (), IsSupersetOf ({ "cousin", "family", "family+unix", "familys" }));
}

TEST_F (PluginTest, ALinkIsAnotherNameOfAPlugin)
{
  TemporaryFolder other;

  fs::create_symlink (put (other, "linked"), folder_ / file_of ("nickname"));
  EXPECT_THAT (schemes (), Contains ("nickname"));
  EXPECT_NE (make ("nickname:"), nullptr);
  EXPECT_NE (make ("linked:"), nullptr);
}

TEST_F (PluginTest, WhatALinkSaysIsThePluginsBusiness)
{
  fs::create_symlink (put ("stubborn"), folder_ / file_of ("other"));
  EXPECT_THAT (why_not ("other:"), HasSubstr ("does not know the scheme “other”"));
  EXPECT_NE (make ("stubborn:"), nullptr);
}

TEST_F (PluginTest, AllThreadsGetTheirBackendFromOneLoad)
{
  std::atomic<int> made { 0 };
  std::vector<std::thread> threads;

  put ("threads");
  for (int i = 0; i < 8; i++)
    threads.emplace_back ([&] {
      for (int j = 0; j < 50; j++)
        {
          Backend backend (memo_backend_new_for_uri ("threads:", nullptr));
          char **listed = memo_backend_list_schemes ();

          made += backend != nullptr && g_strv_contains (listed, "threads");
          g_strfreev (listed);
        }
    });
  for (auto &thread : threads)
    thread.join ();

  EXPECT_EQ (made, 8 * 50);
}

// --- registered by the program ---

namespace {

struct Registered { GObject parent; };
struct RegisteredClass { GObjectClass parent; };

GType
registered_type (const char *name, bool with_uri = true, bool is_abstract = false)
{
  GType type = g_type_register_static_simple (G_TYPE_OBJECT, name, sizeof (RegisteredClass), with_uri ? [] (gpointer klass, gpointer) {
    G_OBJECT_CLASS (klass)->set_property = [] (GObject *object, guint, const GValue *value, GParamSpec *) {
      g_object_set_data_full (object, "uri", g_value_dup_string (value), g_free);
    };
    g_object_class_install_property (G_OBJECT_CLASS (klass), 1,
                                     g_param_spec_string ("uri", nullptr, nullptr, nullptr,
                                                          static_cast<GParamFlags> (G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY)));
  } : GClassInitFunc (nullptr), sizeof (Registered), nullptr, is_abstract ? G_TYPE_FLAG_ABSTRACT : GTypeFlags (0));
  const GInterfaceInfo nothing = {};

  g_type_add_interface_static (type, MEMO_TYPE_BACKEND, &nothing);
  return type;
}

} // namespace

TEST_F (PluginTest, WhatTheProgramRegistersItselfIsTakenFirst)
{
  put ("slow");
  EXPECT_THAT (schemes (), Contains ("slow"));
  g_io_extension_point_implement (MEMO_BACKEND_EXTENSION_POINT_NAME, registered_type ("OwnSlow"), "slow", 0);

  auto backend = make ("slow:but sure");
  ASSERT_NE (backend, nullptr);
  EXPECT_STREQ (G_OBJECT_TYPE_NAME (backend.get ()), "OwnSlow");
  EXPECT_STREQ (static_cast<char *> (g_object_get_data (G_OBJECT (backend.get ()), "uri")), "slow:but sure");
  EXPECT_FALSE (is_loaded ("slow"));
}

TEST_F (PluginTest, WhatTheProgramRegistersIsListed)
{
  EXPECT_THAT (schemes (), Not (Contains ("own")));
  g_io_extension_point_implement (MEMO_BACKEND_EXTENSION_POINT_NAME, registered_type ("Own"), "own", 0);
  EXPECT_THAT (schemes (), Contains ("own"));
  EXPECT_NE (make ("own:"), nullptr);
}

TEST_F (PluginTest, ATypeThatCannotBeMadeIsAnError)
{
  const char *point = MEMO_BACKEND_EXTENSION_POINT_NAME;

  g_io_extension_point_implement (point, registered_type ("WithoutUri", false), "without-uri", 0);
  g_io_extension_point_implement (point, registered_type ("Abstract", true, true), "abstract", 0);
  put ("plain");
  EXPECT_THAT (why_not ("without-uri:"), HasSubstr ("WithoutUri"));
  EXPECT_THAT (why_not ("abstract:"), HasSubstr ("Abstract"));
  EXPECT_THAT (why_not ("plain:"), HasSubstr ("has no property “uri”"));
}

// --- what does not work, and says why ---

TEST_F (PluginTest, TheErrorForAnUnknownSchemeListsWhatThereIs)
{
  TemporaryFolder other;

  put ("twin-a");
  put (other, "twin-b");
  use ({ folder_.path (), other.path () });

  EXPECT_THAT (why_not ("nobody://knows/it"),
               AllOf (HasSubstr ("“nobody://knows/it”"), HasSubstr ("twin-a, twin-b"), HasSubstr ("libmemo-nobody.so"),
                      HasSubstr (folder_.path () + ", " + other.path ()), HasSubstr ("libcache-1/plugins"),
                      HasSubstr ("MEMO_PLUGIN_PATH")));
}

TEST_F (PluginTest, WhatIsNoUriIsAnInvalidOne)
{
  for (const char *no : { "", "/a/path", "good", "1:2", ":good", "a b:c", "good//where" })
    EXPECT_THAT (why_not (no, MEMO_ERROR_INVALID_URI), HasSubstr ("is not a URI")) << no;
}

TEST_F (PluginTest, NoMessageShowsAPassword)
{
  for (const char *uri : { "nobody://user:sesame@host/0", "nobody://:sesame@host", "nobody://user:ses@me:sesame@host/0?a=b",
                           "nobody://user:sesame/x@host", "nobody://user:sesame?x@host", "nobody://user:sesame#@host", "user:sesame@host" })
    EXPECT_THAT (why_not (uri), AllOf (Not (HasSubstr ("sesame")), HasSubstr (":***@host"))) << uri;
  for (const char *uri : { "no body://user:sesame@host", "//user:sesame@host", "nobody//user:sesame@host" })
    EXPECT_THAT (why_not (uri, MEMO_ERROR_INVALID_URI), AllOf (Not (HasSubstr ("sesame")), HasSubstr (":***@host"))) << uri;
}

TEST_F (PluginTest, AUriWithoutAPasswordIsShownAsItIs)
{
  for (const char *uri : { "nobody://user@host:6379/0?prefix=a:b", "nobody:///home/me@work/a:b@c", "nobody://host:6379" })
    EXPECT_THAT (why_not (uri), HasSubstr ("“" + std::string (uri) + "”"));
}

TEST_F (PluginTest, AMessageIsUtf8WhateverTheUri)
{
  EXPECT_TRUE (g_utf8_validate (why_not ("nobody:\xff\xfe").c_str (), -1, nullptr));
  EXPECT_TRUE (g_utf8_validate (why_not ("nobody://a:b\xff@\xfe").c_str (), -1, nullptr));
}

TEST_F (PluginTest, ABrokenFileIsNamedAndOthersStillWork)
{
  auto file = folder_.write (file_of ("broken"), "no module at all");
  auto empty = folder_.write (file_of ("empty"));

  put ("good");
  EXPECT_THAT (why_not ("broken:"), AllOf (HasSubstr (file), HasSubstr ("install")));
  EXPECT_THAT (why_not ("empty:"), AllOf (HasSubstr (empty), HasSubstr ("install")));
  EXPECT_NE (make ("good:"), nullptr);
}

TEST_F (PluginTest, AFileThatIsMendedIsTriedAgain)
{
  auto file = folder_.write (file_of ("mended"), "no module at all");

  EXPECT_THAT (why_not ("mended:"), HasSubstr (file));
  fs::remove (file);
  put ("mended");
  EXPECT_NE (make ("mended:"), nullptr);
}

TEST_F (PluginTest, AFolderInPlaceOfAFileIsAnError)
{
  fs::create_directory (folder_ / file_of ("folder"));
  EXPECT_THAT (why_not ("folder:"), HasSubstr (folder_ / file_of ("folder")));
}

TEST_F (PluginTest, AFunctionThatIsMissingIsSaidAtOnce)
{
  auto file = put ("incomplete");
  EXPECT_THAT (why_not ("incomplete:"), AllOf (HasSubstr (file), HasSubstr ("a_function_that_nobody_has"), HasSubstr ("install")));
}

TEST_F (PluginTest, ALibraryThatIsMissingIsNamed)
{
  auto file = put ("dependent");
  EXPECT_THAT (why_not ("dependent:"), AllOf (HasSubstr (file), HasSubstr ("libmemo-is-absent.so"), HasSubstr ("install")));
}

TEST_F (PluginTest, APluginOfAnotherVersionIsRefusedBeforeItIsCalled)
{
  auto file = put ("foreign");
  EXPECT_THAT (why_not ("foreign:"), AllOf (HasSubstr (file), HasSubstr ("4711"), HasSubstr ("version 1"), HasSubstr ("build it anew")));
  EXPECT_FALSE (is_loaded ("foreign"));
}

TEST_F (PluginTest, AModuleThatIsNoPluginOfOursIsRefusedBeforeItIsCalled)
{
  auto file = put ("unsaid");
  EXPECT_THAT (why_not ("unsaid:"), AllOf (HasSubstr (file), HasSubstr ("MEMO_DEFINE_PLUGIN")));
  EXPECT_FALSE (is_loaded ("unsaid"));
}

TEST_F (PluginTest, APluginUnderAnotherNameIsAnError)
{
  auto file = put ("good", "renamed");
  EXPECT_THAT (why_not ("renamed:"), AllOf (HasSubstr (file), HasSubstr ("name of the file")));
}

TEST_F (PluginTest, APluginThatIsThereTwiceIsLoadedOnce)
{
  TemporaryFolder other;

  put ("double");
  fs::create_symlink (put (other, "double"), other / file_of ("second"));
  use ({ folder_.path (), other.path () });
  EXPECT_NE (make ("double:"), nullptr);
  EXPECT_THAT (why_not ("second:"), AllOf (HasSubstr (other / file_of ("second")), HasSubstr ("one already")));
  EXPECT_NE (make ("double:"), nullptr);
}

TEST_F (PluginTest, APluginThatDoesNotTakeItsOwnSchemeIsAnError)
{
  auto file = put ("liar");
  EXPECT_THAT (why_not ("liar:"), AllOf (HasSubstr (file), HasSubstr ("does not know the scheme “liar”"), HasSubstr ("truth")));
}

// --- files that others could have changed ---

TEST_F (PluginTest, AFileThatEverybodyCanWriteToIsRefused)
{
  auto file = put ("good", "open");

  fs::permissions (file, static_cast<fs::perms> (0646));
  EXPECT_THAT (why_not ("open:"), AllOf (HasSubstr (file + " can be written to by everybody"), HasSubstr ("chmod go-w '" + file + "'")));
  EXPECT_THAT (schemes (), Not (Contains ("open")));
  EXPECT_FALSE (is_loaded ("open"));

  fs::permissions (file, static_cast<fs::perms> (0644));
  EXPECT_THAT (why_not ("open:"), HasSubstr ("name of the file")) << "trusted, and found wrong for another reason";
}

TEST_F (PluginTest, AFolderThatEverybodyCanWriteToIsRefused)
{
  put ("good", "open");
  fs::permissions (folder_.path (), static_cast<fs::perms> (01777));
  EXPECT_THAT (why_not ("open:"), HasSubstr (folder_.path () + " can be written to by everybody"));
  EXPECT_THAT (schemes (), Not (Contains ("open")));
}

TEST_F (PluginTest, ALinkIsNoWayAroundThis)
{
  TemporaryFolder open;

  fs::create_symlink (put (open, "good", "open"), folder_ / file_of ("detour"));
  fs::permissions (open.path (), static_cast<fs::perms> (0777));
  EXPECT_THAT (why_not ("detour:"), HasSubstr (open.path () + " can be written to by everybody"));
}

TEST_F (PluginTest, ALinkThatLeadsNowhereIsNoPlugin)
{
  fs::create_symlink (folder_ / "nowhere", folder_ / file_of ("dangling"));
  EXPECT_THAT (schemes (), Not (Contains ("dangling")));
  EXPECT_THAT (why_not ("dangling:"), HasSubstr ("Searched"));
}

TEST_F (PluginTest, ThePathCountsForNothingInAProgramWithOtherRights)
{
  put ("good", "privileged");
  EXPECT_THAT (schemes (), Contains ("privileged"));

  privileged = true;
  EXPECT_THAT (schemes (), Not (Contains ("privileged")));
  EXPECT_THAT (why_not ("privileged:"), Not (HasSubstr (folder_.path ())));
  privileged = false;
}
