#include "daemon/log/log.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <system_error>
#include <thread>
#include <tuple>

#include "tests/support/scratch_directory.hpp"

namespace elit::daemon {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

class LogTest : public testing::Test {
 protected:
  LogTest() { options_.file = root_ / "log" / "test.log"; }

  [[nodiscard]] Log make() const {
    return Log{options_, [] { return from_ms(1'769'850'902'345); }};
  }

  static std::string content(const std::filesystem::path& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  [[nodiscard]] std::string content() const { return content(options_.file); }

  static std::vector<std::string> lines(const std::string& text) {
    std::istringstream stream{text};
    std::vector<std::string> all;
    for (std::string line; std::getline(stream, line);) {
      all.push_back(line);
    }
    return all;
  }

  static unsigned mode(const std::filesystem::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
  }

  ScratchDirectory scratch_;
  std::filesystem::path root_ = scratch_.path();
  LogOptions options_;
};

TEST_F(LogTest, WritesOneJsonObjectALine) {
  Log log = make();
  log.write(Event::cycle, "a cycle ended",
            {{"source", "support"},
             {"fetched", 3},
             {"share", 0.5},
             {"whole", true},
             {"sinks", json::object{{"crm", json::array{1, nullptr}}}}});
  EXPECT_EQ(
      content(),
      R"({"ts":"2026-01-31T09:15:02.345Z","level":"info","event":"cycle","msg":"a cycle ended","source":"support",)"
      R"("fetched":3,"share":0.5,"whole":true,"sinks":{"crm":[1,null]}})"
      "\n");
}

TEST_F(LogTest, WritesTextForPeople) {
  options_.format = LogFormat::text;
  Log log = make();
  log.write(Event::sink_failing, "it fails\nand fails", {{"sink", "crm"}, {"reason", "no answer"}, {"tries", 2}});
  EXPECT_EQ(
      content(),
      "2026-01-31T09:15:02.345Z warning sink_failing: it fails\\x0aand fails sink=crm reason=\"no answer\" tries=2\n");
}

TEST_F(LogTest, StaysValidWhateverAStringHolds) {
  const std::string hostile = std::string{"\xFF\xC3(\xED\xA0\x80\"\\\n\r\t\x1B[2J\x7F"} + '\0' + "\xE0\xA4\xA8";
  Log log = make();
  log.write(Event::delivered, hostile);  // below the level: not written
  log.write(Event::drift, hostile,
            {{hostile, hostile}, {"json", json::object{{hostile, hostile}}}, {"nan", std::nan("")}, {"ts", "taken"}});
  const std::string text = content();
  ASSERT_EQ(lines(text).size(), 1U);
  const json::object object = json::parse(text).as_object();
  EXPECT_EQ(object.at("event"), "drift");
  EXPECT_TRUE(object.at("nan").is_null());
  EXPECT_EQ(object.at("ts"), "2026-01-31T09:15:02.345Z");
  EXPECT_EQ(object.at("ts_"), "taken");
  EXPECT_THAT(std::string{object.at("msg").as_string()}, HasSubstr("\xE0\xA4\xA8"));
}

TEST_F(LogTest, BoundsAStringWithoutCuttingACharacter) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += "\xE0\xA4\xA8";
  }
  Log log = make();
  log.write(Event::drift, text);
  EXPECT_LT(content().size(), 9000U);
  EXPECT_TRUE(json::parse(content()).is_object());
}

TEST_F(LogTest, MasksUserIdsUnlessTheyAreToBeRevealed) {
  Log log = make();
  log.write(Event::user_parked, "parked", {user("919812345678")});
  EXPECT_THAT(content(), HasSubstr(R"("user":"9198…5678")"));
  EXPECT_THAT(content(), Not(HasSubstr("919812345678")));
  options_.reveal_user_ids = true;
  EXPECT_EQ(log.reconfigure(options_), std::nullopt);
  log.write(Event::user_parked, "parked", {user("919812345678")});
  EXPECT_THAT(content(), HasSubstr(R"("user":"919812345678")"));
}

class LogSecretsTest : public LogTest, public testing::WithParamInterface<LogFormat> {};

INSTANTIATE_TEST_SUITE_P(Formats, LogSecretsTest, testing::Values(LogFormat::json, LogFormat::text));

TEST_P(LogSecretsTest, AppearNowhere) {
  options_.format = GetParam();
  options_.level = LogLevel::trace;
  Log log = make();
  const std::vector<std::string> canaries{"canary-7f3a", "quo\"ted\\canary", "4477881299", "Bearer canary-token"};
  for (const std::string& canary : canaries) {
    log.add_secret(canary);
  }
  for (const EventRow& row : event_table()) {
    for (const std::string& canary : canaries) {
      log.write(row.event, "before " + canary + " after",
                {{"text", canary},
                 {canary, 1},
                 {"json", json::object{{canary, json::array{canary, 4477881299}}}},
                 user(canary),
                 {"number", 4477881299},
                 {"real", 4477881299.0}});
    }
  }
  const std::string text = content();
  EXPECT_EQ(lines(text).size(), event_table().size() * canaries.size());
  for (const std::string& canary : canaries) {
    EXPECT_THAT(text, Not(HasSubstr(canary)));
    EXPECT_THAT(text, Not(HasSubstr(json::serialize(json::string{canary}))));
  }
  EXPECT_THAT(text, Not(HasSubstr("canary")));
  EXPECT_THAT(text, HasSubstr("before [redacted] after"));
  if (GetParam() == LogFormat::json) {
    for (const std::string& line : lines(text)) {
      EXPECT_TRUE(json::parse(line).is_object());
    }
  }
}

TEST_F(LogTest, WritesWhatTheLevelAsksFor) {
  options_.level = LogLevel::warning;
  Log log = make();
  EXPECT_FALSE(log.enabled(Event::cycle));
  EXPECT_TRUE(log.enabled(Event::roster_alarm));
  log.write(Event::cycle, "not written");
  log.write(Event::roster_alarm, "written");
  options_.level = LogLevel::debug;
  EXPECT_EQ(log.reconfigure(options_), std::nullopt);
  log.write(Event::delivered, "also written");
  EXPECT_EQ(lines(content()).size(), 2U);
}

TEST_F(LogTest, IsReadableByItsOwnerAloneWhateverTheUmask) {
  const mode_t umask_before = ::umask(0);
  const Log log = make();
  ::umask(umask_before);
  EXPECT_EQ(mode(options_.file), 0600U);
  EXPECT_EQ(mode(root_ / "log"), 0700U);
}

TEST_F(LogTest, TightensAFileThatWasReadableByOthers) {
  std::filesystem::create_directory(root_ / "log");
  std::ofstream{options_.file} << "kept\n";
  ::chmod(options_.file.c_str(), 0644);
  Log log = make();
  log.write(Event::started, "appended");
  EXPECT_EQ(mode(options_.file), 0600U);
  EXPECT_EQ(lines(content()).front(), "kept");
}

TEST_F(LogTest, RefusesADirectoryWhoseParentIsMissing) {
  options_.file = root_ / "absent" / "log" / "test.log";
  EXPECT_THROW(std::ignore = make(), std::system_error);
  EXPECT_FALSE(std::filesystem::exists(root_ / "absent"));
}

TEST_F(LogTest, LosesNoLineToARotationByRenaming) {
  Log log = make();
  const std::filesystem::path rotated = root_ / "log" / "test.log.1";
  log.write(Event::started, "one");
  std::filesystem::rename(options_.file, rotated);
  log.write(Event::started, "two");
  EXPECT_EQ(log.reopen(), std::nullopt);
  log.write(Event::started, "three");
  EXPECT_EQ(lines(content(rotated)).size(), 2U);
  EXPECT_EQ(lines(content()).size(), 1U);
  EXPECT_EQ(mode(options_.file), 0600U);
}

TEST_F(LogTest, KeepsApartFromALineThatACrashCutOff) {
  std::filesystem::create_directory(root_ / "log");
  std::ofstream{options_.file} << "{\"whole\":1}\n{\"cut";
  make().write(Event::started, "one");
  make().write(Event::started, "two");
  const auto written = lines(content());
  ASSERT_EQ(written.size(), 4U);
  EXPECT_EQ(written[1], "{\"cut");
  EXPECT_EQ(json::parse(written[2]).at("msg"), "one");
  EXPECT_EQ(json::parse(written[3]).at("msg"), "two");
}

TEST_F(LogTest, LeavesNoHoleAfterARotationByCopyingAndTruncating) {
  Log log = make();
  log.write(Event::started, "one");
  std::filesystem::resize_file(options_.file, 0);
  log.write(Event::started, "two");
  EXPECT_EQ(content().front(), '{');
  EXPECT_EQ(lines(content()).size(), 1U);
}

TEST_F(LogTest, KeepsTheOldFileWhenTheNewOneCannotBeOpened) {
  Log log = make();
  const std::filesystem::path moved = root_ / "log" / "moved.log";
  std::filesystem::rename(options_.file, moved);
  std::filesystem::create_directory(options_.file);
  const auto refusal = log.reopen();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_THAT(*refusal, HasSubstr(options_.file));
  log.write(Event::started, "still logged");
  log.write(Event::stopped, "and no line was lost");
  EXPECT_EQ(lines(content(moved)).size(), 2U);
}

TEST_F(LogTest, CountsWhatAFullDiskTookAndSaysSoOnceItWorksAgain) {
  const std::string good_file = options_.file;
  const unsigned device_mode = mode("/dev/full");
  options_.file = "/dev/full";
  testing::internal::CaptureStderr();
  Log log = make();
  log.write(Event::started, "lost");
  log.write(Event::stopped, "lost too");
  const std::string complaint = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines(complaint).size(), 1U) << complaint;
  EXPECT_THAT(complaint, HasSubstr("/dev/full"));
  options_.file = good_file;
  EXPECT_EQ(log.reconfigure(options_), std::nullopt);
  log.write(Event::started, "written");
  log.write(Event::stopped, "written");
  const auto written = lines(content());
  ASSERT_EQ(written.size(), 3U);
  const json::value report = json::parse(written[1]);
  EXPECT_EQ(report.at("event"), "log_failed");
  EXPECT_EQ(report.at("lines"), 2);
  EXPECT_EQ(json::parse(written[0]).at("event"), "started");
  EXPECT_EQ(mode("/dev/full"), device_mode);
}

TEST_F(LogTest, NeverWaitsLongForAReaderAndKeepsLinesApart) {
  options_.file = root_ / "pipe";
  ASSERT_EQ(::mkfifo(options_.file.c_str(), 0600), 0);
  const int reader = ::open(options_.file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  testing::internal::CaptureStderr();
  Log log = make();
  constexpr int sent = 20;  // more than a pipe holds
  for (int i = 0; i < sent; ++i) {
    log.write(Event::started, std::string(7000, 'x'));
  }
  std::string received;
  const auto drain = [&] {
    std::array<char, 65536> buffer{};
    for (ssize_t size = 0; (size = ::read(reader, buffer.data(), buffer.size())) > 0;) {
      received.append(buffer.data(), static_cast<std::size_t>(size));
    }
  };
  drain();
  log.write(Event::stopped, "last");
  drain();
  ::close(reader);
  testing::internal::GetCapturedStderr();
  int torn = 0;
  int whole = 0;
  int reports = 0;
  std::int64_t lost = 0;
  for (const std::string& line : lines(received)) {
    boost::system::error_code error;
    const json::value value = json::parse(line, error);
    torn += error ? 1 : 0;
    whole += !error && value.at("event") == "started" ? 1 : 0;
    if (!error && value.at("event") == "log_failed") {
      ++reports;
      lost += value.at("lines").as_int64();
    }
  }
  EXPECT_LE(torn, 1);
  EXPECT_EQ(reports, 1);
  EXPECT_GT(lost, 0);
  EXPECT_EQ(whole + lost, sent);
  const auto received_lines = lines(received);
  EXPECT_EQ(json::parse(received_lines.at(received_lines.size() - 2)).at("msg"), "last");
}

TEST_F(LogTest, WritesToStderrWithoutAFile) {
  options_.file.clear();
  testing::internal::CaptureStderr();
  {
    Log log = make();
    log.write(Event::started, "seen");
    EXPECT_EQ(log.reopen(), std::nullopt);
    log.write(Event::stopped, "seen");
  }
  EXPECT_EQ(lines(testing::internal::GetCapturedStderr()).size(), 2U);
}

TEST_F(LogTest, KeepsLinesOfSeveralThreadsApart) {
  Log log = make();
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&log] {
        for (int j = 0; j < 100; ++j) {
          log.write(Event::started, std::string(300, 'y'));
          if (j == 50) {
            log.add_secret("a-secret");
            EXPECT_EQ(log.reopen(), std::nullopt);
          }
        }
      });
    }
  }
  const auto written = lines(content());
  EXPECT_EQ(written.size(), 400U);
  EXPECT_TRUE(std::all_of(written.begin(), written.end(),
                          [](const std::string& line) { return json::parse(line).is_object(); }));
}

}  // namespace
}  // namespace elit::daemon
