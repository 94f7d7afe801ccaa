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

/// What a gateway has to say.
struct Stock {
  /// The answers to ranges, in their order.
  std::vector<std::string> pages;
  /// What every range is answered for which there is no page.
  std::string every_page;
  /// The documents of the watch after its first line, their line feeds included.
  std::vector<std::string> stream;
  /// The last document of the stream is sent again and again.
  bool is_endless = false;

  std::uint64_t bytes() const;
};

Stock stock(const Load &load);

/// The header of an answer, as a field. Its revision is the same in all of them, and far ahead: a store that went back
/// would be taken for another one.
std::string header();

/// The key that revision `index + 2` made.
std::string key_value(std::uint64_t index, std::size_t key_size, std::size_t value_size);

/// The first line of a watch.
std::string created();

/// An answer to a range request that finds nothing.
std::string nothing();

}  // namespace answers
