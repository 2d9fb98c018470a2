#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <tuple>

#include "daemon/commands/command_line.hpp"
#include "daemon/commands/failure_report.hpp"
#include "daemon/system/exit_status.hpp"

namespace elit::daemon {
namespace {

// Handles an exception that no caller could catch, usually for lack of memory.
[[noreturn]] void report_and_end() {
  if (std::current_exception()) {
    std::_Exit(report_failure(std::cerr));
  }
  std::cerr << "elitbuzz-sync: bug: terminated; the state is safe, please report this line\n";
  std::_Exit(exit_bug);
}

// A closed stdin, stdout or stderr would give its number to a file of ours. What stands in for it cannot be written, so
// that the loss of output is noticed.
void keep_standard_descriptors() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) < 0) {
      std::ignore = ::open("/dev/null", O_RDONLY);
    }
  }
}

int finish(int status, std::ostream& out, std::ostream& err) {
  if (out.flush()) {
    return status;
  }
  err << "elitbuzz-sync: the output could not be written: stdout is closed, or its disk is full\n";
  return exit_storage;
}

}  // namespace
}  // namespace elit::daemon

int main(int argc, char** argv) {
  using namespace elit::daemon;
  umask(077);
  keep_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);
  std::set_terminate(report_and_end);
  try {
    return finish(run_command_line({argv + 1, argv + argc}, std::cout, std::cerr), std::cout, std::cerr);
  } catch (...) {
    return report_failure(std::cerr);
  }
}
