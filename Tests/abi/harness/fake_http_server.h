#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "harness/socket.h"

namespace harness {

/// What a FakeHttpServer sends when it has read a request, byte for byte.
struct FakeReply {
  enum class Then { keep_open, close, reset };

  std::string bytes;
  Then then = Then::keep_open;
  /// Sent after `bytes`, over and over until the peer closes; "": not at all.
  std::string endlessly = {};
};

/// A whole HTTP answer.
FakeReply http_reply(int status, const std::string &content_type, const std::string &body);

/// A server that does what a real one will not: answers as a script says, and remembers what it was asked. A thread for
/// each connection.
class FakeHttpServer {
 public:
  struct Request {
    std::string head;  ///< request line and headers
    std::string body;

    bool asks_for(const std::string &path) const { return head.find(" " + path + " ") != std::string::npos; }
  };

  /// Called for each request, on a connection's thread, one at a time.
  using Script = std::function<FakeReply(const Request &)>;

  explicit FakeHttpServer(Script script);
  ~FakeHttpServer();
  FakeHttpServer(const FakeHttpServer &) = delete;
  FakeHttpServer &operator=(const FakeHttpServer &) = delete;

  std::uint16_t port() const { return port_.number(); }
  std::string url() const { return port_.url(); }
  std::vector<Request> requests() const;
  std::size_t request_count() const { return requests().size(); }

 private:
  struct Connection {
    Fd socket;
    std::thread thread;
  };

  void accept_connections();
  void serve(Fd &socket);
  bool read_request(const Fd &socket, std::string &buffered, Request &request) const;

  ReservedPort port_;
  Fd listener_;
  Fd stop_;
  mutable std::mutex mutex_;
  Script script_;
  std::vector<Request> requests_;
  std::list<Connection> connections_;
  std::thread thread_;
};

}  // namespace harness
