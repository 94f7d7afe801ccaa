#include "harness/host.h"

#include <poll.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string_view>

namespace harness {

// Host

bool Host::wait_until(const std::function<bool()> &condition, Milliseconds limit) {
  const Deadline deadline(limit);
  while (!condition()) {
    if (deadline.passed()) return false;
    std::vector<pollfd> entries;
    for (const Cluster *cluster : clusters_) entries.push_back({cluster->fd(), POLLIN, 0});
    // Not for long: the condition may depend on what happens outside of the library.
    const Milliseconds step = std::min(deadline.left(), Milliseconds{10});
    ::poll(entries.data(), entries.size(), static_cast<int>(step.count()));

    const std::vector<Cluster *> polled = clusters_;  // callbacks may free clusters
    for (std::size_t i = 0; i < polled.size(); ++i) {
      const bool alive = std::find(clusters_.begin(), clusters_.end(), polled[i]) != clusters_.end();
      if (alive && (entries[i].revents & POLLIN) != 0) CHECK(polled[i]->pump(max_callbacks) >= 0);
    }
  }
  return true;
}

void Host::run_for(Milliseconds time) {
  wait_until([] { return false; }, time);
}

// Parameters

etcdcli_range_params range_params(std::string_view key, unsigned flags) {
  etcdcli_range_params params = ETCDCLI_RANGE_PARAMS_INIT;
  params.key = slice(key);
  params.flags = flags;
  return params;
}

etcdcli_put_params put_params(std::string_view key, std::string_view value) {
  etcdcli_put_params params = ETCDCLI_PUT_PARAMS_INIT;
  params.key = slice(key);
  params.value = slice(value);
  return params;
}

etcdcli_keepalive_params keepalive_params(std::string_view key, std::string_view value) {
  etcdcli_keepalive_params params = ETCDCLI_KEEPALIVE_PARAMS_INIT;
  params.key = slice(key);
  params.value = slice(value);
  return params;
}

etcdcli_delete_params delete_params(std::string_view key, unsigned flags) {
  etcdcli_delete_params params = ETCDCLI_DELETE_PARAMS_INIT;
  params.key = slice(key);
  params.flags = flags;
  return params;
}

etcdcli_compact_params compact_params(std::int64_t revision, unsigned flags) {
  etcdcli_compact_params params = ETCDCLI_COMPACT_PARAMS_INIT;
  params.revision = revision;
  params.flags = flags;
  return params;
}

etcdcli_compare_params compare_params(std::string_view key, unsigned flags) {
  etcdcli_compare_params params = ETCDCLI_COMPARE_PARAMS_INIT;
  params.key = slice(key);
  params.flags = flags;
  return params;
}

etcdcli_lease_grant_params lease_grant_params(std::int64_t ttl, std::int64_t id) {
  etcdcli_lease_grant_params params = ETCDCLI_LEASE_GRANT_PARAMS_INIT;
  params.ttl_s = ttl;
  params.lease = id;
  return params;
}

etcdcli_lease_params lease_params(std::int64_t lease, unsigned flags) {
  etcdcli_lease_params params = ETCDCLI_LEASE_PARAMS_INIT;
  params.lease = lease;
  params.flags = flags;
  return params;
}

etcdcli_watcher_params watcher_params(std::string_view key, unsigned flags) {
  etcdcli_watcher_params params = ETCDCLI_WATCHER_PARAMS_INIT;
  params.key = slice(key);
  params.flags = flags;
  return params;
}

void set_wire(etcdcli_config *config) {
  const char *const wire = std::getenv("ETCDCLI_TEST_WIRE");
  if (wire != nullptr) REQUIRE(etcdcli_config_set(config, "wire", wire) == ETCDCLI_OK);
}

bool speaks_grpc() {
  const char *const wire = std::getenv("ETCDCLI_TEST_WIRE");
  return wire == nullptr || std::string_view(wire) != "json";
}

bool speaks_only_grpc() {
  const char *const wire = std::getenv("ETCDCLI_TEST_WIRE");
  return wire != nullptr && std::string_view(wire) == "grpc";
}

bool has_no_timer_soon(const Cluster &cluster) {
  const std::int64_t timeout = etcdcli_cluster_timeout_ms(cluster.handle());
  return timeout == -1 || (speaks_grpc() && timeout > 60000);
}

int curl_code(int code) {
  return speaks_grpc() ? 0 : code;
}

etcdcli_config *make_config(const Options &options) {
  etcdcli_config *config = etcdcli_config_new();
  REQUIRE(config != nullptr);
  // What members advertise leads around the proxies that tests put in front of them.
  REQUIRE(etcdcli_config_set(config, "endpoints.discover", "false") == ETCDCLI_OK);
  set_wire(config);
  for (const auto &[name, value] : options) {
    INFO(name << " = " << value);
    const int code = etcdcli_config_set(config, name.c_str(), value.c_str());
    INFO(etcdcli_last_error());
    REQUIRE(code == ETCDCLI_OK);
  }
  return config;
}

// Cluster

etcdcli_config *Cluster::config_for(const std::string &endpoints, const Options &more) {
  Options options{{"endpoints", endpoints}, {"log.level", "debug"}};
  options.insert(options.end(), more.begin(), more.end());
  return make_config(options);
}

int Cluster::reconfigure(const std::string &endpoints, const Options &more) {
  etcdcli_config *config = config_for(endpoints, more);
  const int code = etcdcli_cluster_reconfigure(handle_, config);
  REQUIRE(etcdcli_config_free(config) == ETCDCLI_OK);
  return code;
}

Cluster::Cluster(Host &host, const std::string &endpoints, const Options &more)
    : host_(host), note_([this, endpoints] {
        std::string text = "-- the log of the cluster for " + endpoints + " ends:\n";
        for (const std::string &line : log) text += line + '\n';
        return text;
      }) {
  etcdcli_config *config = config_for(endpoints, more);
  const auto keep_line = [](etcdcli_cluster *, const etcdcli_log_info *line, void *user) {
    constexpr std::size_t kept = 30;
    CallbacksAllowed::check();
    CHECK(std::string(line->component) != "");
    if (line->level < ETCDCLI_LOG_DEBUG) ++static_cast<Cluster *>(user)->lines;
    auto &log = static_cast<Cluster *>(user)->log;
    log.push_back(std::to_string(line->level) + " " + line->component + ": " + line->message);
    if (log.size() > kept) log.pop_front();
  };
  REQUIRE(etcdcli_config_set_log_callback(config, keep_line, this, nullptr) == ETCDCLI_OK);
  const int code = etcdcli_cluster_new(config, &handle_);
  INFO(etcdcli_last_error());
  REQUIRE(code == ETCDCLI_OK);
  REQUIRE(etcdcli_config_free(config) == ETCDCLI_OK);

  const auto keep_state = [](etcdcli_cluster *, const etcdcli_cluster_info *info, void *user) {
    CallbacksAllowed::check();
    static_cast<Cluster *>(user)->told.push_back({info->state, copy(info->error), info->attempts});
  };
  REQUIRE(etcdcli_cluster_set_state_callback(handle_, keep_state, this, nullptr) == ETCDCLI_OK);
  host_.clusters_.push_back(this);
}

Cluster::~Cluster() {
  if (handle_ != nullptr) CHECK(free() == ETCDCLI_OK);
  for (Keepalive &keepalive : keepalives_) CHECK(keepalive.free() == ETCDCLI_OK);
  for (Watch &watch : watches_) CHECK(watch.free() == ETCDCLI_OK);

  const auto once = [](int times) { return times == 1; };
  CHECK(std::all_of(calls_.begin(), calls_.end(), [&](const Call &call) { return once(call.ends); }));
  CHECK(std::all_of(calls_.begin(), calls_.end(), [&](const Call &call) { return once(call.destroys); }));
  CHECK(std::all_of(keepalives_.begin(), keepalives_.end(), [&](const Keepalive &one) { return once(one.destroys); }));
  CHECK(std::all_of(watches_.begin(), watches_.end(), [&](const Watch &watch) { return once(watch.destroys); }));
}

int Cluster::pump(int max_callbacks) {
  const CallbacksAllowed scope;
  return etcdcli_cluster_pump(handle_, max_callbacks);
}

int Cluster::wait(std::int64_t timeout_ms) {
  const CallbacksAllowed scope;
  return etcdcli_cluster_wait(handle_, timeout_ms);
}

int Cluster::free() {
  auto &clusters = host_.clusters_;
  clusters.erase(std::remove(clusters.begin(), clusters.end(), this), clusters.end());
  const CallbacksAllowed scope;
  return etcdcli_cluster_free(std::exchange(handle_, nullptr));
}

Call &Cluster::begin(const std::function<int(Call &)> &function) {
  Call &call = calls_.emplace_back();
  const int code = function(call);
  INFO(etcdcli_last_error());
  REQUIRE(code == ETCDCLI_OK);
  return call;
}

Call &Cluster::range(const etcdcli_range_params &params) {
  return submit(etcdcli_range, params);
}

Call &Cluster::put(const etcdcli_put_params &params) {
  return submit(etcdcli_put, params);
}

Call &Cluster::erase(const etcdcli_delete_params &params) {
  return submit(etcdcli_delete, params);
}

Call &Cluster::compact(const etcdcli_compact_params &params) {
  return submit(etcdcli_compact, params);
}

Call &Cluster::commit(const etcdcli_txn *txn) {
  etcdcli_commit_params params = ETCDCLI_COMMIT_PARAMS_INIT;
  params.txn = txn;
  return submit(etcdcli_commit, params);
}

Call &Cluster::lease_grant(std::int64_t ttl, std::int64_t id) {
  return submit(etcdcli_lease_grant, lease_grant_params(ttl, id));
}

Call &Cluster::lease_revoke(std::int64_t id) {
  return submit(etcdcli_lease_revoke, lease_params(id));
}

Call &Cluster::lease_keep_alive(std::int64_t id) {
  return submit(etcdcli_lease_keep_alive, lease_params(id));
}

Call &Cluster::lease_time_to_live(std::int64_t id, unsigned flags) {
  return submit(etcdcli_lease_time_to_live, lease_params(id, flags));
}

Call &Cluster::lease_list() {
  const etcdcli_lease_list_params params = ETCDCLI_LEASE_LIST_PARAMS_INIT;
  return submit(etcdcli_lease_list, params);
}

Call &Cluster::finish(Call &call) {
  REQUIRE(host_.wait_until([&] { return call.ended(); }));
  return call;
}

Keepalive &Cluster::keep(std::string_view key, std::string_view value, int claim) {
  etcdcli_keepalive_params params = keepalive_params(key, value);
  params.claim = claim;
  return keep(params);
}

Keepalive &Cluster::keep(etcdcli_keepalive_params params) {
  Keepalive &keepalive = keepalives_.emplace_back();
  if (params.claim == ETCDCLI_CLAIM_ASK) params.on_claim = Keepalive::ask;
  params.on_state = Keepalive::tell;
  params.user = &keepalive;
  params.destroy = Keepalive::destroy;
  REQUIRE(etcdcli_keepalive_new(handle_, &params, &keepalive.handle) == ETCDCLI_OK);
  return keepalive;
}

Watch &Cluster::watch(etcdcli_watcher_params params) {
  Watch &watch = watches_.emplace_back();
  params.on_batch = Watch::deliver;
  params.on_state = Watch::tell;
  params.user = &watch;
  params.destroy = Watch::destroy;
  REQUIRE(etcdcli_watcher_new(handle_, &params, &watch.handle) == ETCDCLI_OK);
  return watch;
}

Error Cluster::close(unsigned flags) {
  struct Closing {
    int ends = 0;
    int destroys = 0;
    Error error;
  } closing;
  const auto end = [](etcdcli_cluster *, const etcdcli_close_info *info, void *user) {
    CallbacksAllowed::check();
    static_cast<Closing *>(user)->ends += 1;
    static_cast<Closing *>(user)->error = copy(info->error);
  };
  const auto destroy = [](void *user) { static_cast<Closing *>(user)->destroys += 1; };
  REQUIRE(etcdcli_cluster_close(handle_, flags, end, &closing, destroy) == ETCDCLI_OK);
  const bool ended = host_.wait_until([&] { return closing.destroys > 0; });
  if (!ended) free();  // before `closing` goes out of scope
  REQUIRE(ended);
  CHECK(closing.ends == 1);
  return closing.error;
}

}  // namespace harness
