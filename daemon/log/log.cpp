#include "daemon/log/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <mutex>
#include <string_view>
#include <system_error>
#include <tuple>

#include "core/text/redaction.hpp"
#include "daemon/log/log_file.hpp"
#include "daemon/log/log_line.hpp"

namespace elit::daemon {

namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::trace:
      return spdlog::level::trace;
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// The priority of a level in front of a line for the journal (sd-daemon(3)).
std::string_view journal_prefix(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "<3>";
    case LogLevel::warning:
      return "<4>";
    case LogLevel::info:
      return "<6>";
    case LogLevel::trace:
    case LogLevel::debug:
      break;
  }
  return "<7>";
}

bool is_out_of_room(const std::system_error& error) {
  return error.code().value() == ENOSPC || error.code().value() == EDQUOT;
}

// Writes one line to stderr about a failure of the log itself. A failure of this write is ignored.
void add_problem(const std::string& what) {
  try {
    LogFile output = LogFile::open({});
    std::ignore = output.append("elitbuzz-sync: " + what);
  } catch (const std::exception&) {
  }
}

// Appends finished lines to the file and counts those that could not be written.
class FileSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  // Returns the line of the event log_failed.
  using LossReport = std::function<std::string(std::uint64_t lines, const std::string& reason)>;

  FileSink(std::string path, LossReport report) : path_(std::move(path)), report_(std::move(report)) {
    try {
      file_ = LogFile::open(path_);
    } catch (const std::system_error& error) {
      if (!is_out_of_room(error)) {
        throw;
      }
    }
  }

  // Throws std::system_error and changes nothing when `path` cannot be opened.
  void use(const std::string& path) {
    LogFile file = LogFile::open(path);
    const std::lock_guard lock{mutex_};
    file_ = std::move(file);
    path_ = path;
  }

  [[nodiscard]] std::string path() {
    const std::lock_guard lock{mutex_};
    return path_;
  }

  void count_unmade_line(const std::string& reason) {
    const std::lock_guard lock{mutex_};
    lose(reason);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (!reopen_if_closed()) {
      return;
    }
    if (const int error = file_.append({message.payload.data(), message.payload.size()}); error != 0) {
      lose(std::strerror(error));
      return;
    }
    // The report is written only after a normal line: on a disk with room for short reports only, it would repeat
    // forever.
    if (unreported_ > 0 && file_.append(report_(unreported_, reason_)) == 0) {
      unreported_ = 0;
    }
  }

  void flush_() override {}

 private:
  // The file is closed only if the disk was full at the start.
  bool reopen_if_closed() {
    if (file_.is_open()) {
      return true;
    }
    try {
      file_ = LogFile::open(path_);
      return true;
    } catch (const std::system_error& error) {
      lose(error.what());
      return false;
    }
  }

  void lose(const std::string& reason) {
    if (++unreported_ == 1) {
      reason_ = reason;
      if (!path_.empty()) {
        add_problem(
            fmt::format("the log file {} cannot be written ({}); the program continues without it", path_, reason));
      }
    }
  }

  std::string path_;
  LossReport report_;
  LogFile file_;
  std::uint64_t unreported_ = 0;
  std::string reason_;  // of the first unreported loss
};

}  // namespace

class Log::State {
 public:
  State(const LogOptions& options, WallClock clock)
      : clock_(std::move(clock)),
        options_(options),
        sink_(std::make_shared<FileSink>(
            options.file,
            [this](std::uint64_t lines, const std::string& reason) {
              return line(Event::log_failed, fmt::format("lines of this log that were lost: {} ({})", lines, reason),
                          {{"lines", lines}, {"reason", reason}});
            })),
        logger_("elitbuzz-sync", sink_) {
    logger_.set_level(spdlog_level(options.level));
    logger_.set_error_handler([](const std::string& what) { add_problem("the log failed: " + what); });
  }

  [[nodiscard]] bool enabled(Event event) const { return logger_.should_log(spdlog_level(row_of(event).level)); }

  void write(Event event, const std::string& message, const Fields& fields) {
    if (!enabled(event)) {
      return;
    }
    const std::string text = line(event, message, fields);
    logger_.log(spdlog_level(row_of(event).level), spdlog::string_view_t{text.data(), text.size()});
    if (stderr_is_journal_ && is_for_journal(event)) {
      copy_to_journal(event, text);
    }
  }

  void add_secret(const std::string& secret) {
    const std::lock_guard lock{mutex_};
    redactor_.add(secret);
  }

  void use(const LogOptions& options) {
    sink_->use(options.file);
    const std::lock_guard lock{mutex_};
    options_ = options;
    logger_.set_level(spdlog_level(options.level));
  }

  void reopen() { sink_->use(sink_->path()); }

  [[nodiscard]] FileSink& sink() { return *sink_; }

 private:
  [[nodiscard]] std::string line(Event event, const std::string& message, const Fields& fields) {
    const Instant now = clock_ ? clock_() : std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
    const std::lock_guard lock{mutex_};
    std::string text = format_line({now, event, message, fields}, options_, redactor_);
    return stderr_is_journal_ && options_.file.empty() ? std::string(journal_prefix(row_of(event).level)) + text : text;
  }

  // Who looks at the unit finds what matters there, also when the log is a file.
  void copy_to_journal(Event event, const std::string& text) {
    const std::lock_guard lock{mutex_};
    if (!options_.file.empty()) {
      std::ignore = journal_.append(std::string(journal_prefix(row_of(event).level)) + text);
    }
  }

  WallClock clock_;
  bool stderr_is_journal_ = LogFile::stderr_is_journal();
  std::mutex mutex_;  // guards options_, redactor_ and journal_
  LogFile journal_ = stderr_is_journal_ ? LogFile::open({}) : LogFile();
  LogOptions options_;
  Redactor redactor_;
  std::shared_ptr<FileSink> sink_;
  spdlog::logger logger_;
};

Field user(std::string id) {
  return {"user", UserId{std::move(id)}};
}

Log::Log(const LogOptions& options, WallClock clock) : state_(std::make_unique<State>(options, std::move(clock))) {}

Log::~Log() = default;

bool Log::enabled(Event event) const {
  return state_->enabled(event);
}

void Log::write(Event event, const std::string& message, const Fields& fields) {
  try {
    state_->write(event, message, fields);
  } catch (const std::exception& error) {
    state_->sink().count_unmade_line(error.what());
  }
}

void Log::add_secret(const std::string& secret) {
  state_->add_secret(secret);
}

std::optional<std::string> Log::reopen() {
  try {
    state_->reopen();
    return std::nullopt;
  } catch (const std::system_error& error) {
    return error.what();
  }
}

std::optional<std::string> Log::reconfigure(const LogOptions& options) {
  try {
    state_->use(options);
    return std::nullopt;
  } catch (const std::system_error& error) {
    return error.what();
  }
}

}  // namespace elit::daemon
