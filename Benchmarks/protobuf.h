#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

/// As much of protobuf as etcd's messages need, by hand.
namespace protobuf {

inline void varint(std::string &out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

/// A number; 0 is left out.
inline void number(std::string &out, unsigned field, std::uint64_t value) {
  if (value == 0) return;
  varint(out, field << 3);
  varint(out, value);
}

/// Bytes, or a message.
inline void bytes(std::string &out, unsigned field, std::string_view value) {
  varint(out, field << 3 | 2);
  varint(out, value.size());
  out += value;
}

/// A message as gRPC sends it: whether it is compressed, its size, and it.
inline std::string framed(std::string_view message) {
  std::string out(5, '\0');
  for (int i = 0; i < 4; ++i) out[1 + i] = static_cast<char>(message.size() >> (24 - 8 * i));
  out += message;
  return out;
}

/// The size of the message of which these are the first five bytes.
inline std::size_t framed_size(const char *bytes) {
  std::size_t size = 0;
  for (int i = 1; i < 5; ++i) size = size << 8 | static_cast<unsigned char>(bytes[i]);
  return size;
}

/// Walks over the fields of a message.
class Reader {
 public:
  explicit Reader(std::string_view message) : at_(message.data()), end_(message.data() + message.size()) {}

  /// Goes to the next field, if there is one.
  bool next() {
    if (at_ == end_) return false;
    const std::uint64_t tag = take();
    field = static_cast<unsigned>(tag >> 3);
    value = 0;
    bytes = {};
    switch (tag & 7) {
      case 0:
        value = take();
        return true;
      case 2: {
        const std::uint64_t size = take();
        if (size > static_cast<std::uint64_t>(end_ - at_)) throw std::runtime_error("a message is cut off");
        bytes = {at_, static_cast<std::size_t>(size)};
        at_ += size;
        return true;
      }
      default:
        throw std::runtime_error("a field of an unknown type");
    }
  }

  unsigned field = 0;
  std::uint64_t value = 0;
  std::string_view bytes;

 private:
  std::uint64_t take() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; at_ != end_ && shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw std::runtime_error("a number is cut off");
  }

  const char *at_;
  const char *end_;
};

/// What a WatchResponse tells.
struct Watched {
  bool created = false;
  std::uint64_t events = 0;
  std::uint64_t value_bytes = 0;
  /// Something that is of the last value, so that nobody passes over it.
  std::uint64_t sum = 0;
};

inline Watched read_watch_response(std::string_view message) {
  Watched watched;
  for (Reader response(message); response.next();) {
    if (response.field == 3) watched.created = response.value != 0;
    if (response.field == 4 && response.value != 0) throw std::runtime_error("a watch was cancelled");
    if (response.field != 11) continue;
    ++watched.events;
    for (Reader event(response.bytes); event.next();) {
      if (event.field != 2) continue;
      for (Reader kv(event.bytes); kv.next();) {
        if (kv.field == 5) watched.value_bytes += kv.bytes.size();
        watched.sum += kv.value;
      }
    }
  }
  return watched;
}

}  // namespace protobuf
