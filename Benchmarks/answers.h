#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// What etcd answers, made up: the same on every run.
namespace answers {

/// How etcd is asked, and answers.
enum class Wire { json, grpc };

/// One scenario.
struct Load {
  const char *name;
  enum What {
    /// The events of a watch.
    watch,
    /// Keys that are read with ranges, a page each.
    snapshot,
    /// The same, with values as `etcdcli/directory.h` reads them.
    services
  } what;
  std::uint64_t count;
  /// How many a document or a page has.
  std::uint64_t per_document;
  std::size_t key_size;
  std::size_t value_size;
};

/// All there are, and the one of this name. Throws if there is none.
const std::vector<Load> &loads();
const Load &load(const std::string &name);

/// What a server has to say to who asks in one way: documents of the gateway, the line feeds of a stream included, or
/// messages of gRPC as they are sent, with their sizes before them.
struct Stock {
  /// The answers to ranges, in their order.
  std::vector<std::string> pages;
  /// What every range is answered for which there is no page.
  std::string every_page;
  /// What a watch is told after it was created.
  std::vector<std::string> stream;
  /// The last of these is sent again and again.
  bool is_endless = false;

  std::uint64_t bytes() const;
};

/// For both ways. A server that is asked in one that there is nothing for says that it is there, and nothing else.
struct Shelf {
  Stock json;
  Stock grpc;
};

Shelf shelf(const Load &load, Wire wire);

/// One key, whatever range is asked for; for both ways.
Shelf one_key();

/// --- documents of the gateway ---

/// The header of an answer, as a field. Its revision is the same in all of them, and far ahead: a store that went back
/// would be taken for another one.
std::string header();

/// The key that revision `index + 2` made.
std::string key_value(std::uint64_t index, std::size_t key_size, std::size_t value_size);

/// The first line of a watch.
std::string created();

/// An answer to a range request that finds nothing.
std::string nothing();

/// --- messages of gRPC, without their sizes ---

std::string grpc_header();
std::string grpc_created();
std::string grpc_nothing();

}  // namespace answers
