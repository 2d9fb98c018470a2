// Runs a fuzz target without a fuzzer: over every file of its corpus and over a fixed number of seeded mutations of
// them. The input that breaks a promise is kept as a file, which is a seed for the fuzzer and an argument to this.
//
//   fuzz_replay TARGET FILE...
//   fuzz_replay TARGET --corpus FOLDER [--dictionary FILE] [--mutations COUNT] [--seed N] [--kept FILE]

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>

#include "tests/fuzz/replay.hpp"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

namespace {

constexpr unsigned seconds_max = 20;  // for one input, under sanitizers and on a busy machine
constexpr std::size_t mutated_size_max = 16 * 1024;

struct Arguments {
  elit::fuzz::TargetFunction* target = nullptr;
  std::vector<std::filesystem::path> files;
  std::filesystem::path dictionary;
  std::string kept = "fuzz-input";
  unsigned long mutations = 0;
  std::uint32_t seed = 1;
};

// The running input, for the handlers that report a crash.
struct Running {
  std::string kept;
  const std::string* bytes = nullptr;
  std::array<char, 512> name{};
};
Running running;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): a signal handler has no other way

void keep_input() {
  if (running.bytes == nullptr) {
    return;
  }
  const int file = ::open(running.kept.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const bool written = file >= 0 && ::write(file, running.bytes->data(), running.bytes->size()) >= 0;
  std::fprintf(stderr, "fuzz: broken by %s; %s %s\n", running.name.data(), written ? "kept as" : "cannot be kept as",
               running.kept.c_str());
  running.bytes = nullptr;
}

extern "C" void on_signal(int signal) {
  if (signal == SIGALRM) {
    std::fprintf(stderr, "fuzz: one input took more than %u s\n", seconds_max);
  }
  keep_input();
  std::signal(signal, SIG_DFL);
  (void)std::raise(signal);
}

void watch_for_the_end() {
  std::signal(SIGALRM, on_signal);
  std::signal(SIGABRT, on_signal);
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_set_death_callback(keep_input);
#else
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    std::signal(signal, on_signal);
  }
#endif
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    std::fprintf(stderr, "fuzz: %s cannot be read\n", path.c_str());
    std::exit(1);
  }
  return {std::istreambuf_iterator<char>(stream), {}};
}

void run(elit::fuzz::TargetFunction& target, const std::string& bytes, const std::string& name) {
  running.bytes = &bytes;
  name.copy(running.name.data(), running.name.size() - 1);
  running.name.at(std::min(name.size(), running.name.size() - 1)) = '\0';
  ::alarm(seconds_max);
  // A block of exactly this size, so that a sanitizer sees a read behind its end.
  const std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), copy.get());
  target(copy.get(), bytes.size());
  ::alarm(0);
  running.bytes = nullptr;
}

int hex_value(char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::size_t value = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
  return value == std::string_view::npos ? 0 : static_cast<int>(value);
}

// The entries of a dictionary as libFuzzer reads them: "text" a line, with \\, \" and \xAB.
std::vector<std::string> read_dictionary(const std::filesystem::path& path) {
  std::vector<std::string> entries;
  std::ifstream stream(path);
  std::string line;
  while (std::getline(stream, line)) {
    const std::size_t begin = line.find('"');
    const std::size_t end = line.rfind('"');
    if (line.starts_with('#') || begin == std::string::npos || end == begin) {
      continue;
    }
    std::string entry;
    for (std::size_t i = begin + 1; i < end; ++i) {
      if (line[i] != '\\') {
        entry += line[i];
      } else if (line[i + 1] == 'x') {
        entry += static_cast<char>(hex_value(line[i + 2]) * 16 + hex_value(line[i + 3]));
        i += 3;
      } else {
        entry += line[++i];
      }
    }
    entries.push_back(entry);
  }
  return entries;
}

// Changes inputs a little. The changes depend only on the seed.
class Mutator {
 public:
  Mutator(std::vector<std::string> corpus, std::vector<std::string> words, std::uint32_t seed)
      : corpus_(std::move(corpus)), words_(std::move(words)), random_(seed) {}

  std::string next() {
    std::string text = any_of(corpus_);
    for (std::size_t count = 1 + below(4); count > 0; --count) {
      change(text);
    }
    text.resize(std::min(text.size(), mutated_size_max));
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  const std::string& any_of(const std::vector<std::string>& texts) { return texts[below(texts.size())]; }
  std::string part_of(const std::string& text) {
    const std::size_t place = below(text.size());
    return text.substr(std::min(place, text.size()), 1 + below(32));
  }

  void change(std::string& text) {
    const std::size_t place = below(text.size() + 1);
    const auto byte = static_cast<char>(static_cast<unsigned char>(random_() & 0xFFU));
    switch (below(7)) {
      case 0:
        text.insert(place, 1, byte);
        break;
      case 1:
        text.erase(place, 1 + below(8));
        break;
      case 2:
        text.insert(place, part_of(text));
        break;
      case 3:
        text.insert(place, part_of(any_of(corpus_)));
        break;
      case 4:
        text.insert(place, words_.empty() ? std::string(1, byte) : any_of(words_));
        break;
      case 5:
        text.replace(place, 1, words_.empty() ? std::string(1, byte) : any_of(words_));
        break;
      default:
        if (place < text.size()) {
          text[place] = below(2) == 0 ? byte : static_cast<char>(text[place] ^ (1 << below(8)));
        }
        break;
    }
  }

  std::vector<std::string> corpus_;
  std::vector<std::string> words_;
  std::mt19937 random_;
};

void add_folder(const std::filesystem::path& folder, std::vector<std::filesystem::path>& files) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
}

Arguments read_arguments(const std::vector<std::string>& words) {
  Arguments arguments;
  const auto target = elit::fuzz::targets().find(words.empty() ? "" : words.front());
  if (target == elit::fuzz::targets().end()) {
    std::fprintf(stderr, "fuzz: the first argument names no target\n");
    std::exit(64);
  }
  arguments.target = target->second;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!word.starts_with("--")) {
      arguments.files.emplace_back(word);
      continue;
    }
    const std::string& value = words.at(++i);
    if (word == "--corpus") {
      add_folder(value, arguments.files);
    } else if (word == "--dictionary") {
      arguments.dictionary = value;
    } else if (word == "--mutations") {
      arguments.mutations = std::stoul(value);
    } else if (word == "--seed") {
      arguments.seed = static_cast<std::uint32_t>(std::stoul(value));
    } else if (word == "--kept") {
      arguments.kept = value;
    } else {
      std::fprintf(stderr, "fuzz: there is no option %s\n", word.c_str());
      std::exit(64);
    }
  }
  return arguments;
}

}  // namespace

int main(int count, char** words) {
  const Arguments arguments = read_arguments({words + 1, words + count});
  if (arguments.files.empty()) {
    std::fprintf(stderr, "fuzz: there is no input\n");
    return 64;
  }
  running.kept = arguments.kept;
  watch_for_the_end();
  std::vector<std::string> corpus;
  for (const std::filesystem::path& file : arguments.files) {
    corpus.push_back(bytes_of(file));
    run(*arguments.target, corpus.back(), file.filename().string());
  }
  Mutator mutator(std::move(corpus), read_dictionary(arguments.dictionary), arguments.seed);
  for (unsigned long round = 1; round <= arguments.mutations; ++round) {
    run(*arguments.target, mutator.next(),
        "mutation " + std::to_string(round) + " of seed " + std::to_string(arguments.seed));
  }
  std::printf("%zu inputs and %lu mutations of seed %u\n", arguments.files.size(), arguments.mutations,
              static_cast<unsigned>(arguments.seed));
  return 0;
}
