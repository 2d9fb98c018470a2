#include <algorithm>
#include <array>
#include <utility>

#include "core/elitbuzz/answer_reader.hpp"
#include "core/elitbuzz/list_shape.hpp"
#include "core/elitbuzz/protocol.hpp"
#include "core/elitbuzz/row_reader.hpp"
#include "core/text/json_scan.hpp"

namespace elit::elitbuzz {
namespace {

// The one known client reads `conversations` and `messages` (api.md section 3.2); related APIs use the other names.
constexpr std::array<std::string_view, 8> list_keys{"conversations", "messages", "responseObject", "data",
                                                    "content",       "result",   "results",        "items"};

// Memory is reserved for one row for each of this many bytes of the list, up to a limit.
constexpr std::size_t small_row_size = 200;
constexpr std::size_t usual_rows = 500;

ConversationsPage past_the_end() {
  ConversationsPage page;
  page.past_the_end = true;
  return page;
}

Result<ConversationsPage> read_rows(const SourceOptions& source, std::string_view user_id, const HttpResponse& answer,
                                    std::string_view list, bool all_json) {
  ConversationsPage page;
  bool strange = false;  // some element is neither an object nor null
  bool sound = false;    // some element is an object, as rows are
  JsonArrayReader reader(list);
  page.rows.reserve(std::min(usual_rows, list.size() / small_row_size));
  while (const std::optional<std::string_view> element = reader.next()) {
    const bool is_object = json_kind(*element) == JsonKind::object;
    sound = sound || is_object;
    strange = strange || (!is_object && *element != "null");
    std::optional<Row> row = all_json ? read_json_row(source, user_id, *element) : read_row(source, user_id, *element);
    if (row) {
      page.rows.push_back(std::move(*row));
    } else if (++page.rejected == 1) {
      page.rejected_shape = describe_structure(*element);
    }
  }
  if (strange && !sound) {
    return not_understood(answer, "no element of the list is a message; name the list by messages_list under api");
  }
  return page;
}

}  // namespace

Result<ConversationsPage> read_conversations(const SourceOptions& source, std::string_view user_id, int page_number,
                                             const HttpResponse& answer) {
  if (answer.status == 204) {
    return past_the_end();
  }
  const auto failed = [&](const StatedFailure& stated) -> Result<ConversationsPage> {
    if (page_number > 1 && names_missing_page(stated)) {
      return past_the_end();
    }
    return to_failure(stated, answer, std::nullopt);
  };
  if (!has_document(answer)) {
    return failed(read_stated_failure(answer));
  }
  std::string storage;
  const Result<Document> document = read_document(answer, storage);
  if (!document) {
    return document.error();
  }
  if (const std::optional<StatedFailure> stated = find_stated_failure(*document)) {
    return failed(*stated);
  }
  const bool configured = !source.api.messages_list.empty();
  const std::optional<std::string_view> list = configured ? json_at_pointer(document->text, source.api.messages_list)
                                                          : find_list(document->text, document->members, list_keys);
  if (!list || json_kind(*list) != JsonKind::array) {
    if (const std::optional<StatedFailure> stated = guess_failure(document->text)) {
      return failed(*stated);
    }
    return not_understood(answer, configured ? "messages_list under api does not name an array"
                                             : "no list of messages was found; name it by messages_list under api");
  }
  return read_rows(source, user_id, answer, *list, document->all_json);
}

}  // namespace elit::elitbuzz
