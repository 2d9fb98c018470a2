#include "tests/crash/point.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace elit::crash {
namespace {

constexpr std::size_t kinds = static_cast<std::size_t>(Kind::end);
constexpr std::size_t places = static_cast<std::size_t>(Place::end);
constexpr std::size_t descriptors_max = 4096;

constexpr std::array<const char*, kinds> kind_names{"create", "open",       "write",   "sync", "truncate",
                                                    "rename", "unlink",     "mkdir",   "mode", "lock",
                                                    "read",   "descriptor", "connect", "send", "receive"};
constexpr std::array<const char*, places> place_names{"nowhere",       "database", "wal",     "shm",       "journal",
                                                      "lock",          "log",      "archive", "directory", "secret",
                                                      "configuration", "api",      "crm",     "other"};

struct NamedDeed {
  const char* name;
  Deed deed;
  int error;
};

constexpr std::array<NamedDeed, 9> deeds{{{"before", Deed::die_before, 0},
                                          {"half", Deed::die_halfway, 0},
                                          {"after", Deed::die_after, 0},
                                          {"short", Deed::shorten, 0},
                                          {"EIO", Deed::fail, EIO},
                                          {"ENOSPC", Deed::fail, ENOSPC},
                                          {"EMFILE", Deed::fail, EMFILE},
                                          {"EINTR", Deed::fail, EINTR},
                                          {"ECONNRESET", Deed::fail, ECONNRESET}}};

// Read once from the environment, without an allocation: the first question comes while the libraries still initialise.
struct Plan {
  Plan();
  const char* list = std::getenv("CRASH_LIST");
  const char* report = std::getenv("CRASH_REPORT");
  const char* point = std::getenv("CRASH_POINT");
  unsigned api_port = port("CRASH_API_PORT");
  unsigned crm_port = port("CRASH_CRM_PORT");
  Kind kind = Kind::end;
  Place place = Place::end;
  unsigned number = 0;
  Deed deed = Deed::nothing;
  int error = 0;

  static unsigned port(const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? 0 : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
  }
};

template <class Names>
std::size_t index_in(const Names& names, const char* name) {
  std::size_t index = 0;
  while (index < names.size() && std::strcmp(names[index], name) != 0) {
    ++index;
  }
  return index;
}

Plan::Plan() {
  std::array<char, 32> kind_name{};
  std::array<char, 32> place_name{};
  std::array<char, 32> deed_name{};
  if (point == nullptr ||
      std::sscanf(point, "%31s %31s %u %31s", kind_name.data(), place_name.data(), &number, deed_name.data()) != 4) {
    return;
  }
  kind = static_cast<Kind>(index_in(kind_names, kind_name.data()));
  place = static_cast<Place>(index_in(place_names, place_name.data()));
  for (const NamedDeed& named : deeds) {
    if (std::strcmp(named.name, deed_name.data()) == 0) {
      deed = named.deed;
      error = named.error;
    }
  }
}

const Plan& plan() {
  static const Plan the_plan;
  return the_plan;
}

std::array<std::array<std::atomic<unsigned>, places>, kinds> counts;
std::array<std::atomic<Place>, descriptors_max> known_places;

void append_line(const char* path, const char* text, int size) {
  const int saved = errno;
  const auto file = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0600));
  if (file >= 0) {
    ::syscall(SYS_write, file, text, size);
    ::syscall(SYS_close, file);
  }
  errno = saved;
}

void note(const char* path, Kind kind, Place place, unsigned number) {
  std::array<char, 96> line{};
  const int size = std::snprintf(line.data(), line.size(), "%s %s %u\n", kind_names[static_cast<std::size_t>(kind)],
                                 place_names[static_cast<std::size_t>(place)], number);
  append_line(path, line.data(), size);
}

}  // namespace

Deed judge(Kind kind, Place place) {
  const unsigned number = ++counts[static_cast<std::size_t>(kind)][static_cast<std::size_t>(place)];
  const Plan& now = plan();
  if (now.list != nullptr) {
    note(now.list, kind, place, number);
  }
  if (kind != now.kind || place != now.place || number != now.number) {
    return Deed::nothing;
  }
  if (now.report != nullptr) {
    note(now.report, kind, place, number);
  }
  return now.deed;
}

int planned_error() {
  return plan().error;
}

void die() {
  ::syscall(SYS_kill, ::syscall(SYS_getpid), SIGKILL);
  for (;;) {
    ::syscall(SYS_pause);
  }
}

Place place_of_path(const char* path) {
  const std::string_view text = path;
  constexpr std::array<std::pair<std::string_view, Place>, 10> endings{{{"-wal", Place::wal},
                                                                        {"-shm", Place::shm},
                                                                        {"-journal", Place::journal},
                                                                        {".db", Place::database},
                                                                        {".lock", Place::lock},
                                                                        {".log", Place::log},
                                                                        {".jsonl", Place::archive},
                                                                        {".key", Place::secret},
                                                                        {".token", Place::secret},
                                                                        {".yaml", Place::configuration}}};
  for (const auto& [ending, place] : endings) {
    if (text.ends_with(ending)) {
      return place;
    }
  }
  return text.starts_with("/dev/") || text.starts_with("/proc/") ? Place::nowhere : Place::other;
}

Place place_of_port(unsigned port) {
  const Plan& now = plan();
  if (port != 0 && port == now.api_port) {
    return Place::api;
  }
  return port != 0 && port == now.crm_port ? Place::crm : Place::other;
}

Place place_of(int descriptor) {
  const auto index = static_cast<std::size_t>(descriptor);
  return descriptor >= 0 && index < descriptors_max ? known_places[index].load() : Place::nowhere;
}

void remember(int descriptor, Place place) {
  const auto index = static_cast<std::size_t>(descriptor);
  if (descriptor >= 0 && index < descriptors_max) {
    known_places[index] = place;
  }
}

}  // namespace elit::crash
