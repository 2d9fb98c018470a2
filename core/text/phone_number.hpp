#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace elit {

// A phone number in the international form of E.164: a plus and 8 to 15 digits. Absent rather than guessed:
//   - besides digits there may be blanks, dots, hyphens, slashes, brackets, a plus at the start and `tel:` before it;
//     anything else, such as the letters of a UUID or an extension, makes it no phone number
//   - the calling code has to be one that is assigned
//   - `00` at the start counts as a plus; "(0)" behind the calling code is left out
//   - ten digits or more without a plus are taken as international, which is how the vendor names WhatsApp users;
//     fewer, or another number of digits than the country's numbers have where that is known, might as well be national
//   - a leading 0 is national: with `country`, a calling code, it is replaced by that (and kept behind it in the
//     countries where it is a part of the number); without one, or where no number begins with it, absent
[[nodiscard]] std::optional<std::string> to_e164(std::string_view text, std::string_view country);

// Whether it is a country's calling code as E.164 assigns them, digits only.
[[nodiscard]] bool is_calling_code(std::string_view digits);

}  // namespace elit
