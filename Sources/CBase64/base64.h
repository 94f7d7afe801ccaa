/* What Swift cannot say: functions for processors that not everybody has, chosen when they run. */
#ifndef ETCDCLI_CBASE64_H
#define ETCDCLI_CBASE64_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Decodes base64 (RFC 4648, section 4) from the beginning of `text`, as many whole groups of four characters as come
 * before the first character that is not in the alphabet, or fewer. Returns how many characters that were; each four
 * have written three bytes to `output`, which has so much `room` and may be where `text` is. */

#if defined(__x86_64__)
#include <immintrin.h>

/* 32 characters at a time, after W. Mula and D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2 Instructions",
 * ACM Transactions on the Web 12 (2018), section 3. That the four bits on either side of a character are in the
 * alphabet together is one AND of what two tables have for them; a third has what is to be added to get its value. */
__attribute__((target("avx2"))) static inline size_t cbase64_decode_avx2(const uint8_t *text, size_t size,
                                                                         uint8_t *output, size_t room) {
  /* Of each low half, a bit for each set of high halves that it must not meet. */
  const __m256i by_low =
      _mm256_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A,
                       0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A);
  const __m256i by_high =
      _mm256_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
                       0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
  /* By high half, and the slash, which has the place before its own. */
  const __m256i to_value = _mm256_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 19, 4, -65,
                                            -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i together = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6, 5, 4,
                                            10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
  const __m256i slash = _mm256_set1_epi8(0x2F);
  size_t read = 0, written = 0;
  while (size - read >= 32 && room - written >= 32) {
    const __m256i characters = _mm256_loadu_si256((const __m256i *)(text + read));
    /* The mask lets through a fifth bit, which the tables do not look at. */
    const __m256i high = _mm256_and_si256(_mm256_srli_epi32(characters, 4), slash);
    const __m256i low = _mm256_and_si256(characters, slash);
    const __m256i clash = _mm256_and_si256(_mm256_shuffle_epi8(by_low, low), _mm256_shuffle_epi8(by_high, high));
    const unsigned good = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(clash, _mm256_setzero_si256()));
    const __m256i roll = _mm256_shuffle_epi8(to_value, _mm256_add_epi8(_mm256_cmpeq_epi8(characters, slash), high));
    const __m256i values = _mm256_add_epi8(characters, roll);
    /* Six bits and six make twelve, twelve and twelve make the three bytes of a group, which then move together. */
    const __m256i twelve = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    const __m256i groups = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x00011000));
    const __m256i bytes =
        _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(groups, together), _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
    if (good != 0xFFFFFFFF) {
      /* What comes after the last group may be what is read next, if `output` is `text`. */
      const size_t count = (size_t)__builtin_ctz(~good) / 4;
      uint8_t last[32];
      _mm256_storeu_si256((__m256i *)last, bytes);
      memcpy(output + written, last, 3 * count);
      return read + 4 * count;
    }
    /* Of the 32 bytes that are stored, the last eight have no meaning, and are where was read. */
    _mm256_storeu_si256((__m256i *)(output + written), bytes);
    read += 32;
    written += 24;
  }
  return read;
}
#endif

static inline size_t cbase64_decode(const uint8_t *text, size_t size, uint8_t *output, size_t room) {
#if defined(__x86_64__)
  if (size >= 32 && __builtin_cpu_supports("avx2")) return cbase64_decode_avx2(text, size, output, room);
#endif
  (void)text, (void)size, (void)output, (void)room;
  return 0;
}

#endif
