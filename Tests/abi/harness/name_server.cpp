#include "harness/name_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <stdexcept>

namespace harness {

namespace {

constexpr std::size_t header_size = 12;
constexpr unsigned type_a = 1;
constexpr unsigned type_srv = 33;

std::string number(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string encoded(const std::string &name) {
  std::string text;
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    text += static_cast<char>(end - begin) + name.substr(begin, end - begin);
    begin = end + 1;
  }
  return text + '\0';
}

/// A record of the name that was asked for.
std::string record(unsigned type, std::chrono::seconds believed, const std::string &data) {
  return std::string("\xC0\x0C", 2) + number(type) + number(1) + number(0) +
         number(static_cast<unsigned>(believed.count())) + number(static_cast<unsigned>(data.size())) + data;
}

}  // namespace

NameServer::NameServer()
    : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(socket_.get(), reinterpret_cast<sockaddr *>(&address), length) != 0 ||
      ::getsockname(socket_.get(), reinterpret_cast<sockaddr *>(&address), &length) != 0) {
    throw std::runtime_error("no socket for a name server");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

NameServer::~NameServer() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

void NameServer::set(const std::string &name, std::vector<Record> records) {
  const std::lock_guard lock(mutex_);
  records_[name] = std::move(records);
}

void NameServer::move(const std::string &name, std::vector<std::string> addresses) {
  const std::lock_guard lock(mutex_);
  addresses_[name] = std::move(addresses);
}

void NameServer::believe(std::chrono::seconds time) {
  const std::lock_guard lock(mutex_);
  believed_ = time;
}

void NameServer::silence(bool silent) {
  const std::lock_guard lock(mutex_);
  silent_ = silent;
}

int NameServer::asked(const std::string &name) const {
  const std::lock_guard lock(mutex_);
  const auto found = asked_.find(name);
  return found == asked_.end() ? 0 : found->second;
}

void NameServer::run() {
  for (;;) {
    pollfd entries[] = {{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    ::poll(entries, 2, -1);
    if (entries[1].revents != 0) return;
    char bytes[1500];
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    const ssize_t count =
        ::recvfrom(socket_.get(), bytes, sizeof bytes, 0, reinterpret_cast<sockaddr *>(&peer), &length);
    if (count <= static_cast<ssize_t>(header_size)) continue;
    const std::string reply = answer(std::string(bytes, static_cast<std::size_t>(count)));
    if (!reply.empty()) {
      ::sendto(socket_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr *>(&peer), length);
    }
  }
}

std::string NameServer::answer(const std::string &question) {
  std::string name;
  std::size_t position = header_size;
  while (position < question.size() && question[position] != 0) {
    const auto size = static_cast<unsigned char>(question[position]);
    name += (name.empty() ? "" : ".") + question.substr(position + 1, size);
    position += 1 + size;
  }
  if (position + 5 > question.size()) return "";
  const unsigned type = static_cast<unsigned char>(question[position + 2]);

  const std::lock_guard lock(mutex_);
  if (type == type_srv) ++asked_[name];
  if (silent_) return "";
  std::string records;
  unsigned count = 0;
  bool exists = true;
  if (type == type_a) {
    const auto found = addresses_.find(name);
    for (const std::string &text : found == addresses_.end() ? std::vector<std::string>{"127.0.0.1"} : found->second) {
      in_addr address{};
      ::inet_pton(AF_INET, text.c_str(), &address);
      records += record(type_a, believed_, std::string(reinterpret_cast<const char *>(&address), sizeof address));
      ++count;
    }
  } else if (type == type_srv) {
    const auto found = records_.find(name);
    exists = found != records_.end();
    for (const Record &each : exists ? found->second : std::vector<Record>{}) {
      records +=
          record(type_srv, believed_, number(each.priority) + number(1) + number(each.port) + encoded(each.host));
      ++count;
    }
  }
  return question.substr(0, 2) + number(exists ? 0x8180 : 0x8183) + number(1) + number(count) + number(0) + number(0) +
         question.substr(header_size, position + 5 - header_size) + records;
}

}  // namespace harness
