#pragma once

#include <atomic>
#include <string>

#include "answers.h"

/// What all connections of a canned server share.
struct CannedShelf {
  const answers::Shelf shelf;
  std::atomic<std::size_t> next_page{0};

  /// The answer to a range: pages come in their order, what else is asked for is a sign of life.
  const std::string &page(const answers::Stock &stock, const std::string &nothing) {
    if (stock.pages.empty()) return stock.every_page.empty() ? nothing : stock.every_page;
    const std::size_t page = next_page++;
    if (page < stock.pages.size()) return stock.pages[page];
    return stock.every_page.empty() ? nothing : stock.every_page;
  }
};

/// Sends all of it, or returns false.
bool send_all(int socket, const std::string &bytes);

/// Speaks HTTP/2 on a connection of which this was read, until it ends.
void serve_grpc(int socket, CannedShelf &shelf, const std::string &read);
