// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/settings.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace forethink {
namespace {

struct InnerOptions {
  std::int64_t samples = 256;
  double std_init = 1.0;
  std::vector<double> levels = {0.5, 2.0};

  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("samples", self.samples);
    visit("std_init", self.std_init);
    visit("levels", self.levels);
  }
};

struct OuterOptions {
  InnerOptions cem;
  std::string name = "cem";
  bool warm = true;
  std::vector<std::int64_t> widths;
  std::vector<std::string> tags = {"a \"quoted\" one", "line\nbreak"};

  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("cem", self.cem);
    visit("name", self.name);
    visit("warm", self.warm);
    visit("widths", self.widths);
    visit("tags", self.tags);
  }
};

template <class Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no ConfigError";
}

std::string load_error(std::string_view toml) {
  return error_of([&] {
    OuterOptions options;
    load_settings(options, parse_settings(toml, "planner.toml"));
  });
}

std::string override_error(std::string_view assignment) {
  return error_of([&] {
    SettingsTable table;
    override_setting(table, assignment);
    OuterOptions options;
    load_settings(options, table);
  });
}

TEST(Settings, ReadsSectionsAndKeepsDefaults) {
  OuterOptions options;
  load_settings(options, parse_settings("name = 'icem'\nwidths = [3, 4]\n"
                                        "[cem]\nsamples = 512 # more\nlevels = [1, 2.5]\n",
                                        "planner.toml"));
  EXPECT_EQ(options.name, "icem");
  EXPECT_EQ(options.cem.samples, 512);
  EXPECT_EQ(options.cem.std_init, 1.0);
  EXPECT_EQ(options.cem.levels, (std::vector<double>{1.0, 2.5}));
  EXPECT_EQ(options.widths, (std::vector<std::int64_t>{3, 4}));
  EXPECT_TRUE(options.warm);
}

TEST(Settings, WidensIntegersWhereANumberIsWanted) {
  OuterOptions options;
  load_settings(options, parse_settings("cem = {std_init = 2, levels = [3]}\ntags = []", "x.toml"));
  EXPECT_EQ(options.cem.std_init, 2.0);
  EXPECT_EQ(options.cem.levels, std::vector<double>{3.0});
  EXPECT_TRUE(options.tags.empty());
}

TEST(Settings, NamesFileLineAndNearestNameOfAnUnknownSetting) {
  EXPECT_EQ(load_error("name = 'icem'\n[cem]\nsampels = 512\n"),
            "planner.toml:3: unknown setting \"cem.sampels\"; did you mean \"cem.samples\"?");
  EXPECT_EQ(load_error("samples = 1"),
            "planner.toml:1: unknown setting \"samples\"; did you mean \"cem.samples\"?");
  EXPECT_EQ(load_error("zzz = 1"), "planner.toml:1: unknown setting \"zzz\"");
  EXPECT_EQ(load_error("cem = 1"),
            "planner.toml:1: cem is a section, must hold settings such as \"cem.samples\"");
}

TEST(Settings, NamesTheTypeThatDoesNotFit) {
  EXPECT_EQ(load_error("[cem]\nstd_init = \"0.1\""),
            "planner.toml:2: cem.std_init is a string, must be a number");
  EXPECT_EQ(load_error("[cem]\nsamples = 2.5"),
            "planner.toml:2: cem.samples is a decimal number, must be an integer");
  EXPECT_EQ(load_error("warm = 1"), "planner.toml:1: warm is an integer, must be a boolean");
  EXPECT_EQ(load_error("name = true"), "planner.toml:1: name is a boolean, must be a string");
  EXPECT_EQ(load_error("widths = [1.5]"),
            "planner.toml:1: widths is a list of numbers, must be a list of integers");
  EXPECT_EQ(load_error("tags = [1]"),
            "planner.toml:1: tags is a list of integers, must be a list of strings");
}

TEST(Settings, RefusesWhatNoSettingCanHold) {
  EXPECT_EQ(load_error("tags = [1, 'a']"),
            "planner.toml:1: tags is a mixed list, must hold only numbers or only strings");
  EXPECT_EQ(load_error("name = 2026-01-31"),
            "planner.toml:1: name is a date or time, write it as a string");
  EXPECT_EQ(load_error("\"cem.samples\" = 3"),
            "planner.toml:1: \"cem.samples\" is no setting name, must be letters, digits, \"_\" or "
            "\"-\"");
}

TEST(Settings, NamesTheLineOfASyntaxErrorAndOfADuplicate) {
  EXPECT_TRUE(load_error("name = 'a'\nwarm = = 1").starts_with("planner.toml:2: "));
  EXPECT_TRUE(load_error("name = 'a'\n\nname = 'b'").starts_with("planner.toml:3: "));
}

TEST(Settings, RefusesWhatNestsTooDeep) {
  std::string dots = "a";
  for (int i = 0; i < 200000; ++i) dots += ".a";
  EXPECT_EQ(load_error("name = \"a # b\" # c '\n" + dots + " = 1"),
            "planner.toml:2: a name has more than 16 dots");
  EXPECT_EQ(load_error("name = \"\"\"\n\\\"\"\"\"\n[" + dots + "]\nb = 1"),
            "planner.toml:3: a name has more than 16 dots");
  EXPECT_EQ(load_error("cem = {" + dots + " = 1}"), "planner.toml:1: a name has more than 16 dots");
  const std::string open(100000, '[');
  EXPECT_TRUE(load_error("widths = " + open).starts_with("planner.toml:1: "));
  // Dots elsewhere are not counted: 20 decimal numbers, a text of dots.
  OuterOptions options;
  load_settings(options,
                parse_settings("name = '....................'\ncem.levels = [1.5, 1.5, 1.5,"
                               "1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5,"
                               "1.5, 1.5, 1.5, 1.5, 1.5, 1.5]",
                               "planner.toml"));
  EXPECT_EQ(options.cem.levels.size(), 20U);
}

TEST(Settings, ASectionNeedsAName) {
  for (const std::string_view header : {"[=a]", "[ [=a]]", "[[.a]]", "[\n]", " [#"}) {
    EXPECT_EQ(load_error(std::string("warm = true\n") + std::string(header)),
              "planner.toml:2: a section needs a name of letters, digits, \"_\" or \"-\"")
        << header;
  }
  EXPECT_EQ(load_error("[ \"cem\" ]\nsamples = 'x'"),
            "planner.toml:2: cem.samples is a string, must be an integer");
}

TEST(Settings, OnlyStringsAndCommentsHoldOtherLettersThanAscii) {
  EXPECT_EQ(load_error("\n\u03c4 = 1"), "planner.toml:2: a letter that needs quotes around it");
  EXPECT_EQ(load_error("name = \u03c4"), "planner.toml:1: a letter that needs quotes around it");
  EXPECT_EQ(load_error("name = \"\"\"a\"\"\"\"\nwarm = \u03c4"),
            "planner.toml:2: a letter that needs quotes around it");
  OuterOptions options;
  load_settings(options, parse_settings("\xef\xbb\xbf# \u03c4\nname = '\u03c4'", "planner.toml"));
  EXPECT_EQ(options.name, "\u03c4");
  SettingsTable table;
  override_setting(table, "name=\u03c4");
  EXPECT_EQ(std::get<std::string>(table.values.at("name")), "\u03c4");
}

TEST(Settings, MissingFileIsAnIoError) {
  EXPECT_THROW(read_settings("no/such/file.toml"), IoError);
}

TEST(Settings, OverridesTakeTomlValuesAndBareWords) {
  SettingsTable table = parse_settings("name = 'cem'\n[cem]\nsamples = 1\n", "planner.toml");
  for (const std::string_view assignment : {"name=icem", "cem.samples = 64", "cem.std_init=3e-4",
                                            "warm=false", "widths=[1, 2]", "tags=['x=y', \"z\"]"}) {
    override_setting(table, assignment);
  }
  OuterOptions options;
  load_settings(options, table);
  EXPECT_EQ(options.name, "icem");
  EXPECT_EQ(options.cem.samples, 64);
  EXPECT_EQ(options.cem.std_init, 3e-4);
  EXPECT_FALSE(options.warm);
  EXPECT_EQ(options.widths, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(options.tags, (std::vector<std::string>{"x=y", "z"}));

  override_setting(table, "name=runs/2026-01-31/model");
  load_settings(options, table);
  EXPECT_EQ(options.name, "runs/2026-01-31/model");
  override_setting(table, "name=2026-01-31");
  load_settings(options, table);
  EXPECT_EQ(options.name, "2026-01-31");
}

TEST(Settings, NamesWhatIsWrongWithAnOverride) {
  EXPECT_EQ(override_error("cem.sampels=3"),
            "command line: unknown setting \"cem.sampels\"; did you mean \"cem.samples\"?");
  EXPECT_EQ(override_error("cem.samples=many"),
            "command line: cem.samples is a string, must be an integer");
  EXPECT_EQ(override_error("warm"),
            "command line: \"warm\" has no \"=\", must be section.key=value");
  EXPECT_EQ(override_error("cem..samples=3"),
            "command line: \"cem..samples=3\" has a malformed name, must be section.key=value");
  EXPECT_EQ(
      override_error("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r=1"),
      "command line: \"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r=1\" has a name of more than 16 dots");
  EXPECT_EQ(override_error("name="),
            "command line: \"name=\" has no value; an empty string is written \"\"");
  EXPECT_EQ(override_error("widths=[1, 2"),
            "command line: \"widths=[1, 2\" has a malformed value: a string, list or quote that "
            "does not close");
  EXPECT_EQ(override_error("name=a\xff"), "command line: \"name=a\xff\" is not UTF-8");
  EXPECT_EQ(override_error("name=a\nwarm=false"),
            "command line: \"name=a\\u000awarm=false\" spans several lines");
}

TEST(Settings, ReadsEveryLetterInStringsAndComments) {
  // What stands beside each: toml++ has no defined result for some of these letters.
  const SettingsTable table = parse_settings(
      "a = \"x\u00dc\u0093 \\\\ \\u00e9\"  # \u00a0\n"
      "b = 'C:\\\u00dc \"q\"'\n"
      "c = \"\"\"two\n\u20ac \U0001f600\"\"\"\n"
      "d = ['\u00e9', \"\u00e8\"]\n",
      "f.toml");
  EXPECT_EQ(std::get<std::string>(table.values.at("a")), "x\u00dc\u0093 \\ \u00e9");
  EXPECT_EQ(std::get<std::string>(table.values.at("b")), "C:\\\u00dc \"q\"");
  EXPECT_EQ(std::get<std::string>(table.values.at("c")), "two\n\u20ac \U0001f600");
  EXPECT_EQ(std::get<std::vector<std::string>>(table.values.at("d")),
            (std::vector<std::string>{"\u00e9", "\u00e8"}));
}

TEST(Settings, RefusesWhatTheParserDoesNotBear) {
  const auto refusal = [](const std::string& toml) {
    return error_of([&] { parse_settings(toml, "f.toml"); });
  };
  EXPECT_EQ(refusal("a = \u00dc"), "f.toml:1: a letter that needs quotes around it");
  EXPECT_EQ(refusal("a = 1\nb = \"\xff\""), "f.toml:2: a string is not UTF-8");
  EXPECT_EQ(refusal("a = \"\xc0\x80\""), "f.toml:1: a string is not UTF-8");      // Overlong.
  EXPECT_EQ(refusal("a = \"\xed\xa0\x80\""), "f.toml:1: a string is not UTF-8");  // A surrogate.
  EXPECT_EQ(refusal("a = \"\u00e9\\\""), "f.toml:1: a string does not close");
  EXPECT_EQ(refusal("a = [1, }"), "f.toml: is malformed, perhaps a list that does not close");
  EXPECT_EQ(refusal("a = \"\\\u00e9\""), "f.toml:1: a string has an unknown escape sequence");
  EXPECT_EQ(refusal("a = -=[\"x\u00dc\u0093m\" y\", \"b\\0 y2").substr(0, 9), "f.toml:1:");
}

TEST(Settings, WritesWhatItReads) {
  OuterOptions options;
  options.cem.std_init = 1.0 / 3.0;
  options.cem.levels = {1.0, -1e-30, 1e300, std::numeric_limits<double>::infinity()};
  EXPECT_EQ(to_toml(options),
            "name = \"cem\"\nwarm = true\nwidths = []\n"
            "tags = [\"a \\\"quoted\\\" one\", \"line\\u000abreak\"]\n\n"
            "[cem]\nsamples = 256\nstd_init = 0.3333333333333333\n"
            "levels = [1.0, -1e-30, 1e+300, inf]\n");
  OuterOptions back;
  back.cem.levels.clear();
  back.tags.clear();
  load_settings(back, parse_settings(to_toml(options), "written"));
  EXPECT_EQ(to_toml(back), to_toml(options));
  EXPECT_EQ(back.cem.std_init, options.cem.std_init);
  EXPECT_EQ(back.tags, options.tags);
}

TEST(Settings, NearestNameIsNearOrNone) {
  const std::vector<std::string> known = {"samples", "elites", "lr"};
  EXPECT_EQ(nearest_name("sampels", known), "samples");
  EXPECT_EQ(nearest_name("elite", known), "elites");
  EXPECT_EQ(nearest_name("lx", known), "lr");
  EXPECT_EQ(nearest_name("horizon", known), "");
  EXPECT_EQ(nearest_name("", known), "");
}

TEST(Settings, ExpectSettingSaysFieldValueAndRule) {
  EXPECT_NO_THROW(expect_setting(true, "cem.elites", std::int64_t{9}, "anything"));
  EXPECT_EQ(error_of([] {
              expect_setting(false, "cem.elites", std::int64_t{9}, "1 <= elites <= samples");
            }),
            "cem.elites = 9, must satisfy 1 <= elites <= samples");
  EXPECT_EQ(error_of([] { expect_setting(false, "cem.std_init", -0.5, "std_init > 0"); }),
            "cem.std_init = -0.5, must satisfy std_init > 0");
  EXPECT_EQ(error_of([] { expect_setting(false, "planner.name", "cma", "cem or icem"); }),
            "planner.name = \"cma\", must satisfy cem or icem");
}

}  // namespace
}  // namespace forethink
