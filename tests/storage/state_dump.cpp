#include "tests/storage/state_dump.hpp"

#include <algorithm>

#include "storage/memory_disk/memory_disk.hpp"
#include "tests/storage/store_fixture.hpp"

namespace elit::storage {
namespace {

std::vector<std::string> texts(Connection& connection, std::string_view sql, const std::string& value) {
  std::vector<std::string> found;
  Statement query = connection.statement(sql);
  query.bind(value);
  while (query.step()) {
    found.push_back(query.text(0));
  }
  return found;
}

bool changed_by_a_restart(const std::string& table, const std::string& column) {
  return table == "batches" && (column == "in_flight" || column == "answer_lost" || column == "updated_ms");
}

}  // namespace

StateDump::StateDump() {
  MemoryDisk disk(0);
  const std::unique_ptr<Store> store = Store::open(disk);
  Connection& connection = StorePeek::connection(*store);
  for (const std::string& table :
       texts(connection, "SELECT name FROM sqlite_schema WHERE type = ?1 ORDER BY name", "table")) {
    std::string row = "'" + table + "'";
    for (const std::string& column : texts(connection, "SELECT name FROM pragma_table_info(?1)", table)) {
      row += changed_by_a_restart(table, column) ? "" : " || ' ' || quote(" + column + ")";
    }
    queries_.push_back("SELECT group_concat(line, char(10)) FROM (SELECT " + row + " AS line FROM " + table +
                       " ORDER BY line)");
  }
}

std::string StateDump::of(Store& store) const {
  std::string dump;
  for (const std::string& sql : queries_) {
    Statement query = StorePeek::connection(store).statement(sql);
    query.bind().step();
    dump += query.text(0) + "\n";
  }
  return dump;
}

std::string difference(const std::string& expected, const std::string& found) {
  const auto [left, right] = std::mismatch(expected.begin(), expected.end(), found.begin(), found.end());
  if (left == expected.end() && right == found.end()) {
    return {};
  }
  const auto line_at = [](const std::string& text, std::size_t at) {
    const std::size_t before = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
    const std::size_t from = before == std::string::npos ? 0 : before + 1;
    return text.substr(from, std::min<std::size_t>(text.find('\n', at) - from, 300));
  };
  const auto at = static_cast<std::size_t>(left - expected.begin());
  return "expected: " + line_at(expected, at) + "\nfound:    " + line_at(found, at);
}

}  // namespace elit::storage
