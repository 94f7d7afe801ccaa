#include "answers.h"

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "base64.h"
#include "protobuf.h"

namespace answers {
namespace {

constexpr std::uint64_t cluster = 10144879847569953045U;
constexpr std::uint64_t member = 12428976124636271536U;
constexpr std::uint64_t store_revision = 1U << 30;
constexpr std::uint64_t lease = 7587871234567890123U;

std::string number(std::uint64_t value) {
  return "\"" + std::to_string(value) + "\"";
}

/// Bytes of all kinds.
std::string noise(std::uint64_t seed, std::size_t size) {
  std::string value;
  while (value.size() < size) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    value += static_cast<char>(seed >> 56);
  }
  return value;
}

std::string key(std::uint64_t index, std::size_t size) {
  const std::string digits = std::to_string(index);
  const std::string prefix = "/services/";
  return prefix + std::string(size - prefix.size() - digits.size(), '0') + digits;
}

std::string value(const Load &load, std::uint64_t index) {
  if (load.what == Load::services) return R"({"weight":)" + std::to_string(index % 3 + 1) + "}";
  return noise(index, load.value_size);
}

std::string json_kv(std::uint64_t index, const std::string &key, const std::string &value) {
  const std::string revision = number(index + 2);
  return R"({"key":")" + base64::encode(key) + R"(","create_revision":)" + revision + R"(,"mod_revision":)" + revision +
         R"(,"version":"1","value":")" + base64::encode(value) + R"(","lease":)" + number(lease) + "}";
}

std::string grpc_kv(std::uint64_t index, const std::string &key, const std::string &value) {
  std::string kv;
  protobuf::bytes(kv, 1, key);
  protobuf::number(kv, 2, index + 2);
  protobuf::number(kv, 3, index + 2);
  protobuf::number(kv, 4, 1);
  protobuf::bytes(kv, 5, value);
  protobuf::number(kv, 6, lease);
  return kv;
}

/// The items `first ..< end` of a load, as the gateway has them.
std::string json_items(const Load &load, std::uint64_t first, std::uint64_t end) {
  std::string items;
  for (std::uint64_t i = first; i < end; ++i) {
    if (!items.empty()) items += ',';
    const std::string kv = json_kv(i, key(i, load.key_size), value(load, i));
    items += load.what == Load::watch ? R"({"kv":)" + kv + "}" : kv;
  }
  return items;
}

Stock json_stock(const Load &load) {
  Stock stock;
  for (std::uint64_t first = 0; first < load.count; first += load.per_document) {
    const std::uint64_t end = std::min(first + load.per_document, load.count);
    const std::string items = json_items(load, first, end);
    if (load.what == Load::watch) {
      stock.stream.push_back(R"({"result":{)" + header() + R"(,"events":[)" + items + "]}}\n");
    } else {
      stock.pages.push_back("{" + header() + R"(,"kvs":[)" + items +
                            (end < load.count ? R"(],"more":true,"count":)" : R"(],"count":)") +
                            number(load.count - first) + "}");
    }
  }
  return stock;
}

Stock grpc_stock(const Load &load) {
  Stock stock;
  for (std::uint64_t first = 0; first < load.count; first += load.per_document) {
    const std::uint64_t end = std::min(first + load.per_document, load.count);
    std::string message;
    protobuf::bytes(message, 1, grpc_header());
    for (std::uint64_t i = first; i < end; ++i) {
      const std::string kv = grpc_kv(i, key(i, load.key_size), value(load, i));
      std::string event;
      protobuf::bytes(event, 2, kv);
      if (load.what == Load::watch) protobuf::bytes(message, 11, event);
      if (load.what != Load::watch) protobuf::bytes(message, 2, kv);
    }
    if (load.what != Load::watch) {
      protobuf::number(message, 3, end < load.count ? 1 : 0);
      protobuf::number(message, 4, load.count - first);
    }
    (load.what == Load::watch ? stock.stream : stock.pages).push_back(protobuf::framed(message));
  }
  return stock;
}

}  // namespace

const std::vector<Load> &loads() {
  static const std::vector<Load> all = {
      // name, what, count, per document, key, value
      {"watch-64", Load::watch, 200000, 64, 32, 64},       {"watch-1", Load::watch, 100000, 1, 32, 64},
      {"watch-64-4k", Load::watch, 40000, 64, 32, 4096},   {"watch-1-4k", Load::watch, 20000, 1, 32, 4096},
      {"snapshot", Load::snapshot, 100000, 1000, 32, 150}, {"index", Load::snapshot, 1000, 1000, 32, 64},
      {"decode-64", Load::watch, 19200, 64, 32, 64},       {"decode-64-4k", Load::watch, 1920, 64, 32, 4096},
      {"million", Load::snapshot, 1000000, 1000, 24, 10},  {"services", Load::services, 20, 20, 32, 0},
  };
  return all;
}

const Load &load(const std::string &name) {
  std::string names;
  for (const Load &load : loads()) {
    if (name == load.name) return load;
    names += std::string(" ") + load.name;
  }
  throw std::runtime_error("there is no load \"" + name + "\", but" + names);
}

std::uint64_t Stock::bytes() const {
  std::uint64_t bytes = 0;
  for (const std::vector<std::string> &documents : {std::cref(pages), std::cref(stream)}) {
    for (const std::string &document : documents) bytes += document.size();
  }
  return bytes;
}

Shelf shelf(const Load &load, Wire wire) {
  Shelf shelf;
  if (wire == Wire::json) shelf.json = json_stock(load);
  if (wire == Wire::grpc) shelf.grpc = grpc_stock(load);
  return shelf;
}

Shelf one_key() {
  Shelf shelf;
  shelf.json.every_page = "{" + header() + ",\"kvs\":[" + key_value(1, 32, 64) + "],\"count\":\"1\"}";
  std::string message;
  protobuf::bytes(message, 1, grpc_header());
  protobuf::bytes(message, 2, grpc_kv(1, key(1, 32), noise(1, 64)));
  protobuf::number(message, 4, 1);
  shelf.grpc.every_page = protobuf::framed(message);
  return shelf;
}

std::string header() {
  return R"("header":{"cluster_id":)" + number(cluster) + R"(,"member_id":)" + number(member) + R"(,"revision":)" +
         number(store_revision) + R"(,"raft_term":"2"})";
}

std::string key_value(std::uint64_t index, std::size_t key_size, std::size_t value_size) {
  return json_kv(index, key(index, key_size), noise(index, value_size));
}

std::string created() {
  return R"({"result":{)" + header() + R"(,"created":true}})" + "\n";
}

std::string nothing() {
  return "{" + header() + "}";
}

std::string grpc_header() {
  std::string header;
  protobuf::number(header, 1, cluster);
  protobuf::number(header, 2, member);
  protobuf::number(header, 3, store_revision);
  protobuf::number(header, 4, 2);
  return header;
}

std::string grpc_created() {
  std::string message;
  protobuf::bytes(message, 1, grpc_header());
  protobuf::number(message, 3, 1);
  return message;
}

std::string grpc_nothing() {
  std::string message;
  protobuf::bytes(message, 1, grpc_header());
  return message;
}

}  // namespace answers
