#include "config/loader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ostream>
#include <system_error>
#include <variant>

#include "config/section_reader.hpp"
#include "config/yaml_tree.hpp"

namespace elit::config {
namespace {

constexpr std::size_t largest_file_bytes = 1024 * 1024;

std::string error_text(int error) {
  return std::generic_category().message(error);
}

// Reads to the end of the file. Gives the text or what is wrong.
std::variant<std::string, Mistake> read_all(int file, const Mistake& mistake) {
  const auto fail = [&](std::string what) {
    Mistake result = mistake;
    result.what = std::move(what);
    return result;
  };
  std::string text;
  std::array<char, 16 * 1024> buffer{};
  while (true) {
    const ssize_t count = ::read(file, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return fail(fmt::format("cannot be read: {}", error_text(errno)));
    }
    if (count == 0) {
      return text;
    }
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > largest_file_bytes) {
      return fail("is larger than 1MiB: this is hardly a configuration");
    }
  }
}

std::variant<std::string, Mistake> read_file(const std::filesystem::path& path) {
  Mistake mistake{path.string(), 1, 1, "(file)", ""};
  // Not blocking: a pipe without a writer must not hang the start.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) {
    mistake.what = fmt::format("cannot be read: {}: check the path given with --config", error_text(errno));
    return mistake;
  }
  struct stat status {};
  const bool known = ::fstat(file, &status) == 0;
  std::variant<std::string, Mistake> result = mistake;
  if (known && S_ISREG(status.st_mode)) {
    result = read_all(file, mistake);
  } else {
    mistake.what =
        known && S_ISDIR(status.st_mode) ? "is a directory: name the configuration file in it" : "is no regular file";
    result = mistake;
  }
  ::close(file);
  return result;
}

}  // namespace

Loaded load_text(const std::string& text, const std::filesystem::path& file, Instant now) {
  Loaded loaded;
  loaded.file = file.string();
  Tree tree = parse_yaml(text, loaded.file);
  Findings findings(loaded.file);
  for (Mistake& mistake : tree.mistakes) {
    findings.take(std::move(mistake));
  }
  Options options;
  if (tree.readable) {
    std::error_code ignored;
    const std::filesystem::path absolute = std::filesystem::absolute(file, ignored);
    const Surroundings surroundings{absolute.parent_path().lexically_normal(), now};
    tree.root.place = {};
    read_section(option_table(), tree.root, &options, "", surroundings, findings);
  }
  loaded.origins = std::move(findings.origins);
  loaded.mistakes = findings.take_mistakes();
  sort_by_place(loaded.mistakes);
  if (loaded.mistakes.empty()) {
    loaded.options = std::move(options);
  }
  return loaded;
}

Loaded load(const std::filesystem::path& path, Instant now) {
  const std::variant<std::string, Mistake> text = read_file(path);
  if (const auto* mistake = std::get_if<Mistake>(&text)) {
    Loaded loaded;
    loaded.file = path.string();
    loaded.mistakes.push_back(*mistake);
    return loaded;
  }
  return load_text(std::get<std::string>(text), path, now);
}

void print_mistakes(std::ostream& out, const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    out << to_string(mistake) << '\n';
  }
}

}  // namespace elit::config
