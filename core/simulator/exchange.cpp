#include "core/simulator/exchange.hpp"

#include <array>
#include <string>
#include <utility>

#include "core/simulator/phrases.hpp"

namespace elit::simulator {
namespace {

struct FileKind {
  const char* name;
  const char* mime_type;
  const char* upload_type;
};

// Writes the messages of one exchange in order and advances its own clock.
class ConversationWriter {
 public:
  ConversationWriter(Random& random, const User& user, const ExchangeOptions& options)
      : random_(random), book_(phrasebooks().at(user.language)), options_(options), now_(options.begin) {}

  std::vector<Message> write() {
    switch (random_.below(10)) {
      case 0:
        quick_replies();
        break;
      case 1:
        upload();
        break;
      case 2:
        agent_visit();
        break;
      case 3:
        say_twice();
        break;
      case 4:
        several_at_once();
        break;
      case 5:
        picture_of_the_bot();
        break;
      default:
        question_and_answer();
    }
    if (options_.odd_content && random_.below(4) == 0) {
      odd();
    }
    return std::move(messages_);
  }

 private:
  void question_and_answer() {
    say(Speaker::user, line(book_.questions));
    pause();
    say(Speaker::bot, line(book_.answers));
    if (random_.below(3) == 0) {
      pause();
      say(Speaker::user, std::string(book_.thanks));
    }
  }

  void quick_replies() {
    say(Speaker::user, line(book_.questions));
    pause();
    std::string list;  // written as Java prints a list: not JSON, and it cannot be split safely
    for (const std::string_view option : book_.options) {
      list += (list.empty() ? "[" : ", ") + std::string(option);
    }
    add(Speaker::bot, "OPTIONS", list + "]");
    pause();
    say(Speaker::user, std::string(book_.options.at(random_.below(book_.options.size()))));
  }

  void upload() {
    static constexpr std::array<FileKind, 4> kinds{{{"photo.jpeg", "image/jpeg", "IMAGE"},
                                                    {"invoice.pdf", "application/pdf", "DOCUMENT"},
                                                    {"voice.ogg", "audio/ogg; codecs=opus", "AUDIO"},
                                                    {"clip.mp4", "video/mp4", "VIDEO"}}};
    const FileKind& kind = kinds.at(random_.below(kinds.size()));
    const std::string name =
        std::string(kind.name) + "-" + tag() + std::string(kind.name).substr(std::string(kind.name).find('.'));
    add(Speaker::user, "FILE_RECEIVED", "User uploaded " + name + " - [" + kind.mime_type + "]");
    messages_.back().file = File{"/files/" + tag() + "/" + name, kind.mime_type, kind.upload_type};
    pause();
    say(Speaker::bot, line(book_.answers));
  }

  void picture_of_the_bot() {
    add(Speaker::bot, "IMAGE", line(book_.answers));
    messages_.back().file = File{"/campaigns/" + tag() + ".png", "image/png", "IMAGE"};
    pause();
    say(Speaker::user, std::string(book_.thanks));
  }

  void agent_visit() {
    const std::string name(book_.names.at(random_.below(book_.names.size())));
    const std::string agent = std::to_string(1000 + random_.below(9000));
    const auto participation = [&](const std::string& happened) {
      const std::string html = "<strong>" + name + "</strong> " + happened + " the conversation";
      add(Speaker::system, "AGENT_PARTICIPATION_STATUS",
          R"({"agentId":)" + agent + R"(,"PARTICIPATION_MESSAGE":)" + json_string(html) + "}");
    };
    participation("joined");
    pause();
    say(Speaker::agent, line(book_.agent_lines));
    pause();
    say(Speaker::user, line(book_.questions));
    pause();
    say(Speaker::agent, line(book_.agent_lines));
    pause();
    participation("left");
    add(Speaker::bot, "OPTIONS", "[⭐, ⭐⭐, ⭐⭐⭐, ⭐⭐⭐⭐, ⭐⭐⭐⭐⭐]");
  }

  void say_twice() {
    const std::string text = line(book_.questions);
    say(Speaker::user, text);
    say(Speaker::user, text);
    pause();
    say(Speaker::bot, line(book_.answers));
  }

  void several_at_once() {
    const std::uint64_t count = 3 + random_.below(3);
    for (std::uint64_t i = 0; i < count; ++i) {
      say(Speaker::bot, line(book_.answers) + " (" + std::to_string(i + 1) + ")");
    }
  }

  // The cases of api.md section 9, traps 30 and 35.
  void odd() {
    pause();
    static const std::array<std::pair<const char*, const char*>, 9> rows{{
        {R"({"kind":"carousel","templates":[{"title":"A","price":1.5}]})",
         R"({"kind":"carousel","templates":[{"title":"A","price":1.5}]})"},
        {R"(["a",2,null])", R"(["a",2,null])"},
        {"42", "42"},
        {"true", "true"},
        {"null", ""},
        {"\"cut \xF0\x9F\x98 short\"", "cut \xEF\xBF\xBD short"},
        {"\"half \\ud83d of a face\"", "half \xEF\xBF\xBD of a face"},
        {R"("")", ""},
        {R"("two\nlines\tand a tab")", "two\nlines\tand a tab"},
    }};
    const std::uint64_t chosen = random_.below(rows.size() + 2);
    if (chosen == rows.size()) {
      say(Speaker::user, std::string("before\0after", 12));
    } else if (chosen == rows.size() + 1) {
      std::string huge;
      while (huge.size() < 200'000) {
        huge += line(book_.questions) + ' ';
      }
      say(Speaker::user, huge);
    } else {
      add(Speaker::user, "TEXT", rows.at(chosen).second);
      messages_.back().response = rows.at(chosen).first;
      messages_.back().ill_formed = chosen == 5 || chosen == 6;
    }
  }

  void say(Speaker speaker, const std::string& text) { add(speaker, "TEXT", text); }

  void add(Speaker speaker, const char* type, const std::string& text) {
    Message message;
    message.instant = now_;
    message.visible_from = now_;
    message.speaker = speaker;
    message.type = type;
    message.response = json_string(text);
    message.text = text;
    messages_.push_back(std::move(message));
  }

  void pause() {
    now_ += Milliseconds{
        1 + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(options_.pause_max.count())))};
  }

  std::string line(const std::vector<std::string_view>& lines) {
    std::string text(lines.at(random_.below(lines.size())));
    if (const std::size_t at = text.find("{n}"); at != std::string::npos) {
      text.replace(at, 3, "A" + std::to_string(100000 + random_.below(900000)));
    }
    return text;
  }

  std::string tag() {
    std::string letters;
    for (int i = 0; i < 5; ++i) {
      letters += static_cast<char>('A' + random_.below(26));
    }
    return letters;
  }

  Random& random_;
  const Phrasebook& book_;
  const ExchangeOptions& options_;
  Instant now_;
  std::vector<Message> messages_;
};

}  // namespace

std::vector<Message> write_exchange(Random& random, const User& user, const ExchangeOptions& options) {
  return ConversationWriter(random, user, options).write();
}

std::vector<Message> write_burst(Instant instant, int count) {
  std::vector<Message> messages;
  for (int i = 0; i < count; ++i) {
    Message message;
    message.instant = instant;
    message.visible_from = instant;
    message.speaker = Speaker::bot;
    message.type = "TEXT";
    message.text = "Reminder " + std::to_string(i == 1 ? 1 : i + 1);  // the second repeats the first
    message.response = json_string(message.text);
    messages.push_back(std::move(message));
  }
  return messages;
}

}  // namespace elit::simulator
