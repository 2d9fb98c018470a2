#include "storage/soundness.hpp"

#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>

#include "storage/database.hpp"
#include "storage/migrations.hpp"

namespace elit::storage {
namespace {

constexpr std::chrono::milliseconds interrupt_interval{10};

// Definitions by type and name: {"table", "messages"} -> "CREATE TABLE ...".
using Definitions = std::map<std::pair<std::string, std::string>, std::string>;

// SQLite reports a page that the check could not read like damage, with or without an error code. An unreadable page is
// not damage.
void check_readable(const Connection& connection, const std::string& finding) {
  constexpr std::string_view code = "error code=";
  constexpr int any_io_error = 10;
  if (const std::size_t at = finding.find(code); at != std::string::npos) {
    connection.fail(std::atoi(finding.c_str() + at + code.size()), finding);
  }
  if (finding.find("failed to get page") != std::string::npos) {
    connection.fail(any_io_error, finding);
  }
}

Definitions definitions_in(Connection& connection) {
  Definitions definitions;
  // Indexes that SQLite makes by itself have no text.
  Statement query = connection.statement("SELECT type, name, coalesce(sql, '') FROM sqlite_schema");
  query.bind();
  while (query.step()) {
    definitions[{query.text(0), query.text(1)}] = query.text(2);
  }
  return definitions;
}

Definitions definitions_of(std::int64_t version) {
  Connection connection("definitions", Connection::Access::write, "memdb");
  for (const Migration& migration : migrations()) {
    if (migration.version <= version) {
      connection.execute(std::string(migration.sql));
    }
  }
  return definitions_in(connection);
}

}  // namespace

bool is_checked_at_once(Connection& connection) {
  const std::int64_t size = connection.integer("PRAGMA page_count") * connection.integer("PRAGMA page_size");
  return static_cast<std::uintmax_t>(size) <= checked_at_once_bytes;
}

void check_structure(Connection& connection) {
  Statement query = connection.statement("PRAGMA quick_check(1)");
  if (!query.bind().step()) {
    connection.refuse("the integrity check has no result");
  }
  if (const std::string finding = query.text(0); finding != "ok") {
    check_readable(connection, finding);
    connection.refuse(finding);
  }
}

void check_definitions(Connection& connection, std::int64_t version) {
  const Definitions expected = definitions_of(version);
  const Definitions found = definitions_in(connection);
  for (const auto& [object, sql] : expected) {
    const auto same = found.find(object);
    if (same == found.end() || same->second != sql) {
      connection.refuse("the definition of the " + object.first + " " + object.second +
                        (same == found.end() ? " is missing" : " is not ours"));
    }
  }
}

BackgroundCheck::BackgroundCheck(std::filesystem::path file, std::function<void(std::exception_ptr)> on_end)
    : on_end_(std::move(on_end)),
      connection_(open_for_reading(file)),
      work_(std::async(std::launch::async, [this] { work(); })) {}

BackgroundCheck::~BackgroundCheck() {
  stopping_ = true;
  // An interrupt between two statements has no effect.
  do {
    connection_->interrupt();
  } while (work_.wait_for(interrupt_interval) != std::future_status::ready);
}

void BackgroundCheck::work() {
  std::exception_ptr finding;
  try {
    check_structure(*connection_);
  } catch (...) {
    finding = std::current_exception();
  }
  if (!stopping_) {
    on_end_(finding);
  }
}

}  // namespace elit::storage
