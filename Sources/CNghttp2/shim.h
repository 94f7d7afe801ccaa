/* nghttp2: HTTP/2 as plain bytes in and out. Nothing newer than 1.52.
 *
 * Later versions call what works with ssize_t deprecated, but in their comments only: up to 1.70 no compiler complains,
 * and it is there unless NGHTTP2_NO_SSIZE_T is defined. */
#ifndef CNGHTTP2_SHIM_H
#define CNGHTTP2_SHIM_H

#include <nghttp2/nghttp2.h>

/* A frame is a union, of which Swift would copy the whole to look at a part. */

static inline uint8_t cnghttp2_type(const nghttp2_frame *frame) {
  return frame->hd.type;
}

static inline uint8_t cnghttp2_flags(const nghttp2_frame *frame) {
  return frame->hd.flags;
}

static inline size_t cnghttp2_length(const nghttp2_frame *frame) {
  return frame->hd.length;
}

static inline int32_t cnghttp2_stream(const nghttp2_frame *frame) {
  return frame->hd.stream_id;
}

/* Whether a frame of headers may be an answer's first. Anything else is a later block of it. */
static inline int cnghttp2_is_first_block(const nghttp2_frame *frame) {
  return frame->headers.cat == NGHTTP2_HCAT_RESPONSE;
}

static inline uint32_t cnghttp2_goaway_reason(const nghttp2_frame *frame) {
  return frame->goaway.error_code;
}

#endif
