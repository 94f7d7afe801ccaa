// The canned server's HTTP/2: calls, and Watch streams with any number of watches. Each message is a frame of its own,
// as etcd sends them.

#include <nghttp2/nghttp2.h>
#include <sys/socket.h>

#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <string_view>

#include "canned_connection.h"
#include "protobuf.h"

namespace {

/// One request and what is still to be said to it.
struct Stream {
  std::string path;
  /// What came of the request and was not looked at.
  std::string request;
  std::deque<std::string> owned;
  /// Messages, the first of which may have been sent in part.
  std::deque<std::string_view> waiting;
  std::size_t sent = 0;
  bool ends = false;
  std::string_view again;
  std::uint64_t watches = 0;

  void say(std::string message) {
    owned.push_back(std::move(message));
    waiting.push_back(owned.back());
  }
};

struct Connection {
  int socket;
  CannedShelf &shelf;
  nghttp2_session *session = nullptr;
  std::map<std::int32_t, Stream> streams = {};
};

nghttp2_nv header(std::string_view name, std::string_view value) {
  // The bytes are copied.
  return {const_cast<std::uint8_t *>(reinterpret_cast<const std::uint8_t *>(name.data())),
          const_cast<std::uint8_t *>(reinterpret_cast<const std::uint8_t *>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

ssize_t read_answer(nghttp2_session *session, std::int32_t id, std::uint8_t *buffer, std::size_t room,
                    std::uint32_t *flags, nghttp2_data_source *source, void *) {
  auto &stream = *static_cast<Stream *>(source->ptr);
  if (stream.waiting.empty()) {
    if (stream.again.empty()) return NGHTTP2_ERR_DEFERRED;
    stream.waiting.push_back(stream.again);
  }
  const std::string_view rest = stream.waiting.front().substr(stream.sent);
  const std::size_t size = std::min(room, rest.size());
  std::memcpy(buffer, rest.data(), size);
  stream.sent += size;
  if (size == rest.size()) {
    stream.waiting.pop_front();
    stream.sent = 0;
    if (stream.ends && stream.waiting.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const nghttp2_nv trailer = header("grpc-status", "0");
      nghttp2_submit_trailer(session, id, &trailer, 1);
    }
  }
  return static_cast<ssize_t>(size);
}

void begin_answer(Connection &connection, std::int32_t id, Stream &stream) {
  const nghttp2_nv headers[] = {header(":status", "200"), header("content-type", "application/grpc")};
  nghttp2_data_provider provider{};
  provider.source.ptr = &stream;
  provider.read_callback = read_answer;
  nghttp2_submit_response(connection.session, id, headers, 2, &provider);
}

void refuse(Connection &connection, std::int32_t id) {
  const nghttp2_nv headers[] = {header(":status", "200"), header("content-type", "application/grpc"),
                                header("grpc-status", "12"), header("grpc-message", "unknown method")};
  nghttp2_submit_response(connection.session, id, headers, 4, nullptr);
}

/// A message of a watch with this id. A field may stand anywhere.
std::string with_watch_id(std::string_view message, std::uint64_t id) {
  std::string out;
  protobuf::number(out, 2, id);
  out += message;
  return protobuf::framed(out);
}

void answer_watch_request(Connection &connection, Stream &stream, std::string_view message) {
  const answers::Stock &stock = connection.shelf.shelf.grpc;
  for (protobuf::Reader request(message); request.next();) {
    if (request.field == 1) {
      std::uint64_t id = 0;
      for (protobuf::Reader create(request.bytes); create.next();) {
        if (create.field == 7) id = create.value;
      }
      if (id == 0) id = stream.watches;
      ++stream.watches;
      stream.say(with_watch_id(answers::grpc_created(), id));
      for (const std::string &framed : stock.stream) {
        if (id == 0) {
          stream.waiting.push_back(framed);
        } else {
          stream.say(with_watch_id(std::string_view(framed).substr(5), id));
        }
      }
      if (stock.is_endless && !stream.waiting.empty()) stream.again = stream.waiting.back();
    } else if (request.field == 2) {
      std::uint64_t id = 0;
      for (protobuf::Reader cancel(request.bytes); cancel.next();) {
        if (cancel.field == 1) id = cancel.value;
      }
      std::string message = answers::grpc_nothing();
      protobuf::number(message, 4, 1);
      stream.say(with_watch_id(message, id));
    }
  }
}

/// Looks at the messages that have come, of a request that may be at its end.
void take_request(Connection &connection, std::int32_t id, bool ended) {
  Stream &stream = connection.streams[id];
  const bool is_watch = stream.path == "/etcdserverpb.Watch/Watch";
  const bool was_silent = stream.waiting.empty();
  while (is_watch && stream.request.size() >= 5) {
    const std::size_t size = protobuf::framed_size(stream.request.data());
    if (stream.request.size() < 5 + size) break;
    const std::string message = stream.request.substr(5, size);
    stream.request.erase(0, 5 + size);
    answer_watch_request(connection, stream, message);
  }
  if (is_watch && was_silent && !stream.waiting.empty()) {
    // Before the first message the answer has not begun, and this fails.
    nghttp2_session_resume_data(connection.session, id);
  }
  if (is_watch || !ended) return;
  static const std::string nothing = protobuf::framed(answers::grpc_nothing());
  stream.ends = true;
  if (stream.path == "/etcdserverpb.KV/Range") {
    stream.waiting.push_back(connection.shelf.page(connection.shelf.shelf.grpc, nothing));
  } else if (stream.path == "/etcdserverpb.KV/Put") {
    stream.waiting.push_back(nothing);
  } else if (stream.path == "/etcdserverpb.Maintenance/Status") {
    std::string message = answers::grpc_nothing();
    protobuf::bytes(message, 2, "3.5.1");
    stream.say(protobuf::framed(message));
  } else {
    return refuse(connection, id);
  }
  begin_answer(connection, id, stream);
}

int on_header(nghttp2_session *, const nghttp2_frame *frame, const std::uint8_t *name, std::size_t name_size,
              const std::uint8_t *value, std::size_t value_size, std::uint8_t, void *user) {
  if (std::string_view(reinterpret_cast<const char *>(name), name_size) == ":path") {
    static_cast<Connection *>(user)->streams[frame->hd.stream_id].path.assign(reinterpret_cast<const char *>(value),
                                                                              value_size);
  }
  return 0;
}

int on_data(nghttp2_session *, std::uint8_t, std::int32_t id, const std::uint8_t *bytes, std::size_t size, void *user) {
  static_cast<Connection *>(user)->streams[id].request.append(reinterpret_cast<const char *>(bytes), size);
  return 0;
}

int on_frame(nghttp2_session *, const nghttp2_frame *frame, void *user) {
  auto &connection = *static_cast<Connection *>(user);
  const std::int32_t id = frame->hd.stream_id;
  const bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (frame->hd.type == NGHTTP2_HEADERS && connection.streams[id].path == "/etcdserverpb.Watch/Watch") {
    begin_answer(connection, id, connection.streams[id]);
  }
  if (frame->hd.type == NGHTTP2_DATA || (frame->hd.type == NGHTTP2_HEADERS && ended)) {
    take_request(connection, id, ended);
  }
  return 0;
}

int on_close(nghttp2_session *, std::int32_t id, std::uint32_t, void *user) {
  static_cast<Connection *>(user)->streams.erase(id);
  return 0;
}

/// Sends what there is to be sent. As many frames as fit go into one call: the client, not the server, is to be the
/// slower one.
bool flush(Connection &connection) {
  std::string out;
  while (true) {
    const std::uint8_t *bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(connection.session, &bytes);
    if (size < 0) return false;
    if (size > 0) out.append(reinterpret_cast<const char *>(bytes), static_cast<std::size_t>(size));
    if (size > 0 && out.size() < 1U << 18) continue;
    if (!send_all(connection.socket, out)) return false;
    out.clear();
    if (size == 0) return true;
  }
}

bool take(Connection &connection, const std::uint8_t *bytes, std::size_t size) {
  return nghttp2_session_mem_recv(connection.session, bytes, size) == static_cast<ssize_t>(size) && flush(connection);
}

}  // namespace

void serve_grpc(int socket, CannedShelf &shelf, const std::string &read) {
  Connection connection{socket, shelf};
  nghttp2_session_callbacks *callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
  nghttp2_session_server_new(&connection.session, callbacks, &connection);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_submit_settings(connection.session, NGHTTP2_FLAG_NONE, nullptr, 0);
  if (take(connection, reinterpret_cast<const std::uint8_t *>(read.data()), read.size())) {
    std::uint8_t piece[16384];
    ssize_t count = 0;
    while ((count = recv(socket, piece, sizeof piece, 0)) > 0) {
      if (!take(connection, piece, static_cast<std::size_t>(count))) break;
    }
  }
  nghttp2_session_del(connection.session);
}
