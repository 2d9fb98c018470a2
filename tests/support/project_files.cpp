#include "tests/support/project_files.hpp"

#include <fstream>
#include <iterator>

namespace elit {

std::filesystem::path project_file(const std::string& path) {
  return std::filesystem::path(ELITBUZZ_SYNC_SOURCE_DIRECTORY) / path;
}

std::filesystem::path build_directory() {
  return ELITBUZZ_SYNC_BUILD_DIRECTORY;
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace elit
