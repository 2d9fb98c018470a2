#include "tests/support/scratch_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace elit {

ScratchDirectory::ScratchDirectory(const std::filesystem::path& parent) {
  std::string pattern = (parent / "elitbuzz-sync-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "cannot make a directory in " + parent.string());
  }
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace elit
