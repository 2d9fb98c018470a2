#pragma once

#include <map>
#include <string>

#include "storage/sqlite.hpp"

// Private to this folder: what is kept of CRMs, read by the writer or beside it.
namespace elit::storage {

// The values of RemoteRecord::saved from their column. Throws StorageError (corrupt) when it holds anything else.
[[nodiscard]] std::map<std::string, std::string> saved_from(const Connection& database, const std::string& text);

}  // namespace elit::storage
