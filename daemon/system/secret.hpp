#pragma once

#include <boost/system/result.hpp>

#include <functional>
#include <string>
#include <vector>

#include "config/loader.hpp"
#include "core/failure.hpp"
#include "core/options.hpp"
#include "daemon/system/exit_status.hpp"

namespace elit::daemon {

// Why a secret cannot be had. `what` follows the key in a message and never holds the secret or a part of it.
struct SecretProblem {
  enum class Kind {
    missing,     // no such file, variable or credential, or it cannot be read
    unsound,     // empty, control characters, too large, no regular file
    permission,  // a file that others than its owner may read
  };
  Kind kind = Kind::missing;
  std::string what;

  [[nodiscard]] int exit_status() const { return kind == Kind::permission ? exit_permission : exit_configuration; }
};

[[noreturn]] void throw_exception_from_error(const SecretProblem& problem, const boost::source_location& place);

// Reads the secret that `reference` names, without the line feeds at its end. Blocks for the disk. A file must be
// readable by its owner alone, but for files below $CREDENTIALS_DIRECTORY, whose modes are systemd's. Nothing is kept:
// the next call reads again, so a secret that was replaced is found.
[[nodiscard]] boost::system::result<std::string, SecretProblem> read_secret(const SecretReference& reference);

// Reads the secret of a reference at each call; a failure says what is wrong with it.
using SecretSource = std::function<Result<std::string>(const SecretReference&)>;

struct SecretDiagnostic {
  config::Diagnostic mistake;
  int exit_status = exit_configuration;
  bool missing = false;  // it is not there (yet), as opposed to being there and unfit
};

// Every secret of the configuration that cannot be had, placed where the file names it; reads them all.
// Requires: loaded.options.
[[nodiscard]] std::vector<SecretDiagnostic> find_secret_mistakes(const config::Loaded& loaded);

}  // namespace elit::daemon
