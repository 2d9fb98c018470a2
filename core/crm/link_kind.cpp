#include "core/crm/link_kind.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "core/letter_case.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

struct Word {
  std::string_view word;
  std::string_view kind;
};

// In the order of the search: the name "audio_file" is audio.
constexpr auto words_of_kinds = std::to_array<Word>({
    {"image", "Image"},
    {"img", "Image"},
    {"photo", "Image"},
    {"picture", "Image"},
    {"thumb", "Image"},
    {"sticker", "Image"},
    {"logo", "Image"},
    {"video", "Video"},
    {"audio", "Audio"},
    {"voice", "Audio"},
    {"document", "File"},
    {"file", "File"},
    {"pdf", "File"},
    {"attachment", "File"},
    {"application/", "File"},
    {"text/", "File"},
});

constexpr auto endings = std::to_array<Word>({
    {"jpg", "Image"},  {"jpeg", "Image"}, {"png", "Image"}, {"gif", "Image"}, {"webp", "Image"}, {"svg", "Image"},
    {"heic", "Image"}, {"bmp", "Image"},  {"mp4", "Video"}, {"3gp", "Video"}, {"mov", "Video"},  {"webm", "Video"},
    {"avi", "Video"},  {"mp3", "Audio"},  {"ogg", "Audio"}, {"oga", "Audio"}, {"opus", "Audio"}, {"m4a", "Audio"},
    {"aac", "Audio"},  {"wav", "Audio"},  {"amr", "Audio"}, {"pdf", "File"},  {"doc", "File"},   {"docx", "File"},
    {"xls", "File"},   {"xlsx", "File"},  {"ppt", "File"},  {"pptx", "File"}, {"csv", "File"},   {"txt", "File"},
    {"zip", "File"},   {"vcf", "File"},
});

}  // namespace

std::string_view kind_of_words(std::string_view words) {
  std::string lower = to_lower_case(words);
  constexpr std::string_view profile = "profile";  // is no file
  if (const std::size_t place = lower.find(profile); place != std::string::npos) {
    lower.erase(place, profile.size());
  }
  const auto* const found = std::find_if(words_of_kinds.begin(), words_of_kinds.end(),
                                         [&](const Word& one) { return lower.find(one.word) != std::string::npos; });
  return found == words_of_kinds.end() ? std::string_view() : found->kind;
}

std::string_view declared_kind(const json::object& object) {
  for (const std::string_view name : {"mimeType", "mime_type", "mimetype", "contentType", "content_type", "mediaType",
                                      "media_type", "type", "uploadType", "upload_type", "format"}) {
    const json::value* value = object.if_contains(name);
    if (value != nullptr && value->is_string()) {
      if (const std::string_view kind = kind_of_words(std::string_view(value->get_string())); !kind.empty()) {
        return kind;
      }
    }
  }
  return {};
}

std::string_view kind_of_link(std::string_view kind, std::string_view url) {
  if (!kind.empty() && kind != "File") {
    return kind;
  }
  const std::string_view path = url.substr(0, url.find_first_of("?#"));
  const std::size_t dot = path.find_last_of("./");
  if (dot == std::string_view::npos || path[dot] == '/') {
    return kind;
  }
  const std::string ending = to_lower_case(path.substr(dot + 1));
  const auto* const found =
      std::find_if(endings.begin(), endings.end(), [&](const Word& one) { return one.word == ending; });
  return found == endings.end() ? kind : found->kind;
}

}  // namespace elit::crm
