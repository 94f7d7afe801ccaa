#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/json.h"

// Keys, as etcd's gateway is asked for them and tells of them, by none of the library's code.

namespace harness {

/// A key as etcd holds it.
struct KeyValue {
  std::string key;
  std::string value;
  std::int64_t create_revision = 0;
  std::int64_t mod_revision = 0;
  std::int64_t version = 0;
  std::int64_t lease = 0;

  bool operator==(const KeyValue &other) const {
    return key == other.key && value == other.value && create_revision == other.create_revision &&
           mod_revision == other.mod_revision && version == other.version && lease == other.lease;
  }
};

/// The one that a text begins with: a field of an answer, or an element of a list.
inline KeyValue key_value(std::string_view text) {
  text = text.substr(0, text.find('}'));
  return {from_base64(json_field(text, "key")), from_base64(json_field(text, "value")),
          json_number(text, "create_revision"), json_number(text, "mod_revision"),
          json_number(text, "version"),         json_number(text, "lease")};
}

/// The body of a request for a key, or for those from it to `end`; `more` fields come after a comma.
inline std::string key_request(std::string_view key, std::string_view end = "", const std::string &more = "") {
  const std::string range_end = end.empty() ? "" : ",\"range_end\":" + json_bytes(end);
  return "{\"key\":" + json_bytes(key) + range_end + more + "}";
}

/// The body of a put.
inline std::string put_request(std::string_view key, std::string_view value, std::int64_t lease = 0) {
  return key_request(key, "", ",\"value\":" + json_bytes(value) + ",\"lease\":" + std::to_string(lease));
}

}  // namespace harness
