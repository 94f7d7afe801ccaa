// An etcd that has made up its answers beforehand, for whatever client: `canned json|grpc|one LOAD` prints its port and
// the size of its answers, and serves until its standard input ends. `canned json|grpc LOAD FILE` writes what a watch
// is told to a file, for `decode`.

#include <unistd.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>

#include "canned_server.h"

int main(int argc, char **argv) {
  try {
    if (argc < 3 || argc > 4) throw std::runtime_error("usage: canned json|grpc LOAD [FILE] | canned one key");
    const std::string way = argv[1];
    const auto make = [&] {
      if (way == "one") return answers::one_key();
      return answers::shelf(answers::load(argv[2]), way == "grpc" ? answers::Wire::grpc : answers::Wire::json);
    };
    if (way != "one") answers::load(argv[2]);
    if (argc == 4) {
      const answers::Shelf shelf = make();
      std::ofstream file(argv[3], std::ios::binary);
      for (const auto *stock : {&shelf.json, &shelf.grpc}) {
        for (const std::string &document : stock->stream) file << document;
      }
      if (!file.flush()) throw std::runtime_error("the file cannot be written");
      return 0;
    }
    const CannedServer server(make);
    std::printf("%u %llu\n", server.port(), static_cast<unsigned long long>(server.bytes()));
    std::fflush(stdout);
    char byte = 0;
    while (read(STDIN_FILENO, &byte, 1) > 0) continue;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "canned: %s\n", error.what());
    return 1;
  }
  return 0;
}
