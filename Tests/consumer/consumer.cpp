// Prints the version of the header and that of the library that is running, through the C++ layer's header.
#include <etcdcli/etcdcli.hpp>
#include <iostream>

int main() {
  std::cout << ETCDCLI_VERSION << ' ' << etcdcli_version() << '\n';
  return etcdcli_version_number() == ETCDCLI_VERSION_NUMBER ? 0 : 1;
}
