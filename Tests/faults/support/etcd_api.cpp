#include "support/etcd_api.h"

#include <stdexcept>

#include "harness/http.h"

namespace faults {

std::vector<std::uint16_t> ports_of(EtcdCluster &etcd) {
  std::vector<std::uint16_t> ports;
  for (std::size_t i = 0; i < etcd.size(); ++i) ports.push_back(etcd.member(i).port());
  return ports;
}

std::string ask_any(const std::vector<std::uint16_t> &ports, const std::string &path, const std::string &body,
                    const std::string &headers) {
  std::string answer;
  std::string failure = "no answer";
  const auto answered = [&] {
    for (const std::uint16_t port : ports) {
      const std::optional<HttpAnswer> one = http_post(port, path, body, headers);
      if (one && one->status == 200) {
        answer = one->body;
        return true;
      }
      if (one) failure = one->body;
    }
    return false;
  };
  if (!eventually(answered)) throw std::runtime_error(path + ": " + failure);
  return answer;
}

std::map<std::string, KeyValue> keys_with_prefix(const std::vector<std::uint16_t> &ports, std::string_view prefix) {
  std::string end(prefix);
  end.back() = static_cast<char>(end.back() + 1);
  const std::string answer = ask_any(ports, "/v3/kv/range", key_request(prefix, end));
  std::map<std::string, KeyValue> keys;
  const std::string begin = "{\"key\":";
  for (std::size_t at = answer.find(begin); at != std::string::npos; at = answer.find(begin, at + 1)) {
    const KeyValue kv = key_value(std::string_view(answer).substr(at));
    keys[kv.key] = kv;
  }
  return keys;
}

std::size_t leader_of(EtcdCluster &etcd) {
  const std::vector<std::uint16_t> ports = ports_of(etcd);
  std::size_t leader = 0;
  const bool found = eventually([&] {
    for (std::size_t i = 0; i < ports.size(); ++i) {
      const std::optional<HttpAnswer> status = http_post(ports[i], "/v3/maintenance/status", "{}");
      if (!status || status->status != 200) continue;
      leader = i;
      if (json_field(status->body, "leader") == json_field(status->body, "member_id")) return true;
    }
    return false;
  });
  if (!found) throw std::runtime_error("no member leads");
  return leader;
}

}  // namespace faults
