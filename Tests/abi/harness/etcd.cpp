#include "harness/etcd.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "harness/http.h"

namespace harness {

namespace {

std::string environment(const char *name) {
  const char *value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string etcd_binary() {
  const std::string name = environment("ETCDCLI_TEST_ETCD");
  if (name.empty()) throw std::runtime_error("set ETCDCLI_TEST_ETCD to the name of an etcd to test against, as 3.4");
  std::string variable = "ETCDCLI_TEST_ETCD_";
  for (const char letter : name) {
    if (letter == '-') {
      variable += '_';
    } else if (letter != '.') {
      variable += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
  }
  const std::string binary = environment(variable.c_str());
  if (binary.empty()) throw std::runtime_error("set " + variable + " to the path of an etcd binary");
  if (::access(binary.c_str(), X_OK) != 0) {
    throw std::runtime_error(variable + " is \"" + binary + "\", which is not there or cannot be run");
  }
  return binary;
}

EtcdMember::EtcdMember(std::string name, std::string directory)
    : name_(std::move(name)), data_(directory + "/" + name_), log_(directory + "/" + name_ + ".log") {}

void EtcdMember::start(const std::string &initial_cluster, const std::vector<std::string> &more_arguments) {
  // Short election times, and so leases as short as a second; a loaded machine still gives a heartbeat in time.
  arguments_ = {etcd_binary(),
                "--name=" + name_,
                "--data-dir=" + data_,
                "--listen-client-urls=" + url(),
                "--advertise-client-urls=" + url(),
                "--listen-peer-urls=" + peer_url(),
                "--initial-advertise-peer-urls=" + peer_url(),
                "--initial-cluster=" + initial_cluster,
                "--heartbeat-interval=50",
                "--election-timeout=500",
                "--max-txn-ops=1024",
                "--logger=zap",
                "--log-level=warn"};
  restart(more_arguments);
}

void EtcdMember::restart(const std::vector<std::string> &more_arguments) {
  arguments_.insert(arguments_.end(), more_arguments.begin(), more_arguments.end());
  process_.emplace(arguments_, log_);
}

void EtcdMember::wipe() {
  std::filesystem::remove_all(data_);
}

void EtcdMember::back_up() {
  std::filesystem::remove_all(data_ + ".backup");
  std::filesystem::copy(data_, data_ + ".backup", std::filesystem::copy_options::recursive);
}

void EtcdMember::restore() {
  wipe();
  std::filesystem::copy(data_ + ".backup", data_, std::filesystem::copy_options::recursive);
}

bool EtcdMember::healthy() const {
  const std::optional<HttpAnswer> answer = http_get(port(), "/health");
  return answer && answer->body.find("\"true\"") != std::string::npos;
}

void EtcdMember::wait_healthy() const {
  if (!eventually([&] { return healthy(); })) throw std::runtime_error("etcd did not become healthy\n" + log_tail());
}

std::string EtcdMember::log_tail() const {
  constexpr std::size_t kept = 20;
  std::ifstream log(log_);
  std::vector<std::string> lines;
  for (std::string line; std::getline(log, line);) lines.push_back(std::move(line));
  std::string tail = "-- the log of etcd member " + name_ + " ends:\n";
  for (std::size_t i = lines.size() - std::min(kept, lines.size()); i < lines.size(); ++i) tail += lines[i] + '\n';
  return tail;
}

EtcdCluster::EtcdCluster(int members, const std::vector<std::string> &more_arguments) {
  std::string initial_cluster;
  for (int i = 0; i < members; ++i) {
    members_.push_back(std::make_unique<EtcdMember>("m" + std::to_string(i), directory_.path()));
    initial_cluster += (i == 0 ? "" : ",") + members_[i]->name() + "=" + members_[i]->peer_url();
  }
  for (auto &member : members_) member->start(initial_cluster, more_arguments);
  wait_healthy();
}

std::string EtcdCluster::endpoints() const {
  std::string all;
  for (const auto &member : members_) all += (all.empty() ? "" : ",") + member->url();
  return all;
}

void EtcdCluster::wait_healthy() const {
  for (const auto &member : members_) member->wait_healthy();
}

}  // namespace harness
