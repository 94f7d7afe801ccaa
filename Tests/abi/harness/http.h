#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace harness {

struct HttpAnswer {
  int status;
  std::string body;
};

/// One request over a connection of its own, by none of the library's code. None if nothing answered.
std::optional<HttpAnswer> http_get(std::uint16_t port, const std::string &path);
/// `headers`: more of them, each with its line's end.
std::optional<HttpAnswer> http_post(std::uint16_t port, const std::string &path, const std::string &body,
                                    const std::string &headers = "");

}  // namespace harness
