#pragma once

#include <map>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "harness/oracle.h"

namespace harness {

/// One event, as a watcher has to tell it.
struct Change {
  std::int64_t revision;
  std::string key;
  std::optional<std::string> value;  ///< none: deleted

  bool operator==(const Change &other) const {
    return revision == other.revision && key == other.key && value == other.value;
  }
};

inline std::ostream &operator<<(std::ostream &out, const Change &change) {
  return out << change.revision << ": " << change.key << (change.value ? " = " + *change.value : " deleted");
}

inline void apply(const Change &change, std::map<std::string, std::string> &picture) {
  if (change.value) {
    picture[change.key] = *change.value;
  } else {
    picture.erase(change.key);
  }
}

/// Writes through the oracle, and remembers what a watcher of it all has to be told.
class Writer {
 public:
  explicit Writer(const Oracle &oracle) : oracle_(oracle) {}

  std::vector<Change> changes;
  /// What there is after the last of them.
  std::map<std::string, std::string> picture;

  std::int64_t put(const std::string &key, const std::string &value) { return put_all({{key, value}}); }

  std::int64_t put_all(const std::vector<std::pair<std::string, std::string>> &pairs) {
    const std::int64_t revision = oracle_.put_all(pairs);
    for (const auto &[key, value] : pairs) {
      changes.push_back({revision, key, value});
      picture[key] = value;
    }
    return revision;
  }

  std::int64_t erase(const std::string &key) {
    const std::int64_t revision = oracle_.erase(key);
    if (picture.erase(key) != 0) changes.push_back({revision, key, std::nullopt});
    return revision;
  }

  /// What there was at a revision.
  std::map<std::string, std::string> picture_at(std::int64_t revision) const {
    std::map<std::string, std::string> past;
    for (const Change &change : changes) {
      if (change.revision > revision) break;
      apply(change, past);
    }
    return past;
  }

  /// A put, a deletion or a transaction, of keys that begin with "k", as `random` likes.
  void write_something(std::mt19937 &random) {
    const std::string key = "k" + std::to_string(random() % 20);
    const std::string value = std::to_string(++written_);
    switch (random() % 4) {
      case 0:
        erase(key);
        break;
      case 1:
        put_all({{"k1", value}, {"k2", value}, {"k3", value}});
        break;
      default:
        put(key, value);
    }
  }

 private:
  const Oracle &oracle_;
  int written_ = 0;
};

}  // namespace harness
