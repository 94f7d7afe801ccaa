#include "answers.h"

#include <algorithm>
#include <functional>

namespace answers {
namespace {

std::string base64(const std::string &bytes) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += i + k > bytes.size() ? '=' : alphabet[group >> (18 - 6 * k) & 63];
    }
  }
  return text;
}

std::string number(std::uint64_t value) {
  return "\"" + std::to_string(value) + "\"";
}

/// Bytes of all kinds.
std::string value(std::uint64_t seed, std::size_t size) {
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

}  // namespace

std::uint64_t Stock::bytes() const {
  std::uint64_t bytes = 0;
  for (const std::vector<std::string> &documents : {std::cref(pages), std::cref(stream)}) {
    for (const std::string &document : documents) bytes += document.size();
  }
  return bytes;
}

std::string header() {
  return R"("header":{"cluster_id":"10144879847569953045","member_id":"12428976124636271536","revision":)" +
         number(1U << 30) + R"(,"raft_term":"2"})";
}

std::string key_value(std::uint64_t index, std::size_t key_size, std::size_t value_size) {
  const std::string revision = number(index + 2);
  return R"({"key":")" + base64(key(index, key_size)) + R"(","create_revision":)" + revision + R"(,"mod_revision":)" +
         revision + R"(,"version":"1","value":")" + base64(value(index, value_size)) +
         R"(","lease":"7587871234567890123"})";
}

Stock stock(const Load &load) {
  Stock stock;
  for (std::uint64_t first = 0; first < load.count; first += load.per_document) {
    const std::uint64_t end = std::min(first + load.per_document, load.count);
    std::string items;
    for (std::uint64_t i = first; i < end; ++i) {
      if (!items.empty()) items += ',';
      const std::string kv = key_value(i, load.key_size, load.value_size);
      items += load.snapshot ? kv : R"({"kv":)" + kv + "}";
    }
    if (load.snapshot) {
      stock.pages.push_back("{" + header() + R"(,"kvs":[)" + items +
                            (end < load.count ? R"(],"more":true,"count":)" : R"(],"count":)") +
                            number(load.count - first) + "}");
    } else {
      stock.stream.push_back(R"({"result":{)" + header() + R"(,"events":[)" + items + "]}}\n");
    }
  }
  return stock;
}

std::string created() {
  return R"({"result":{)" + header() + R"(,"created":true}})" + "\n";
}

std::string nothing() {
  return "{" + header() + "}";
}

}  // namespace answers
