#include "daemon/delivery/file_archive.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/delivery/webhook.hpp"
#include "core/text/time_text.hpp"
#include "storage/files/file.hpp"

namespace elit::daemon {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::string_view line_begin = R"({"key":")";

Failure failure_at(const std::filesystem::path& path, const char* what) {
  Failure failure;
  failure.detail = std::string("cannot ") + what + " " + path.string() + ": " + std::generic_category().message(errno);
  return failure;
}

// The size of the file up to and with its last line feed.
std::optional<off_t> sound_size(int descriptor) {
  std::array<char, 65'536> block{};
  off_t end = ::lseek(descriptor, 0, SEEK_END);
  while (end > 0) {
    const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(block.size()));
    const auto size = static_cast<std::size_t>(end - begin);
    if (::pread(descriptor, block.data(), size, begin) != static_cast<ssize_t>(size)) {
      return std::nullopt;
    }
    const auto place = std::string_view(block.data(), size).rfind('\n');
    if (place != std::string_view::npos) {
      return begin + static_cast<off_t>(place) + 1;
    }
    end = begin;
  }
  return end < 0 ? std::nullopt : std::optional<off_t>(0);
}

// Cuts off a last line without its line feed. Returns the size that remains.
std::optional<off_t> mend(File& file) {
  const std::optional<off_t> size = sound_size(file.descriptor());
  const bool torn = size && ::lseek(file.descriptor(), 0, SEEK_END) != *size;
  return torn && !(file.truncate(*size) && file.sync()) ? std::nullopt : size;
}

bool is_day_file(const std::filesystem::path& path) {
  return path.extension() == ".jsonl" && path.stem().string().size() == std::string_view("2026-01-31").size();
}

std::vector<std::filesystem::path> newest_files(const std::filesystem::path& directory, std::size_t count) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (is_day_file(entry->path())) {
      files.push_back(entry->path());
    }
  }
  std::sort(files.rbegin(), files.rend());
  files.resize(std::min(files.size(), count));
  return files;
}

void find_keys(const std::filesystem::path& file, const std::set<std::string>& wanted, std::set<std::string>& found) {
  std::ifstream lines(file, std::ios::binary);
  std::string line;
  while (std::getline(lines, line)) {
    if (line.size() > line_begin.size() + key_size && line.compare(0, line_begin.size(), line_begin) == 0) {
      std::string key = line.substr(line_begin.size(), key_size);
      if (wanted.contains(key)) {
        found.insert(std::move(key));
      }
    }
  }
}

}  // namespace

FileArchive::FileArchive(std::filesystem::path directory) : directory_(std::move(directory)) {}

std::optional<Failure> FileArchive::recover(std::set<std::string> unsure) {
  for (const auto& file : newest_files(directory_, 2)) {
    File opened = File::open(file, O_RDWR);
    if (!opened.is_open() || !mend(opened)) {
      return failure_at(file, "mend");
    }
    if (!unsure.empty()) {
      find_keys(file, unsure, present_);
    }
  }
  return std::nullopt;
}

std::optional<Failure> FileArchive::append(const std::vector<OutgoingMessage>& messages, Instant at) {
  std::string lines;
  for (const auto& message : messages) {
    if (!present_.contains(message.key)) {
      append_message(lines, message);
      lines += '\n';
    }
  }
  if (auto failure = clean()) {
    return failure;
  }
  if (auto failure = make_directory()) {
    return failure;
  }
  const std::filesystem::path path = directory_ / (to_rfc3339(at).substr(0, 10) + ".jsonl");
  File file = File::open_private(path, O_RDWR | O_CREAT | O_APPEND);
  if (!file.is_open()) {
    return failure_at(path, "open");
  }
  const std::optional<off_t> size = mend(file);
  if (!size) {
    return failure_at(path, "mend");
  }
  if (!file.write(lines) || !file.sync() || (*size == 0 && !sync_directory(directory_))) {
    Failure failure = failure_at(path, "write");
    unclean_ = Unclean{path, *size};
    static_cast<void>(clean());
    return failure;
  }
  for (const auto& message : messages) {
    present_.erase(message.key);
  }
  return std::nullopt;
}

std::optional<Failure> FileArchive::make_directory() {
  const DirectoryCreation creation = create_private_directory(directory_);
  if (creation == DirectoryCreation::failed ||
      (creation == DirectoryCreation::created && !sync_directory(directory_.parent_path()))) {
    return failure_at(directory_, "create");
  }
  return std::nullopt;
}

// A repetition would write again what a failed append left in the file.
std::optional<Failure> FileArchive::clean() {
  if (!unclean_) {
    return std::nullopt;
  }
  File file = File::open(unclean_->file, O_RDWR);
  if (!file.is_open() || !file.truncate(unclean_->size) || !file.sync()) {
    return failure_at(unclean_->file, "mend");
  }
  unclean_.reset();
  return std::nullopt;
}

}  // namespace elit::daemon
