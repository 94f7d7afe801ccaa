// Runs the loop that the documents print for asio with clusters that are dead: it refuses to begin, or ends. The alarm
// ends a program whose loop does not.
#include <sys/wait.h>
#include <unistd.h>

#include <asio.hpp>
#include <cstdio>
#include <etcdcli/etcdcli.hpp>
#include <system_error>

namespace {

#include "asio.inc"

bool refuses(etcdcli::cluster &cluster) {
  asio::io_context io;
  try {
    const etcd_driver driver(io, cluster);
    return false;
  } catch (const std::system_error &) {
    return true;
  }
}

}  // namespace

int main() {
  alarm(10);
  etcdcli::cluster empty;
  if (!refuses(empty)) return std::puts("an empty cluster is not refused");
  etcdcli::cluster cluster({{"endpoints", "http://127.0.0.1:1"}});
  if (!cluster.wakeup()) return std::puts("the cluster does not work");

  // In a child the cluster is dead, and its descriptor, readable already, is not.
  asio::io_context io;
  const etcd_driver driver(io, cluster);
  io.notify_fork(asio::io_context::fork_prepare);
  const pid_t child = fork();
  if (child == 0) {
    alarm(5);
    io.notify_fork(asio::io_context::fork_child);
    io.run();
    _exit(0);
  }
  io.notify_fork(asio::io_context::fork_parent);
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) return std::puts("a child's loop did not end");

  cluster.reset();
  if (!refuses(cluster)) return std::puts("a freed cluster is not refused");
}
