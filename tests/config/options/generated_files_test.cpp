#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "config/options/example.hpp"
#include "config/options/json_schema.hpp"
#include "config/options/json_text.hpp"
#include "config/options/option_table.hpp"
#include "config/options/reference.hpp"
#include "config/presets/preset_pages.hpp"
#include "config/presets/preset_reference.hpp"
#include "config/presets/preset_schema.hpp"
#include "config/presets/preset_table.hpp"
#include "tests/config/configurations.hpp"
#include "tests/support/project_files.hpp"

namespace elit::config {
namespace {

namespace json = boost::json;

// If a shipped file is stale, the test writes the new one into the build directory, from where it can be copied.
void expect_fresh(const std::string& name, const std::string& fresh) {
  const std::filesystem::path shipped = project_file("config/" + name);
  if (content_of(shipped) == fresh) {
    return;
  }
  const std::filesystem::path copy =
      build_directory() / ("fresh-" + shipped.parent_path().filename().string() + "-" + shipped.filename().string());
  std::ofstream(copy, std::ios::binary) << fresh;
  ADD_FAILURE() << shipped << " is stale: cp " << copy << " " << shipped;
}

TEST(GeneratedFilesTest, TheShippedExampleIsFresh) {
  expect_fresh("example.yaml", example_yaml());
}
TEST(GeneratedFilesTest, TheShippedReferenceIsFresh) {
  expect_fresh("reference.md", reference_markdown());
}
TEST(GeneratedFilesTest, TheShippedPagesOfPresetsAreFresh) {
  expect_fresh("crm/PRESETS.md", preset_pages_markdown());
}
TEST(GeneratedFilesTest, TheShippedSchemaIsFresh) {
  expect_fresh("schema.json", json_schema());
}

TEST(GeneratedFilesTest, TheShippedSchemaOfPresetsIsFresh) {
  expect_fresh("crm/schema.json", to_pretty_json(preset_schema()));
}
TEST(GeneratedFilesTest, TheShippedReferenceOfPresetsIsFresh) {
  expect_fresh("crm/REFERENCE.md", preset_reference_markdown());
}

TEST(GeneratedFilesTest, TheSchemaOfPresetsKnowsTheirShape) {
  const json::value schema = preset_schema();
  EXPECT_EQ(schema.at("additionalProperties").as_bool(), false);
  EXPECT_EQ(schema.at("properties").at("steps").at("items").at("$ref").as_string(), "#/$defs/step");
  EXPECT_TRUE(schema.at("properties").as_object().contains("extends"));
  const json::value& step = schema.at("$defs").at("step");
  EXPECT_EQ(step.at("required").as_array(), json::array{"name"});
  EXPECT_EQ(step.at("properties").at("items_max").at("maximum").as_int64(), 10'000);
  EXPECT_EQ(step.at("properties").at("kind").at("enum").as_array(), (json::array{"find", "read", "write", "link"}));
  EXPECT_EQ(schema.at("$defs").at("verdict_rule").at("required").as_array(), json::array{"verdict"});
}

TEST(GeneratedFilesTest, EveryMapOfPresetsHasItsOwnNameAndADefinition) {
  std::set<std::string> names;
  for (const SectionDescription* map : preset_maps()) {
    EXPECT_TRUE(names.insert(map->title).second) << map->title;
    for (const FieldDescription& key : map->fields) {
      EXPECT_FALSE(key.doc.empty()) << map->title << "." << key.key;
      EXPECT_EQ(map->find(key.key), &key) << map->title << "." << key.key << " stands twice";
    }
  }
  for (const SectionDescription* map : preset_maps()) {
    for (const FieldDescription& key : map->fields) {
      EXPECT_TRUE(key.section == nullptr || names.contains(key.section->title)) << map->title << "." << key.key;
    }
  }
}

TEST(GeneratedFilesTest, TheExampleLoadsWithAndWithoutItsCommentedOptions) {
  std::string text = example_yaml();
  for (int round = 0; round < 2; ++round) {
    const Loaded loaded = load_for_test(text);
    for (const Diagnostic& mistake : loaded.mistakes) {
      ADD_FAILURE() << to_string(mistake);
    }
    for (std::size_t at = text.find(" #"); at != std::string::npos; at = text.find(" #", at + 1)) {
      if (text[at + 2] != ' ') {
        text.erase(at + 1, 1);
      }
    }
  }
}

// Every dotted key of the table, elements of lists without their number.
void collect_keys(const SectionDescription& section, const std::string& path, std::set<std::string>& keys) {
  for (const FieldDescription& option : section.fields) {
    const std::string key = path + option.key;
    if (option.shape != FieldDescription::Shape::value) {
      collect_keys(*option.section, key + (option.shape == FieldDescription::Shape::list ? "[]." : "."), keys);
    } else {
      keys.insert(key);
    }
  }
}

TEST(GeneratedFilesTest, TheReferenceNamesEveryOption) {
  std::set<std::string> keys;
  collect_keys(option_table().about, "", keys);
  EXPECT_GT(keys.size(), 60U);
  const std::string reference = reference_markdown();
  for (const std::string& key : keys) {
    EXPECT_THAT(reference, testing::HasSubstr("| `" + key + "` |"));
  }
}

TEST(GeneratedFilesTest, TheExampleSetsEveryOption) {
  std::string text = example_yaml();
  for (std::size_t at = text.find(" #"); at != std::string::npos; at = text.find(" #", at + 1)) {
    if (text[at + 2] != ' ') {
      text.erase(at + 1, 1);
    }
  }
  std::set<std::string> set;
  for (const auto& [path, place] : load_for_test(text).origins) {
    std::string key;
    for (const char byte : path) {
      if (byte < '0' || byte > '9') {
        key += byte;
      }
    }
    set.insert(key);
  }
  std::set<std::string> keys;
  collect_keys(option_table().about, "", keys);
  keys.erase("sinks[].preset");  // would need the file
  EXPECT_THAT(set, testing::IsSupersetOf(keys));
}

TEST(GeneratedFilesTest, TheSchemaKnowsTheShapeOfTheConfiguration) {
  const json::value schema = json::parse(json_schema());
  EXPECT_EQ(schema.at("$schema").as_string(), "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema.at("type").as_string(), "object");
  EXPECT_EQ(schema.at("additionalProperties").as_bool(), false);
  EXPECT_EQ(schema.at("required").as_array(), json::array{"sources"});
  const json::value& source = schema.at("properties").at("sources").at("items");
  EXPECT_EQ(source.at("properties").at("limits").at("properties").at("page_size").at("maximum").as_int64(), 10'000);
  EXPECT_EQ(source.at("properties").at("api_key").at("oneOf").as_array().size(), 3U);
  const json::array& sinks = schema.at("properties").at("sinks").at("items").at("allOf").as_array();
  ASSERT_EQ(sinks.size(), 4U);  // crm, custom, file, http
  EXPECT_TRUE(sinks[0].at("if").at("properties").at("type").as_object().size() == 1);
  EXPECT_EQ(sinks[1].at("then").at("required").as_array(), json::array{"preset"});
  const json::value& file_sink = sinks[2];
  EXPECT_EQ(file_sink.at("if").at("properties").at("type").at("const").as_string(), "file");
  EXPECT_EQ(file_sink.at("then").at("required").as_array(), json::array{"directory"});
  EXPECT_EQ(file_sink.at("then").at("properties").at("url").as_bool(), false);
}

TEST(GeneratedFilesTest, EveryOptionHasAMeaningAndAnExampleOrADefault) {
  const std::function<void(const SectionDescription&)> inspect = [&](const SectionDescription& section) {
    for (const FieldDescription& option : section.fields) {
      EXPECT_FALSE(option.doc.empty()) << option.key;
      if (option.shape != FieldDescription::Shape::value) {
        inspect(*option.section);
        continue;
      }
      EXPECT_TRUE(!option.required || !option.example.empty() || option.key == section.discriminator) << option.key;
      EXPECT_FALSE(option.standard.empty() && option.example.empty()) << option.key;
    }
  };
  inspect(option_table().about);
}

}  // namespace
}  // namespace elit::config
