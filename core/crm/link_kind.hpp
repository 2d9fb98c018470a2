#pragma once

#include <boost/json/object.hpp>

#include <string_view>

// What a link in a message leads to, as far as the row says.
namespace elit::crm {

// "Image", "Video", "Audio" or "File", from a media type, the name of a member or a word such as "voice"; empty: none
// of them.
[[nodiscard]] std::string_view kind_of_words(std::string_view words);

// The kind that an object declares for the link in it, in members such as type or mime_type; empty: none.
[[nodiscard]] std::string_view declared_kind(const boost::json::object& object);

// The kind of a link of which `kind` is known (empty: nothing): the end of its path, such as .mp4, counts where that is
// nothing or only "File".
[[nodiscard]] std::string_view kind_of_link(std::string_view kind, std::string_view url);

}  // namespace elit::crm
