#include "core/http_message.hpp"

#include "core/letter_case.hpp"

namespace elit {

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (equal_without_case(header.name, name)) {
      return header.value;
    }
  }
  return std::nullopt;
}

}  // namespace elit
