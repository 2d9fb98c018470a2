// Replaces the C library's calls on sockets, and those that asio uses to wait, in the same way as those on files.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tests/crash/passage.hpp"

namespace elit::crash {
namespace {

// Most attempts to receive find nothing yet, and their number is random. They are no crash points.
bool has_something(int connection) {
  char byte = 0;
  const int saved = errno;
  const bool has = ::syscall(SYS_recvfrom, connection, &byte, 1, MSG_PEEK | MSG_DONTWAIT, nullptr, nullptr) >= 0;
  errno = saved;
  return has;
}

Place place_to_receive(int connection) {
  const Place place = place_of(connection);
  return place != Place::nowhere && has_something(connection) ? place : Place::nowhere;
}

Place place_of_address(const sockaddr* address) {
  if (address == nullptr || address->sa_family != AF_INET) {
    return Place::other;
  }
  return place_of_port(ntohs(reinterpret_cast<const sockaddr_in*>(address)->sin_port));
}

template <class Call>
int make_descriptor(Call call) {
  const int made = pass(Kind::descriptor, Place::other, [&] { return static_cast<int>(call()); });
  remember(made, Place::nowhere);
  return made;
}

}  // namespace
}  // namespace elit::crash

using namespace elit::crash;

extern "C" {

int socket(int domain, int type, int protocol) noexcept {
  return make_descriptor([&] { return ::syscall(SYS_socket, domain, type, protocol); });
}

int socketpair(int domain, int type, int protocol, int* ends) noexcept {
  return make_descriptor([&] { return ::syscall(SYS_socketpair, domain, type, protocol, ends); });
}

int epoll_create1(int flags) noexcept {
  return make_descriptor([&] { return ::syscall(SYS_epoll_create1, flags); });
}

int eventfd(unsigned count, int flags) noexcept {
  return make_descriptor([&] { return ::syscall(SYS_eventfd2, count, flags); });
}

int timerfd_create(clockid_t clock, int flags) noexcept {
  return make_descriptor([&] { return ::syscall(SYS_timerfd_create, clock, flags); });
}

int connect(int connection, const sockaddr* address, socklen_t size) {
  const Place place = place_of_address(address);
  remember(connection, place);
  return pass(Kind::connect, place,
              [&] { return static_cast<int>(::syscall(SYS_connect, connection, address, size)); });
}

ssize_t sendto(int connection, const void* bytes, std::size_t size, int flags, const sockaddr* address,
               socklen_t address_size) {
  return move_bytes(Kind::send, place_of(connection), size, [&](std::size_t n) {
    return ::syscall(SYS_sendto, connection, bytes, n, flags, address, address_size);
  });
}

ssize_t send(int connection, const void* bytes, std::size_t size, int flags) {
  return ::sendto(connection, bytes, size, flags, nullptr, 0);
}

ssize_t sendmsg(int connection, const msghdr* message, int flags) {
  Buffers buffers(message->msg_iov, message->msg_iovlen);
  msghdr copy = *message;
  copy.msg_iov = buffers.parts();
  copy.msg_iovlen = buffers.count();
  return move_bytes(Kind::send, place_of(connection), buffers.size(), [&](std::size_t n) {
    buffers.cut(n);
    return ::syscall(SYS_sendmsg, connection, &copy, flags);
  });
}

ssize_t recvfrom(int connection, void* bytes, std::size_t size, int flags, sockaddr* address, socklen_t* address_size) {
  return move_bytes(Kind::receive, place_to_receive(connection), size, [&](std::size_t n) {
    return ::syscall(SYS_recvfrom, connection, bytes, n, flags, address, address_size);
  });
}

ssize_t recv(int connection, void* bytes, std::size_t size, int flags) {
  return ::recvfrom(connection, bytes, size, flags, nullptr, nullptr);
}

ssize_t recvmsg(int connection, msghdr* message, int flags) {
  Buffers buffers(message->msg_iov, message->msg_iovlen);
  msghdr copy = *message;
  copy.msg_iov = buffers.parts();
  copy.msg_iovlen = buffers.count();
  const ssize_t size = move_bytes(Kind::receive, place_to_receive(connection), buffers.size(), [&](std::size_t n) {
    buffers.cut(n);
    return ::syscall(SYS_recvmsg, connection, &copy, flags);
  });
  if (size >= 0) {
    message->msg_namelen = copy.msg_namelen;
    message->msg_controllen = copy.msg_controllen;
    message->msg_flags = copy.msg_flags;
  }
  return size;
}

}  // extern "C"
