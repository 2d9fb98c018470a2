#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/failure.hpp"
#include "core/fetch/roster.hpp"
#include "core/http_message.hpp"
#include "core/message.hpp"
#include "core/options.hpp"

// The vendor's protocol: requests and answers of the Users and Conversations APIs (api.md sections 1 to 3 and 8).
namespace elit::elitbuzz {

// GET of one audience's users. `page` is sent only when the dialect names a parameter for it. `api_key` is the raw key.
[[nodiscard]] HttpRequest users_request(const SourceOptions& source, const Audience& audience, std::optional<int> page,
                                        std::string_view api_key);

// GET of one page. Requires: start < end, both after earliest_instant; page_number >= 1.
[[nodiscard]] HttpRequest conversations_request(const SourceOptions& source, std::string_view user_id, Instant start,
                                                Instant end, int page_number, int page_size, std::string_view api_key);

struct UsersAnswer {
  std::vector<ListedUser> users;  // in the order of the answer, repeated ids once
  std::int64_t rejected = 0;      // elements without an id
  std::string rejected_shape;     // the structure of the first of them, without its values
};

// Reads an answer of the Users API. Only a recognised empty list (or 204) is an empty list; any other shape is
// `malformed` with a redacted excerpt.
[[nodiscard]] Result<UsersAnswer> read_users(const SourceOptions& source, const HttpResponse& answer);

struct ConversationsPage {
  std::vector<Row> rows;       // in the order of the answer
  std::int64_t rejected = 0;   // elements that are no messages; counted, not kept
  std::string rejected_shape;  // the structure of the first of them, without its values
  bool past_the_end = false;   // the answer says that there is no such page: 204, or an error that means it (page > 1)
};

// Reads an answer of the Conversations API to a request for page `page_number` of `user_id`. Only a recognised empty
// list, 204, or an answer that means "no such page" to a page after the first gives no rows and no rejected elements;
// any other shape is `malformed` with a redacted excerpt.
[[nodiscard]] Result<ConversationsPage> read_conversations(const SourceOptions& source, std::string_view user_id,
                                                           int page_number, const HttpResponse& answer);

// The failure that an answer other than a success means, by api.md section 3.3: 401 and 403 unauthorized (403 with
// a phrase about rates: throttled), 429 throttled, so is 503 with such a phrase, 408, 425 and other 5xx transient, 1003
// and 1004 malformed, 1002, 404 and other 4xx rejected, the rest malformed. A failure inside an answer of 2xx is judged
// by the status or code that it names. `now` resolves a Retry-After that is a date; if `now` is absent, the answer's
// Date resolves it. The wait is at most one day.
[[nodiscard]] Failure failure_of(const HttpResponse& answer, std::optional<Instant> now);

}  // namespace elit::elitbuzz
