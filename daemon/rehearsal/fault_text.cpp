#include "daemon/rehearsal/fault_text.hpp"

#include <fmt/format.h>

#include <sstream>
#include <utility>
#include <vector>

#include "config/yaml/scalars.hpp"
#include "core/ascii.hpp"
#include "core/letter_case.hpp"

namespace elit::daemon {
namespace {

using Kind = RehearsedFault::Kind;
using Target = RehearsedFault::Target;
using Words = std::vector<std::string>;

enum class Amount : std::uint8_t { none, duration, delay, share };

struct Form {
  Words words;
  Kind kind;
  Amount amount;
  bool of_peers;  // `api` or `crm`, with or without a name, may precede it
};

const std::vector<Form>& forms() {
  static const std::vector<Form> all{{{"down"}, Kind::down, Amount::duration, true},
                                     {{"throttled"}, Kind::throttled, Amount::duration, true},
                                     {{"key", "revoked"}, Kind::key_revoked, Amount::duration, true},
                                     {{"slow"}, Kind::slow, Amount::delay, true},
                                     {{"errors"}, Kind::errors, Amount::share, true},
                                     {{"lost", "answers"}, Kind::lost_answers, Amount::share, true},
                                     {{"crash"}, Kind::crash, Amount::none, false},
                                     {{"power", "loss"}, Kind::power_loss, Amount::none, false},
                                     {{"restart"}, Kind::restart, Amount::none, false},
                                     {{"disk", "full"}, Kind::disk_full, Amount::duration, false}};
  return all;
}

Words split(const std::string& text) {
  std::istringstream stream(text);
  Words words;
  for (std::string word; stream >> word;) {
    words.push_back(to_lower_case(word));
  }
  return words;
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

ParsedFault wrong(const std::string& text, const std::string& what) {
  return {std::nullopt, fmt::format("the fault \"{}\": {}", text, what)};
}

// Reads "5%" as a share; absent for anything but a percentage above 0 and up to 100.
std::optional<double> read_share(const std::string& text) {
  if (text.size() < 2 || text.back() != '%' || !is_digit(text.front())) {
    return std::nullopt;
  }
  const auto real = config::read_real(text.substr(0, text.size() - 1));
  const double* percent = std::get_if<double>(&real);
  if (percent == nullptr || *percent <= 0 || *percent > 100) {
    return std::nullopt;
  }
  return *percent / 100;
}

// Reads a duration above zero, or explains why the text is not a duration.
config::Reading<Milliseconds> read_length(const std::string& text) {
  config::Reading<Milliseconds> reading = config::read_duration(text);
  const Milliseconds* length = std::get_if<Milliseconds>(&reading);
  if (length != nullptr && *length <= Milliseconds{0}) {
    return std::string{"must be longer than zero"};
  }
  return reading;
}

// Moves "WORD DURATION" from the end of `words` to `target`. Returns what is wrong with the duration; empty: nothing.
std::string take_time(Words& words, const char* word, bool zero, std::optional<Milliseconds>& target) {
  if (target || words.size() < 3 || words[words.size() - 2] != word) {
    return {};
  }
  const auto reading = zero ? config::read_duration(words.back()) : read_length(words.back());
  if (const std::string* mistake = std::get_if<std::string>(&reading)) {
    return fmt::format("the time after \"{}\" {}", word, *mistake);
  }
  target = std::get<Milliseconds>(reading);
  words.resize(words.size() - 2);
  return {};
}

// Reads both times, in either order.
std::string take_times(Words& words, std::optional<Milliseconds>& at, std::optional<Milliseconds>& during) {
  std::string mistake = take_time(words, "at", true, at);
  mistake += take_time(words, "for", false, during);
  return mistake.empty() ? take_time(words, "at", true, at) : mistake;
}

bool begins_with(const Words& words, std::size_t from, const Words& phrase) {
  if (words.size() < from + phrase.size()) {
    return false;
  }
  for (std::size_t i = 0; i < phrase.size(); ++i) {
    if (words[from + i] != phrase[i]) {
      return false;
    }
  }
  return true;
}

// Finds the form that the words from `from` on have, with the right number of words.
const Form* find_form(const Words& words, std::size_t from, bool of_peers) {
  for (const Form& form : forms()) {
    const std::size_t size = form.words.size() + (form.amount == Amount::none ? 0 : 1);
    if (form.of_peers == of_peers && words.size() == from + size && begins_with(words, from, form.words)) {
      return &form;
    }
  }
  return nullptr;
}

// Returns what is wrong with the amount; empty: nothing.
std::string take_amount(const Form& form, const std::string& word, RehearsedFault& fault) {
  if (form.amount == Amount::none) {
    fault.lasts = Milliseconds{0};
    return {};
  }
  if (form.amount == Amount::share) {
    const std::optional<double> share = read_share(word);
    fault.share = share.value_or(0);
    return share
               ? ""
               : fmt::format(
                     "\"{}\" is not a share of the requests: write a percentage above 0 % and up to 100 %, such as 5%",
                     word);
  }
  const auto reading = read_length(word);
  if (const std::string* mistake = std::get_if<std::string>(&reading)) {
    return fmt::format("\"{}\" {}", word, *mistake);
  }
  const Milliseconds time = std::get<Milliseconds>(reading);
  if (form.amount == Amount::delay) {
    fault.delay = time;
  } else {
    fault.lasts = time;
  }
  return {};
}

}  // namespace

ParsedFault parse_fault(const std::string& text) {
  Words words = split(text);
  RehearsedFault fault;
  fault.text = joined(words);
  std::optional<Milliseconds> during;
  if (const std::string mistake = take_times(words, fault.at, during); !mistake.empty()) {
    return wrong(fault.text, mistake);
  }
  if (begins_with(words, 0, {"key", "revoked"})) {
    words.insert(words.begin(), "api");
  }
  const Form* form = find_form(words, 0, false);
  if (!words.empty() && (words.front() == "api" || words.front() == "crm")) {
    fault.target = words.front() == "api" ? Target::api : Target::crm;
    form = find_form(words, 1, true);
    if (form == nullptr && words.size() > 2) {
      form = find_form(words, 2, true);
      fault.name = form == nullptr ? "" : words[1];
    }
  }
  if (form == nullptr) {
    return wrong(fault.text, "this fault is not known. Known are:\n" + known_faults());
  }
  fault.kind = form->kind;
  if (const std::string mistake = take_amount(*form, words.back(), fault); !mistake.empty()) {
    return wrong(fault.text, mistake);
  }
  if (during && fault.lasts) {
    return wrong(fault.text, form->amount == Amount::none ? "it is momentary: leave \"for\" out"
                                                          : "its length is given twice: leave \"for\" out");
  }
  fault.lasts = fault.lasts ? fault.lasts : during;
  return {std::move(fault), {}};
}

std::string known_faults() {
  return "  crm down 6h               nothing is accepted (503)\n"
         "  crm throttled 1h          it answers 429 and asks for a minute's budget\n"
         "  crm slow 5s               every answer takes so long\n"
         "  crm errors 5%             so many requests are answered with 500\n"
         "  crm lost answers 2%       so many requests are carried out, and the answer is lost\n"
         "  crm key revoked 1h        the key is refused (401); after that time the new one is in place\n"
         "  crm NAME ...              the same for one sink, api ... for the sources, api NAME ... for one\n"
         "  key revoked 1h            the same as api key revoked 1h\n"
         "  crash                     the program is killed in the middle of its work\n"
         "  restart                   it is ended in order and started again\n"
         "  power loss                what was not on the disk is gone\n"
         "  disk full 10m             the state can not grow\n"
         "  ... at 2d                 when it begins; otherwise the faults are spread over the days\n"
         "  ... for 3h                how long it is slow, gives errors or loses answers; otherwise to the end\n";
}

}  // namespace elit::daemon
