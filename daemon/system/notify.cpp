#include "daemon/system/notify.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

namespace elit::daemon {

namespace {

std::string environment(const char* name) {
  // Read before any second thread starts; nothing in this program changes the environment.
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

std::optional<std::int64_t> parse_positive(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value <= 0) {
    return std::nullopt;
  }
  return value;
}

// Microseconds of CLOCK_MONOTONIC: the manager tells a reload that began before its signal from one that obeys it.
std::int64_t monotonic_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000;
}

struct Address {
  sockaddr_un value{};
  socklen_t size_bytes = 0;
};

// Absent when `name` is neither a path nor an abstract name, or too long for a socket address.
std::optional<Address> socket_address(const std::string& name) {
  Address address;
  address.value.sun_family = AF_UNIX;
  if (name.size() < 2 || (name.front() != '/' && name.front() != '@') || name.size() >= sizeof address.value.sun_path) {
    return std::nullopt;
  }
  std::memcpy(address.value.sun_path, name.data(), name.size());
  std::size_t length = name.size() + 1;
  if (name.front() == '@') {
    // An abstract name is exactly its bytes: the terminator would be part of it.
    address.value.sun_path[0] = '\0';
    length = name.size();
  }
  address.size_bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  return address;
}

}  // namespace

Notifier::Notifier(Settings settings) : settings_(std::move(settings)) {
  if (socket_address(settings_.socket)) {
    descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  }
}

Notifier::~Notifier() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
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
  if (!enabled() || !settings_.watchdog_timeout) {
    return std::nullopt;
  }
  return std::max(*settings_.watchdog_timeout / 2, Milliseconds{1});
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

bool Notifier::extend_timeout(Milliseconds from_now) {
  return send(fmt::format("EXTEND_TIMEOUT_USEC={}", std::chrono::microseconds{from_now}.count()));
}

bool Notifier::send(std::string_view message) {
  const auto address = socket_address(settings_.socket);
  if (!enabled() || !address) {
    return false;
  }
  const auto* const destination = reinterpret_cast<const sockaddr*>(&address->value);
  const ssize_t sent = ::sendto(descriptor_, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT, destination,
                                address->size_bytes);
  return std::cmp_equal(sent, message.size());
}

}  // namespace elit::daemon
