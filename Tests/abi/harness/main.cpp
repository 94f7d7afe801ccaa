// The entry point of every test program. By itself, because it takes long to compile and never changes.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

// `--wire` is what option `wire` is set to; harness/host.h says where. The programs that tests run have it too.
int main(int argc, char **argv) {
  Catch::Session session;
  std::string wire;
  session.cli(session.cli() | Catch::clara::Opt(wire, "json|grpc|auto")["--wire"]("how etcd is spoken to"));
  const int code = session.applyCommandLine(argc, argv);
  if (code != 0) return code;
  if (!wire.empty()) setenv("ETCDCLI_TEST_WIRE", wire.c_str(), 1);
  return session.run();
}
