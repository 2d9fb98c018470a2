#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/instant.hpp"
#include "core/random.hpp"

namespace elit::simulator {

enum class Speaker : std::uint8_t { user, bot, agent, system };

struct File {
  std::string path;  // of the URL, without host and query
  std::string mime_type;
  std::string upload_type;
};

// One message of the simulated truth.
struct Message {
  std::uint64_t number = 0;  // unique within its world
  Instant instant;           // its date
  Instant visible_from;      // when the API begins to show it; later than `instant` for late arrivals
  Speaker speaker = Speaker::user;
  std::string type;
  std::string response;  // JSON text, byte for byte as the API sends it; odd messages are ill-formed on purpose
  std::string text;      // the content of `response`: the string, or the JSON text of any other value
  std::optional<File> file;
  std::optional<Instant> first_served;    // when an answer first contained it
  std::vector<std::string> former_texts;  // what `text` was before it changed

  // The response as JSON that every parser accepts.
  [[nodiscard]] std::string well_formed_response() const;
  bool ill_formed = false;
};

struct User {
  std::string id;            // the id in request paths
  std::string row_id;        // the user_id on the rows, which differs from `id` (api.md section 3.2)
  std::size_t language = 0;  // of phrasebooks()
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<Message> messages;  // ascending by (instant, number), including those not visible yet
  bool listed = false;            // an answer of the Users API contained this user
};

struct WorldOptions {
  std::uint64_t seed = 1;
  int users = 20;
  Instant start;  // the time at the beginning: history ends and arrivals begin here
  Milliseconds history = std::chrono::hours{7 * 24};
  double messages_per_user_day = 12;
  double arrivals_per_minute = 30;                  // of all users together
  std::optional<Milliseconds> arrivals_stop_after;  // counted from `start`; absent: never
  double late_share = 0.05;  // share of the arrivals that become visible later than they are dated
  Milliseconds late_max = std::chrono::seconds{60};
  int burst = 3;             // messages in one millisecond, at one place in the first user's history; 0: none
  bool odd_content = false;  // ill-formed UTF-8, lone surrogates, NUL, huge texts, every JSON kind, odd ids
  // If it is not empty, every text contains `(MARK#NUMBER)` with the number of its message, so that any record shows
  // which messages it contains.
  std::string mark;
};

// Users and their conversations, generated from one seed: the same options and calls give the same world on every
// machine. The number of calls of advance() has no effect.
class World {
 public:
  explicit World(const WorldOptions& options);

  // Adds the messages that arrive until `now`. An earlier `now` has no effect.
  void advance(Instant now);

  [[nodiscard]] const WorldOptions& options() const { return options_; }
  [[nodiscard]] std::vector<User>& users() { return users_; }
  [[nodiscard]] const std::vector<User>& users() const { return users_; }
  [[nodiscard]] User* find(std::string_view id);

  // Adds a plain message of the user that does not come from the seed. Its number is unique.
  void add_message(User& user, Instant instant, Instant visible_from, std::string_view text);

  // The newest message of the user that is visible at `now` and was dated at most `age_max` before; null: none.
  [[nodiscard]] static Message* newest(User& user, Instant now, Milliseconds age_max);

 private:
  void write_history(User& user, std::size_t index);
  void arrive();

  WorldOptions options_;
  std::vector<User> users_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::uint64_t next_number_ = 1;
  std::uint64_t next_added_number_ = std::uint64_t{1} << 40U;
  std::uint64_t arrivals_ = 0;
  Instant next_arrival_;
};

// The message has another text from `now` on. Readers from before have its former text.
void change_text(Message& message, std::string_view text, Instant now);
// The message has a file from now on, if it had none.
void attach_file(Message& message);

// A generator for one purpose, independent of the other generators of the same seed.
[[nodiscard]] Random random_for(std::uint64_t seed, std::string_view purpose, std::uint64_t index);

// `text` as a JSON string.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace elit::simulator
