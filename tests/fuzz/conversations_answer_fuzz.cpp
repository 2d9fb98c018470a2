// Answers of the Conversations API: a page of rows in any body.

#include <boost/json/serialize.hpp>

#include <array>
#include <string>

#include "core/elitbuzz/protocol.hpp"
#include "core/elitbuzz/row_reader.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"
#include "core/text/time_text.hpp"
#include "core/text/utf8.hpp"
#include "tests/fuzz/expectation.hpp"
#include "tests/fuzz/json_witness.hpp"

namespace elit::fuzz {
namespace {

namespace json = boost::json;

constexpr std::string_view user_id = "4917612345678";

SourceOptions source_of(Input& input) {
  SourceOptions source;
  source.name = "support";
  source.api.messages_list = std::array{"", "", "/messages", "/data/content"}.at(input.choose(4));
  source.api.sender_roles = {{"bot", "out"}, {"agent", "agent"}};
  return source;
}

void expect_utf8(const Row& row) {
  for (const std::string* text : {&row.raw, &row.text, &row.sender, &row.type, &row.instant_text}) {
    expect(is_utf8(*text), "every text of a row is UTF-8");
  }
  expect(!row.media || (is_utf8(row.media->url) && is_utf8(row.media->type)), "a file's URL and type are UTF-8");
}

void expect_same(const Row& row, const std::optional<Row>& again, std::string_view promise) {
  expect(again.has_value(), promise);
  expect(again->digest == row.digest && again->instant == row.instant && again->direction == row.direction, promise);
}

// The content of a row, read from a tree; the instant only where it is unambiguous.
void expect_agreement(const Row& row, const json::value& element) {
  const json::object* object = element.if_object();
  const json::value* time = object != nullptr ? object->if_contains("timestamp") : nullptr;
  if (time == nullptr) {
    return;
  }
  constexpr std::int64_t first_ms = 1'000'000'000'000;
  constexpr std::int64_t day_ms = 86'400'000;
  constexpr std::int64_t year_9999_ends = 253'402'300'800'000;
  if (const std::int64_t* ms = time->if_int64(); ms != nullptr && *ms >= first_ms && *ms < year_9999_ends) {
    expect(row.instant == from_ms(*ms), "a number of milliseconds is that instant");
  } else if (const json::string* text = time->if_string(); text != nullptr && !text->empty()) {
    const std::optional<ReadInstant> read = parse_timestamp(*text);
    // Instants far outside the vendor's life stand for no time.
    const bool real =
        read && read->instant >= from_ms(first_ms) && read->instant < from_ms(year_9999_ends - 2 * day_ms);
    if (real || !read) {
      expect(row.instant == (read ? std::optional(read->instant) : std::nullopt),
             "a time that is text is that instant");
    } else {
      expect(!row.instant || row.instant == read->instant, "a time that is no real one is null or itself");
    }
    expect(row.instant_text == std::string_view(*text), "a time that is text is kept as it is");
  }
}

// A row that is rewritten without blanks and with other escapes keeps its key if the members that make the key are
// plain.
void expect_name_kept(const SourceOptions& source, const Row& row) {
  const std::optional<json::value> element = witness(row.raw);
  if (!element) {
    return;
  }
  expect_agreement(row, *element);
  const auto begins_like_a_tree = [](const std::string& text) {
    return text.starts_with('{') || text.starts_with('[');
  };
  if (has_double(*element) || begins_like_a_tree(row.type) || begins_like_a_tree(row.instant_text)) {
    return;
  }
  expect_same(row, elitbuzz::read_row(source, user_id, json::serialize(*element)),
              "a row written differently is the same message");
}

void expect_sound_page(const SourceOptions& source, const elitbuzz::ConversationsPage& page, const std::string& body) {
  for (const Row& row : page.rows) {
    expect_utf8(row);
    expect(is_json(row.raw), "a row as sent is JSON");
    expect(!row.instant || parse_rfc3339(to_rfc3339(*row.instant)) == row.instant, "an instant can be written");
    expect_same(row, elitbuzz::read_row(source, user_id, row.raw), "a row read from what is kept of it is the same");
    expect_name_kept(source, row);
  }
  const auto elements = page.rows.size() + static_cast<std::size_t>(page.rejected);
  std::string storage;
  const std::string_view repaired = repair_json(body, storage);
  expect(elements > 0 || page.past_the_end || has_empty_brackets(repaired), "only an empty list is an empty list");
  if (const std::optional<json::value> document = witness(repaired)) {
    expect(elements <= array_elements(*document), "a page gives no more rows than it has elements");
    expect(elements > 0 || page.past_the_end || has_empty_array(*document), "only an empty array is an empty list");
  }
}

void run(Input input) {
  const SourceOptions source = source_of(input);
  const int page_number = input.choose() ? 2 : 1;
  HttpResponse answer;
  answer.status = input.choose() ? 201 : 200;
  answer.body = input.text();
  const Result<elitbuzz::ConversationsPage> page = elitbuzz::read_conversations(source, user_id, page_number, answer);
  if (!page) {
    expect_sound(page.error());
    return;
  }
  expect(!page->past_the_end || (page_number > 1 && page->rows.empty()), "the first page is not past the end");
  expect_sound_page(source, *page, answer.body);
  const Result<elitbuzz::ConversationsPage> again = elitbuzz::read_conversations(source, user_id, page_number, answer);
  expect(again && again->rows.size() == page->rows.size(), "a page read twice has the same rows");
  for (std::size_t i = 0; i < page->rows.size(); ++i) {
    expect(again->rows[i].digest == page->rows[i].digest, "a page read twice names its rows alike");
  }
}

}  // namespace
}  // namespace elit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elit::fuzz::run(elit::fuzz::Input(data, size));
  return 0;
}
