#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <boost/asio/ip/tcp.hpp>
#include <csignal>

#include <cstdlib>
#include <future>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>

#include "core/simulator/simulator.hpp"
#include "daemon/commands/command_line.hpp"

namespace elit::daemon {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Hands over the written text at the first flush.
class FirstFlush : public std::stringbuf {
 public:
  std::future<std::string> text() { return text_.get_future(); }

 protected:
  int sync() override {
    if (!flushed_) {
      flushed_ = true;
      text_.set_value(str());
    }
    return 0;
  }

 private:
  std::promise<std::string> text_;
  bool flushed_ = false;
};

// The verb on a thread of its own, stopped by a signal.
class RunningVerb {
 public:
  explicit RunningVerb(std::vector<std::string> arguments) {
    std::future<std::string> announced = buffer_.text();
    arguments.insert(arguments.begin(), "simulator");
    status_ = std::async(std::launch::async, [this, arguments] {
      std::ostream out(&buffer_);
      return run_command_line(arguments, out, err_);
    });
    announcement_ = announced.get();
  }

  int stop(int signal_number) {
    ::kill(::getpid(), signal_number);
    return status_.get();
  }

  [[nodiscard]] const std::string& announcement() const { return announcement_; }

 private:
  FirstFlush buffer_;
  std::ostringstream err_;
  std::string announcement_;
  std::future<int> status_;
};

std::string talk(const std::string& port, const std::string& request) {
  boost::asio::ip::tcp::iostream stream("127.0.0.1", port);
  stream << request << std::flush;
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string get(const std::string& port, const std::string& target) {
  return talk(port, "GET " + target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Basic k\r\nConnection: close\r\n\r\n");
}

int run(std::vector<std::string> arguments, std::string& err) {
  arguments.insert(arguments.begin(), "simulator");
  std::ostringstream out;
  std::ostringstream errors;
  const int status = run_command_line(arguments, out, errors);
  err = errors.str() + out.str();
  return status;
}

TEST(SimulatorVerbTest, ServesUntilItIsTerminated) {
  RunningVerb verb({"--api-key", "k", "--users", "3", "--arrivals=0"});
  ASSERT_THAT(verb.announcement(), StartsWith("listening on http://127.0.0.1:"));
  std::string port = verb.announcement().substr(verb.announcement().rfind(':') + 1);
  port.pop_back();
  const std::string users = get(
      port,
      "/bot-api/v1.0/customer/4660/bot/6bc26c50902b4838/users?attribute_name=user.channel&attribute_value=whatsapp");
  EXPECT_THAT(users, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(users, HasSubstr("channelUserId"));
  EXPECT_THAT(get(port, "/simulator/ledger"), HasSubstr(R"("users_matching":3)"));
  EXPECT_EQ(verb.stop(SIGTERM), 0);
}

TEST(SimulatorVerbTest, AnnouncesItselfInJsonAndObeysInterrupts) {
  RunningVerb verb({"--json", "--fault", "truncated=1", "--crm-fault", "down=yes"});
  EXPECT_THAT(verb.announcement(), testing::MatchesRegex(R"(\{"port":[0-9]+,"url":"http://127.0.0.1:[0-9]+"\}.)"));
  const std::string port = verb.announcement().substr(8, verb.announcement().find(',') - 8);
  const std::string cut = get(port, "/bot-api/v1.0");
  EXPECT_THAT(cut, HasSubstr("Content-Length"));
  const std::string down = talk(port,
                                "POST /crm/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                                "Connection: close\r\n\r\n{}");
  EXPECT_THAT(down, StartsWith("HTTP/1.1 503"));
  EXPECT_EQ(verb.stop(SIGINT), 0);
}

TEST(SimulatorVerbTest, PlaysCrmsOfVendorsWithEveryMethod) {
  RunningVerb verb({"--json", "--vendor-fault", "hubspot.down=yes"});
  const std::string port = verb.announcement().substr(8, verb.announcement().find(',') - 8);
  const auto ask = [&port](const std::string& method, const std::string& target) {
    return talk(port,
                method + " " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
  };
  EXPECT_THAT(ask("POST", "/crm/hubspot/oauth/2026-03/token"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(ask("PATCH", "/crm/salesforce/services/data/v60.0/composite/sobjects/Contact/Id"),
              HasSubstr("INVALID_SESSION_ID"));
  EXPECT_THAT(ask("PUT", "/crm/zoho/crm/v8/Notes"), HasSubstr("INVALID_TOKEN"));
  EXPECT_THAT(ask("DELETE", "/crm/zoho/crm/v8/Notes"), HasSubstr("INVALID_TOKEN"));
  EXPECT_THAT(get(port, "/simulator/zoho/counts"), HasSubstr(R"("requests":2)"));
  EXPECT_EQ(verb.stop(SIGTERM), 0);
}

TEST(SimulatorVerbTest, TakesItsKeyFromTheEnvironment) {
  ::setenv("ELITBUZZ_SIMULATOR_API_KEY", "k", 1);
  RunningVerb verb({"--json"});
  ::unsetenv("ELITBUZZ_SIMULATOR_API_KEY");
  const std::string port = verb.announcement().substr(8, verb.announcement().find(',') - 8);
  EXPECT_THAT(get(port, "/bot-api/v1.0/customer/4660/bot/6bc26c50902b4838/users?attribute_name=a&attribute_value=b"),
              StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(verb.stop(SIGTERM), 0);
}

TEST(SimulatorVerbTest, SaysWhatIsWrongWithItsArgumentsAndWhatToDo) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes{
      {{"--prot", "1"},
       "simulator: unknown option --prot: did you mean --port?\nTry: elitbuzz-sync simulator --help\n"},
      {{"--port", "70000"}, "--port: write a whole number from 0 to 65535"},
      {{"--port"}, "--port needs a value: --port N"},
      {{"--json=yes"}, "--json takes no value"},
      {{"--users", "many"}, "--users: write a whole number"},
      {{"--dialect", "page_cap"}, "KEY=VALUE"},
      {{"--dialect", "page_order=up"}, "newest_first, oldest_first, unsorted"},
      {{"--fault", "sever_errors=1"}, "server_errors"},
      {{"--vendor-fault", "down=yes"}, "VENDOR.KEY=VALUE"},
      {{"--vendor-fault", "nobody.down=yes"}, "known are hubspot, salesforce, zoho, odoo"},
      {{"--vendor-fault", "zoho.dwn=yes"}, "known are server_errors"},
      {{"--late-max", "0"}, "--late-max: write a number from"},
      {{"--api-key="}, "--api-key: the value is empty"}};
  for (const auto& [arguments, part] : mistakes) {
    std::string err;
    EXPECT_EQ(run(arguments, err), 64) << part;
    EXPECT_THAT(err, HasSubstr(part));
  }
}

TEST(SimulatorVerbTest, SaysWhenThePortIsTaken) {
  RunningVerb verb({"--json"});
  std::string err;
  EXPECT_EQ(run({"--port", verb.announcement().substr(8, verb.announcement().find(',') - 8)}, err), 64);
  EXPECT_THAT(err, HasSubstr("choose another --port"));
  EXPECT_EQ(verb.stop(SIGTERM), 0);
}

TEST(SimulatorVerbTest, ExplainsEverySetting) {
  std::string help;
  EXPECT_EQ(run({"--help"}, help), 0);
  for (const auto& row : simulator::dialect_settings()) {
    EXPECT_THAT(help, HasSubstr(row.key));
  }
  for (const auto& row : simulator::simulated_crm_fault_settings()) {
    EXPECT_THAT(help, HasSubstr(row.key));
  }
  EXPECT_THAT(help, HasSubstr("--stop-arrivals-after SECONDS"));
  EXPECT_THAT(help, HasSubstr("messages_max"));
}

}  // namespace
}  // namespace elit::daemon
