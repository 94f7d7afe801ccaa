#include "harness/socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace harness {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

[[noreturn]] void fail(const char *what) {
  throw std::system_error(errno, std::generic_category(), what);
}

Fd bind_to(std::uint16_t port, int type) {
  Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  if (!socket) fail("socket");
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) fail("bind");
  return socket;
}

Fd connect_with(std::uint16_t port, int type) {
  Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  if (!socket) fail("socket");
  const sockaddr_in address = loopback(port);
  const int result = ::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address);
  if (result != 0 && errno != EINPROGRESS) return Fd();
  return socket;
}

}  // namespace

ReservedPort::ReservedPort() : reservation_(bind_to(0, SOCK_STREAM)) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(reservation_.get(), reinterpret_cast<sockaddr *>(&address), &size) != 0) fail("getsockname");
  number_ = ntohs(address.sin_port);
}

Fd listen_on(std::uint16_t port) {
  Fd socket = bind_to(port, SOCK_STREAM | SOCK_NONBLOCK);
  if (::listen(socket.get(), 128) != 0) fail("listen");
  return socket;
}

Fd accept_from(const Fd &listener) {
  return Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

Fd connect_to(std::uint16_t port) {
  Fd socket = connect_with(port, SOCK_STREAM);
  if (socket) {
    const timeval limit{std::chrono::duration_cast<std::chrono::seconds>(patience).count(), 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }
  return socket;
}

Fd begin_connect_to(std::uint16_t port) {
  return connect_with(port, SOCK_STREAM | SOCK_NONBLOCK);
}

void reset_connection(Fd &socket) {
  const linger at_once{1, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket.reset();
}

bool send_all(const Fd &socket, const std::string &bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t count = ::send(socket.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace harness
