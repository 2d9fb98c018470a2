#include "daemon/commands/failure_report.hpp"

#include <boost/system/system_error.hpp>

#include <exception>
#include <new>
#include <ostream>
#include <stdexcept>
#include <system_error>

#include "daemon/system/exit_status.hpp"
#include "storage/store.hpp"

namespace elit::daemon {

int report_failure(std::ostream& err) {
  try {
    throw;
  } catch (const storage::StorageError& error) {
    err << "elitbuzz-sync: " << error.what() << '\n';
    return error.kind() == storage::StorageError::Kind::in_use ? exit_in_use : exit_storage;
  } catch (const std::bad_alloc&) {
    err << "elitbuzz-sync: out of memory; the state is safe, the next start continues\n";
    return exit_resources;
  } catch (const boost::system::system_error& error) {
    err << "elitbuzz-sync: a system call failed: " << error.what() << "; the state is safe, the next start continues\n";
    return exit_resources;
  } catch (const std::system_error& error) {  // mostly from opening the log file
    err << "elitbuzz-sync: " << error.what() << '\n';
    return exit_storage;
  } catch (const std::runtime_error& error) {  // the configuration names something that is missing
    err << "elitbuzz-sync: " << error.what() << '\n';
    return exit_configuration;
  } catch (const std::exception& error) {
    err << "elitbuzz-sync: bug: " << error.what() << "; the state is safe, please report this line\n";
    return exit_bug;
  }
}

}  // namespace elit::daemon
