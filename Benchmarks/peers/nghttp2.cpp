// A bare nghttp2 loop that speaks gRPC with etcd: one connection, a stream for each call and each watch. It is as
// little as can be done: no deadline, no error but that it ends, nothing tried twice.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "../peer.h"
#include "../protobuf.h"

namespace {

constexpr std::int32_t window = 1 << 20;

struct Stream {
  bool is_watch;
  Operation operation;
  std::string request;
  std::size_t sent = 0;
  std::string answer = {};
  bool ok = false;
};

class NgHTTP2 : public Peer {
 public:
  explicit NgHTTP2(const std::string &url) {
    const std::size_t colon = url.rfind(':');
    authority_ = url.substr(url.find("//") + 2);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1))));
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(socket_, reinterpret_cast<sockaddr *>(&address), sizeof address) < 0) {
      throw std::runtime_error("cannot connect");
    }
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(socket_, F_SETFL, O_NONBLOCK);
    nghttp2_session_callbacks *callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window},
                                               {NGHTTP2_SETTINGS_ENABLE_PUSH, 0}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, 2);
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, window);
  }

  void begin(Operation operation) override {
    std::string message;
    protobuf::bytes(message, 1, peer_key);
    if (operation == Operation::put) protobuf::bytes(message, 2, std::string(value_size, 'v'));
    start(operation == Operation::put ? "/etcdserverpb.KV/Put" : "/etcdserverpb.KV/Range",
          new Stream{false, operation, protobuf::framed(message)});
  }

  void watch(const std::string &prefix, std::int64_t revision) override {
    std::string end = prefix;
    ++end.back();
    std::string create;
    protobuf::bytes(create, 1, prefix);
    protobuf::bytes(create, 2, end);
    protobuf::number(create, 3, static_cast<std::uint64_t>(revision));
    std::string message;
    protobuf::bytes(message, 1, create);
    start("/etcdserverpb.Watch/Watch", new Stream{true, Operation::range, protobuf::framed(message)});
  }

  void turn() override {
    send();
    pollfd ready{socket_, static_cast<short>(POLLIN | (out_.empty() ? 0 : POLLOUT)), 0};
    poll(&ready, 1, 10000);
    if ((ready.revents & POLLIN) == 0) return;
    const ssize_t size = recv(socket_, buffer_, sizeof buffer_, 0);
    if (size == 0 || (size < 0 && errno != EAGAIN)) throw std::runtime_error("the connection has ended");
    if (size > 0 &&
        nghttp2_session_mem_recv(session_, buffer_, static_cast<std::size_t>(size)) != static_cast<ssize_t>(size)) {
      throw std::runtime_error("that is no HTTP/2");
    }
    if (failed_) throw std::runtime_error("a stream failed");
    // What was taken in is acknowledged at once.
    send();
  }

 private:
  static nghttp2_nv header(std::string_view name, std::string_view value) {
    return {const_cast<std::uint8_t *>(reinterpret_cast<const std::uint8_t *>(name.data())),
            const_cast<std::uint8_t *>(reinterpret_cast<const std::uint8_t *>(value.data())), name.size(), value.size(),
            NGHTTP2_NV_FLAG_NONE};
  }

  void start(std::string_view path, Stream *stream) {
    const nghttp2_nv headers[] = {header(":method", "POST"), header(":scheme", "http"),
                                  header(":path", path),     header(":authority", authority_),
                                  header("te", "trailers"),  header("content-type", "application/grpc")};
    nghttp2_data_provider provider{};
    provider.source.ptr = stream;
    provider.read_callback = read_request;
    if (nghttp2_submit_request(session_, nullptr, headers, 6, &provider, stream) < 0) {
      throw std::runtime_error("no more streams");
    }
  }

  void send() {
    while (true) {
      const std::uint8_t *bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
      if (size < 0) throw std::runtime_error("nothing can be sent");
      if (size == 0) break;
      out_.append(reinterpret_cast<const char *>(bytes), static_cast<std::size_t>(size));
    }
    if (out_.empty()) return;
    const ssize_t sent = ::send(socket_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) throw std::runtime_error("the connection has ended");
    if (sent > 0) out_.erase(0, static_cast<std::size_t>(sent));
  }

  static ssize_t read_request(nghttp2_session *, std::int32_t, std::uint8_t *buffer, std::size_t room,
                              std::uint32_t *flags, nghttp2_data_source *source, void *) {
    auto &stream = *static_cast<Stream *>(source->ptr);
    const std::size_t size = std::min(room, stream.request.size() - stream.sent);
    std::memcpy(buffer, stream.request.data() + stream.sent, size);
    stream.sent += size;
    // A watch as well: etcd goes on with it.
    if (stream.sent == stream.request.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const std::uint8_t *name,
                       std::size_t name_size, const std::uint8_t *value, std::size_t value_size, std::uint8_t, void *) {
    if (name_size == 11 && std::memcmp(name, "grpc-status", 11) == 0) {
      auto *stream = static_cast<Stream *>(nghttp2_session_get_stream_user_data(session, frame->hd.stream_id));
      if (stream != nullptr) stream->ok = value_size == 1 && value[0] == '0';
    }
    return 0;
  }

  static int on_data(nghttp2_session *session, std::uint8_t, std::int32_t id, const std::uint8_t *bytes,
                     std::size_t size, void *user) {
    auto *stream = static_cast<Stream *>(nghttp2_session_get_stream_user_data(session, id));
    if (stream == nullptr) return 0;
    auto &self = *static_cast<NgHTTP2 *>(user);
    const auto *text = reinterpret_cast<const char *>(bytes);
    if (!stream->is_watch) {
      stream->answer.append(text, size);
      return 0;
    }
    // A message that came whole is read where it is.
    std::string_view rest(text, size);
    if (!stream->answer.empty()) {
      stream->answer.append(text, size);
      rest = stream->answer;
    }
    while (rest.size() >= 5) {
      const std::size_t message = protobuf::framed_size(rest.data());
      if (rest.size() < 5 + message) break;
      const protobuf::Watched watched = protobuf::read_watch_response(rest.substr(5, message));
      if (watched.created) ++self.live;
      self.events += watched.events;
      self.value_bytes += watched.value_bytes;
      rest.remove_prefix(5 + message);
    }
    if (stream->answer.empty()) {
      stream->answer.assign(rest);
    } else {
      stream->answer.erase(0, stream->answer.size() - rest.size());
    }
    return 0;
  }

  static int on_close(nghttp2_session *session, std::int32_t id, std::uint32_t, void *user) {
    auto &self = *static_cast<NgHTTP2 *>(user);
    auto *stream = static_cast<Stream *>(nghttp2_session_get_stream_user_data(session, id));
    if (stream == nullptr) return 0;
    if (!stream->ok || stream->is_watch || !is_answer(*stream)) {
      self.failed_ = true;
    } else {
      ++self.ended;
    }
    delete stream;
    return 0;
  }

  /// A range has found one key.
  static bool is_answer(const Stream &stream) {
    if (stream.answer.size() < 5) return false;
    std::size_t keys = 0;
    for (protobuf::Reader response(std::string_view(stream.answer).substr(5)); response.next();) {
      if (stream.operation == Operation::range && response.field == 2) ++keys;
    }
    return stream.operation == Operation::put || keys == 1;
  }

  int socket_ = -1;
  std::string authority_;
  nghttp2_session *session_ = nullptr;
  std::string out_;
  bool failed_ = false;
  std::uint8_t buffer_[1 << 16];
};

}  // namespace

std::unique_ptr<Peer> make_peer(const std::string &url, std::size_t) {
  return std::make_unique<NgHTTP2>(url);
}
