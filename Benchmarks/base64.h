#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// Base64 as good as there is, so that those who are compared lose nothing by it: 32 letters at once where the machine
/// can (Muła and Lemire, "Faster Base64 Encoding and Decoding using AVX2 Instructions"), by tables where not.
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

#if defined(__x86_64__)
/// Decodes as many letters as it can at once, and says how many. Writes up to 8 bytes too many.
__attribute__((target("avx2"))) inline std::size_t decode_wide(const char *text, std::size_t size, char *out) {
  const __m256i low =
      _mm256_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A,
                       0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A);
  const __m256i high =
      _mm256_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
                       0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
  const __m256i roll = _mm256_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 19, 4, -65,
                                        -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i order = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6, 5, 4, 10,
                                         9, 8, 14, 13, 12, -1, -1, -1, -1);
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, -1, -1);
  const __m256i slash = _mm256_set1_epi8(0x2f);
  std::size_t taken = 0;
  while (size - taken >= 45) {
    __m256i letters = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(text + taken));
    const __m256i high_half = _mm256_and_si256(_mm256_srli_epi32(letters, 4), slash);
    const __m256i low_half = _mm256_and_si256(letters, slash);
    if (_mm256_testz_si256(_mm256_shuffle_epi8(low, low_half), _mm256_shuffle_epi8(high, high_half)) == 0) break;
    const __m256i is_slash = _mm256_cmpeq_epi8(letters, slash);
    letters = _mm256_add_epi8(letters, _mm256_shuffle_epi8(roll, _mm256_add_epi8(is_slash, high_half)));
    letters = _mm256_maddubs_epi16(letters, _mm256_set1_epi32(0x01400140));
    letters = _mm256_madd_epi16(letters, _mm256_set1_epi32(0x00011000));
    letters = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(letters, order), lanes);
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(out), letters);
    out += 24;
    taken += 32;
  }
  return taken;
}
#endif

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
#if defined(__x86_64__)
  static const bool is_wide = __builtin_cpu_supports("avx2") != 0;
  if (is_wide) {
    const std::size_t taken = decode_wide(at, size, out);
    at += taken;
    size -= taken;
    out += taken / 4 * 3;
  }
#endif
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
