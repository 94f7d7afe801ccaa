#include "harness/oracle.h"

#include <stdexcept>

#include "harness/http.h"

namespace harness {

namespace {

std::string body_of(const std::optional<HttpAnswer> &answer, const std::string &path) {
  if (!answer) throw std::runtime_error("oracle: " + path + ": no answer");
  if (answer->status != 200) throw std::runtime_error("oracle: " + path + ": " + answer->body);
  return answer->body;
}

}  // namespace

std::string Oracle::post(const std::string &path, const std::string &body) const {
  return body_of(http_post(port_, path, body), path);
}

std::string Oracle::ask(const std::string &path, const std::string &body) const {
  std::optional<HttpAnswer> answer;
  eventually([&] {
    answer = http_post(port_, path, body);
    return !answer || answer->status != 503;
  });
  return body_of(answer, path);
}

std::int64_t Oracle::revision() const {
  return json_number(ask("/v3/kv/range", key_request("oracle")), "revision");
}

std::optional<KeyValue> Oracle::get(std::string_view key) const {
  const std::string answer = ask("/v3/kv/range", key_request(key));
  const std::size_t pairs = answer.find("\"kvs\":");
  if (pairs == std::string::npos) return std::nullopt;
  return key_value(std::string_view(answer).substr(pairs));
}

std::optional<std::string> Oracle::value(std::string_view key) const {
  const std::optional<KeyValue> pair = get(key);
  return pair ? std::optional(pair->value) : std::nullopt;
}

std::int64_t Oracle::put(std::string_view key, std::string_view value, std::int64_t lease) const {
  return json_number(post("/v3/kv/put", put_request(key, value, lease)), "revision");
}

std::int64_t Oracle::erase(std::string_view key) const {
  return json_number(post("/v3/kv/deleterange", key_request(key)), "revision");
}

std::int64_t Oracle::put_all(const std::vector<std::pair<std::string, std::string>> &pairs) const {
  std::string operations;
  for (const auto &[key, value] : pairs) {
    operations += (operations.empty() ? "" : ",") + ("{\"requestPut\":" + put_request(key, value) + "}");
  }
  return json_number(post("/v3/kv/txn", "{\"success\":[" + operations + "]}"), "revision");
}

void Oracle::compact(std::int64_t revision) const {
  post("/v3/kv/compaction", "{\"revision\":" + std::to_string(revision) + "}");
}

std::int64_t Oracle::grant_lease(int ttl_seconds) const {
  return json_number(post("/v3/lease/grant", "{\"TTL\":" + std::to_string(ttl_seconds) + "}"), "ID");
}

void Oracle::revoke_lease(std::int64_t lease) const {
  post("/v3/lease/revoke", "{\"ID\":" + std::to_string(lease) + "}");
}

bool Oracle::lease_lives(std::int64_t lease) const {
  return json_number(ask("/v3/lease/timetolive", "{\"ID\":" + std::to_string(lease) + "}"), "TTL") > 0;
}

}  // namespace harness
