#include "harness/fake_http_server.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cstdlib>

namespace harness {

namespace {

std::size_t content_length(const std::string &head) {
  const std::size_t found = head.find("Content-Length: ");
  return found == std::string::npos ? 0 : std::strtoul(head.c_str() + found + 16, nullptr, 10);
}

}  // namespace

FakeReply http_reply(int status, const std::string &content_type, const std::string &body) {
  return {"HTTP/1.1 " + std::to_string(status) + " Scripted\r\nContent-Type: " + content_type +
          "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body};
}

FakeHttpServer::FakeHttpServer(Script script)
    : listener_(listen_on(port_.number())),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      script_(std::move(script)),
      thread_([this] { accept_connections(); }) {}

FakeHttpServer::~FakeHttpServer() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
  {
    const std::lock_guard lock(mutex_);
    for (Connection &connection : connections_) ::shutdown(connection.socket.get(), SHUT_RDWR);
  }
  for (Connection &connection : connections_) connection.thread.join();
}

std::vector<FakeHttpServer::Request> FakeHttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FakeHttpServer::accept_connections() {
  for (;;) {
    pollfd entries[] = {{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    ::poll(entries, 2, -1);
    if (entries[1].revents != 0) return;
    Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) continue;
    Connection &connection = connections_.emplace_back();
    connection.socket = std::move(socket);
    connection.thread = std::thread([this, &connection] { serve(connection.socket); });
  }
}

void FakeHttpServer::serve(Fd &socket) {
  std::string buffered;
  for (Request request; read_request(socket, buffered, request);) {
    FakeReply reply;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      reply = script_(request);
    }
    if (!send_all(socket, reply.bytes)) return;
    while (!reply.endlessly.empty()) {
      if (!send_all(socket, reply.endlessly)) return;
    }
    if (reply.then == FakeReply::Then::keep_open) continue;
    const std::lock_guard lock(mutex_);
    if (reply.then == FakeReply::Then::reset) reset_connection(socket);
    socket.reset();
    return;
  }
}

bool FakeHttpServer::read_request(const Fd &socket, std::string &buffered, Request &request) const {
  for (;;) {
    const std::size_t end_of_head = buffered.find("\r\n\r\n");
    if (end_of_head != std::string::npos) {
      request.head = buffered.substr(0, end_of_head + 4);
      const std::size_t size = request.head.size() + content_length(request.head);
      if (buffered.size() >= size) {
        request.body = buffered.substr(request.head.size(), size - request.head.size());
        buffered.erase(0, size);
        return true;
      }
    }
    char piece[16384];
    const ssize_t count = ::recv(socket.get(), piece, sizeof piece, 0);
    if (count <= 0) return false;
    buffered.append(piece, static_cast<std::size_t>(count));
  }
}

}  // namespace harness
