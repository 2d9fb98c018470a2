#include "core/delivery/error_text.hpp"

#include <string_view>

namespace elit {

std::string without_answer(const std::string& error) {
  constexpr std::string_view all = " (the whole answer is in deliveries_v1)";
  constexpr std::size_t length_of_status = 8;  // `HTTP 400`
  const std::size_t status = error.find("HTTP ");
  if (status != std::string::npos) {
    const std::size_t end = status + length_of_status;
    return error.substr(0, end) + (end < error.size() ? std::string(all) : "");
  }
  // These are our own words: about the connection, a file, or a rule.
  for (const std::string_view own : {"POST ", "GET ", "PUT ", "PATCH ", "DELETE ", "/", "the "}) {
    if (error.starts_with(own)) {
      const std::size_t end = error.find(';');
      return error.substr(0, end) + (end < error.size() ? std::string(all) : "");
    }
  }
  return "refused by the receiver" + std::string(all);
}

}  // namespace elit
