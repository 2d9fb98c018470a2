#include <gmock/gmock.h>

#include <algorithm>
#include <list>

#include "storage/database.hpp"
#include "storage/migrations.hpp"
#include "storage/status_reader.hpp"
#include "tests/storage/store_fixture.hpp"
#include "tests/support/project_files.hpp"

namespace elit::storage {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Kind = StorageError::Kind;
using Texts = std::vector<std::string>;

Texts texts(Connection& connection, std::string_view sql) {
  Texts found;
  Statement query = connection.statement(sql);
  query.bind();
  while (query.step()) {
    found.push_back(query.text(0));
  }
  return found;
}

Texts schema_of(Connection& connection) {
  return texts(connection, "SELECT type || ' ' || name || ': ' || coalesce(sql, '-') FROM sqlite_schema ORDER BY name");
}

// A state directory as an earlier version left it.
class MigrationTest : public ::testing::Test {
 protected:
  MigrationTest() {
    std::filesystem::create_directory(directory());
    std::ofstream(database()).close();
    execute(database(), content_of(project_file("tests/storage/state_of_version_1.sql")));
  }

  [[nodiscard]] std::filesystem::path directory() const { return temporary_.path() / "state"; }
  [[nodiscard]] std::filesystem::path database() const { return directory() / database_name; }
  static void execute(const std::filesystem::path& file, const std::string& script) {
    Connection connection(file, Connection::Access::write);
    connection.execute(script);
    connection.accept();
  }
  // A query for each table of this state, which shows every row as one text of the columns that there are now.
  Texts queries_of(Connection& connection) {
    Texts queries;
    for (const std::string& table :
         texts(connection, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")) {
      std::string row = "SELECT '" + table + "'";
      queries_.push_back("SELECT quote(name) FROM pragma_table_info('" + table + "')");
      for (const std::string& column : texts(connection, queries_.back())) {
        row += " || ' ' || quote(\"" + column.substr(1, column.size() - 2) + "\")";
      }
      queries.push_back(row + " FROM " + table);
    }
    return queries;
  }
  Texts rows_of(Connection& connection, const Texts& queries) {
    Texts rows;
    for (const std::string& query : queries) {
      queries_.push_back(query);
      const Texts found = texts(connection, queries_.back());
      EXPECT_FALSE(found.empty() && !query.ends_with(" FROM unlisted")) << "the fixture has no row for " << query;
      rows.insert(rows.end(), found.begin(), found.end());
    }
    return rows;
  }

  ScratchDirectory temporary_;

 private:
  std::list<std::string> queries_;  // statements are cached by their text, which must stay
};

TEST_F(MigrationTest, BeginsWithTheSchemaOfVersionOne) {
  const std::filesystem::path file = temporary_.path() / "first.db";
  std::ofstream(file).close();
  execute(file, std::string(migrations()[0].sql));
  Connection first(file, Connection::Access::read);
  Connection fixture(database(), Connection::Access::read);
  EXPECT_EQ(fixture.integer("PRAGMA user_version"), 1);
  EXPECT_THAT(schema_of(fixture), ElementsAreArray(schema_of(first))) << "a migration that was released never changes";
}

TEST_F(MigrationTest, KeepsEverythingAndHasTheSchemaOfANewState) {
  Texts queries;
  Texts before;
  {
    Connection connection(database(), Connection::Access::read);
    queries = queries_of(connection);
    before = rows_of(connection, queries);
  }
  // The answers to the batches in flight are lost.
  const std::string in_flight = "batches 3 1 0 1 0 NULL NULL NULL 1767227600000";
  ASSERT_THAT(before, Contains(in_flight));
  std::replace(before.begin(), before.end(), in_flight, std::string("batches 3 1 0 0 1 NULL NULL NULL 1767227600000"));
  const std::unique_ptr<Store> store = Store::open(directory());
  Connection& connection = StorePeek::connection(*store);
  EXPECT_EQ(connection.integer("PRAGMA user_version"), schema_version());
  EXPECT_THAT(rows_of(connection, queries), ElementsAreArray(before));
  const std::unique_ptr<Store> fresh = Store::open(temporary_.path() / "fresh");
  EXPECT_THAT(schema_of(connection), ElementsAreArray(schema_of(StorePeek::connection(*fresh))));
}

TEST_F(MigrationTest, GivesAStateThatWorks) {
  const std::unique_ptr<Store> store = Store::open(directory());
  const SinkId sink = store->register_sinks({{"crm", true}, {"archive", false}}).front();
  EXPECT_THAT(store->remote_records(sink, {{1, ""}}), SizeIs(0));
  store->keep_remote_records(sink, {{1, "", "501", "", {}}}, from_ms(day));
  EXPECT_THAT(store->remote_records(sink, {{1, ""}}), SizeIs(1));
  EXPECT_EQ(store->load_user(3).windows.size(), 1U);
  EXPECT_EQ(store->load_messages({16}).at(0).text, "text 7");
  EXPECT_THAT(store->open_batches(sink), SizeIs(2));
  EXPECT_THAT(texts(StorePeek::connection(*store),
                    "SELECT state || ' ' || count(*) FROM deliveries_v1 WHERE sink = 'crm' GROUP BY state ORDER BY 1"),
              ElementsAre("dead 1", "delivered 1", "pending 9", "unknown 3"));
}

TEST_F(MigrationTest, IsDoneOnceAndNotByReaders) {
  const std::string before = content_of(database());
  std::string message;
  EXPECT_EQ(kind_thrown_by([this] { (void)read_status(directory()); }, &message), Kind::unreadable);
  EXPECT_THAT(message, HasSubstr("written by an earlier version"));
  EXPECT_EQ(content_of(database()), before);
  Store::open(directory()).reset();
  EXPECT_EQ(read_status(directory()).sources.at(0).messages, 14);
  Store::open(directory()).reset();
}

}  // namespace
}  // namespace elit::storage
