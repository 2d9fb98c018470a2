#include "config/effective_values.hpp"

#include <fmt/format.h>

#include "config/options/option.hpp"
#include "config/yaml/yaml_tree.hpp"
#include "core/check.hpp"

namespace elit::config {
namespace {

class Listing {
 public:
  explicit Listing(const Loaded& loaded) : loaded_(loaded) {}

  void add_section(const Section& section, const void* owner, const std::string& path) {
    const std::string kind = kind_of(section, owner);
    for (const Option& option : section.options) {
      if (!applies(option, kind)) {
        continue;
      }
      const std::string key = path_of(path, option.key);
      if (option.kind == Option::Kind::group) {
        add_section(*option.section, option.look(owner), key);
      } else if (option.kind == Option::Kind::list) {
        for (std::size_t index = 0; index < option.count(owner); ++index) {
          add_section(*option.section, option.at(owner, index), path_of(key, index));
        }
      } else {
        values_.push_back({key, to_yaml(option.get(owner), option.kind == Option::Kind::size), origin_of(option, key)});
      }
    }
  }

  [[nodiscard]] std::vector<ValueInForce> take() { return std::move(values_); }

 private:
  // An option that a source or sink inherits from the top level has the top level's origin.
  [[nodiscard]] std::string origin_of(const Option& option, const std::string& key) const {
    const std::size_t element = key.find("].");
    for (const std::string& path : {key, element == std::string::npos ? key : key.substr(element + 2)}) {
      const auto origin = loaded_.origins.find(path);
      if (origin != loaded_.origins.end()) {
        return fmt::format("{}:{}", loaded_.file, origin->second.line);
      }
    }
    return option.default_doc.empty() ? "default" : fmt::format("default: {}", option.default_doc);
  }

  const Loaded& loaded_;
  std::vector<ValueInForce> values_;
};

}  // namespace

std::vector<ValueInForce> effective_values(const Loaded& loaded) {
  check(loaded.options.has_value(), "the values of a configuration with mistakes were asked for");
  Listing listing(loaded);
  listing.add_section(option_table(), &*loaded.options, "");
  return listing.take();
}

}  // namespace elit::config
