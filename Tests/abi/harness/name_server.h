#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "harness/fd.h"

namespace harness {

/// A name server on loopback, in a thread: every name that is asked for its address is 127.0.0.1 unless a test says
/// otherwise, and SRV records are what a test says.
class NameServer {
 public:
  struct Record {
    std::string host;
    std::uint16_t port;
    std::uint16_t priority = 0;
  };

  NameServer();
  ~NameServer();
  NameServer(const NameServer &) = delete;
  NameServer &operator=(const NameServer &) = delete;

  /// As the option `dns.servers` takes it.
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  /// From now on the name has these records; names that were never set have none, and do not exist.
  void set(const std::string &name, std::vector<Record> records);
  /// From now on the name has these addresses (IPv4), in this order.
  void move(const std::string &name, std::vector<std::string> addresses);
  /// For how long answers may be believed from now on: a minute if nothing is said.
  void believe(std::chrono::seconds time);
  /// Whether questions get no answer from now on.
  void silence(bool silent);
  /// How often SRV records of the name were asked for.
  int asked(const std::string &name) const;

 private:
  void run();
  std::string answer(const std::string &question);

  Fd socket_;
  Fd stop_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Record>> records_;
  std::map<std::string, std::vector<std::string>> addresses_;
  std::map<std::string, int> asked_;
  std::chrono::seconds believed_{60};
  bool silent_ = false;
  std::thread thread_;
};

}  // namespace harness
