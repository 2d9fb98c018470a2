#include "tests/support/project_files.hpp"

#include <fstream>
#include <sstream>
#include <utility>

namespace elit {

std::filesystem::path project_file(const std::string& path) {
  return std::filesystem::path(ELITBUZZ_SYNC_SOURCE_DIRECTORY) / path;
}

std::filesystem::path build_directory() {
  return ELITBUZZ_SYNC_BUILD_DIRECTORY;
}

std::string content_of(const std::filesystem::path& file) {
  std::ostringstream content;
  content << std::ifstream(file, std::ios::binary).rdbuf();
  return std::move(content).str();
}

}  // namespace elit
