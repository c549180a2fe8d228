// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/mutation-test.hpp"

extern "C" {
#include "memo-agent-resources-private.h"
}

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

using Resources = std::unique_ptr<MemoAgentResources, Deleter<MemoAgentResources, memo_agent_resources_free>>;
using Strv = std::unique_ptr<char *, Deleter<char *, g_strfreev>>;

class AgentResourcesTest : public ::testing::Test
{
protected:
  Resources parse (const char *text, int n_args = -1)
  {
    return Resources (memo_agent_resources_new (Tags { text }, n_args, ErrorOut (error_)));
  }

  // The message of what is wrong with a template.
  std::string refused (const char *text, int n_args = -1)
  {
    EXPECT_EQ (parse (text, n_args), nullptr) << text;
    EXPECT_THAT (error_, IsGError (MEMO_ERROR, MEMO_ERROR_INVALID_RESOURCE));
    return error_ != nullptr ? error_->message : "";
  }

  // The one resource of a call, or the message of why there is none.
  std::string expand (const char *text, const char *arguments)
  {
    auto resources = parse (text);
    Variant args (g_variant_parse (nullptr, arguments, nullptr, nullptr, nullptr));

    if (resources == nullptr || args == nullptr)
      return "no template or no arguments";

    Strv tags (memo_agent_resources_expand (resources.get (), "tool", args.get (), ErrorOut (error_)));

    return tags != nullptr ? *tags.get () : error_->message;
  }

  Error error_;
};

TEST_F (AgentResourcesTest, ATextStandsForItself)
{
  EXPECT_EQ (expand ("cart", "()"), "cart");
  EXPECT_EQ (expand ("a {{b}} c", "()"), "a {b} c");
  EXPECT_EQ (expand ("https://example.org/?q=1#x", "()"), "https://example.org/?q=1#x");
}

TEST_F (AgentResourcesTest, AnArgumentIsNamedByItsPlace)
{
  EXPECT_EQ (expand ("cart:{0}", "(int64 42,)"), "cart:42");
  EXPECT_EQ (expand ("{1}", "('a', 'b')"), "b");
  EXPECT_EQ (expand ("a:{0}:{1}:b", "('x', 'y')"), "a:x:y:b");
}

TEST_F (AgentResourcesTest, AnArgumentIsNamedByItsKey)
{
  EXPECT_EQ (expand ("file:{path}", "({'path': <'/tmp/a.txt'>},)"), "file:/tmp/a.txt");
  EXPECT_EQ (expand ("file:{path}", "('x', {'other': 'o', 'path': 'p'})"), "file:p");
  EXPECT_EQ (expand ("file:{path}", "(<{'path': <<'p'>>}>,)"), "file:p") << "variants in variants";
}

TEST_F (AgentResourcesTest, ANumberIsWhatItsTextIs)
{
  for (auto arguments : { "(42,)", "(int64 42,)", "(byte 42,)", "(uint64 42,)", "(42.0,)", "('42',)", "(<42>,)" })
    EXPECT_EQ (expand ("cart:{0}", arguments), "cart:42") << arguments;
  EXPECT_EQ (expand ("flag:{0}", "(true,)"), "flag:true");
  EXPECT_EQ (expand ("n:{0}", "(-1,)"), "n:-1");
}

TEST_F (AgentResourcesTest, AValueCannotLookLikeAnotherResource)
{
  EXPECT_EQ (expand ("file:{0}", "('a:b',)"), "file:a%3Ab");
  EXPECT_EQ (expand ("file:{0}", "('{path}',)"), "file:%7Bpath%7D");
  EXPECT_EQ (expand ("file:{0}", "('a%3Ab',)"), "file:a%253Ab");
  EXPECT_EQ (expand ("file:{0}", "('a b\\nc',)"), "file:a%20b%0Ac");
  EXPECT_EQ (expand ("file:{0}", "('Grüße',)"), "file:Grüße");
  EXPECT_EQ (expand ("file:{0}", "('',)"), "file:");
  EXPECT_NE (expand ("a:{0}:{1}", "('x:y', 'z')"), expand ("a:{0}:{1}", "('x', 'y:z')"));
  EXPECT_NE (expand ("a:{0}", "(['x', 'y'],)"), expand ("a:{0}", "(['x,y'],)"));
  EXPECT_NE (expand ("a:{0}", "([1],)"), expand ("a:{0}", "('(ai%20%5B1%5D)',)"));
}

TEST_F (AgentResourcesTest, WhatIsNotThereIsAnError)
{
  EXPECT_THAT (expand ("cart:{0}", "()"), HasSubstr ("“tool” names argument 0, and it was called with 0"));
  EXPECT_THAT (expand ("cart:{3}", "(1, 2)"), HasSubstr ("argument 3"));
  EXPECT_THAT (expand ("file:{path}", "('x',)"), HasSubstr ("“path”, which no dictionary"));
  EXPECT_THAT (expand ("file:{path}", "({'Path': 'x'},)"), HasSubstr ("“path”"));
  EXPECT_THAT (error_, IsGError (MEMO_ERROR, MEMO_ERROR_INVALID_RESOURCE));
}

TEST_F (AgentResourcesTest, WhatIsNotWrittenAsItShouldBeIsRefused)
{
  EXPECT_THAT (refused (""), HasSubstr ("empty"));
  EXPECT_THAT (refused ("file:{path"), HasSubstr ("write “{{”"));
  EXPECT_THAT (refused ("file:path}"), HasSubstr ("write “}}”"));
  EXPECT_THAT (refused ("file:{}"), HasSubstr ("write “{0}”"));
  EXPECT_THAT (refused ("file:{a{b}"), HasSubstr ("without a “}”"));
  EXPECT_THAT (refused ("file\x1f"), HasSubstr ("control character"));
}

TEST_F (AgentResourcesTest, AValueNeedsABeginningAndAnEnd)
{
  EXPECT_THAT (refused ("cart{0}"), HasSubstr ("before the “{”"));
  EXPECT_THAT (refused ("{0}{1}"), HasSubstr ("before the “{”"));
  EXPECT_THAT (refused ("{0}-{1}"), HasSubstr ("after the “}”"));
  EXPECT_THAT (refused ("cart:{0}x"), HasSubstr ("after the “}”"));
  EXPECT_NE (parse ("cart:{0}:x"), nullptr);
  EXPECT_NE (parse ("{0}"), nullptr);
  EXPECT_NE (parse ("[{0}]"), nullptr);
}

TEST_F (AgentResourcesTest, AnArgumentTooManyIsNoticedWhereItIsKnown)
{
  EXPECT_THAT (refused ("cart:{2}", 2), HasSubstr ("names argument 2 of a function that takes 2"));
  EXPECT_NE (parse ("cart:{1}", 2), nullptr);
  EXPECT_NE (parse ("cart:{99}"), nullptr);
}

TEST_F (AgentResourcesTest, WhatIsVolatileIsLeftOut)
{
  auto without = [] (const char *arguments, const char * const *left_out) {
    Variant args (g_variant_parse (nullptr, arguments, nullptr, nullptr, nullptr));

    return print (Variant (memo_agent_args_without (args.get (), left_out)).get ());
  };

  EXPECT_EQ (without ("('a', 'b', 'c')", Tags { "1" }), "('a', 'c')");
  EXPECT_EQ (without ("('a',)", Tags { "0" }), "()");
  EXPECT_EQ (without ("('a', {'id': <1>, 'q': <2>})", Tags { "id" }), "('a', {'q': <2>})");
  EXPECT_EQ (without ("({'id': <1>},)", Tags { "id", "5" }), "({},)");
  EXPECT_EQ (without ("(<'a'>,)", nullptr), "(<'a'>,)");
}

} // namespace
