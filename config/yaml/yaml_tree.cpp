#include "config/yaml/yaml_tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

#include "config/yaml/text_scan.hpp"
#include "core/check.hpp"

namespace elit::config {
namespace {

constexpr const char* syntax = "(syntax)";

struct RawEntry;

// The events of the parser as a tree, before any check.
struct RawNode {
  Node node;
  std::vector<RawNode> items;
  std::vector<RawEntry> entries;
  std::string trouble;  // why this node is not allowed, independent of its content; empty: it is
};

struct RawEntry {
  RawNode key;
  RawNode value;
};

// Builds the raw tree from the parser's events. The open collections are a stack; a map on it that holds a key without
// a value waits for the value.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const Lines& lines, std::size_t nesting_max) : lines_(lines), nesting_max_(nesting_max) {}

  void OnDocumentStart(const YAML::Mark& mark) override { document_ = place(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(start(Node::Kind::null, mark, "?", anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    RawNode raw = start(Node::Kind::null, mark, "?", 0);
    raw.trouble = "aliases (*name) are not supported: write the value out";
    add(std::move(raw));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    RawNode raw = start(Node::Kind::scalar, mark, tag, anchor);
    raw.node.text = value;
    raw.node.quoted = tag == "!";
    add(std::move(raw));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(start(Node::Kind::sequence, mark, tag, anchor));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(start(Node::Kind::map, mark, tag, anchor));
  }
  void OnMapEnd() override { close(); }

  [[nodiscard]] std::optional<RawNode> take() { return std::move(root_); }
  [[nodiscard]] Place document() const { return document_; }

 private:
  struct Open {
    RawNode raw;
    std::optional<RawNode> key;
  };

  [[nodiscard]] Place place(const YAML::Mark& mark) const { return lines_.place(mark.line, mark.column); }

  [[nodiscard]] RawNode start(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
                              YAML::anchor_t anchor) const {
    RawNode raw;
    raw.node.kind = kind;
    raw.node.place = place(mark);
    if (anchor != 0) {
      raw.trouble = "anchors (&name) are not supported: write the value out";
    } else if (tag != "?" && tag != "!" && !tag.empty()) {
      raw.trouble = "tags (!name) are not supported: remove it";
    }
    return raw;
  }

  void open(RawNode raw) {
    Open next;
    next.raw = std::move(raw);
    open_.push_back(std::move(next));
  }

  void close() {
    check(!open_.empty(), "the YAML parser closed a collection it had not opened");
    RawNode raw = std::move(open_.back().raw);
    open_.pop_back();
    if (open_.size() >= nesting_max_) {
      raw.items.clear();
      raw.entries.clear();
      raw.trouble = "is nested too deeply: no option lies that deep";
    }
    add(std::move(raw));
  }

  void add(RawNode raw) {
    if (open_.empty()) {
      root_ = std::move(raw);
      return;
    }
    Open& parent = open_.back();
    if (parent.raw.node.kind == Node::Kind::sequence) {
      parent.raw.items.push_back(std::move(raw));
    } else if (!parent.key) {
      parent.key = std::move(raw);
    } else {
      RawEntry entry{std::move(*parent.key), std::move(raw)};
      parent.key.reset();
      parent.raw.entries.push_back(std::move(entry));
    }
  }

  const Lines& lines_;
  std::size_t nesting_max_;
  std::vector<Open> open_;
  std::optional<RawNode> root_;
  Place document_;
};

// Turns the raw tree into the strict one and reports what is not allowed, with its path.
class Refinement {
 public:
  Refinement(const std::string& file, std::vector<Diagnostic>& mistakes) : file_(file), mistakes_(mistakes) {}

  Node refine(RawNode raw, const std::string& path) {
    if (!raw.trouble.empty()) {
      report(raw.node.place, path.empty() ? syntax : path, raw.trouble);
    }
    Node node = std::move(raw.node);
    for (std::size_t index = 0; index < raw.items.size(); ++index) {
      node.items.push_back(refine(std::move(raw.items[index]), path_of(path, index)));
    }
    std::set<std::string> seen;
    for (RawEntry& entry : raw.entries) {
      refine_entry(std::move(entry), path, node, seen);
    }
    return node;
  }

 private:
  void refine_entry(RawEntry entry, const std::string& path, Node& map, std::set<std::string>& seen) {
    const Place place = entry.key.node.place;
    if (entry.key.node.kind != Node::Kind::scalar) {
      report(place, path.empty() ? syntax : path, "a key must be plain text");
      return;
    }
    const std::string key = entry.key.node.text;
    const std::string key_path = path_of(path, key);
    if (!entry.key.trouble.empty()) {
      report(place, key_path, entry.key.trouble);
    }
    if (!seen.insert(key).second) {
      const Entry* first = map.find(key);
      report(place, key_path,
             fmt::format("stands here a second time; it is first set in line {}", first ? first->place.line : 0));
      return;
    }
    Entry refined{key, place, refine(std::move(entry.value), key_path)};
    if (refined.value.kind == Node::Kind::null) {
      refined.value.place = place;
    }
    map.entries.push_back(std::move(refined));
  }

  void report(Place place, const std::string& key, std::string what) {
    mistakes_.push_back({file_, place.line, place.column, printable(key), std::move(what)});
  }

  const std::string& file_;
  std::vector<Diagnostic>& mistakes_;
};

std::string advice_for(const std::string& message) {
  if (message == YAML::ErrorMsg::UNKNOWN_ANCHOR) {
    return "aliases (*name) are not supported: quote the value if it begins with *";
  }
  if (message == YAML::ErrorMsg::MAP_VALUE) {
    return "a ':' stands where none is expected: check the indentation, or quote the value";
  }
  if (message == YAML::ErrorMsg::END_OF_MAP || message == YAML::ErrorMsg::END_OF_SEQ) {
    return "is indented like nothing around it: check the indentation";
  }
  return fmt::format("is not valid YAML: {}", message);
}

void parse_documents(const std::string& text, const Lines& lines, const std::string& file, const YamlForm& form,
                     Tree& tree) {
  const auto report = [&](Place place, std::string what) {
    tree.mistakes.push_back({file, place.line, place.column, syntax, std::move(what)});
  };
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    TreeBuilder first(lines, form.nesting_max);
    if (!parser.HandleNextDocument(first)) {
      report({}, fmt::format("holds no {}: it is empty", form.what));
      return;
    }
    std::optional<RawNode> root = first.take();
    TreeBuilder second(lines, form.nesting_max);
    if (parser.HandleNextDocument(second)) {
      report(second.document(), fmt::format("a second document begins here: a {} is one document", form.what));
      return;
    }
    if (!root || root->node.kind == Node::Kind::null) {
      report({}, fmt::format("holds no {}: it is empty", form.what));
      return;
    }
    if (root->node.kind != Node::Kind::map) {
      report(root->node.place, fmt::format("the {} must be a map of keys such as `{}:`", form.what, form.first_key));
      return;
    }
    tree.root = Refinement(file, tree.mistakes).refine(std::move(*root), "");
    tree.readable = true;
  } catch (const YAML::Exception& error) {
    const Place place = error.mark.is_null() ? Place{} : lines.place(error.mark.line, error.mark.column);
    report(place, advice_for(error.msg));
  }
}

}  // namespace

const Entry* Node::find(std::string_view key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [key](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

std::string path_of(const std::string& path, const std::string& key) {
  const std::string name = key.empty() ? R"("")" : key;
  return path.empty() ? name : path + '.' + name;
}

std::string path_of(const std::string& path, std::size_t index) {
  return fmt::format("{}[{}]", path, index);
}

Tree parse_yaml(const std::string& text, const std::string& file, const YamlForm& form) {
  Tree tree;
  tree.root.kind = Node::Kind::map;
  const Lines lines(text);
  if (const std::optional<TextTrouble> trouble = scan_text(text, lines)) {
    tree.mistakes.push_back({file, trouble->place.line, trouble->place.column, syntax, trouble->what});
    return tree;
  }
  parse_documents(text, lines, file, form, tree);
  return tree;
}

}  // namespace elit::config
