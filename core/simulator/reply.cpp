#include "core/simulator/reply.hpp"

#include <utility>

namespace elit::simulator {

Reply json_reply(int status, std::string body) {
  return text_reply(status, "application/json", std::move(body));
}

Reply text_reply(int status, std::string content_type, std::string body) {
  Reply reply;
  reply.answer.status = status;
  reply.answer.headers.push_back({"Content-Type", std::move(content_type)});
  reply.answer.body = std::move(body);
  return reply;
}

}  // namespace elit::simulator
