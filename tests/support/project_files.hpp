#pragma once

#include <filesystem>
#include <string>

namespace elit {

// A file of the project, by its path from the root: "config/example.yaml".
[[nodiscard]] std::filesystem::path project_file(const std::string& path);

// The folder of this build.
[[nodiscard]] std::filesystem::path build_directory();

// The bytes of a file; empty if it cannot be read.
[[nodiscard]] std::string content_of(const std::filesystem::path& file);

}  // namespace elit
