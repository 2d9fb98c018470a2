#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/yaml/diagnostic.hpp"

namespace elit::config {

struct Entry;

// One value of the configuration file with its place. Numbers and booleans stay text: the option decides what a value
// means.
struct Node {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  Place place;
  std::string text;            // scalar
  bool quoted = false;         // scalar: written in quotes or as a block
  std::vector<Node> items;     // sequence
  std::vector<Entry> entries;  // map, in the order of the file, each key once

  [[nodiscard]] const Entry* find(std::string_view key) const;
};

struct Entry {
  std::string key;
  Place place;  // of the key
  Node value;
};

struct Tree {
  Node root;  // a map, empty when the text holds none
  std::vector<Diagnostic> mistakes;
  bool readable = false;  // false: the text is no YAML or no map, and `root` says nothing about what it lacks
};

// The dotted path of `key` inside the map at `path`; an empty key shows as its quotes.
[[nodiscard]] std::string path_of(const std::string& path, const std::string& key);
[[nodiscard]] std::string path_of(const std::string& path, std::size_t index);

// The limits of a text, and its name in messages.
struct YamlForm {
  std::size_t nesting_max = 12;  // collections inside each other, the outermost included
  const char* what = "configuration";
  const char* first_key = "sources";
};

// Reads one YAML document strictly: duplicate keys, anchors, aliases, tags, several documents, tabs as indentation,
// control characters, invalid UTF-8, nesting that is too deep and keys that are not text are mistakes. `file`
// is the name the mistakes carry. Never throws for what the text holds.
[[nodiscard]] Tree parse_yaml(const std::string& text, const std::string& file, const YamlForm& form = {});

}  // namespace elit::config
