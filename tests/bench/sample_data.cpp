#include "tests/bench/sample_data.hpp"

#include <array>
#include <cstdio>
#include <string_view>

#include "core/check.hpp"
#include "core/elitbuzz/protocol.hpp"
#include "tests/support/source_options.hpp"

namespace elit::bench {
namespace {

constexpr std::int64_t first_day_ms = 1'767'225'600'000;  // 2026-01-01

// How the vendor writes an instant in its answers.
std::string vendor_time(std::size_t number) {
  const std::size_t seconds = number * 7;
  std::array<char, 32> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "2026/01/%02zu %02zu:%02zu:%02zu.%03zu", 1 + seconds / 86400 % 28,
                    seconds / 3600 % 24, seconds / 60 % 60, seconds % 60, number % 1000);
  return {text.data(), static_cast<std::size_t>(size)};
}

constexpr std::array<std::string_view, 8> responses{
    R"("Your order has shipped and will be with you on Friday between nine and noon, please keep your phone at hand")",
    R"("Thank you")",
    R"("नमस्ते, आपका ऑर्डर भेज दिया गया है और शुक्रवार तक पहुँच जाएगा")",
    R"({"text":"How was the delivery?","buttons":[{"title":"Good","payload":"rate:5"},{"title":"Poor","payload":"rate:1"}]})",
    R"("Line one\nLine two: \"quoted\" \ud83d\ude00 and so on to the end of the text, which is of middling length")",
    R"({"type":"list","items":[{"id":1,"name":"Small"},{"id":2,"name":"Large"}],"total":2,"more":false})",
    R"("Please tell me where order 4711-0815 is; I have been waiting for more than a week and nobody calls me back")",
    R"("Your code is 123456. Do not share it with anybody.")",
};
constexpr std::array<std::string_view, 8> types{"TEXT", "TEXT", "TEXT", "BUTTON", "TEXT", "LIST", "TEXT", "TEMPLATE"};

std::string sample_row(std::size_t number) {
  const std::size_t kind = number % responses.size();
  std::string row = R"({"user_id":"919812345678","timestamp":")" + vendor_time(number) + R"(","message_type":")";
  row += number % 50 == 49 ? "AGENT_PARTICIPATION_STATUS" : types[kind];
  row += R"(","sender":")";
  row += kind % 2 == 0 ? "bot" : "user";
  row += R"(","channel":"whatsapp","response":)";
  row += responses[kind];
  if (number % 10 == 7) {
    row += R"(,"file":{"url":"https://media.example.com/4660/)" + std::to_string(number) +
           R"(.jpg?signature=0a1b2c3d4e5f","mimeType":"image/jpeg"})";
  }
  return row + R"(,"attachments":null,"conversation":)" + std::to_string(880'000 + number) + "}";
}

HttpResponse answer_with(std::string body) {
  HttpResponse answer;
  answer.status = 200;
  answer.body = std::move(body);
  return answer;
}

}  // namespace

SourceOptions sample_source() {
  SourceOptions source = support_source();
  source.base_url = "https://api.example.com";
  return source;
}

std::string sample_page(std::size_t rows) {
  std::string body = R"({"conversations":[)";
  for (std::size_t number = 0; number < rows; ++number) {
    body += (number == 0 ? "" : ",") + sample_row(number);
  }
  return body + "]}";
}

std::string sample_users(std::size_t users) {
  std::string body = R"({"users":[)";
  for (std::size_t number = 0; number < users; ++number) {
    body += number == 0 ? "" : ",";
    body += R"({"channelUserId":")" + std::to_string(919'800'000'000 + number) + R"(","user.first_name":"User )" +
            std::to_string(number) + R"(","user.language":"en","feedback":"1","channel":"whatsapp","lastSeen":)" +
            std::to_string(first_day_ms + static_cast<std::int64_t>(number)) + "}";
  }
  return body + "]}";
}

std::vector<OrderedRow> sample_rows(std::size_t first, std::size_t count) {
  std::string body = "[";
  for (std::size_t number = first; number < first + count; ++number) {
    body += (number == first ? "" : ",") + sample_row(number);
  }
  auto page = elitbuzz::read_conversations(sample_source(), "919812345678", 1, answer_with(body + "]"));
  check(page && page->rows.size() == count, "the sample is made of rows");
  return order_rows(std::move(page->rows), from_ms(first_day_ms));
}

}  // namespace elit::bench
