#include <sys/stat.h>

#include <boost/system/system_error.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <stdexcept>
#include <system_error>

#include "daemon/commands/command_line.hpp"
#include "daemon/system/exit_status.hpp"
#include "storage/store.hpp"

namespace elit::daemon {
namespace {

// Reports the exception that is being handled. Gives the exit status.
int report_failure() {
  try {
    throw;
  } catch (const storage::StorageError& error) {
    std::cerr << "elitbuzz-sync: " << error.what() << '\n';
    return error.kind() == storage::StorageError::Kind::in_use ? exit_in_use : exit_storage;
  } catch (const std::bad_alloc&) {
    std::cerr << "elitbuzz-sync: out of memory; the state is safe, the next start goes on\n";
    return exit_resources;
  } catch (const boost::system::system_error& error) {
    std::cerr << "elitbuzz-sync: the system refuses: " << error.what()
              << "; the state is safe, the next start goes on\n";
    return exit_resources;
  } catch (const std::system_error& error) {  // of the log file, above all
    std::cerr << "elitbuzz-sync: " << error.what() << '\n';
    return exit_storage;
  } catch (const std::runtime_error& error) {  // what the configuration asks for cannot be had
    std::cerr << "elitbuzz-sync: " << error.what() << '\n';
    return exit_configuration;
  } catch (const std::exception& error) {
    std::cerr << "elitbuzz-sync: bug: " << error.what() << "; the state is safe, please report this line\n";
    return exit_bug;
  }
}

// Handles an exception that a thread could not pass on, mostly for lack of memory.
[[noreturn]] void report_and_end() {
  if (std::current_exception()) {
    std::_Exit(report_failure());
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
    return report_failure();
  }
}
