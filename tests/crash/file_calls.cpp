// Replaces the C library's calls on files. Each call passes a crash point and then makes the bare system call.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>

#include "tests/crash/passage.hpp"

namespace elit::crash {
namespace {

int open_at(int folder, const char* path, int flags, mode_t mode) {
  const Place place = (flags & O_DIRECTORY) != 0 ? Place::directory : place_of_path(path);
  const Kind kind = (flags & O_CREAT) != 0 ? Kind::create : Kind::open;
  const int file =
      pass(kind, place, [&] { return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode)); });
  remember(file, place);
  return file;
}

std::FILE* open_stream(const char* path, const char* how) {
  using Opening = std::FILE* (*)(const char*, const char*);
  static const auto next = reinterpret_cast<Opening>(::dlsym(RTLD_NEXT, "fopen"));
  const Place place = place_of_path(path);
  if (place != Place::nowhere && pass(Kind::open, place, [] { return 0; }) != 0) {
    return nullptr;
  }
  std::FILE* stream = next(path, how);
  if (stream != nullptr) {
    remember(::fileno(stream), place);
  }
  return stream;
}

ssize_t write_at(int file, const void* bytes, std::size_t size, off_t offset) {
  return move_bytes(Kind::write, place_of(file), size,
                    [&](std::size_t n) { return ::syscall(SYS_pwrite64, file, bytes, n, offset); });
}

ssize_t read_at(int file, void* bytes, std::size_t size, off_t offset) {
  return move_bytes(Kind::read, place_of(file), size,
                    [&](std::size_t n) { return ::syscall(SYS_pread64, file, bytes, n, offset); });
}

int truncate_at(int file, off_t size) {
  return pass(Kind::truncate, place_of(file), [&] { return static_cast<int>(::syscall(SYS_ftruncate, file, size)); });
}

// Whether the descriptor is a connection and not a file.
bool is_connection(Place place) {
  return place == Place::api || place == Place::crm;
}

}  // namespace
}  // namespace elit::crash

using namespace elit::crash;

extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_at(AT_FDCWD, path, flags, mode);
}

std::FILE* fopen(const char* path, const char* how) {
  return open_stream(path, how);
}
std::FILE* fopen64(const char* path, const char* how) {
  return open_stream(path, how);
}

int close(int file) {
  remember(file, Place::nowhere);
  return static_cast<int>(::syscall(SYS_close, file));
}

ssize_t write(int file, const void* bytes, std::size_t size) {
  const Place place = place_of(file);
  return move_bytes(is_connection(place) ? Kind::send : Kind::write, place, size,
                    [&](std::size_t n) { return ::syscall(SYS_write, file, bytes, n); });
}

ssize_t writev(int file, const iovec* parts, int count) {
  Buffers buffers(parts, static_cast<std::size_t>(count));
  const Place place = place_of(file);
  return move_bytes(is_connection(place) ? Kind::send : Kind::write, place, buffers.size(), [&](std::size_t n) {
    buffers.cut(n);
    return ::syscall(SYS_writev, file, buffers.parts(), buffers.count());
  });
}

ssize_t pwrite(int file, const void* bytes, std::size_t size, off_t offset) {
  return write_at(file, bytes, size, offset);
}
ssize_t pwrite64(int file, const void* bytes, std::size_t size, off64_t offset) {
  return write_at(file, bytes, size, offset);
}

ssize_t read(int file, void* bytes, std::size_t size) {
  return move_bytes(Kind::read, place_of(file), size,
                    [&](std::size_t n) { return ::syscall(SYS_read, file, bytes, n); });
}

ssize_t pread(int file, void* bytes, std::size_t size, off_t offset) {
  return read_at(file, bytes, size, offset);
}
ssize_t pread64(int file, void* bytes, std::size_t size, off64_t offset) {
  return read_at(file, bytes, size, offset);
}

int fsync(int file) {
  return pass(Kind::sync, place_of(file), [&] { return static_cast<int>(::syscall(SYS_fsync, file)); });
}

int fdatasync(int file) {
  return pass(Kind::sync, place_of(file), [&] { return static_cast<int>(::syscall(SYS_fdatasync, file)); });
}

int ftruncate(int file, off_t size) noexcept {
  return truncate_at(file, size);
}
int ftruncate64(int file, off64_t size) noexcept {
  return truncate_at(file, size);
}

int rename(const char* from, const char* to) noexcept {
  return pass(Kind::rename, place_of_path(to), [&] { return static_cast<int>(::syscall(SYS_rename, from, to)); });
}

int unlink(const char* path) noexcept {
  return pass(Kind::unlink, place_of_path(path), [&] { return static_cast<int>(::syscall(SYS_unlink, path)); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  return pass(Kind::mkdir, Place::directory, [&] { return static_cast<int>(::syscall(SYS_mkdir, path, mode)); });
}

int chmod(const char* path, mode_t mode) noexcept {
  return pass(Kind::mode, place_of_path(path), [&] { return static_cast<int>(::syscall(SYS_chmod, path, mode)); });
}

int fchmod(int file, mode_t mode) noexcept {
  return pass(Kind::mode, place_of(file), [&] { return static_cast<int>(::syscall(SYS_fchmod, file, mode)); });
}

int flock(int file, int operation) noexcept {
  return pass(Kind::lock, place_of(file), [&] { return static_cast<int>(::syscall(SYS_flock, file, operation)); });
}

}  // extern "C"
