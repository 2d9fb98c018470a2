#pragma once

#include <map>
#include <string>

#include "storage/sqlite.hpp"

// Private to this folder: reads records of CRMs, on the writer's connection or on another.
namespace elit::storage {

// Reads RemoteRecord::saved from the text of its column. Throws StorageError (corrupt) for any other text.
[[nodiscard]] std::map<std::string, std::string> saved_from(const Connection& database, const std::string& text);

}  // namespace elit::storage
