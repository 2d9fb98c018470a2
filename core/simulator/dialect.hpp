#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/simulator/setting.hpp"
#include "core/simulator/timestamp_form.hpp"

namespace elit::simulator {

enum class PageOrder : std::uint8_t { newest_first, oldest_first, unsorted };
enum class RowsOrder : std::uint8_t { as_pages, reversed };
enum class PastTheEnd : std::uint8_t { empty, error_1004, not_found, no_content, repeat_last };
enum class ErrorBody : std::uint8_t {
  plain,    // {"code": 1002, "message": "INVALID_…", "details": "…"}
  camel,    // {"errorCode": …, "errorMessage": …, "errorDetails": …}
  snake,    // {"error_code": "1002", "error_message": …, "error_details": …}, the code as a string
  status,   // {"responseObject": null, "status": {"code": …, "desc": …, "title": …, "details": …}}
  spring,   // {"timestamp": …, "status": 400, "error": "Bad Request", "path": …, "message": "INVALID_…"}
  problem,  // RFC 7807
  text,     // the constant name inside a plain sentence
  html,
  empty,
};
enum class AttributeMatch : std::uint8_t { exact, without_case, contains };
enum class MediaUrls : std::uint8_t { signed_afresh, plain, none };
enum class RateLimitAnswer : std::uint8_t { status_429, status_503, status_403 };
enum class RetryAfter : std::uint8_t { seconds, date, none };

// The dialect of this Elitbuzz: one switch for each line of the table of unknowns in api.md section 8. The defaults are
// the default assumptions of that table.
struct Dialect {
  std::string users_shape = "responseObject";  // "array", or the names of nested members joined by dots
  std::string users_elements = "objects";      // objects, or ids: the list holds only the ids
  std::string user_id_field = "channelUserId";
  std::string user_id_kind = "text";  // text, or number: digits-only ids are JSON numbers
  bool users_paging = false;          // users are paged by page_number and page_size, by default 500 a page
  AttributeMatch attribute_match = AttributeMatch::exact;

  std::string conversations_shape = "conversations";  // as users_shape
  std::string row_id_field = "none";
  std::string row_id_kind = "stable";  // stable; fresh: another id on every read; same: one id for all rows
  PageOrder page_order = PageOrder::newest_first;
  RowsOrder rows_order = RowsOrder::as_pages;     // reversed: the rows of a page are in the opposite order
  int page_cap = 500;                             // 0: none
  std::string page_size_parameter = "page_size";  // the spelling that has an effect; both; none
  bool page_number_obeyed = true;                 // false: every page is the first
  PastTheEnd past_the_end = PastTheEnd::empty;
  bool start_inclusive = true;
  bool end_inclusive = true;
  TimestampForm timestamp = TimestampForm::slashes;
  std::string sender_user = "user";
  std::string sender_bot = "bot";
  std::string sender_agent = "agent";
  std::string sender_system = "system";
  bool live_chat_rows = true;  // false: messages of agents are not exported
  MediaUrls media = MediaUrls::signed_afresh;
  bool random_member_order = false;
  bool delivery_status = false;  // rows carry a `status` that changes with their age
  int insert_between_pages = 0;  // number of new rows for each user that appear after a first page that is not the last
  int retention_days = 0;        // older messages are not shown; 0: all are shown

  bool status_envelope = false;    // successes carry {"status": {"code": 1000}}
  bool failures_with_200 = false;  // errors come as HTTP 200 with a status.code other than 1000
  ErrorBody error_body = ErrorBody::plain;

  double rate_limit = 0;  // requests a second; 0: none
  RateLimitAnswer rate_limit_answer = RateLimitAnswer::status_429;
  RetryAfter retry_after = RetryAfter::seconds;
  double clock_skew_s = 0;  // how far the Date header is ahead of the true time
};

[[nodiscard]] const std::vector<Setting<Dialect>>& dialect_settings();

}  // namespace elit::simulator
