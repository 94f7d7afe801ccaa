#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/records.h"
#include "harness/writer.h"

namespace faults {

using namespace harness;

/// Every change that a cluster has ever seen, from a watch of its own on whichever member answers: what the library's
/// watchers are held against.
class History {
 public:
  explicit History(std::vector<std::uint16_t> ports) : ports_(std::move(ports)) {}

  /// Takes in all that has happened until now. To do so, it writes a key of its own, "~history".
  void extend();
  /// Makes etcd forget all that is known here; returns the revision up to which.
  std::int64_t compact();

  std::int64_t revision() const { return revision_; }
  /// In the order of revisions, those of one revision in the order of keys or as etcd has them.
  const std::vector<Change> &changes() const { return changes_; }
  /// How often a key was put.
  int puts(const std::string &key) const;
  /// The keys that begin with `prefix`, as they were at a revision.
  std::map<std::string, std::string> picture(std::string_view prefix, std::int64_t revision) const;

 private:
  bool follow(std::uint16_t port, std::int64_t until);
  void take(std::string_view document);

  std::vector<std::uint16_t> ports_;
  std::int64_t revision_ = 1;
  std::vector<Change> changes_;
  std::map<std::string, int> puts_;
};

/// Checks all that a watcher of a prefix was told: each batch holds exactly what happened since the one before, each
/// snapshot leads to what the store held then, and the picture is what the store holds in the end.
void check_story(const Watch &watch, const History &history, std::string_view prefix);

}  // namespace faults
