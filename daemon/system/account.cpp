#include "daemon/system/account.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace elit::daemon {
namespace {

struct Account {
  uid_t user = 0;
  gid_t group = 0;
  std::string name;  // empty: the system has none
};

Account owner_of(const struct stat& directory) {
  Account account{directory.st_uid, directory.st_gid, ""};
  if (const passwd* entry = ::getpwuid(directory.st_uid)) {
    account.group = entry->pw_gid;
    account.name = entry->pw_name;
  }
  return account;
}

bool become(const Account& account) {
  const int groups =
      account.name.empty() ? ::setgroups(1, &account.group) : ::initgroups(account.name.c_str(), account.group);
  return groups == 0 && ::setresgid(account.group, account.group, account.group) == 0 &&
         ::setresuid(account.user, account.user, account.user) == 0;
}

}  // namespace

std::string continue_as_owner(const std::filesystem::path& directory) {
  struct stat status {};
  if (::geteuid() != 0 || ::stat(directory.c_str(), &status) != 0 || status.st_uid == 0) {
    return "";
  }
  const Account account = owner_of(status);
  if (become(account) && ::access(directory.c_str(), R_OK | W_OK | X_OK) == 0) {
    return "";
  }
  const std::string name = account.name.empty() ? fmt::format("#{}", account.user) : account.name;
  return fmt::format(
      "{} belongs to the account {}, and root cannot work there as that account ({}): use `sudo -u {} "
      "elitbuzz-sync ...`",
      directory.string(), name, std::strerror(errno), name);
}

}  // namespace elit::daemon
