#include "config/loader.hpp"

#include <iterator>
#include <ostream>
#include <system_error>
#include <utility>

#include "config/options/option_table.hpp"
#include "config/presets/crm_sinks.hpp"
#include "config/yaml/file_text.hpp"
#include "config/yaml/yaml_tree.hpp"

namespace elit::config {

Loaded load_text(const std::string& text, const std::filesystem::path& file, Instant now) {
  Loaded loaded;
  loaded.file = file.string();
  Tree tree = parse_yaml(text, loaded.file);
  Diagnostics diagnostics({{loaded.file, text}});
  for (Diagnostic& mistake : tree.mistakes) {
    diagnostics.take(std::move(mistake));
  }
  Options options;
  if (tree.readable) {
    std::error_code ignored;
    const std::filesystem::path absolute = std::filesystem::absolute(file, ignored);
    OptionContext context{{diagnostics}, absolute.parent_path().lexically_normal(), now};
    tree.root.place = {};
    option_table().read(tree.root, "", context, options);
  }
  std::vector<Diagnostic> of_presets = design_sinks(options.sinks, loaded.designs, diagnostics);
  loaded.origins = std::move(diagnostics.origins);
  loaded.mistakes = diagnostics.take_entries();
  loaded.mistakes.insert(loaded.mistakes.end(), std::make_move_iterator(of_presets.begin()),
                         std::make_move_iterator(of_presets.end()));
  if (tree.readable && tree.root.kind == Node::Kind::map) {
    loaded.partly = options;
  }
  if (loaded.mistakes.empty()) {
    loaded.options = std::move(options);
  }
  return loaded;
}

Loaded load(const std::filesystem::path& path, Instant now) {
  const FileText read = read_text_file(path);
  if (!read.text) {
    Loaded loaded;
    loaded.file = path.string();
    const char* advice = read.is_there ? "" : ": check the path given with --config";
    loaded.mistakes.push_back({loaded.file, 1, 1, "(file)", read.problem + advice});
    return loaded;
  }
  return load_text(*read.text, path, now);
}

void print_mistakes(std::ostream& out, const std::vector<Diagnostic>& mistakes) {
  for (const Diagnostic& mistake : mistakes) {
    out << to_string(mistake) << '\n';
  }
}

}  // namespace elit::config
