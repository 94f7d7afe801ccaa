#pragma once

#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/deadline.h"
#include "harness/failure_note.h"
#include "harness/process.h"
#include "harness/socket.h"

namespace harness {

/// The binary of the etcd that the tests run against. ETCDCLI_TEST_ETCD has its name, and a variable that follows from
/// the name has the path: for "3.4" ETCDCLI_TEST_ETCD_34, for "3.5-sid" ETCDCLI_TEST_ETCD_35_SID. Throws, and so fails
/// the test, when it is not there.
std::string etcd_binary();

/// One member of an etcd cluster, on ports of its own that it keeps over restarts.
class EtcdMember {
 public:
  EtcdMember(std::string name, std::string directory);

  const std::string &name() const { return name_; }
  std::uint16_t port() const { return client_.number(); }
  std::string url() const { return client_.url(); }
  std::string peer_url() const { return peer_.url(); }

  void start(const std::string &initial_cluster, const std::vector<std::string> &more_arguments);
  /// Starts it again as it was started before; `more_arguments` count instead of earlier ones of the same name.
  void restart(const std::vector<std::string> &more_arguments = {});

  /// SIGKILL: connections are reset, nothing is said.
  void kill() { process_->end(SIGKILL); }
  /// SIGTERM, and waits: streams end cleanly, after an error line.
  void shut_down() { process_->end(SIGTERM); }
  /// SIGTERM, without waiting for the end.
  void terminate() { process_->signal(SIGTERM); }
  /// SIGSTOP: connections stay open and silent.
  void freeze() { process_->stop(); }
  /// SIGCONT.
  void thaw() { process_->signal(SIGCONT); }
  /// Removes the data of a member that does not run.
  void wipe();
  /// Copies the data of a member that does not run, and puts the copy in their place.
  void back_up();
  void restore();

  /// Whether it has a leader and answers.
  bool healthy() const;
  /// Fails the test when it does not become so.
  void wait_healthy() const;
  /// The last lines of its log.
  std::string log_tail() const;

 private:
  std::string name_;
  std::string data_;
  std::string log_;
  ReservedPort client_;
  ReservedPort peer_;
  std::vector<std::string> arguments_;
  std::optional<Process> process_;
  FailureNote note_{[this] { return log_tail(); }};
};

/// An etcd cluster of one or three members, started and healthy.
class EtcdCluster {
 public:
  explicit EtcdCluster(int members = 1, const std::vector<std::string> &more_arguments = {});

  EtcdMember &member(std::size_t index) { return *members_[index]; }
  std::size_t size() const { return members_.size(); }
  /// The client URLs of all members, as the option `endpoints` takes them.
  std::string endpoints() const;
  /// Waits for every member.
  void wait_healthy() const;

 private:
  TempDir directory_;
  std::vector<std::unique_ptr<EtcdMember>> members_;
};

}  // namespace harness
