#include "daemon/system/notify.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/support/scratch_directory.hpp"

namespace elit::daemon {
namespace {

using std::chrono::milliseconds;

// The service manager's end of the socket.
class Manager {
 public:
  explicit Manager(std::string name) : name_(std::move(name)) {
    descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name_.data(), name_.size());
    auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size() + 1);
    if (name_.front() == '@') {
      address.sun_path[0] = '\0';
      --size;
    }
    const int bound = ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), size);
    EXPECT_EQ(bound, 0) << std::strerror(errno);
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  ~Manager() {
    ::close(descriptor_);
    if (name_.front() != '@') {
      ::unlink(name_.c_str());
    }
  }

  // The next datagram, or nothing: a sent one is there at once.
  std::string receive() {
    std::array<char, 4096> buffer{};
    const ssize_t size = ::recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    return size < 0 ? std::string{"(nothing)"} : std::string{buffer.data(), static_cast<std::size_t>(size)};
  }

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::string name_;
  int descriptor_ = -1;
};

class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { ::unsetenv(name_); }

 private:
  const char* name_;
};

TEST(NotifierTest, DoesNothingWithoutAManager) {
  Notifier notifier{{}};
  EXPECT_FALSE(notifier.enabled());
  EXPECT_FALSE(notifier.ready());
  EXPECT_FALSE(notifier.watchdog_period().has_value());
}

TEST(NotifierTest, IgnoresASocketNameThatIsNone) {
  EXPECT_FALSE((Notifier{{.socket = "relative/path", .watchdog_timeout = {}}}.enabled()));
  EXPECT_FALSE((Notifier{{.socket = "/" + std::string(200, 'x'), .watchdog_timeout = {}}}.enabled()));
  EXPECT_FALSE((Notifier{{.socket = "@", .watchdog_timeout = {}}}.enabled()));
}

TEST(NotifierTest, SpeaksToAPath) {
  const ScratchDirectory scratch;
  Manager manager{scratch.path() / "notify"};
  Notifier notifier{{.socket = manager.name(), .watchdog_timeout = {}}};
  EXPECT_TRUE(notifier.ready());
  EXPECT_EQ(manager.receive(), "READY=1");
  EXPECT_TRUE(notifier.watchdog());
  EXPECT_EQ(manager.receive(), "WATCHDOG=1");
  EXPECT_TRUE(notifier.stopping());
  EXPECT_EQ(manager.receive(), "STOPPING=1");
  EXPECT_EQ(manager.receive(), "(nothing)");
}

TEST(NotifierTest, SpeaksToAnAbstractName) {
  Manager manager{"@elitbuzz-notify-" + std::to_string(::getpid())};
  Notifier notifier{{.socket = manager.name(), .watchdog_timeout = {}}};
  EXPECT_TRUE(notifier.ready());
  EXPECT_EQ(manager.receive(), "READY=1");
}

TEST(NotifierTest, KeepsAStatusOnOneLineSoThatItCannotSayAnythingElse) {
  const ScratchDirectory scratch;
  Manager manager{scratch.path() / "notify"};
  Notifier notifier{{.socket = manager.name(), .watchdog_timeout = {}}};
  EXPECT_TRUE(notifier.status("2 users\nREADY=1"));
  EXPECT_EQ(manager.receive(), "STATUS=2 users READY=1");
}

TEST(NotifierTest, DatesAReload) {
  const ScratchDirectory scratch;
  Manager manager{scratch.path() / "notify"};
  Notifier notifier{{.socket = manager.name(), .watchdog_timeout = {}}};
  EXPECT_TRUE(notifier.reloading());
  const std::string message = manager.receive();
  const std::string prefix = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_EQ(message.substr(0, prefix.size()), prefix);
  EXPECT_GT(std::stoll(message.substr(prefix.size())), 0);
}

TEST(NotifierTest, SaysThatAMessageWasNotTaken) {
  const ScratchDirectory scratch;
  Notifier notifier{{.socket = scratch.path() / "absent", .watchdog_timeout = {}}};
  EXPECT_TRUE(notifier.enabled());
  EXPECT_FALSE(notifier.ready());
}

TEST(NotifierTest, ReadsTheEnvironment) {
  const Environment socket{"NOTIFY_SOCKET", "@name"};
  const Environment timeout{"WATCHDOG_USEC", "60000000"};
  const Environment pid{"WATCHDOG_PID", std::to_string(::getpid())};
  const Notifier notifier{Notifier::from_environment()};
  EXPECT_TRUE(notifier.enabled());
  EXPECT_EQ(notifier.watchdog_period(), milliseconds{30'000});
}

TEST(NotifierTest, LeavesAWatchdogForAnotherProcessAlone) {
  const Environment timeout{"WATCHDOG_USEC", "60000000"};
  const Environment pid{"WATCHDOG_PID", "1"};
  EXPECT_FALSE(Notifier::from_environment().watchdog_timeout.has_value());
}

TEST(NotifierTest, IgnoresAWatchdogTimeThatIsNoNumber) {
  for (const char* text : {"", "0", "-5", "60s", "99999999999999999999999"}) {
    const Environment timeout{"WATCHDOG_USEC", text};
    EXPECT_FALSE(Notifier::from_environment().watchdog_timeout.has_value()) << text;
  }
}

}  // namespace
}  // namespace elit::daemon
