#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>

#include "answers.h"

/// An etcd in a process of its own, so that what it costs is not counted: on one port it answers the ranges and watches
/// of the gateway, and those of gRPC, with what it made before the client began.
class CannedServer {
 public:
  /// Returns once everything is made, in that process, and the port is open.
  explicit CannedServer(const std::function<answers::Shelf()> &make);
  ~CannedServer();
  CannedServer(const CannedServer &) = delete;
  CannedServer &operator=(const CannedServer &) = delete;

  std::uint16_t port() const { return port_; }

  /// The size of all documents.
  std::uint64_t bytes() const { return bytes_; }

 private:
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
  std::uint64_t bytes_ = 0;
};
