#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base64.h"

namespace harness {

/// The text of the first field of that name, "" if there is none. Enough for what etcd prints where it is asked here:
/// no white space but after commas, and no string that needs an escape.
inline std::string json_field(std::string_view document, std::string_view name) {
  const std::string label = "\"" + std::string(name) + "\":";
  const std::size_t found = document.find(label);
  if (found == std::string_view::npos) return "";
  std::string_view text = document.substr(found + label.size());
  text = text.substr(0, text.find_first_of(",}]"));
  if (!text.empty() && text.front() == '"') text = text.substr(1, text.size() - 2);
  return std::string(text);
}

inline std::int64_t json_number(std::string_view document, std::string_view name) {
  const std::string text = json_field(document, name);
  return text.empty() ? 0 : std::stoll(text);
}

/// Bytes as a JSON string in base64.
inline std::string json_bytes(std::string_view bytes) {
  return "\"" + to_base64(bytes) + "\"";
}

}  // namespace harness
