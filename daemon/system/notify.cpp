#include "daemon/system/notify.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace elit::daemon {

namespace {

std::string environment(const char* name) {
  // Read before a second thread starts; this program never changes its environment.
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

std::optional<std::int64_t> parse_positive(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  return is_whole && value > 0 ? std::optional(value) : std::nullopt;
}

// CLOCK_MONOTONIC in microseconds. The manager uses it to recognise a reload that began before its signal.
std::int64_t monotonic_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

// Whether the name is a path or an abstract name, and fits into a socket address.
bool is_socket_name(const std::string& name) {
  return name.size() > 1 && (name.front() == '/' || name.front() == '@') && name.size() < sizeof(sockaddr_un::sun_path);
}

}  // namespace

Notifier::Notifier(Settings settings) : settings_(std::move(settings)) {
  if (is_socket_name(settings_.socket)) {
    socket_ = File(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  }
}

Notifier::Settings Notifier::from_environment() {
  Settings settings;
  settings.socket = environment("NOTIFY_SOCKET");
  const std::string watched = environment("WATCHDOG_PID");
  if (watched.empty() || parse_positive(watched) == ::getpid()) {
    if (const auto timeout_us = parse_positive(environment("WATCHDOG_USEC"))) {
      settings.watchdog_timeout = std::chrono::duration_cast<Milliseconds>(std::chrono::microseconds{*timeout_us});
    }
  }
  return settings;
}

std::optional<Milliseconds> Notifier::watchdog_period() const {
  return enabled() && settings_.watchdog_timeout
             ? std::optional(std::max(*settings_.watchdog_timeout / 2, Milliseconds{1}))
             : std::nullopt;
}

bool Notifier::ready() {
  return send("READY=1");
}

bool Notifier::status(std::string_view text) {
  std::string message = fmt::format("STATUS={}", text);
  std::replace_if(
      message.begin(), message.end(), [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
  return send(message);
}

bool Notifier::watchdog() {
  return send("WATCHDOG=1");
}

bool Notifier::reloading() {
  return send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_us()));
}

bool Notifier::stopping() {
  return send("STOPPING=1");
}

bool Notifier::send(std::string_view message) {
  if (!enabled()) {
    return false;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& name = settings_.socket;
  std::memcpy(address.sun_path, name.data(), name.size());
  const bool is_abstract = name.front() == '@';
  if (is_abstract) {
    address.sun_path[0] = '\0';
  }
  // A path ends with a NUL; an abstract name is exactly its bytes.
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (is_abstract ? 0 : 1));
  const ssize_t sent = ::sendto(socket_.descriptor(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                reinterpret_cast<const sockaddr*>(&address), size);
  return std::cmp_equal(sent, message.size());
}

}  // namespace elit::daemon
