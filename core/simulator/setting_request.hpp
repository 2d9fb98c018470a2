#pragma once

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/http_message.hpp"
#include "core/simulator/reply.hpp"
#include "core/simulator/setting.hpp"

// Tables of settings over HTTP: GET shows the settings in force, POST changes some.
namespace elit::simulator {

// A reply with status 400 and a sentence that says what is wrong.
[[nodiscard]] Reply mistake_reply(const std::string& what);

// The body as a JSON object; absent when it is anything else.
[[nodiscard]] std::optional<boost::json::object> read_changes(const std::string& body);

// A JSON scalar as it is written on the command line.
[[nodiscard]] std::string setting_text(const boost::json::value& value);

template <class T>
Reply show_settings(const std::vector<Setting<T>>& table, const T& target) {
  boost::json::object object;
  for (const Setting<T>& row : table) {
    object[row.key] = row.show(target);
  }
  return json_reply(200, boost::json::serialize(object));
}

// Applies all members of the body, or none. Replies with the current settings.
template <class T>
Reply answer_settings(const std::vector<Setting<T>>& table, T& target, const HttpRequest& request) {
  if (request.method == "GET") {
    return show_settings(table, target);
  }
  const std::optional<boost::json::object> changes = read_changes(request.body);
  if (!changes) {
    return mistake_reply("the body is not a JSON object of settings");
  }
  T changed = target;
  for (const auto& change : *changes) {
    const std::string key(change.key().data(), change.key().size());
    if (const std::optional<std::string> wrong = apply(table, changed, key, setting_text(change.value()))) {
      return mistake_reply(*wrong);
    }
  }
  target = std::move(changed);
  return show_settings(table, target);
}

}  // namespace elit::simulator
