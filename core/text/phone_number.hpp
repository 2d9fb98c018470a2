#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace elit {

// A phone number in the international form of E.164: a plus and 8 to 15 digits. Absent where it would be a guess:
//   - besides digits there may be blanks, dots, hyphens, slashes, brackets, a plus at the start and `tel:` before it;
//     any other character, such as a letter of a UUID or of an extension, makes it no phone number
//   - a plus or `00` at the start marks it as international; "(0)" after the calling code is dropped
//   - the calling code must be assigned, and the country's numbering plan must allow so many digits, as far as it is
//     known
//   - a number without such a mark is one of `country`, a calling code: with a 0 before it (which is replaced or, in
//     countries where it is part of the number, stays after the code), without, or with the calling code; absent if it
//     can be read in two ways
//   - without a mark and without `country` it is absent: ten digits of one country are a number of another
[[nodiscard]] std::optional<std::string> to_e164(std::string_view text, std::string_view country);

// Whether E.164 assigns `digits` as the calling code of a country.
[[nodiscard]] bool is_calling_code(std::string_view digits);

}  // namespace elit
