#include "harness/http.h"

#include <sys/socket.h>

#include <cstdlib>

#include "harness/socket.h"

namespace harness {

namespace {

std::string receive_all(const Fd &socket) {
  std::string bytes;
  char piece[16384];
  for (ssize_t count; (count = ::recv(socket.get(), piece, sizeof piece, 0)) > 0;) {
    bytes.append(piece, static_cast<std::size_t>(count));
  }
  return bytes;
}

std::optional<HttpAnswer> answer_to(std::uint16_t port, const std::string &request) {
  const Fd socket = connect_to(port);
  if (!socket || !send_all(socket, request)) return std::nullopt;
  const std::string answer = receive_all(socket);
  const std::size_t end_of_head = answer.find("\r\n\r\n");
  if (end_of_head == std::string::npos || answer.size() < 12) return std::nullopt;
  return HttpAnswer{std::atoi(answer.c_str() + 9), answer.substr(end_of_head + 4)};
}

}  // namespace

// HTTP/1.0 spares the reader chunks and kept-alive connections: the answer ends where the connection does.

std::optional<HttpAnswer> http_get(std::uint16_t port, const std::string &path) {
  return answer_to(port, "GET " + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n");
}

std::optional<HttpAnswer> http_post(std::uint16_t port, const std::string &path, const std::string &body,
                                    const std::string &headers) {
  return answer_to(port, "POST " + path + " HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
                             headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

}  // namespace harness
