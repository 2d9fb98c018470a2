#include "daemon/loaded_configuration.hpp"

#include <algorithm>
#include <sstream>

#include "config/loader.hpp"
#include "daemon/system/exit_status.hpp"
#include "daemon/system/secret.hpp"

namespace elit::daemon {

LoadedConfiguration load_configuration(const std::filesystem::path& file) {
  config::Loaded loaded = config::load(file);
  LoadedConfiguration result;
  std::ostringstream complaint;
  if (!loaded.options) {
    config::print_mistakes(complaint, loaded.mistakes);
    result.exit_status = exit_configuration;
    result.complaint = complaint.str();
    return result;
  }
  const std::vector<SecretDiagnostic> secrets = find_secret_mistakes(loaded);
  if (secrets.empty()) {
    result.configuration = Configuration{*std::move(loaded.options), std::move(loaded.designs)};
    return result;
  }
  result.exit_status = exit_permission;
  for (const SecretDiagnostic& secret : secrets) {
    complaint << to_string(secret.mistake) << '\n';
    result.exit_status = std::max(result.exit_status, secret.exit_status);
  }
  result.complaint = complaint.str();
  return result;
}

}  // namespace elit::daemon
