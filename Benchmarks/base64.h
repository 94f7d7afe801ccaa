#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../Sources/CBase64/base64.h"

/// Base64 as good as the library's, so that those who are compared lose nothing by it: 32 letters at once where the
/// machine can, by the very same function, and by tables where not.
namespace base64 {

/// Of a letter its six bits, at the place that it has in a group of four; what is no letter has a bit that none has.
struct Tables {
  std::uint32_t places[4][256];
  Tables() {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (auto &place : places) {
      for (auto &entry : place) entry = 1U << 31;
    }
    for (std::uint32_t i = 0; i < 64; ++i) {
      for (std::uint32_t k = 0; k < 4; ++k) places[k][static_cast<unsigned char>(alphabet[i])] = i << (18 - 6 * k);
    }
  }
};

inline const Tables tables;

/// How many bytes `size` letters are at most, and what is written beyond them.
constexpr std::size_t room(std::size_t size) {
  return size / 4 * 3 + 16;
}

/// Decodes to `out`, which has `room` for it, and returns how many bytes there are; -1: that is no base64.
inline std::ptrdiff_t decode(std::string_view text, char *out) {
  const char *const begin = out;
  const char *at = text.data();
  std::size_t size = text.size();
  if (size % 4 != 0) return -1;
  if (size == 0) return 0;
  // What ends in padding is left to the tables, and a group that does not is left for them to end with.
  const std::size_t taken = cbase64_decode(reinterpret_cast<const std::uint8_t *>(at), size - 4,
                                           reinterpret_cast<std::uint8_t *>(out), room(size));
  at += taken;
  size -= taken;
  out += taken / 4 * 3;
  const std::size_t padding = at[size - 1] != '=' ? 0 : at[size - 2] != '=' ? 1 : 2;
  const auto group = [&](const char *letters) {
    std::uint32_t bits = 0;
    for (int k = 0; k < 4; ++k) bits |= tables.places[k][static_cast<unsigned char>(letters[k])];
    return bits;
  };
  for (; size > 4 || (size == 4 && padding == 0); size -= 4, at += 4) {
    const std::uint32_t bits = group(at);
    if (bits >> 31 != 0) return -1;
    *out++ = static_cast<char>(bits >> 16);
    *out++ = static_cast<char>(bits >> 8);
    *out++ = static_cast<char>(bits);
  }
  if (size == 4) {
    const char last[4] = {at[0], at[1], padding == 2 ? 'A' : at[2], 'A'};
    const std::uint32_t bits = group(last);
    if (bits >> 31 != 0) return -1;
    *out++ = static_cast<char>(bits >> 16);
    if (padding == 1) *out++ = static_cast<char>(bits >> 8);
  }
  return out - begin;
}

inline std::string encode(std::string_view bytes) {
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

}  // namespace base64
