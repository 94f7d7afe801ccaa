#include "../peer.h"

std::unique_ptr<Peer> make_peer(const std::string &url, std::size_t at_once);

int main(int argc, char **argv) {
  return run_main(
      "peer", [](Arguments arguments) { run_command(arguments, make_peer); }, argc, argv);
}
