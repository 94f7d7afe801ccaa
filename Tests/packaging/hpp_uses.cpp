// Everything of the C++ layer, used once, so that every template is compiled. Never linked or run.
#include <etcdcli/etcdcli.hpp>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#if __cplusplus >= 202002L
#include <ranges>
#endif

namespace {

// The same, for code that is compiled without exceptions: what it would be called from cannot throw either.
void on_response(const etcdcli::response &response) {
  if (!response) {
    const etcdcli::error_info error = response.error();
    if (error.may_have_happened() || error.worth_retrying()) return;
    static_cast<void>(to_string(error.code()));
  }
  for (const auto &kv : response.kvs()) static_cast<void>(kv.key().size() + kv.value().size());
  for (const auto &kv : response.prev_kvs()) static_cast<void>(kv.mod_revision());
}

struct on_batch {
  void operator()(const etcdcli::batch &batch) {
    if ((batch.flags() & (etcdcli::batch_flags::snapshot | etcdcli::batch_flags::resync)) != etcdcli::batch_flags::none)
      ++read;
    if (batch.header()->raft_term == 0) ++read;
    for (const etcdcli::watch_event event : batch) {
      switch (event.type()) {
        case etcdcli::event_type::put:
        case etcdcli::event_type::del:
          ++seen;
      }
      static_cast<void>(event.prev_kv().value());
    }
  }
  int read = 0;
  int seen = 0;
};

// A switch without a default names each state.
bool is_settled(etcdcli::keepalive_state state) {
  switch (state) {
    case etcdcli::keepalive_state::waiting:
    case etcdcli::keepalive_state::claiming:
    case etcdcli::keepalive_state::lost:
    case etcdcli::keepalive_state::removing:
    case etcdcli::keepalive_state::blocked:
      return false;
    case etcdcli::keepalive_state::held:
    case etcdcli::keepalive_state::conflict:
    case etcdcli::keepalive_state::ended:
      return true;
  }
  return false;
}

}  // namespace

int use_everything();
int use_everything() {
  const std::map<std::string, std::string> file = {{"endpoints", "http://127.0.0.1:2379"}};
  etcdcli::config config(file);
  if (!config.set("lease.ttl.s", "5") || !config.set(std::string("lease.ttl.s"), std::string_view("5"))) return 1;
  auto unique = std::make_unique<int>(0);
  const auto take = [moved = std::move(unique)](const etcdcli::log_info &line) {
    *moved += static_cast<int>(line.level());
  };
  static_assert(!std::is_copy_constructible_v<decltype(take)>);
  if (!config.set_log_callback([](const etcdcli::log_info &line) { static_cast<void>(line.message()); })) return 1;
  if (!config.set_log_callback(nullptr)) return 1;

  etcdcli::cluster cluster(config);
  cluster = etcdcli::cluster({{"endpoints", "http://127.0.0.1:2379"}});
  cluster = etcdcli::cluster(std::vector<std::pair<const char *, std::string>>{{"endpoints", "http://127.0.0.1:2379"}});
  if (!cluster.set_state_callback(
          [](const etcdcli::cluster_info &info) { static_cast<void>(to_string(info.state())); }))
    return 1;
  if (!cluster.set_state_callback(nullptr)) return 1;

  const std::function<void(const etcdcli::response &)> function = on_response;
  etcdcli::range_options some;
  some.limit = 10;
  if (!cluster.range(etcdcli::prefix("/a"), some, function)) return 1;
  if (!cluster.range("key", on_response) || !cluster.range(etcdcli::between("a", "b"), etcdcli::no_callback()))
    return 1;
  if (!cluster.put("key", "value", etcdcli::put_options(), function)) return 1;
  if (!cluster.put("key", "value", [](const auto &response) { on_response(response); })) return 1;
  if (!cluster.del(etcdcli::from_key("key"), etcdcli::delete_options(), on_response)) return 1;
  const etcdcli::submitted call = cluster.del(std::string("key"), on_response);
  cluster.cancel(call.id());
  if (!cluster.compact(7, on_response)) return 1;

  etcdcli::txn nested;
  nested.compare_lease("key", etcdcli::comparison::less, 7)
      .compare_mod_revision("key", etcdcli::comparison::greater, 7);
  etcdcli::txn txn;
  txn.compare_version("key", etcdcli::comparison::equal, 0)
      .compare_create_revision(etcdcli::prefix("/a"), etcdcli::comparison::not_equal, 7)
      .compare_value("key", etcdcli::comparison::equal, "value")
      .put(etcdcli::branch::then, "key", "value")
      .range(etcdcli::branch::otherwise, "key", some)
      .del(etcdcli::branch::otherwise, etcdcli::between("a", "b"))
      .nest(etcdcli::branch::then, nested);
  if (!cluster.commit(txn, [](const etcdcli::response &response) {
        if (response.succeeded()) return;
        for (const auto &op : response.ops()) static_cast<void>(op.kvs().size() + op.ops().size());
      }))
    return 1;
  if (!cluster.lease_grant(60, on_response) || !cluster.lease_revoke(7, on_response) ||
      !cluster.lease_keep_alive(7, on_response) || !cluster.lease_list(on_response))
    return 1;
  if (!cluster.lease_time_to_live(7, [](const etcdcli::response &response) {
        for (const std::string_view key : response.keys()) static_cast<void>(key.size());
        static_cast<void>(response.lease().ttl_s() + response.leases()[0].id());
      }))
    return 1;

  etcdcli::keepalive quiet(cluster, "key", "value");
  etcdcli::keepalive_options options;
  options.claim = etcdcli::claim::wait;
  const etcdcli::keepalive_options identified{etcdcli::claim::if_absent_or_same, "id", {}};
  etcdcli::keepalive waiting(cluster, "lock", "", options);
  etcdcli::keepalive named(cluster, "named", R"({"id":1})", identified);
  etcdcli::keepalive told(cluster, "told", "", std::move(options), [](const etcdcli::keepalive_info &) {});
  auto asking = etcdcli::keepalive::asking(
      cluster, "asked", "",
      [](const etcdcli::kv &found) {
        return found.value().empty() ? etcdcli::claim_answer::ours : etcdcli::claim_answer::conflict;
      },
      [](const etcdcli::keepalive_info &info) { static_cast<void>(info.fence()); });
  if (!waiting || !named || !told || !asking || !asking.retry()) return 1;
  etcdcli::keepalive self(cluster, "key", "value", [](const etcdcli::keepalive_info &info) {
    if (is_settled(info.state())) static_cast<void>(info.owner().value());
  });
  if (!self.set_value("new")) self.remove();
  if (!self.set_value("newer", [](const etcdcli::value_info &info) {
        if (!info) static_cast<void>(info.error().message());
      }))
    self.remove();
  const etcdcli::submitted waits =
      cluster.await(etcdcli::await_set(1000).add(self).add(quiet), [&](const etcdcli::await_info &info) {
        if (!info && info.keepalive() == self.get()) static_cast<void>(info.ready() + info.total());
      });
  if (!waits || !cluster.cancel(waits.id())) return 1;
  etcdcli::watcher followed(cluster, etcdcli::prefix(""), on_batch());
  followed =
      etcdcli::watcher(cluster, "key", etcdcli::watch_options(), on_batch(), [](const etcdcli::watcher_info &info) {
        if (info.cause() == etcdcli::code::compacted) return;
        static_cast<void>(info.error().message());
        static_cast<void>(info.endpoint().size() + info.delay_ms() + info.revision());
      });
  etcdcli::watch_options few;
  few.keys_only = few.no_delete = few.no_resync = true;
  few.page_keys = few.index_max_bytes = 5000;
  followed = etcdcli::watcher(cluster, "key", few, on_batch());
  if (followed.status().known_keys != 0) return 1;
  followed = etcdcli::watcher(cluster, "key", on_batch(), [](const etcdcli::watcher_info &) {});
  followed = etcdcli::watcher(cluster, "key", etcdcli::watch_options(), on_batch());

  etcdcli::credentials who;
  who.user = "server";
  who.password = "secret";
  if (!cluster.set_credentials(who)) return 1;
  if (!cluster.reconfigure(etcdcli::config{{"endpoints", "http://127.0.0.1:1"}})) return 1;

  while (cluster.pump(32) >= 0 && cluster.wait(10) >= 0) cluster.wakeup();
  cluster.close();
  if (!cluster.close(etcdcli::close_flags::revoke, [](const etcdcli::close_info &info) {
        if (!info) static_cast<void>(info.error().endpoint());
      }))
    return 1;
  return cluster.fd() < 0 && cluster.timeout_ms() == 0 && cluster.lease() == 0 && cluster.id() == 0 &&
                 cluster.endpoint_count() == 0 && !cluster.endpoint(0) && cluster.endpoint(0).url().empty() &&
                 !cluster.endpoint(0).is_seed() && cluster.server_version().empty() &&
                 cluster.state() == etcdcli::cluster_state::closed && self.state() == etcdcli::keepalive_state::ended &&
                 followed.state() == etcdcli::watcher_state::ended
             ? 0
             : static_cast<int>(self.code());
}

// What holds without running anything.
static_assert(sizeof(etcdcli::cluster) <= 2 * sizeof(void *));
static_assert(std::is_nothrow_move_constructible_v<etcdcli::watcher> &&
              !std::is_copy_constructible_v<etcdcli::watcher>);
static_assert(std::is_nothrow_default_constructible_v<etcdcli::config>);
static_assert(std::is_nothrow_constructible_v<etcdcli::cluster, const etcdcli::config &>);
static_assert(!std::is_convertible_v<etcdcli::result, bool> && !std::is_convertible_v<etcdcli::code, int>);
static_assert(!std::is_constructible_v<etcdcli::config, int> && !std::is_constructible_v<etcdcli::config, std::string>);
static_assert(!std::is_constructible_v<etcdcli::config, std::vector<std::string>>);
static_assert(
    noexcept(std::declval<etcdcli::cluster &>().pump()) &&noexcept(std::declval<etcdcli::config &>().set("", "")));
static_assert(noexcept(std::declval<const etcdcli::batch &>()[0].kv().key()));
#if __cplusplus >= 202002L
static_assert(std::ranges::input_range<const etcdcli::batch> && std::ranges::sized_range<const etcdcli::batch>);
static_assert(std::ranges::input_range<etcdcli::kv_list>);
#endif
