#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

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

}  // namespace
}  // namespace elit::daemon

int main(int argc, char** argv) {
  using namespace elit::daemon;
  umask(077);
  std::signal(SIGPIPE, SIG_IGN);
  std::set_terminate(report_and_end);
  try {
    return run_command_line({argv + 1, argv + argc}, std::cout, std::cerr);
  } catch (...) {
    return report_failure(std::cerr);
  }
}
