#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/delivery/delivery_answer.hpp"
#include "core/delivery/outgoing_message.hpp"
#include "core/failure.hpp"
#include "core/http_message.hpp"

// The protocol of the generic sink, `type: http`: one POST a batch, one outcome a message.
namespace elit {

// One message as an object of JSON, on one line. It is valid JSON whatever `raw` and `user_element` hold: what is not
// JSON itself is embedded as a string, an absent user as null.
void append_message(std::string& out, const OutgoingMessage& message);

// The same for the same set of message keys, in whatever order and however often they are sent: 64 hex digits.
[[nodiscard]] std::string idempotency_key(const std::vector<OutgoingMessage>& messages);

// The request for a batch. `headers` are the configured ones; they win over our Content-Type, never over the
// Idempotency-Key.
[[nodiscard]] HttpRequest webhook_request(std::string_view target, const std::vector<HttpHeader>& headers,
                                          const std::vector<OutgoingMessage>& messages);

// Reads an answer to the request for `messages`. `now` resolves a Retry-After that is a date.
[[nodiscard]] DeliveryAnswer read_answer(const HttpResponse& answer, const std::vector<OutgoingMessage>& messages,
                                         Instant now);

// The same for a request that was not answered.
[[nodiscard]] DeliveryAnswer read_failure(const Failure& failure);

}  // namespace elit
