#include "core/simulator/elitbuzz_api.hpp"

#include <algorithm>
#include <utility>

#include "core/letter_case.hpp"
#include "core/text/time_text.hpp"

namespace elit::simulator {
namespace {

constexpr std::int64_t page_size_default = 500;  // api.md section 2.2

}  // namespace

ElitbuzzApi::ElitbuzzApi(World& world, Account account, Dialect dialect)
    : world_(world), account_(std::move(account)), dialect_(std::move(dialect)) {}

Reply ElitbuzzApi::answer(const HttpRequest& request, Instant now) {
  ++requests_;
  Reply reply = route(request, now);
  const auto skew = static_cast<std::int64_t>(dialect_.clock_skew_s * 1000);
  reply.answer.headers.push_back({"Date", to_http_date(now + Milliseconds{skew})});
  return reply;
}

Reply ElitbuzzApi::route(const HttpRequest& request, Instant now) {
  if (std::optional<Reply> refused = over_the_limit(now)) {
    return *std::move(refused);
  }
  if (find_header(request, "Authorization") != "Basic " + account_.api_key) {
    return error(401, 401, "UNAUTHORIZED", "The API key is missing or was revoked");
  }
  const RequestTarget target = parse_target(request.target);
  const std::vector<std::string>& path = target.segments;
  const bool bot_path =
      path.size() >= 7 && path[0] == "bot-api" && path[1] == "v1.0" && path[2] == "customer" && path[4] == "bot";
  const bool users_path = bot_path && path.size() == 7 && path[6] == "users";
  const bool conversations_path =
      bot_path && path.size() == 9 && path[6] == "channel-user" && path[8] == "conversations";
  if (!users_path && !conversations_path) {
    return error(404, 404, "NOT_FOUND", "No such resource");
  }
  if (request.method != "GET") {
    return error(405, 405, "METHOD_NOT_ALLOWED", "Use GET");
  }
  if (path[3] != account_.customer_id || path[5] != account_.bot_key) {
    return error(400, 1002, "INVALID_BOT_OR_CUSTOMER_ID", "Bot or customer does not exist");
  }
  return users_path ? users(target) : conversations(target, path[7], now);
}

std::optional<Reply> ElitbuzzApi::over_the_limit(Instant now) {
  if (dialect_.rate_limit <= 0) {
    return std::nullopt;
  }
  // A window of one second, or of the time of one request if the limit is below one a second.
  const double allowed = std::max(1.0, dialect_.rate_limit);
  const Milliseconds span{static_cast<std::int64_t>(1000.0 * allowed / dialect_.rate_limit)};
  std::erase_if(recent_, [&](Instant earlier) { return earlier + span <= now; });
  if (static_cast<double>(recent_.size()) < allowed) {
    recent_.push_back(now);
    return std::nullopt;
  }
  static constexpr int statuses[] = {429, 503, 403};
  const int status = statuses[static_cast<int>(dialect_.rate_limit_answer)];
  Reply reply = error(status, status, "RATE_LIMIT_EXCEEDED", "Too many requests");
  reply.answer.status = status;
  const auto wait_s = (recent_.front() + span - now + Milliseconds{999}).count() / 1000;
  if (dialect_.retry_after == RetryAfter::seconds) {
    reply.answer.headers.push_back({"Retry-After", std::to_string(wait_s)});
  } else if (dialect_.retry_after == RetryAfter::date) {
    // Rounded up: a date has whole seconds, and a request that arrives too early would be refused again.
    reply.answer.headers.push_back({"Retry-After", to_http_date(now + std::chrono::seconds{wait_s + 1})});
  }
  return reply;
}

bool ElitbuzzApi::matches(const User& user, std::string_view name, std::string_view value) const {
  return std::any_of(user.attributes.begin(), user.attributes.end(), [&](const auto& attribute) {
    if (attribute.first != name) {
      return false;
    }
    switch (dialect_.attribute_match) {
      case AttributeMatch::without_case:
        return equal_without_case(attribute.second, value);
      case AttributeMatch::contains:
        return attribute.second.find(value) != std::string::npos;
      default:
        return attribute.second == value;
    }
  });
}

Reply ElitbuzzApi::users(const RequestTarget& target) {
  const std::optional<std::string_view> name = target.value("attribute_name");
  const std::optional<std::string_view> value = target.value("attribute_value");
  if (!name || !value) {
    return error(400, 400, "BAD_REQUEST", "attribute_name and attribute_value are required");
  }
  std::vector<User*> matching;
  for (User& user : world_.users()) {
    if (matches(user, *name, *value)) {
      matching.push_back(&user);
    }
  }
  const double kept = static_cast<double>(matching.size()) * (1.0 - trouble_.users_shrunk);
  matching.resize(trouble_.users_empty ? 0 : static_cast<std::size_t>(kept));
  if (dialect_.users_paging) {
    const std::int64_t number = parse_integer(target.value("page_number").value_or("1")).value_or(0);
    if (number < 1) {
      return error(400, 1004, "INVALID_PAGE_NUMBER", "page_number starts at 1");
    }
    const auto all = static_cast<std::int64_t>(matching.size());
    const std::int64_t size = page_size(target);
    const std::int64_t last = all == 0 ? 1 : (all - 1) / size + 1;
    if (number > last && dialect_.past_the_end != PastTheEnd::repeat_last) {
      return past_the_end(dialect_.users_shape);
    }
    const std::int64_t from = (std::min(number, last) - 1) * size;
    matching = {matching.begin() + from, matching.begin() + std::min(all, from + size)};
  }
  std::vector<std::string> elements;
  for (User* user : matching) {
    user->listed = true;
    elements.push_back(user_element(*user));
  }
  return json_reply(200, wrapped(dialect_.users_shape, elements));
}

std::int64_t ElitbuzzApi::page_size(const RequestTarget& target) const {
  std::optional<std::string_view> asked;
  for (const std::string_view spelling : {"page_size", "Page_size"}) {
    if (dialect_.page_size_parameter == spelling || dialect_.page_size_parameter == "both") {
      asked = asked ? asked : target.value(spelling);
    }
  }
  std::int64_t size = asked ? parse_integer(*asked).value_or(page_size_default) : page_size_default;
  size = size < 1 ? page_size_default : size;
  return dialect_.page_cap > 0 ? std::min<std::int64_t>(size, dialect_.page_cap) : size;
}

std::optional<Reply> ElitbuzzApi::read_window(const RequestTarget& target, Instant now, Window& window) const {
  const std::optional<std::string_view> start = target.value("start_date");
  const std::optional<std::string_view> end = target.value("end_date");
  const std::optional<std::int64_t> start_ms = start ? parse_integer(*start) : std::nullopt;
  const std::optional<std::int64_t> end_ms = end ? parse_integer(*end) : std::nullopt;
  if ((start && !start_ms) || (end && !end_ms)) {
    return error(400, 1003, "INVALID_INPUT_DATE_VALUE", "start_date and end_date are UTC milliseconds");
  }
  window.start = start_ms ? std::optional(from_ms(*start_ms)) : std::nullopt;
  window.end = end_ms ? from_ms(*end_ms) : now;
  if (window.start && *window.end <= *window.start) {
    return error(400, 1003, "INVALID_INPUT_DATE_VALUE", "end_date should be greater than start_date");
  }
  window.page_number = parse_integer(target.value("page_number").value_or("1")).value_or(0);
  if (window.page_number < 1) {
    return error(400, 1004, "INVALID_PAGE_NUMBER", "page_number should be positive and starts at 1");
  }
  window.page_number = dialect_.page_number_obeyed ? window.page_number : 1;
  window.page_size = page_size(target);
  return std::nullopt;
}

bool ElitbuzzApi::shows(const Message& message, Instant now) const {
  const bool kept =
      dialect_.retention_days == 0 ||
      message.instant >= now - std::chrono::hours{24 * static_cast<std::int64_t>(dialect_.retention_days)};
  const bool exported = dialect_.live_chat_rows || message.speaker != Speaker::agent;
  return message.visible_from <= now && kept && exported;
}

std::vector<Message*> ElitbuzzApi::select(User& user, const Window& window, Instant now) const {
  std::vector<Message*> rows;
  for (Message& message : user.messages) {
    const Instant at = message.instant;
    const bool after_start = !window.start || (dialect_.start_inclusive ? at >= *window.start : at > *window.start);
    const bool before_end = dialect_.end_inclusive ? at <= *window.end : at < *window.end;
    if (after_start && before_end && shows(message, now)) {
      rows.push_back(&message);
    }
  }
  if (dialect_.page_order == PageOrder::newest_first) {
    std::reverse(rows.begin(), rows.end());
  } else if (dialect_.page_order == PageOrder::unsorted) {
    std::sort(rows.begin(), rows.end(), [](const Message* a, const Message* b) {
      return std::pair(Random(a->number).next(), a->number) < std::pair(Random(b->number).next(), b->number);
    });
  }
  return rows;
}

Reply ElitbuzzApi::conversations(const RequestTarget& target, const std::string& user_id, Instant now) {
  User* user = world_.find(user_id);
  if (user == nullptr || (user_id == trouble_.bad_user && trouble_.bad_user_status == 400)) {
    return error(400, 1002, "INVALID_BOT_OR_CUSTOMER_ID", "Bot, customer or user does not exist");
  }
  if (user_id == trouble_.bad_user) {
    return error(500, 500, "INTERNAL_SERVER_ERROR", "Something went wrong");
  }
  Window window;
  if (std::optional<Reply> wrong = read_window(target, now, window)) {
    return *std::move(wrong);
  }
  return page(*user, select(*user, window, now), window, now);
}

Reply ElitbuzzApi::page(User& user, const std::vector<Message*>& rows, const Window& window, Instant now) {
  const auto all = static_cast<std::int64_t>(rows.size());
  const std::int64_t last = all == 0 ? 1 : (all - 1) / window.page_size + 1;
  if (window.page_number > last && dialect_.past_the_end != PastTheEnd::repeat_last) {
    return past_the_end(dialect_.conversations_shape);
  }
  if (all == 0 && dialect_.past_the_end == PastTheEnd::no_content) {
    return past_the_end(dialect_.conversations_shape);
  }
  const std::int64_t from = (std::min(window.page_number, last) - 1) * window.page_size;
  std::vector<Message*> chosen{rows.begin() + from, rows.begin() + std::min(all, from + window.page_size)};
  if (dialect_.rows_order == RowsOrder::reversed) {
    std::reverse(chosen.begin(), chosen.end());
  }
  std::vector<std::string> elements;
  for (Message* message : chosen) {
    message->first_served = message->first_served.value_or(now);
    elements.push_back(row(user, *message, now));
  }
  const bool more_follow = window.page_number == 1 && last > 1;
  if (more_follow && inserted_[user.id] < dialect_.insert_between_pages) {
    // The row is dated within the last minute, so that a look-back finds it. If the window ends earlier, the row is not
    // part of this read and its pages do not change.
    const int number = ++inserted_[user.id];
    const Milliseconds ago{static_cast<std::int64_t>(Random(static_cast<std::uint64_t>(number)).below(60'000))};
    world_.add_message(user, now - ago, now, "Inserted between two pages, " + std::to_string(number));
  }
  return json_reply(200, wrapped(dialect_.conversations_shape, elements));
}

Reply ElitbuzzApi::past_the_end(const std::string& shape) const {
  switch (dialect_.past_the_end) {
    case PastTheEnd::error_1004:
      return error(400, 1004, "INVALID_PAGE_NUMBER", "There is no such page");
    case PastTheEnd::not_found:
      return error(404, 404, "NOT_FOUND", "There is no such page");
    case PastTheEnd::no_content: {
      Reply reply;
      reply.answer.status = 204;
      return reply;
    }
    default:
      return json_reply(200, wrapped(shape, {}));
  }
}

}  // namespace elit::simulator
