#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace elit {

// A phone number in the international form of E.164: a plus and 8 to 15 digits. Absent where it would be a guess:
//   - besides digits there may be blanks, dots, hyphens, slashes, brackets, a plus at the start and `tel:` before it;
//     any other character, such as a letter of a UUID or of an extension, makes it no phone number
//   - the calling code must be assigned
//   - `00` at the start counts as a plus; "(0)" after the calling code is dropped
//   - ten digits or more without a plus count as international, because the vendor names WhatsApp users so; fewer
//     digits, or a length that the country's numbers are known not to have, may be national: absent
//   - a leading 0 is national: `country`, a calling code, replaces it (in countries where it is part of the number, it
//     stays after the code); absent without `country`, or where no number begins with 0
[[nodiscard]] std::optional<std::string> to_e164(std::string_view text, std::string_view country);

// Whether E.164 assigns `digits` as the calling code of a country.
[[nodiscard]] bool is_calling_code(std::string_view digits);

}  // namespace elit
