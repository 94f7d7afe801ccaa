#pragma once

#include <cstdint>
#include <string>

#include "harness/fd.h"

namespace harness {

/// A loopback port that nobody else is given as long as this lives, though it is not listened on: a socket is bound to
/// it. A server that sets SO_REUSEADDR, as etcd does, can listen there, stop, and come back.
class ReservedPort {
 public:
  ReservedPort();

  std::uint16_t number() const { return number_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(number_); }

 private:
  Fd reservation_;
  std::uint16_t number_ = 0;
};

/// A listening socket that does not block, on a port that is reserved.
Fd listen_on(std::uint16_t port);

/// The next connection of a listener, not blocking; none if none is there.
Fd accept_from(const Fd &listener);

/// A blocking connection to a loopback port; none if it is refused. Reads and writes give up after `patience`.
Fd connect_to(std::uint16_t port);

/// Begins a connection without blocking; whether it succeeded shows when it becomes writable.
Fd begin_connect_to(std::uint16_t port);

/// Sends all of it on a blocking socket; false if the connection broke first.
bool send_all(const Fd &socket, const std::string &bytes);

/// Closes with RST instead of FIN, and drops what was not yet sent.
void reset_connection(Fd &socket);

}  // namespace harness
