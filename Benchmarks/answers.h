#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// What the gateway of etcd answers, made up: the same on every run.
namespace answers {

/// One scenario: the events of a watch, or the keys of a snapshot.
struct Load {
  const char *name;
  /// Keys are read with ranges, a page each, instead of followed with a watch.
  bool snapshot;
  std::uint64_t count;
  /// How many a document or a page has.
  std::uint64_t per_document;
  std::size_t key_size;
  std::size_t value_size;
};

/// One JSON document for each page, or for each line of the watch, its line feed included.
std::vector<std::string> documents(const Load &load);

/// The first line of a watch.
std::string created();

/// An answer to a range request that finds nothing.
std::string nothing();

}  // namespace answers
