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

// The id of a user of the bot, often a phone number: written masked unless the operator wants it revealed.
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

// Written in this order after `ts`, `level`, `event` and `msg`, whose names are taken.
using Fields = std::vector<Field>;

// The field `user` with the id of a user. Ids go into the log by this type only, never inside a message.
[[nodiscard]] Field user(std::string id);

// The log: one event a line, JSON or text, appended to a file or written to stderr.
//
// The file and its directory are created if the directory's parent exists, readable by their owner alone whatever the
// umask. It is opened for appending, so a rotation by renaming (then reopen()) loses no line and one by copying and
// truncating leaves no hole.
//
// Logging never stops the work: once constructed no call throws, and nothing is written to a pipe or socket that would
// block. Lines that cannot be written are counted, and one `log_failed` event says how many as soon as writing works
// again; when a file begins to fail, stderr gets one line.
//
// Every string is made valid UTF-8 and loses the known secrets. The caller keeps message texts out.
//
// Thread-safe. Requires: SIGPIPE is ignored.
class Log {
 public:
  using WallClock = std::function<Instant()>;

  // Throws std::system_error when the file cannot be opened, unless the disk is full: then lines are counted as lost
  // until there is room. `clock` dates the lines; empty: the system's clock.
  explicit Log(const LogOptions& options, WallClock clock = {});
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();

  // Whether the level of `event` is written, for callers whose fields are costly to make.
  [[nodiscard]] bool enabled(Event event) const;

  void write(Event event, const std::string& message, const Fields& fields = {});

  // Removes `secret` from every line from now on. To be called for each secret when it is read.
  void add_secret(const std::string& secret);

  // Opens the file by its name again, after a rotation. If that fails, the old file stays in use and the reason is
  // returned: one line for a person. Absent: done.
  std::optional<std::string> reopen();

  // As reopen(), with new options; if the file cannot be opened, all the old options stay in force.
  std::optional<std::string> reconfigure(const LogOptions& options);

  // Lines lost since the start.
  [[nodiscard]] std::uint64_t lost() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace elit::daemon
