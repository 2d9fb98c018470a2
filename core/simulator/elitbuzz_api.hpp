#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/http_message.hpp"
#include "core/simulator/dialect.hpp"
#include "core/simulator/reply.hpp"
#include "core/simulator/request_target.hpp"
#include "core/simulator/world.hpp"

namespace elit::simulator {

// The account that owns the bot.
struct Account {
  std::string api_key;  // raw, the text after `Basic `
  std::string customer_id = "4660";
  std::string bot_key = "6bc26c50902b4838";
};

// Faults of the data; they may change between two requests.
struct ApiTrouble {
  bool users_empty = false;
  double users_shrunk = 0;    // share of the matching users that is missing in the list
  std::string bad_user;       // this user's conversations always fail; empty: none
  int bad_user_status = 400;  // 400 with code 1002, or 500
};

// Answers requests to the Users and the Conversations API as described in api.md sections 1 to 3, in any dialect.
class ElitbuzzApi {
 public:
  // `world` must outlive this object.
  ElitbuzzApi(World& world, Account account, Dialect dialect);

  // Requires: the world was advanced to `now`.
  Reply answer(const HttpRequest& request, Instant now);

  [[nodiscard]] Dialect& dialect() { return dialect_; }
  [[nodiscard]] const Dialect& dialect() const { return dialect_; }
  [[nodiscard]] Account& account() { return account_; }
  [[nodiscard]] ApiTrouble& trouble() { return trouble_; }

  // Whether the API shows `message` at `now` to a request for its time.
  [[nodiscard]] bool shows(const Message& message, Instant now) const;

  [[nodiscard]] std::uint64_t requests() const { return requests_; }

  // An error of the vendor in the dialect's shape; the status is 200 instead of `status` if the dialect says so.
  [[nodiscard]] Reply error(int status, int code, const std::string& name, const std::string& details) const;

 private:
  struct Window {
    std::optional<Instant> start;
    std::optional<Instant> end;
    std::int64_t page_number = 1;
    std::int64_t page_size = 500;
  };

  std::optional<Reply> over_the_limit(Instant now);
  Reply route(const HttpRequest& request, Instant now);
  Reply users(const RequestTarget& target);
  Reply conversations(const RequestTarget& target, const std::string& user_id, Instant now);
  std::optional<Reply> read_window(const RequestTarget& target, Instant now, Window& window) const;
  std::vector<Message*> select(User& user, const Window& window, Instant now) const;
  Reply page(User& user, const std::vector<Message*>& rows, const Window& window, Instant now);
  [[nodiscard]] Reply past_the_end(const std::string& shape) const;
  std::string row(const User& user, const Message& message, Instant now);
  [[nodiscard]] std::string user_element(const User& user) const;
  [[nodiscard]] bool matches(const User& user, std::string_view name, std::string_view value) const;
  [[nodiscard]] std::int64_t page_size(const RequestTarget& target) const;
  [[nodiscard]] std::string wrapped(const std::string& shape, const std::vector<std::string>& elements) const;

  World& world_;
  Account account_;
  Dialect dialect_;
  ApiTrouble trouble_;
  std::uint64_t requests_ = 0;
  std::uint64_t rows_written_ = 0;
  std::map<std::string, int> inserted_;  // rows put between two pages, by user
  std::vector<Instant> recent_;          // the last requests within the rate limit, at most one second old
};

}  // namespace elit::simulator
