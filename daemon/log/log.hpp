#pragma once

#include <boost/json/value.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/instant.hpp"
#include "core/options.hpp"
#include "daemon/log/event.hpp"

namespace elit::daemon {

// The id of a user of the bot, often a phone number: masked unless the operator configured otherwise.
struct UserId {
  std::string value;
};

using FieldValue = std::variant<std::string, std::int64_t, double, bool, boost::json::value, UserId>;

// A named value beside the message of an event.
struct Field {
  Field(std::string field_name, std::string text) : name(std::move(field_name)), value(std::move(text)) {}
  Field(std::string field_name, const char* text) : name(std::move(field_name)), value(std::string{text}) {}
  Field(std::string field_name, bool flag) : name(std::move(field_name)), value(flag) {}
  Field(std::string field_name, double number) : name(std::move(field_name)), value(number) {}
  Field(std::string field_name, boost::json::value json) : name(std::move(field_name)), value(std::move(json)) {}
  Field(std::string field_name, UserId id) : name(std::move(field_name)), value(std::move(id)) {}
  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) Field(std::string field_name, Integer number)
      : name(std::move(field_name)), value(static_cast<std::int64_t>(number)) {}

  std::string name;
  FieldValue value;
};

// Written in this order after `ts`, `level`, `event` and `msg`; these four names are reserved.
using Fields = std::vector<Field>;

// The field `user` with the id of a user. Log ids only by this type, never inside a message.
[[nodiscard]] Field user(std::string id);

// The log: one event a line, JSON or text, appended to a file or written to stderr.
//
// Creates the file and its directory if the directory's parent exists, readable by their owner alone with any umask. It
// appends, so a rotation by renaming (then reopen()) loses no line, and a rotation by copying and truncating leaves no
// hole.
//
// Logging never stops the work: after the constructor no call throws, and no write to a pipe or socket blocks. Lines
// that cannot be written are counted; one event `log_failed` tells their number as soon as writing works again. When a
// file begins to fail, stderr gets one line.
//
// Every string becomes valid UTF-8 without the known secrets. The caller must not pass texts of messages.
//
// Thread-safe. Requires: SIGPIPE is ignored.
class Log {
 public:
  using WallClock = std::function<Instant()>;

  // Throws std::system_error when the file cannot be opened, except for a full disk: then lines count as lost until
  // there is room. `clock` gives the time of the lines; empty: the system's clock.
  explicit Log(const LogOptions& options, WallClock clock = {});
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();

  // Whether `event` is written at the configured level, for callers whose fields are costly.
  [[nodiscard]] bool enabled(Event event) const;

  void write(Event event, const std::string& message, const Fields& fields = {});

  // Removes `secret` from every line from now on. Call it for each secret when it is read.
  void add_secret(const std::string& secret);

  // Opens the file by its name again, after a rotation. On failure the old file stays in use and the reason is
  // returned, one line for the operator. Absent: done.
  std::optional<std::string> reopen();

  // Like reopen(), with new options; if the file cannot be opened, all old options stay in use.
  std::optional<std::string> reconfigure(const LogOptions& options);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace elit::daemon
