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

// Why a secret cannot be used. `what` follows the key in a message and never contains the secret or a part of it.
struct SecretProblem {
  enum class Kind {
    missing,     // there is no such file, variable or credential, or it cannot be read
    unsound,     // empty, with control characters, too large, or not a regular file
    permission,  // a file that other users may read
  };
  Kind kind = Kind::missing;
  std::string what;

  [[nodiscard]] int exit_status() const { return kind == Kind::permission ? exit_permission : exit_configuration; }
};

[[noreturn]] void throw_exception_from_error(const SecretProblem& problem, const boost::source_location& place);

// Reads the secret that `reference` names, without the line feeds at its end. Blocks for the disk. Only the owner of a
// file may have permissions for it, except below $CREDENTIALS_DIRECTORY, where systemd sets the modes. Nothing is
// cached: the next call reads again and finds a replaced secret.
[[nodiscard]] boost::system::result<std::string, SecretProblem> read_secret(const SecretReference& reference);

// Reads the secret of a reference at each call; a failure says what is wrong with it.
using SecretSource = std::function<Result<std::string>(const SecretReference&)>;

struct SecretDiagnostic {
  config::Diagnostic mistake;
  int exit_status = exit_configuration;
  bool missing = false;  // it does not exist (yet); false: it exists and cannot be used
};

// Reads all secrets of the configuration. Returns those that cannot be used, each with the place where the file names
// it. Requires: loaded.options.
[[nodiscard]] std::vector<SecretDiagnostic> find_secret_mistakes(const config::Loaded& loaded);

}  // namespace elit::daemon
