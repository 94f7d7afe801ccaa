#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/etcd.h"
#include "harness/key_value.h"

namespace harness {

/// What etcd itself says: talks to one member directly, blocking, by none of the library's code. Anything but success
/// is an exception, and so fails the test; a member that is about to elect a leader has to be given time by the test
/// before it is written to.
class Oracle {
 public:
  explicit Oracle(const EtcdMember &member) : port_(member.port()) {}
  explicit Oracle(EtcdCluster &cluster) : Oracle(cluster.member(0)) {}

  /// The revision of the store.
  std::int64_t revision() const;
  std::optional<KeyValue> get(std::string_view key) const;
  std::optional<std::string> value(std::string_view key) const;

  /// The writes return the revision they made.
  std::int64_t put(std::string_view key, std::string_view value, std::int64_t lease = 0) const;
  std::int64_t erase(std::string_view key) const;
  /// All in one transaction, so in one revision.
  std::int64_t put_all(const std::vector<std::pair<std::string, std::string>> &pairs) const;

  /// Makes etcd forget what was before `revision`.
  void compact(std::int64_t revision) const;

  std::int64_t grant_lease(int ttl_seconds) const;
  void revoke_lease(std::int64_t lease) const;
  bool lease_lives(std::int64_t lease) const;

 private:
  /// For reads: asks again while the member is without a leader.
  std::string ask(const std::string &path, const std::string &body) const;
  std::string post(const std::string &path, const std::string &body) const;

  std::uint16_t port_;
};

}  // namespace harness
