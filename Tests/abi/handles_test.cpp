// No handle and no argument a host hands in can do harm, and each refusal says what was wrong.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

#include "harness/fixtures.h"

using namespace harness;

namespace {

void on_end(etcdcli_cluster *, const etcdcli_call_info *, void *) {}
void on_batch(etcdcli_watcher *, const etcdcli_batch_info *, void *) {}
void must_not_be_destroyed(void *) {
  FAIL_CHECK("destroy was called by a function that failed");
}

template <class Handle>
using Functions = std::vector<std::pair<const char *, std::function<std::int64_t(Handle *)>>>;

/// Every function that takes such a handle, `*_free` apart.
Functions<etcdcli_config> config_functions() {
  return {
      {"config_set", [](auto *h) { return etcdcli_config_set(h, "lease.ttl.s", "5"); }},
      {"config_set_log_callback",
       [](auto *h) { return etcdcli_config_set_log_callback(h, nullptr, nullptr, must_not_be_destroyed); }},
      {"cluster_new",
       [](auto *h) {
         etcdcli_cluster *out = nullptr;
         const int code = etcdcli_cluster_new(h, &out);
         CHECK(out == nullptr);
         return code;
       }},
  };
}

Functions<etcdcli_cluster> cluster_functions() {
  return {
      {"cluster_fd", etcdcli_cluster_fd},
      {"cluster_pump", [](auto *h) { return etcdcli_cluster_pump(h, 0); }},
      {"cluster_wait", [](auto *h) { return etcdcli_cluster_wait(h, 0); }},
      {"cluster_wakeup", etcdcli_cluster_wakeup},
      {"cluster_state", etcdcli_cluster_state},
      {"cluster_set_state_callback",
       [](auto *h) { return etcdcli_cluster_set_state_callback(h, nullptr, nullptr, must_not_be_destroyed); }},
      {"cluster_lease", etcdcli_cluster_lease},
      {"cluster_set_credentials",
       [](auto *h) {
         const etcdcli_credentials credentials = ETCDCLI_CREDENTIALS_INIT;
         return etcdcli_cluster_set_credentials(h, &credentials);
       }},
      {"cluster_reconfigure",
       [](auto *h) {
         etcdcli_config *config = make_config({{"endpoints", "http://127.0.0.1:1"}});
         const int code = etcdcli_cluster_reconfigure(h, config);
         etcdcli_config_free(config);
         return code;
       }},
      {"cluster_close", [](auto *h) { return etcdcli_cluster_close(h, 0, nullptr, nullptr, must_not_be_destroyed); }},
      {"range",
       [](auto *h) {
         const etcdcli_range_params params = range_params("k");
         return etcdcli_range(h, &params, on_end, nullptr, must_not_be_destroyed, nullptr);
       }},
      {"put",
       [](auto *h) {
         const etcdcli_put_params params = put_params("k", "v");
         return etcdcli_put(h, &params, on_end, nullptr, must_not_be_destroyed, nullptr);
       }},
      {"delete",
       [](auto *h) {
         const etcdcli_delete_params params = delete_params("k");
         return etcdcli_delete(h, &params, on_end, nullptr, must_not_be_destroyed, nullptr);
       }},
      {"compact",
       [](auto *h) {
         const etcdcli_compact_params params = compact_params(1);
         return etcdcli_compact(h, &params, on_end, nullptr, must_not_be_destroyed, nullptr);
       }},
      {"commit",
       [](auto *h) {
         etcdcli_commit_params params = ETCDCLI_COMMIT_PARAMS_INIT;
         return etcdcli_commit(h, &params, on_end, nullptr, must_not_be_destroyed, nullptr);
       }},
      {"lease_grant",
       [](auto *h) {
         const etcdcli_lease_grant_params params = lease_grant_params(5);
         return etcdcli_lease_grant(h, &params, on_end, nullptr, must_not_be_destroyed, nullptr);
       }},
      {"lease_revoke",
       [](auto *h) {
         const etcdcli_lease_params params = lease_params(1);
         return etcdcli_lease_revoke(h, &params, on_end, nullptr, must_not_be_destroyed, nullptr);
       }},
      {"lease_keep_alive",
       [](auto *h) {
         const etcdcli_lease_params params = lease_params(1);
         return etcdcli_lease_keep_alive(h, &params, on_end, nullptr, must_not_be_destroyed, nullptr);
       }},
      {"lease_time_to_live",
       [](auto *h) {
         const etcdcli_lease_params params = lease_params(1);
         return etcdcli_lease_time_to_live(h, &params, on_end, nullptr, must_not_be_destroyed, nullptr);
       }},
      {"lease_list",
       [](auto *h) {
         const etcdcli_lease_list_params params = ETCDCLI_LEASE_LIST_PARAMS_INIT;
         return etcdcli_lease_list(h, &params, on_end, nullptr, must_not_be_destroyed, nullptr);
       }},
      {"cancel", [](auto *h) { return etcdcli_call_cancel(h, 1); }},
      {"keepalive_new",
       [](auto *h) {
         etcdcli_keepalive_params params = ETCDCLI_KEEPALIVE_PARAMS_INIT;
         params.key = slice("k");
         params.destroy = must_not_be_destroyed;
         etcdcli_keepalive *out = nullptr;
         const int code = etcdcli_keepalive_new(h, &params, &out);
         CHECK(out == nullptr);
         return code;
       }},
      {"await",
       [](auto *h) {
         const etcdcli_await_params params = ETCDCLI_AWAIT_PARAMS_INIT;
         return etcdcli_await(
             h, &params, [](auto *, auto *, auto *) {}, nullptr, must_not_be_destroyed, nullptr);
       }},
      {"watcher_new",
       [](auto *h) {
         etcdcli_watcher_params params = watcher_params("k");
         params.on_batch = on_batch;
         params.destroy = must_not_be_destroyed;
         etcdcli_watcher *out = nullptr;
         const int code = etcdcli_watcher_new(h, &params, &out);
         CHECK(out == nullptr);
         return code;
       }},
  };
}

Functions<etcdcli_keepalive> keepalive_functions() {
  return {
      {"keepalive_set_value_then",
       [](auto *h) {
         return etcdcli_keepalive_set_value_then(
             h, slice("v"), [](auto *, auto *, auto *) {}, nullptr, must_not_be_destroyed);
       }},
      {"keepalive_set_value", [](auto *h) { return etcdcli_keepalive_set_value(h, slice("v")); }},
      {"keepalive_state", etcdcli_keepalive_state},
      {"keepalive_remove", etcdcli_keepalive_remove},
  };
}

Functions<etcdcli_txn> txn_functions() {
  return {
      {"txn_compare",
       [](auto *h) {
         const etcdcli_compare_params params = compare_params("k");
         return etcdcli_txn_compare(h, &params);
       }},
      {"txn_range",
       [](auto *h) {
         const etcdcli_range_params params = range_params("k");
         return etcdcli_txn_range(h, ETCDCLI_THEN, &params);
       }},
      {"txn_put",
       [](auto *h) {
         const etcdcli_put_params params = put_params("k", "v");
         return etcdcli_txn_put(h, ETCDCLI_THEN, &params);
       }},
      {"txn_delete",
       [](auto *h) {
         const etcdcli_delete_params params = delete_params("k");
         return etcdcli_txn_delete(h, ETCDCLI_THEN, &params);
       }},
      {"txn_nest", [](auto *h) { return etcdcli_txn_nest(h, ETCDCLI_THEN, h); }},
  };
}

Functions<etcdcli_watcher> watcher_functions() {
  return {{"watcher_state", etcdcli_watcher_state}, {"watcher_status", [](auto *h) {
                                                       etcdcli_watch_status status = ETCDCLI_WATCH_STATUS_INIT;
                                                       return etcdcli_watcher_status(h, &status);
                                                     }}};
}

template <class Handle>
void check_refused(const Functions<Handle> &functions, const void *handle, const char *what) {
  for (const auto &[name, function] : functions) {
    INFO(name << " of " << what);
    CHECK(function(static_cast<Handle *>(const_cast<void *>(handle))) == ETCDCLI_ERR_HANDLE);
    CHECK(std::strlen(etcdcli_last_error()) > 0);
  }
}

/// Freed handles and foreign ones have no type.
enum class Type { none, config, cluster, keepalive, watcher, txn };

/// That no function takes this for a handle of any type but `own`.
void check_is_only(Type own, const void *handle, const char *what) {
  void *const raw = const_cast<void *>(handle);
  const int free_code = handle == nullptr ? ETCDCLI_OK : ETCDCLI_ERR_HANDLE;
  INFO("free of " << what);
  if (own != Type::config) {
    check_refused(config_functions(), handle, what);
    CHECK(etcdcli_config_free(static_cast<etcdcli_config *>(raw)) == free_code);
  }
  if (own != Type::cluster) {
    check_refused(cluster_functions(), handle, what);
    CHECK(etcdcli_cluster_timeout_ms(static_cast<etcdcli_cluster *>(raw)) == 0);  // so that no loop waits
    CHECK(etcdcli_cluster_free(static_cast<etcdcli_cluster *>(raw)) == free_code);
  }
  if (own != Type::keepalive) {
    check_refused(keepalive_functions(), handle, what);
    CHECK(etcdcli_keepalive_free(static_cast<etcdcli_keepalive *>(raw)) == free_code);
  }
  if (own != Type::watcher) {
    check_refused(watcher_functions(), handle, what);
    CHECK(etcdcli_watcher_free(static_cast<etcdcli_watcher *>(raw)) == free_code);
  }
  if (own != Type::txn) {
    check_refused(txn_functions(), handle, what);
    CHECK(etcdcli_txn_free(static_cast<etcdcli_txn *>(raw)) == free_code);
  }
}

/// One handle of each type, of a cluster that reaches nothing.
struct Handles {
  const ReservedPort nobody;
  etcdcli_config *config = make_config({{"endpoints", nobody.url()}});
  etcdcli_cluster *cluster = nullptr;
  etcdcli_keepalive *keepalive = nullptr;
  etcdcli_watcher *watcher = nullptr;
  etcdcli_txn *txn = etcdcli_txn_new();

  Handles() {
    REQUIRE(etcdcli_cluster_new(config, &cluster) == ETCDCLI_OK);
    etcdcli_keepalive_params keep = ETCDCLI_KEEPALIVE_PARAMS_INIT;
    keep.key = slice("k");
    REQUIRE(etcdcli_keepalive_new(cluster, &keep, &keepalive) == ETCDCLI_OK);
    etcdcli_watcher_params watch = watcher_params("k");
    watch.on_batch = on_batch;
    REQUIRE(etcdcli_watcher_new(cluster, &watch, &watcher) == ETCDCLI_OK);
  }
  ~Handles() {
    etcdcli_txn_free(txn);
    etcdcli_watcher_free(watcher);
    etcdcli_keepalive_free(keepalive);
    etcdcli_cluster_free(cluster);
    etcdcli_config_free(config);
  }
};

/// A copy of a struct that ends where the readable memory does.
template <class Params>
class AtTheEdge {
 public:
  AtTheEdge(const Params &params, std::size_t size) : AtTheEdge(params, size, size) {}
  /// A copy that claims to be of another size.
  AtTheEdge(const Params &params, std::size_t size, std::size_t claimed)
      : page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))),
        memory_(static_cast<char *>(
            ::mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    REQUIRE(memory_ != MAP_FAILED);
    REQUIRE(::mprotect(memory_ + page_, page_, PROT_NONE) == 0);
    std::memcpy(memory_ + page_ - size, &params, size);
    std::memcpy(memory_ + page_ - size, &claimed, sizeof claimed);
    params_ = reinterpret_cast<const Params *>(memory_ + page_ - size);
  }
  ~AtTheEdge() { ::munmap(memory_, 2 * page_); }
  AtTheEdge(const AtTheEdge &) = delete;
  AtTheEdge &operator=(const AtTheEdge &) = delete;

  const Params *get() const { return params_; }

 private:
  std::size_t page_;
  char *memory_;
  const Params *params_;
};

int submit(etcdcli_cluster *cluster, const etcdcli_range_params *params) {
  return etcdcli_range(cluster, params, on_end, nullptr, nullptr, nullptr);
}
int submit(etcdcli_cluster *cluster, const etcdcli_put_params *params) {
  return etcdcli_put(cluster, params, on_end, nullptr, nullptr, nullptr);
}
int submit(etcdcli_cluster *cluster, const etcdcli_delete_params *params) {
  return etcdcli_delete(cluster, params, on_end, nullptr, nullptr, nullptr);
}
int submit(etcdcli_cluster *cluster, const etcdcli_compact_params *params) {
  return etcdcli_compact(cluster, params, on_end, nullptr, nullptr, nullptr);
}
int submit(etcdcli_cluster *cluster, const etcdcli_commit_params *params) {
  return etcdcli_commit(cluster, params, on_end, nullptr, nullptr, nullptr);
}
int submit(etcdcli_cluster *cluster, const etcdcli_lease_grant_params *params) {
  return etcdcli_lease_grant(cluster, params, on_end, nullptr, nullptr, nullptr);
}
int submit(etcdcli_cluster *cluster, const etcdcli_lease_params *params) {
  return etcdcli_lease_revoke(cluster, params, on_end, nullptr, nullptr, nullptr);
}
int submit(etcdcli_cluster *cluster, const etcdcli_credentials *credentials) {
  return etcdcli_cluster_set_credentials(cluster, credentials);
}
int submit(etcdcli_cluster *cluster, const etcdcli_lease_list_params *params) {
  return etcdcli_lease_list(cluster, params, on_end, nullptr, nullptr, nullptr);
}
int submit(etcdcli_cluster *, const etcdcli_compare_params *params) {
  etcdcli_txn *const txn = etcdcli_txn_new();
  const int code = etcdcli_txn_compare(txn, params);
  etcdcli_txn_free(txn);
  return code;
}
int submit(etcdcli_cluster *cluster, const etcdcli_keepalive_params *params) {
  etcdcli_keepalive *out = nullptr;
  const int code = etcdcli_keepalive_new(cluster, params, &out);
  CHECK((code == ETCDCLI_OK) == (out != nullptr));
  etcdcli_keepalive_free(out);
  return code;
}
int submit(etcdcli_cluster *cluster, const etcdcli_watcher_params *params) {
  etcdcli_watcher *out = nullptr;
  const int code = etcdcli_watcher_new(cluster, params, &out);
  CHECK((code == ETCDCLI_OK) == (out != nullptr));
  etcdcli_watcher_free(out);
  return code;
}

/// Parameters that are fine, to be spoilt one field at a time.
template <class Params>
Params good();
template <>
etcdcli_range_params good() {
  return range_params("key");
}
template <>
etcdcli_put_params good() {
  return put_params("key", "value");
}
template <>
etcdcli_delete_params good() {
  return delete_params("key");
}
template <>
etcdcli_compact_params good() {
  return compact_params(1);
}
template <>
etcdcli_commit_params good() {
  static etcdcli_txn *const txn = etcdcli_txn_new();
  etcdcli_commit_params params = ETCDCLI_COMMIT_PARAMS_INIT;
  params.txn = txn;
  return params;
}
template <>
etcdcli_lease_grant_params good() {
  return lease_grant_params(5);
}
template <>
etcdcli_lease_params good() {
  return lease_params(1);
}
template <>
etcdcli_lease_list_params good() {
  return ETCDCLI_LEASE_LIST_PARAMS_INIT;
}
template <>
etcdcli_credentials good() {
  return ETCDCLI_CREDENTIALS_INIT;
}
template <>
etcdcli_compare_params good() {
  return compare_params("key");
}
template <>
etcdcli_keepalive_params good() {
  etcdcli_keepalive_params params = ETCDCLI_KEEPALIVE_PARAMS_INIT;
  params.key = slice("other key");
  return params;
}
template <>
etcdcli_watcher_params good() {
  etcdcli_watcher_params params = watcher_params("key");
  params.on_batch = on_batch;
  return params;
}

#define CHECK_REFUSED(expression, culprit)                      \
  do {                                                          \
    CHECK((expression) == ETCDCLI_ERR_ARGUMENT);                \
    CHECK_THAT(etcdcli_last_error(), Catch::Contains(culprit)); \
  } while (false)

}  // namespace

TEST_CASE("What never was a handle is refused", "[handles]") {
  const Handles handles;  // so that there is something to be mistaken for
  const int variable = 0;
  check_is_only(Type::none, nullptr, "NULL");
  check_is_only(Type::none, &variable, "the address of a variable");
  check_is_only(Type::none, reinterpret_cast<void *>(1), "1");
  check_is_only(Type::none, reinterpret_cast<void *>(-1), "-1");
  check_is_only(Type::none, reinterpret_cast<void *>(0xdeadbeef), "0xdeadbeef");
}

TEST_CASE("A handle with a bit flipped is refused", "[handles]") {
  const Handles handles;
  for (const void *handle : {static_cast<const void *>(handles.config), static_cast<const void *>(handles.cluster),
                             static_cast<const void *>(handles.keepalive), static_cast<const void *>(handles.watcher),
                             static_cast<const void *>(handles.txn)}) {
    for (int bit = 0; bit < 64; ++bit) {
      const auto flipped = reinterpret_cast<std::uintptr_t>(handle) ^ std::uintptr_t{1} << bit;
      // It may hit another living handle, but none of the same type: there is but one of each.
      void *const raw = reinterpret_cast<void *>(flipped);
      INFO("bit " << bit);
      const bool is_config = raw == handles.config;
      const bool is_cluster = raw == handles.cluster;
      const bool is_keepalive = raw == handles.keepalive;
      const bool is_watcher = raw == handles.watcher;
      const Type type = is_config            ? Type::config
                        : is_cluster         ? Type::cluster
                        : is_keepalive       ? Type::keepalive
                        : is_watcher         ? Type::watcher
                        : raw == handles.txn ? Type::txn
                                             : Type::none;
      check_is_only(type, raw, "a flipped handle");
    }
  }
}

TEST_CASE("A handle of another type is refused", "[handles]") {
  const Handles handles;
  check_is_only(Type::config, handles.config, "a config");
  check_is_only(Type::cluster, handles.cluster, "a cluster");
  check_is_only(Type::keepalive, handles.keepalive, "a keepalive");
  check_is_only(Type::watcher, handles.watcher, "a watcher");
  check_is_only(Type::txn, handles.txn, "a transaction");
  CHECK(etcdcli_cluster_pump(handles.cluster, 0) >= 0);  // and none of them was harmed
}

TEST_CASE("A freed handle is refused", "[handles]") {
  Handles handles;
  const auto freed = [](auto *&handle, auto free) {
    auto *const old = std::exchange(handle, nullptr);
    CHECK(free(old) == ETCDCLI_OK);
    CHECK(free(old) == ETCDCLI_ERR_HANDLE);
    check_is_only(Type::none, old, "a freed handle");
  };
  freed(handles.config, etcdcli_config_free);
  freed(handles.cluster, etcdcli_cluster_free);
  freed(handles.keepalive, etcdcli_keepalive_free);
  freed(handles.watcher, etcdcli_watcher_free);
  freed(handles.txn, etcdcli_txn_free);
}

TEST_CASE("A freed handle stays refused when its place is taken", "[handles]") {
  etcdcli_config *const old = etcdcli_config_new();
  CHECK(etcdcli_config_free(old) == ETCDCLI_OK);
  for (int i = 0; i < 20000; ++i) {
    etcdcli_config *const next = etcdcli_config_new();
    REQUIRE(next != nullptr);
    REQUIRE(next != old);
    REQUIRE(etcdcli_config_set(old, "lease.ttl.s", "5") == ETCDCLI_ERR_HANDLE);
    REQUIRE(etcdcli_config_free(next) == ETCDCLI_OK);
  }
}

TEST_CASE("Handles do not run out while they are freed", "[handles]") {
  std::vector<etcdcli_config *> configs;
  for (int i = 0; i < 2000; ++i) configs.push_back(etcdcli_config_new());
  for (etcdcli_config *config : configs) {
    CHECK(config != nullptr);
    CHECK(etcdcli_config_free(config) == ETCDCLI_OK);
  }
}

TEST_CASE("Free of NULL does nothing", "[handles]") {
  CHECK(etcdcli_config_free(nullptr) == ETCDCLI_OK);
  CHECK(etcdcli_cluster_free(nullptr) == ETCDCLI_OK);
  CHECK(etcdcli_keepalive_free(nullptr) == ETCDCLI_OK);
  CHECK(etcdcli_watcher_free(nullptr) == ETCDCLI_OK);
}

TEST_CASE("Accessors take NULL", "[handles]") {
  CHECK(etcdcli_response_header(nullptr) == nullptr);
  CHECK(etcdcli_response_kv_count(nullptr) == 0);
  CHECK(etcdcli_response_kv(nullptr, 0) == nullptr);
  CHECK(etcdcli_response_count(nullptr) == 0);
  CHECK(etcdcli_response_more(nullptr) == 0);
  CHECK(etcdcli_response_prev_kv_count(nullptr) == 0);
  CHECK(etcdcli_response_prev_kv(nullptr, 0) == nullptr);
  CHECK(etcdcli_batch_size(nullptr) == 0);
  CHECK(etcdcli_batch_event(nullptr, 0) == nullptr);
  CHECK(etcdcli_batch_flags(nullptr) == 0);
  CHECK(etcdcli_batch_revision(nullptr) == 0);
  CHECK(etcdcli_batch_time_ms(nullptr) == 0);
}

TEMPLATE_TEST_CASE("A struct is read as far as it goes", "[handles]", etcdcli_range_params, etcdcli_put_params,
                   etcdcli_delete_params, etcdcli_compact_params, etcdcli_compare_params, etcdcli_commit_params,
                   etcdcli_lease_grant_params, etcdcli_lease_params, etcdcli_lease_list_params, etcdcli_credentials,
                   etcdcli_keepalive_params, etcdcli_watcher_params) {
  const Handles handles;
  TestType params = good<TestType>();

  SECTION("a size of 0 is refused") {
    params.struct_size = 0;
    CHECK_REFUSED(submit(handles.cluster, &params), "struct_size");
  }
  SECTION("a size that no struct has is refused without being read") {
    params.struct_size = static_cast<std::size_t>(-1);
    CHECK_REFUSED(submit(handles.cluster, &params), "struct_size");
    params.struct_size = 4097;
    CHECK_REFUSED(submit(handles.cluster, &params), "struct_size");
  }
  SECTION("all of it, to the last byte and no further") {
    const AtTheEdge<TestType> edge(params, sizeof params);
    CHECK(submit(handles.cluster, edge.get()) == ETCDCLI_OK);
  }
  SECTION("less than there was in the first version is refused, and not read") {
    for (std::size_t size = 1; size < sizeof params; ++size) {
      INFO("struct_size " << size);
      const std::size_t there = std::max(size, sizeof size);
      const AtTheEdge<TestType> edge(params, there, size);
      CHECK_REFUSED(submit(handles.cluster, edge.get()), "struct_size");
    }
  }
}

/// What a newer header's struct may look like: this one's, and fields that this library does not know.
template <class Params>
struct Newer {
  Params known;
  char added[16];
};

TEMPLATE_TEST_CASE("A struct of a newer header is taken if what is new in it is left alone", "[handles]",
                   etcdcli_range_params, etcdcli_put_params, etcdcli_delete_params, etcdcli_compact_params,
                   etcdcli_compare_params, etcdcli_commit_params, etcdcli_lease_grant_params, etcdcli_lease_params,
                   etcdcli_lease_list_params, etcdcli_credentials, etcdcli_keepalive_params, etcdcli_watcher_params) {
  const Handles handles;
  Newer<TestType> params{good<TestType>(), {}};

  SECTION("to the last byte and no further") {
    for (std::size_t more = 0; more <= sizeof params.added; ++more) {
      INFO(more << " bytes are new");
      const AtTheEdge<Newer<TestType>> edge(params, sizeof params.known + more);
      CHECK(submit(handles.cluster, &edge.get()->known) == ETCDCLI_OK);
    }
  }
  SECTION("but not if one of them is set") {
    for (std::size_t index = 0; index < sizeof params.added; ++index) {
      INFO("byte " << index << " of the new ones is set");
      params = {good<TestType>(), {}};
      params.known.struct_size = sizeof params;
      params.added[index] = 1;
      CHECK_REFUSED(submit(handles.cluster, &params.known), "does not know");
      CHECK_THAT(etcdcli_last_error(), Catch::Contains("newer header") && Catch::Contains(ETCDCLI_VERSION));
    }
  }
  SECTION("as large as structs can be") {
    struct Large {
      TestType known;
      char added[4096 - sizeof(TestType)];
    } large{good<TestType>(), {}};
    large.known.struct_size = 4096;
    CHECK(submit(handles.cluster, &large.known) == ETCDCLI_OK);
  }
}

TEST_CASE("NULL is refused where something is needed", "[handles]") {
  const Handles handles;
  etcdcli_cluster *const cluster = handles.cluster;
  const etcdcli_range_params range = range_params("k");
  const etcdcli_put_params put = put_params("k", "v");
  const etcdcli_delete_params erase = delete_params("k");
  const etcdcli_compact_params compact = compact_params(1);
  const etcdcli_keepalive_params keep = good<etcdcli_keepalive_params>();
  etcdcli_watcher_params watch = good<etcdcli_watcher_params>();
  etcdcli_watcher *watcher = nullptr;
  etcdcli_keepalive *keepalive = nullptr;

  CHECK_REFUSED(etcdcli_range(cluster, nullptr, on_end, nullptr, nullptr, nullptr), "params");
  CHECK_REFUSED(etcdcli_put(cluster, nullptr, on_end, nullptr, nullptr, nullptr), "params");
  CHECK_REFUSED(etcdcli_delete(cluster, nullptr, on_end, nullptr, nullptr, nullptr), "params");
  CHECK_REFUSED(etcdcli_compact(cluster, nullptr, on_end, nullptr, nullptr, nullptr), "params");
  CHECK_REFUSED(etcdcli_range(cluster, &range, nullptr, nullptr, nullptr, nullptr), "fn");
  CHECK_REFUSED(etcdcli_put(cluster, &put, nullptr, nullptr, nullptr, nullptr), "fn");
  CHECK_REFUSED(etcdcli_delete(cluster, &erase, nullptr, nullptr, nullptr, nullptr), "fn");
  CHECK_REFUSED(etcdcli_compact(cluster, &compact, nullptr, nullptr, nullptr, nullptr), "fn");
  CHECK_REFUSED(etcdcli_keepalive_new(cluster, nullptr, &keepalive), "params");
  CHECK_REFUSED(etcdcli_keepalive_new(cluster, &keep, nullptr), "out");
  CHECK_REFUSED(etcdcli_watcher_new(cluster, nullptr, &watcher), "params");
  CHECK_REFUSED(etcdcli_watcher_new(cluster, &watch, nullptr), "out");
  watch.on_batch = nullptr;
  CHECK_REFUSED(etcdcli_watcher_new(cluster, &watch, &watcher), "on_batch");
  CHECK_REFUSED(etcdcli_cluster_new(handles.config, nullptr), "out");
  CHECK_REFUSED(etcdcli_config_set(handles.config, nullptr, "value"), "name");
  CHECK_REFUSED(etcdcli_config_set(handles.config, "endpoints", nullptr), "value");
}

TEMPLATE_TEST_CASE("A bad key or range is refused by name", "[handles]", etcdcli_range_params, etcdcli_delete_params,
                   etcdcli_watcher_params) {
  const Handles handles;
  TestType params = good<TestType>();
  SECTION("an empty key") {
    params.key = slice("");
    CHECK_REFUSED(submit(handles.cluster, &params), "key");
  }
  SECTION("a slice over nothing") {
    params.key = etcdcli_bytes(nullptr, 5);
    CHECK_REFUSED(submit(handles.cluster, &params), "key");
  }
  SECTION("a range_end over nothing") {
    params.range_end = etcdcli_bytes(nullptr, 5);
    CHECK_REFUSED(submit(handles.cluster, &params), "range_end");
  }
  SECTION("a range_end that a flag already says") {
    params.range_end = slice("z");
    params.flags = GENERATE(0u + ETCDCLI_PREFIX, 0u + ETCDCLI_FROM_KEY);
    CHECK_REFUSED(submit(handles.cluster, &params), "range_end");
  }
  SECTION("an unknown flag") {
    params.flags = GENERATE(1u << 6, 1u << 30, 1u << 31, ~0u);
    CHECK_REFUSED(submit(handles.cluster, &params), "flags");
  }
}

TEST_CASE("A bad field is refused by name", "[handles]") {
  const Handles handles;
  const auto refused = [&](auto params, auto spoil, const char *culprit) {
    spoil(params);
    INFO(culprit);
    CHECK_REFUSED(submit(handles.cluster, &params), culprit);
  };
  using Range = etcdcli_range_params;
  using Put = etcdcli_put_params;
  using Delete = etcdcli_delete_params;
  using Compact = etcdcli_compact_params;
  using Keep = etcdcli_keepalive_params;
  using Follow = etcdcli_watcher_params;

  refused(
      good<Compact>(), [](Compact &params) { params.revision = 0; }, "revision");
  refused(
      good<Compact>(), [](Compact &params) { params.revision = INT64_MIN; }, "revision");
  refused(
      good<Compact>(), [](Compact &params) { params.flags = ETCDCLI_PREFIX; }, "flags");
  refused(
      good<Compact>(), [](Compact &params) { params.timeout_ms = 86400001; }, "timeout_ms");
  refused(
      good<Range>(), [](Range &params) { params.limit = -1; }, "limit");
  refused(
      good<Range>(), [](Range &params) { params.limit = -1; }, "-1");
  refused(
      good<Range>(), [](Range &params) { params.limit = INT64_MIN; }, "limit");
  refused(
      good<Range>(), [](Range &params) { params.revision = -1; }, "revision");
  refused(
      good<Range>(), [](Range &params) { params.timeout_ms = -1; }, "timeout_ms");
  refused(
      good<Range>(), [](Range &params) { params.timeout_ms = 86400001; }, "timeout_ms");
  refused(
      good<Range>(), [](Range &params) { params.timeout_ms = INT64_MAX; }, "timeout_ms");
  refused(
      good<Range>(), [](Range &params) { params.flags = ETCDCLI_PREV_KV; }, "flags");
  refused(
      good<Put>(), [](Put &params) { params.key = slice(""); }, "key");
  refused(
      good<Put>(), [](Put &params) { params.key = etcdcli_bytes(nullptr, 1); }, "key");
  refused(
      good<Put>(), [](Put &params) { params.value = etcdcli_bytes(nullptr, 1); }, "value");
  refused(
      good<Put>(), [](Put &params) { params.lease = -1; }, "lease");
  refused(
      good<Put>(), [](Put &params) { params.timeout_ms = -1; }, "timeout_ms");
  refused(
      good<Put>(), [](Put &params) { params.flags = ETCDCLI_PREFIX; }, "flags");
  refused(
      good<Delete>(), [](Delete &params) { params.timeout_ms = -1; }, "timeout_ms");
  refused(
      good<Delete>(), [](Delete &params) { params.flags = ETCDCLI_KEYS_ONLY; }, "flags");
  refused(
      good<Keep>(), [](Keep &params) { params.key = slice(""); }, "key");
  refused(
      good<Keep>(), [](Keep &params) { params.key = etcdcli_bytes(nullptr, 1); }, "key");
  refused(
      good<Keep>(), [](Keep &params) { params.value = etcdcli_bytes(nullptr, 1); }, "value");
  refused(
      good<Keep>(), [](Keep &params) { params.key = slice("k"); }, "key");  // there is one for this key
  refused(
      good<Follow>(), [](Follow &params) { params.start_revision = -1; }, "start_revision");
  refused(
      good<Follow>(), [](Follow &params) { params.flags = ETCDCLI_SERIALIZABLE; }, "flags");

  CHECK_REFUSED(etcdcli_keepalive_set_value(handles.keepalive, etcdcli_bytes(nullptr, 1)), "value");
  CHECK_REFUSED(etcdcli_cluster_pump(handles.cluster, -1), "max_callbacks");
  CHECK_REFUSED(etcdcli_cluster_wait(handles.cluster, -2), "timeout_ms");
  CHECK_REFUSED(etcdcli_cluster_close(handles.cluster, 2, nullptr, nullptr, nullptr), "flags");
}

TEST_CASE("A slice over nothing of size 0 is an empty one", "[handles]") {
  const Handles handles;
  etcdcli_put_params params = put_params("k", "");
  params.value = etcdcli_bytes(nullptr, 0);
  CHECK(submit(handles.cluster, &params) == ETCDCLI_OK);
  CHECK(etcdcli_keepalive_set_value(handles.keepalive, etcdcli_str(nullptr)) == ETCDCLI_OK);
}

TEST_CASE("What a host hands in is copied", "[handles]") {
  Host host;
  const ReservedPort nobody;
  Cluster cluster(host, nobody.url());
  auto name = std::make_unique<std::string>("a key that is too long to be kept anywhere but on the heap");
  cluster.put(*name, *name);
  cluster.keep(*name, *name).set_value(*name);
  cluster.watch_prefix(*name);
  name.reset();  // sanitizers see it if it is read from now on
  host.run_for(Milliseconds{50});
}

TEST_CASE("What an option limits is refused beyond it", "[handles]") {
  Host host;
  const ReservedPort nobody;
  Cluster cluster(host, nobody.url(), {{"keepalives.max", "2"}, {"watchers.max", "2"}, {"calls.max", "2"}});
  const auto refused = [](int code, const char *option) {
    CHECK(code == ETCDCLI_ERR_LIMIT);
    CHECK_THAT(etcdcli_last_error(), Catch::Contains(option));
  };

  SECTION("calls") {
    const etcdcli_put_params put = good<etcdcli_put_params>();
    const Call &first = cluster.get("1");
    cluster.get("2");
    refused(submit(cluster.handle(), &put), "calls.max");
    CHECK(etcdcli_call_cancel(cluster.handle(), first.id) == ETCDCLI_OK);
    CHECK(host.wait_until([&] { return first.ended(); }));
    CHECK(submit(cluster.handle(), &put) == ETCDCLI_OK);
  }
  SECTION("keepalives, until the key of one that was freed is removed") {
    const etcdcli_keepalive_params params = good<etcdcli_keepalive_params>();
    Keepalive &first = cluster.keep("1", "value");
    cluster.keep("2", "value");
    refused(submit(cluster.handle(), &params), "keepalives.max");
    CHECK(first.free() == ETCDCLI_OK);  // nothing of it has come to etcd
    CHECK(submit(cluster.handle(), &params) == ETCDCLI_OK);
  }
  SECTION("watchers, until one is freed") {
    const etcdcli_watcher_params params = good<etcdcli_watcher_params>();
    Watch &first = cluster.watch_prefix("1");
    cluster.watch_prefix("2");
    refused(submit(cluster.handle(), &params), "watchers.max");
    CHECK(first.free() == ETCDCLI_OK);
    CHECK(submit(cluster.handle(), &params) == ETCDCLI_OK);
  }
}

TEST_CASE("A call that never was cannot be cancelled", "[handles]") {
  const Handles handles;
  CHECK(etcdcli_call_cancel(handles.cluster, 0) == ETCDCLI_ERR_NOT_FOUND);
  CHECK(etcdcli_call_cancel(handles.cluster, 12345) == ETCDCLI_ERR_NOT_FOUND);
  CHECK(etcdcli_call_cancel(handles.cluster, UINT64_MAX) == ETCDCLI_ERR_NOT_FOUND);
}

TEST_CASE("Ids of calls are not zero and not used again", "[handles]") {
  Host host;
  const ReservedPort nobody;
  Cluster cluster(host, nobody.url(), {{"request.timeout.ms", "1"}});
  etcdcli_call last = 0;
  for (int i = 0; i < 100; ++i) {
    const Call &call = cluster.finish(cluster.get("k"));
    CHECK(call.id != 0);
    CHECK(call.id != last);
    last = call.id;
  }
}

TEST_CASE("Every code has a text and other numbers have one too", "[handles]") {
  std::map<std::string, int> texts;
  for (int code = ETCDCLI_ERR_ARGUMENT; code >= ETCDCLI_ERR_PERMISSION_DENIED; --code) {
    const char *text = etcdcli_strerror(code);
    REQUIRE(text != nullptr);
    CHECK(std::string(text) != "unknown error");
    CHECK(texts.emplace(text, code).second);
  }
  CHECK(std::strlen(etcdcli_strerror(ETCDCLI_OK)) > 0);
  for (const int code : {1, -1, -23700, -23799, INT32_MAX, INT32_MIN}) {
    CHECK(std::string(etcdcli_strerror(code)) == "unknown error");
  }
}

TEST_CASE("States and levels have names", "[handles]") {
  const auto check = [](const char *(*name)(int), int first, int last) {
    std::map<std::string, int> names;
    for (int value = first; value <= last; ++value) {
      CHECK(std::string(name(value)) != "unknown");
      CHECK(names.emplace(name(value), value).second);
    }
    for (const int value : {first - 1, last + 1, -1, INT32_MAX, INT32_MIN}) {
      CHECK(std::string(name(value)) == "unknown");
    }
  };
  check(etcdcli_log_level_name, ETCDCLI_LOG_ERROR, ETCDCLI_LOG_DEBUG);
  check(etcdcli_cluster_state_name, ETCDCLI_CLUSTER_CONNECTING, ETCDCLI_CLUSTER_CLOSED);
  check(etcdcli_keepalive_state_name, ETCDCLI_KEEPALIVE_WAITING, ETCDCLI_KEEPALIVE_BLOCKED);
  check(etcdcli_watcher_state_name, ETCDCLI_WATCHER_SNAPSHOT, ETCDCLI_WATCHER_ENDED);
}

TEST_CASE("The version is that of the header", "[handles]") {
  CHECK(std::string(etcdcli_version()) == ETCDCLI_VERSION);
  CHECK(etcdcli_version_number() == ETCDCLI_VERSION_NUMBER);
}

TEST_CASE("The last error belongs to its thread", "[handles]") {
  CHECK(etcdcli_cluster_pump(nullptr, 0) == ETCDCLI_ERR_HANDLE);
  const std::string mine = etcdcli_last_error();
  CHECK_FALSE(mine.empty());
  std::string before;
  std::string after;
  std::thread other([&] {
    before = etcdcli_last_error();
    etcdcli_watcher_state(nullptr);
    after = etcdcli_last_error();
  });
  other.join();
  CHECK(before.empty());
  CHECK_FALSE(after.empty());
  CHECK(etcdcli_last_error() == mine);
  CHECK(etcdcli_config_free(nullptr) == ETCDCLI_OK);
  CHECK(etcdcli_last_error() == mine);  // until the next failing call
}
