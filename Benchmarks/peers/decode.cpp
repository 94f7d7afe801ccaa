// Decoding alone: `decode rapidjson|simdjson|protobuf FILE SECONDS` reads a file of `canned` again and again, for so
// long, and `decode check FILE` makes sure that base64 is read as it is written.

#include <cstring>
#include <fstream>
#include <iterator>

#include "../peer.h"
#include "../protobuf.h"
#include "documents.h"

namespace {

std::string contents(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.empty()) throw std::runtime_error("there is nothing in " + path);
  return bytes;
}

/// Each document that is in there, by `read`, which is told where it is, its size, and how much may be read.
template <typename Read>
Told lines(const std::string &bytes, Read read) {
  Told all;
  const char *const end = bytes.data() + bytes.size();
  for (const char *at = bytes.data(); at != end;) {
    const auto *newline = static_cast<const char *>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    if (newline == nullptr) break;
    const Told told =
        read(at, static_cast<std::size_t>(newline - at), bytes.capacity() - std::size_t(at - bytes.data()));
    all.events += told.events;
    all.value_bytes += told.value_bytes;
    all.sum += told.sum;
    at = newline + 1;
  }
  return all;
}

Told messages(const std::string &bytes) {
  Told all;
  for (std::string_view rest = bytes; rest.size() >= 5;) {
    const std::size_t size = protobuf::framed_size(rest.data());
    const protobuf::Watched watched = protobuf::read_watch_response(rest.substr(5, size));
    all.events += watched.events;
    all.value_bytes += watched.value_bytes;
    all.sum += watched.sum;
    rest.remove_prefix(5 + size);
  }
  return all;
}

void check_base64() {
  std::string bytes;
  for (int size = 0; size < 300; ++size) {
    const std::string text = base64::encode(bytes);
    std::string decoded(base64::room(text.size()), '\0');
    const std::ptrdiff_t count = base64::decode(text, decoded.data());
    if (count != size || decoded.compare(0, std::size_t(size), bytes) != 0) throw std::runtime_error("wrong base64");
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::string bad = text;
      bad[i] = i % 2 == 0 ? '-' : '\xff';
      if (base64::decode(bad, decoded.data()) >= 0) throw std::runtime_error("what is no base64 is taken for it");
    }
    bytes += static_cast<char>(size * 37 + size / 7);
  }
}

void run(Arguments arguments) {
  if (arguments.size() == 1 && arguments[0] == "check") return check_base64();
  if (arguments.size() != 3) {
    throw std::runtime_error("usage: decode rapidjson|simdjson|protobuf FILE SECONDS | decode check");
  }
  const std::string &way = arguments[0];
  std::string bytes = contents(arguments[1]);
  bytes.reserve(bytes.size() + Documents::padding);
  const double length = std::stod(arguments[2]);
  Documents documents;
  const auto once = [&] {
    if (way == "simdjson") {
      return lines(bytes,
                   [&](auto json, auto size, auto capacity) { return documents.simdjson(json, size, capacity); });
    }
    if (way == "rapidjson") {
      return lines(bytes, [&](auto json, auto size, auto) { return documents.rapidjson(json, size); });
    }
    if (way == "protobuf") return messages(bytes);
    throw std::runtime_error("there is no way " + way);
  };
  const Told first = once();
  if (first.events == 0 || first.value_bytes == 0) throw std::runtime_error("there are no events");
  const measure::Span span;
  std::uint64_t events = 0;
  double laps = 0;
  while (span.cpu() < length) {
    const Told told = once();
    if (told.sum != first.sum || told.value_bytes != first.value_bytes) throw std::runtime_error("it differs");
    events += told.events;
    ++laps;
  }
  const double cpu = span.cpu();
  measure::print({{"cpu_us", 1e6 * cpu / static_cast<double>(events)},
                  {"megabytes_per_second", 1e-6 * laps * static_cast<double>(bytes.size()) / cpu}});
}

}  // namespace

int main(int argc, char **argv) {
  return run_main("decode", run, argc, argv);
}
