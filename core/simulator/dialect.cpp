#include "core/simulator/dialect.hpp"

namespace elit::simulator {
namespace {

using D = Dialect;

std::vector<Setting<D>> users_settings() {
  return {
      text("users_shape", &D::users_shape,
           {"array", "users", "responseObject", "responseObject.users", "data", "content", "result", "results",
            "channelUsers"},
           "the place of the users in the answer"),
      text("users_elements", &D::users_elements, {"objects", "ids"}, "the form of one element of the users"),
      text("user_id_field", &D::user_id_field,
           {"channelUserId", "channel_user_id", "userId", "user_id", "user.channel_user_id", "id", "phoneNumber",
            "phone_number", "user.phone_no"},
           "the member that holds the id"),
      text("user_id_kind", &D::user_id_kind, {"text", "number"}, "number: ids of digits are JSON numbers"),
      flag("users_paging", &D::users_paging, "the users come in pages"),
      choice("attribute_match", &D::attribute_match, {"exact", "without_case", "contains"},
             "when an attribute's value matches"),
  };
}

std::vector<Setting<D>> page_settings() {
  return {
      text("conversations_shape", &D::conversations_shape,
           {"conversations", "messages", "array", "responseObject", "responseObject.conversations",
            "responseObject.messages", "data", "content"},
           "the place of the rows in the answer"),
      choice("page_order", &D::page_order, {"newest_first", "oldest_first", "unsorted"}, "the order of all rows"),
      choice("rows_order", &D::rows_order, {"as_pages", "reversed"}, "the order of the rows inside a page"),
      count("page_cap", &D::page_cap, 0, 100'000, "largest number of rows of a page; 0: no limit"),
      text("page_size_parameter", &D::page_size_parameter, {"page_size", "Page_size", "both", "none"},
           "the parameter that has an effect"),
      flag("page_number_obeyed", &D::page_number_obeyed, "no: every page is the first"),
      choice("past_the_end", &D::past_the_end, {"empty", "1004", "404", "204", "repeat_last"},
             "the answer to a page after the last"),
      flag("start_inclusive", &D::start_inclusive, "a row dated start_date is part of the window"),
      flag("end_inclusive", &D::end_inclusive, "a row dated end_date is part of the window"),
      count("insert_between_pages", &D::insert_between_pages, 0, 1'000'000,
            "new rows for each user that appear after a first page"),
      count("retention_days", &D::retention_days, 0, 100'000, "older messages are not shown; 0: all are"),
  };
}

std::vector<Setting<D>> row_settings() {
  return {
      text("row_id_field", &D::row_id_field, {"none", "id", "_id", "message_id", "messageId", "mid", "uuid"},
           "the member that holds an id of the row"),
      text("row_id_kind", &D::row_id_kind, {"stable", "fresh", "same"}, "fresh: another id on every read"),
      choice("timestamp", &D::timestamp, timestamp_form_names(), "how instants are written"),
      text("sender_user", &D::sender_user, {}, "the sender of what the user says"),
      text("sender_bot", &D::sender_bot, {}, "the sender of what the bot says"),
      text("sender_agent", &D::sender_agent, {}, "the sender of what a human agent says"),
      text("sender_system", &D::sender_system, {}, "the sender of notes such as \"agent joined\""),
      flag("live_chat_rows", &D::live_chat_rows, "no: what agents say is left out"),
      choice("media", &D::media, {"signed", "plain", "none"}, "signed: another query in the URL on every read"),
      flag("delivery_status", &D::delivery_status, "rows have a status, which changes from read to read"),
      flag("random_member_order", &D::random_member_order, "the members of a row come in any order"),
  };
}

std::vector<Setting<D>> answer_settings() {
  return {
      flag("status_envelope", &D::status_envelope, "successes carry status.code 1000"),
      flag("failures_with_200", &D::failures_with_200, "errors come with HTTP status 200"),
      choice("error_body", &D::error_body,
             {"plain", "camel", "snake", "status", "spring", "problem", "text", "html", "empty"},
             "the shape of an error's body"),
      number("rate_limit", &D::rate_limit, 0, 1e6, "requests a second; 0: no limit"),
      choice("rate_limit_answer", &D::rate_limit_answer, {"429", "503", "403"}, "the status above the limit"),
      choice("retry_after", &D::retry_after, {"seconds", "date", "none"}, "the form of Retry-After"),
      number("clock_skew_s", &D::clock_skew_s, -1e6, 1e6, "seconds that the Date header is ahead"),
  };
}

}  // namespace

const std::vector<Setting<Dialect>>& dialect_settings() {
  static const std::vector<Setting<Dialect>> settings = [] {
    std::vector<Setting<Dialect>> all;
    for (const auto& part : {users_settings(), page_settings(), row_settings(), answer_settings()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return settings;
}

}  // namespace elit::simulator
