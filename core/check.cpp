#include "core/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace elit {
namespace {

// The exit status of every verb after a bug of ours (EX_SOFTWARE).
constexpr int exit_bug = 70;

}  // namespace

void check(bool condition, std::string_view message, std::source_location place) {
  if (condition) [[likely]] {
    return;
  }
  std::fprintf(stderr, "elitbuzz-sync: bug: %.*s (%s:%u); the state is safe, please report this line\n",
               static_cast<int>(message.size()), message.data(), place.file_name(),
               static_cast<unsigned>(place.line()));
  std::_Exit(exit_bug);
}

}  // namespace elit
