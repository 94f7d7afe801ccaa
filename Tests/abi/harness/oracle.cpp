#include "harness/oracle.h"

#include <stdexcept>

#include "harness/base64.h"
#include "harness/http.h"

namespace harness {

namespace {

/// The text of the first field of that name, "" if there is none. Enough for what etcd 3.4 and 3.5 print here: no
/// white space, and no string that needs an escape.
std::string field(std::string_view document, std::string_view name) {
  const std::string label = "\"" + std::string(name) + "\":";
  const std::size_t found = document.find(label);
  if (found == std::string_view::npos) return "";
  std::string_view text = document.substr(found + label.size());
  text = text.substr(0, text.find_first_of(",}]"));
  if (!text.empty() && text.front() == '"') text = text.substr(1, text.size() - 2);
  return std::string(text);
}

std::int64_t number(std::string_view document, std::string_view name) {
  const std::string text = field(document, name);
  return text.empty() ? 0 : std::stoll(text);
}

std::string quoted(std::string_view bytes) {
  return "\"" + to_base64(bytes) + "\"";
}

std::string put_request(std::string_view key, std::string_view value, std::int64_t lease) {
  return "{\"key\":" + quoted(key) + ",\"value\":" + quoted(value) + ",\"lease\":" + std::to_string(lease) + "}";
}

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
  return number(ask("/v3/kv/range", "{\"key\":" + quoted("oracle") + "}"), "revision");
}

std::optional<KeyValue> Oracle::get(std::string_view key) const {
  const std::string answer = ask("/v3/kv/range", "{\"key\":" + quoted(key) + "}");
  const std::size_t pairs = answer.find("\"kvs\":");
  if (pairs == std::string::npos) return std::nullopt;
  const std::string_view pair = std::string_view(answer).substr(pairs);
  return KeyValue{from_base64(field(pair, "key")), from_base64(field(pair, "value")), number(pair, "create_revision"),
                  number(pair, "mod_revision"),    number(pair, "version"),           number(pair, "lease")};
}

std::optional<std::string> Oracle::value(std::string_view key) const {
  const std::optional<KeyValue> pair = get(key);
  return pair ? std::optional(pair->value) : std::nullopt;
}

std::int64_t Oracle::put(std::string_view key, std::string_view value, std::int64_t lease) const {
  return number(post("/v3/kv/put", put_request(key, value, lease)), "revision");
}

std::int64_t Oracle::erase(std::string_view key) const {
  return number(post("/v3/kv/deleterange", "{\"key\":" + quoted(key) + "}"), "revision");
}

std::int64_t Oracle::put_all(const std::vector<std::pair<std::string, std::string>> &pairs) const {
  std::string operations;
  for (const auto &[key, value] : pairs) {
    operations += (operations.empty() ? "" : ",") + ("{\"requestPut\":" + put_request(key, value, 0) + "}");
  }
  return number(post("/v3/kv/txn", "{\"success\":[" + operations + "]}"), "revision");
}

void Oracle::compact(std::int64_t revision) const {
  post("/v3/kv/compaction", "{\"revision\":" + std::to_string(revision) + "}");
}

std::int64_t Oracle::grant_lease(int ttl_seconds) const {
  return number(post("/v3/lease/grant", "{\"TTL\":" + std::to_string(ttl_seconds) + "}"), "ID");
}

void Oracle::revoke_lease(std::int64_t lease) const {
  post("/v3/lease/revoke", "{\"ID\":" + std::to_string(lease) + "}");
}

bool Oracle::lease_lives(std::int64_t lease) const {
  return number(ask("/v3/lease/timetolive", "{\"ID\":" + std::to_string(lease) + "}"), "TTL") > 0;
}

}  // namespace harness
