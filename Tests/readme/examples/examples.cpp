// The pieces of C++ that documents and comments print beside loops, as they are printed: they compile without a
// warning, and say what they say of a cluster that is there, and of none.
#include <cstdio>
#include <etcdcli/admin.hpp>
#include <etcdcli/directory.hpp>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

namespace {

int complaints = 0;

void complain(const char *) {
  ++complaints;
}

template <class Text>
void print(const Text &text) {
  std::printf("%s\n", std::string(text).c_str());
}

void use(std::string_view) {}

void connect(std::string_view) {}

template <class What, class Whom>
void log(const What &, const Whom &) {}

void take_up_work() {}

void open_the_doors() {}

void give_up(const char *) {}

void on_batch(const etcdcli::batch &) {}

void owners() {
#include "owners.inc"
}

void await(etcdcli::cluster &cluster, const etcdcli::keepalive &self, const etcdcli::watcher &others) {
#include "await.inc"
}

void start(etcdcli::cluster &cluster) {
#include "start.inc"
  if (!waits) complain(etcdcli::last_error());
}

void mail(etcdcli::cluster &cluster, std::uint64_t player_id) {
#include "mail.inc"
}

void readme_directory(etcdcli::cluster &cluster, std::uint64_t player_id) {
#include "readme_directory.inc"
}

void txn(etcdcli::cluster &cluster) {
#include "txn.inc"
}

void admin(etcdcli::cluster &cluster) {
#include "admin.inc"
}

#include "members.inc"

}  // namespace

int main() {
  owners();
  etcdcli::cluster cluster({{"endpoints", "http://127.0.0.1:1"}});
  txn(cluster);
  mail(cluster, 7);
  readme_directory(cluster, 7);
  start(cluster);
  {
    const etcdcli::keepalive self(cluster, "key", "value");
    const etcdcli::watcher others(cluster, etcdcli::prefix("key"), on_batch);
    await(cluster, self, others);
  }
  admin(cluster);
  if (complaints != 0) return std::puts("what could begin is complained of");

  etcdcli::cluster empty;
  txn(empty);
  mail(empty, 7);
  readme_directory(empty, 7);
  start(empty);
  await(empty, etcdcli::keepalive(), etcdcli::watcher());
  admin(empty);
  if (complaints != 4) return std::puts("what could not begin is not complained of");
  const server nothing{};
  (void)nothing;
  return 0;
}
