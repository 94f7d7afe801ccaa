#include "canned_server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "canned_connection.h"

bool send_all(int socket, const std::string &bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

namespace {

int check(int result, const char *what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

bool answer(int socket, const std::string &body) {
  return send_all(socket, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body);
}

std::string chunk(const std::string &bytes) {
  char size[24];
  snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}

/// The gateway flushes each document. Here as many go into one call as fit into the socket's buffer: the client, not
/// the server, is to be the slower one.
void stream(int socket, const answers::Stock &stock) {
  std::string bytes = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
                      chunk(answers::created());
  for (const std::string &document : stock.stream) {
    bytes += chunk(document);
    if (bytes.size() < 1U << 18) continue;
    if (!send_all(socket, bytes)) return;
    bytes.clear();
  }
  if (!send_all(socket, bytes)) return;
  if (stock.is_endless && !stock.stream.empty()) {
    const std::string last = chunk(stock.stream.back());
    while (send_all(socket, last)) continue;
    return;
  }
  // A watch does not end by itself.
  char byte = 0;
  while (recv(socket, &byte, 1, 0) > 0) continue;
}

/// The target of the next request, whose body is read and forgotten; empty at the end.
std::string request(int socket, std::string &buffer) {
  std::size_t end = 0;
  std::size_t length = 0;
  char piece[4096];
  while (true) {
    end = buffer.find("\r\n\r\n");
    if (end != std::string::npos) {
      for (std::size_t line = 0; line < end; line = buffer.find("\r\n", line) + 2) {
        if (strncasecmp(buffer.data() + line, "Content-Length:", 15) == 0) {
          length = std::strtoul(buffer.data() + line + 15, nullptr, 10);
        }
      }
      if (buffer.size() >= end + 4 + length) break;
    }
    const ssize_t count = recv(socket, piece, sizeof piece, 0);
    if (count <= 0) return "";
    buffer.append(piece, static_cast<std::size_t>(count));
  }
  const std::size_t target = buffer.find(' ') + 1;
  const std::string result = buffer.substr(target, buffer.find(' ', target) - target);
  buffer.erase(0, end + 4 + length);
  return result;
}

/// What an HTTP/2 client begins with.
constexpr char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Whether that is what has begun; reads as much as that takes.
bool is_http2(int socket, std::string &buffer) {
  char piece[sizeof preface - 1];
  while (buffer.size() < sizeof piece && buffer.compare(0, buffer.size(), preface, buffer.size()) == 0) {
    const ssize_t count = recv(socket, piece, sizeof piece - buffer.size(), 0);
    if (count <= 0) return false;
    buffer.append(piece, static_cast<std::size_t>(count));
  }
  return buffer == preface;
}

void serve_gateway(int socket, CannedShelf &shelf, std::string &buffer) {
  const answers::Stock &stock = shelf.shelf.json;
  const std::string nothing = answers::nothing();
  while (true) {
    const std::string target = request(socket, buffer);
    const auto is = [&](const char *path) { return target.find(path) != std::string::npos; };
    bool open = false;
    if (is("/version")) {
      open = answer(socket, R"({"etcdserver":"3.5.1","etcdcluster":"3.5.0"})");
    } else if (is("/kv/put")) {
      open = answer(socket, nothing);
    } else if (is("/kv/range")) {
      open = answer(socket, shelf.page(stock, nothing));
    } else if (is("/watch")) {
      stream(socket, stock);
    }
    if (!open) break;
  }
}

void serve(int socket, CannedShelf &shelf) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::string buffer;
  if (is_http2(socket, buffer)) {
    serve_grpc(socket, shelf, buffer);
  } else {
    serve_gateway(socket, shelf, buffer);
  }
  close(socket);
}

}  // namespace

CannedServer::CannedServer(const std::function<answers::Shelf()> &make) {
  const int listener = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  check(bind(listener, reinterpret_cast<sockaddr *>(&address), size), "bind");
  check(getsockname(listener, reinterpret_cast<sockaddr *>(&address), &size), "getsockname");
  port_ = ntohs(address.sin_port);
  int ready[2];
  check(pipe(ready), "pipe");
  child_ = check(fork(), "fork");
  if (child_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    CannedShelf shelf{make()};
    const std::uint64_t bytes = shelf.shelf.json.bytes() + shelf.shelf.grpc.bytes();
    if (listen(listener, 4096) < 0 || write(ready[1], &bytes, sizeof bytes) != sizeof bytes) _exit(1);
    while (true) {
      const int socket = accept(listener, nullptr, nullptr);
      if (socket < 0) _exit(1);
      std::thread(serve, socket, std::ref(shelf)).detach();
    }
  }
  close(listener);
  close(ready[1]);
  const ssize_t count = read(ready[0], &bytes_, sizeof bytes_);
  close(ready[0]);
  if (count != sizeof bytes_) throw std::runtime_error("the server did not start");
}

CannedServer::~CannedServer() {
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
}
