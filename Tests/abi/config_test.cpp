// Options: what is accepted, and that a refusal names the option, the value and what it takes.
#include <catch2/catch.hpp>
#include <cstring>

#include "harness/fake_http_server.h"
#include "harness/fixtures.h"

using namespace harness;
using Catch::Contains;

namespace {

/// A config that is freed with the test.
struct WithConfig {
  etcdcli_config *config = etcdcli_config_new();
  ~WithConfig() { etcdcli_config_free(config); }

  int set(const std::string &name, const std::string &value) {
    return etcdcli_config_set(config, name.c_str(), value.c_str());
  }
  std::string get(const std::string &name) {
    const char *value = nullptr;
    return etcdcli_config_get(config, name.c_str(), &value) == ETCDCLI_OK ? value : "refused";
  }
  std::string error() const { return etcdcli_last_error(); }
};

}  // namespace

TEST_CASE_METHOD(WithConfig, "An unknown option is refused by name", "[config]") {
  const std::string name = GENERATE("no.such.option", "", "ENDPOINTS", "endpoints ", "lease.ttl.s\n");
  CHECK(set(name, "1") == ETCDCLI_ERR_CONFIG);
  if (!name.empty()) CHECK_THAT(error(), Contains(name.substr(0, name.find('\n'))));
  CHECK_THAT(error(), Contains("option"));
}

TEST_CASE_METHOD(WithConfig, "A number that is none or out of range is refused", "[config]") {
  const std::string value = GENERATE("", " ", "abc", "-1", "0", "1.5", "1e3", "0x10", "10 ", " 10", "+5", "86400001",
                                     "99999999999999999999", "\xd9\xa3");
  CHECK(set("request.timeout.ms", value) == ETCDCLI_ERR_CONFIG);
  CHECK_THAT(error(), Contains("request.timeout.ms") && Contains(value) && Contains("86400000"));
}

TEST_CASE_METHOD(WithConfig, "A number at the edge of its range is accepted", "[config]") {
  CHECK(set("request.timeout.ms", "1") == ETCDCLI_OK);
  CHECK(set("request.timeout.ms", "86400000") == ETCDCLI_OK);
}

TEST_CASE_METHOD(WithConfig, "A number may have a unit, and is read back without", "[config]") {
  CHECK(get("request.timeout.ms") == "5000");
  CHECK(set("request.timeout.ms", "5m") == ETCDCLI_OK);
  CHECK(get("request.timeout.ms") == "300000");
  CHECK(set("lease.ttl.s", "2m") == ETCDCLI_OK);
  CHECK(get("lease.ttl.s") == "120");
  CHECK(set("response.max.bytes", "64KiB") == ETCDCLI_OK);
  CHECK(get("response.max.bytes") == "65536");
  CHECK(set("request.timeout.ms", GENERATE("5 m", "5M", "1KiB", "ms", "25h", "9223372036854775807h")) ==
        ETCDCLI_ERR_CONFIG);
  CHECK_THAT(error(), Contains("request.timeout.ms") && Contains("ms") && Contains("86400000"));
  CHECK(get("request.timeout.ms") == "300000");
}

TEST_CASE_METHOD(WithConfig, "An option is read back as it is in effect", "[config]") {
  CHECK(get("endpoints").empty());
  CHECK(set("endpoints", "HTTP://A/, https://[::1]:1") == ETCDCLI_OK);
  CHECK(get("endpoints") == "http://a:2379,https://[::1]:1");
  CHECK(get("log.level") == "info");
  const char *value = "as it was";
  CHECK(etcdcli_config_get(config, "no.such.option", &value) == ETCDCLI_ERR_CONFIG);
  CHECK_THAT(error(), Contains("no.such.option"));
  CHECK(std::string(value) == "as it was");
  CHECK(etcdcli_config_get(config, nullptr, &value) == ETCDCLI_ERR_ARGUMENT);
  CHECK(etcdcli_config_get(config, "log.level", nullptr) == ETCDCLI_ERR_ARGUMENT);
  CHECK(etcdcli_config_get(nullptr, "log.level", &value) == ETCDCLI_ERR_HANDLE);
}

TEST_CASE_METHOD(WithConfig, "A log level that is none is refused", "[config]") {
  const std::string value = GENERATE("", "loud", "DEBUG", "4");
  CHECK(set("log.level", value) == ETCDCLI_ERR_CONFIG);
  CHECK_THAT(error(), Contains("log.level") && Contains("debug"));
}

TEST_CASE_METHOD(WithConfig, "A malformed endpoint is refused by name", "[config]") {
  const std::string url = GENERATE(
      "127.0.0.1:2379", "ftp://127.0.0.1:2379", "http://", "http://:2379", "http://127.0.0.1:", "http://127.0.0.1:0",
      "http://127.0.0.1:65536", "http://127.0.0.1:port", "http://127.0.0.1:2379/path", "http://a b:2379",
      "http://[::1:2379", "http://user:secret@127.0.0.1:2379", "http//127.0.0.1:2379", "http://127.0.0.1:2379\r\nX: y");
  CHECK(set("endpoints", url) == ETCDCLI_ERR_CONFIG);
  INFO(error());
  CHECK_THAT(error(), Contains("endpoints"));
  CHECK(error().find('\n') == std::string::npos);
  CHECK(error().find("secret") == std::string::npos);
  CHECK(set("endpoints", "http://127.0.0.1:2379," + url) == ETCDCLI_ERR_CONFIG);
}

TEST_CASE_METHOD(WithConfig, "A password in a URL is never repeated", "[config]") {
  const std::string list =
      GENERATE("http://user:secret@127.0.0.1:2379", "http://user:sec@ret@127.0.0.1:2379", "http://secret@",
               "http://user:secret,secret@127.0.0.1:2379", "http://127.0.0.1:2379,ftp://user:secret@127.0.0.1:2379",
               "http://user:secret/secret?secret@127.0.0.1:2379", "user:secret@127.0.0.1", "http://user:secret @h");
  CHECK(set("endpoints", list) == ETCDCLI_ERR_CONFIG);
  CHECK_THAT(error(), Contains("endpoints") && !Contains("secret") && !Contains("sec@"));
}

TEST_CASE_METHOD(WithConfig, "An empty place in the list of endpoints is refused", "[config]") {
  const std::string list = GENERATE("", ",", "http://127.0.0.1:2379,", "http://127.0.0.1:1,,http://127.0.0.1:2");
  CHECK(set("endpoints", list) == ETCDCLI_ERR_CONFIG);
  CHECK_THAT(error(), Contains("endpoints"));
}

TEST_CASE_METHOD(WithConfig, "Good endpoints are accepted", "[config]") {
  const std::string list = GENERATE("http://127.0.0.1:2379", "https://etcd-0.example.com:2379", "http://[::1]:2379",
                                    "http://10.0.0.1:2379,http://10.0.0.2:2379");
  CHECK(set("endpoints", list) == ETCDCLI_OK);
}

TEST_CASE_METHOD(WithConfig, "A very long value is refused and quoted in part", "[config]") {
  const std::string value(1 << 20, 'x');
  CHECK(set("request.timeout.ms", value) == ETCDCLI_ERR_CONFIG);
  CHECK(error().size() < 1000);
  CHECK(set(value, "1") == ETCDCLI_ERR_CONFIG);
  CHECK(error().size() < 1000);
}

TEST_CASE_METHOD(WithConfig, "Bytes that are not UTF-8 do no harm", "[config]") {
  CHECK(set("request.timeout.ms", "\xff\xfe\x80") == ETCDCLI_ERR_CONFIG);
  CHECK(set("\xff\xfe\x80", "1") == ETCDCLI_ERR_CONFIG);
  CHECK(set("endpoints", "http://\xff\xfe:2379") == ETCDCLI_ERR_CONFIG);
}

TEST_CASE_METHOD(WithConfig, "A cluster without endpoints is refused", "[config]") {
  etcdcli_cluster *cluster = nullptr;
  CHECK(etcdcli_cluster_new(config, &cluster) == ETCDCLI_ERR_CONFIG);
  CHECK(cluster == nullptr);
  CHECK_THAT(error(), Contains("endpoints"));
}

TEST_CASE_METHOD(WithConfig, "Options that contradict each other are refused", "[config]") {
  CHECK(set("endpoints", "http://127.0.0.1:2379") == ETCDCLI_OK);
  CHECK(set("backoff.min.ms", "500") == ETCDCLI_OK);
  CHECK(set("backoff.max.ms", "100") == ETCDCLI_OK);
  etcdcli_cluster *cluster = nullptr;
  CHECK(etcdcli_cluster_new(config, &cluster) == ETCDCLI_ERR_CONFIG);
  CHECK_THAT(error(), Contains("backoff.min.ms") && Contains("backoff.max.ms"));
}

TEST_CASE_METHOD(WithConfig, "TLS files that cannot be read are refused", "[config]") {
  CHECK(set("endpoints", "https://127.0.0.1:2379") == ETCDCLI_OK);
  CHECK(set("tls.ca.file", "/no/such/file.pem") == ETCDCLI_OK);
  etcdcli_cluster *cluster = nullptr;
  CHECK(etcdcli_cluster_new(config, &cluster) == ETCDCLI_ERR_CONFIG);
  CHECK(cluster == nullptr);
  CHECK_THAT(error(), Contains("tls.ca.file") && Contains("/no/such/file.pem"));
}

TEST_CASE_METHOD(WithConfig, "A library with gRPC takes each wire", "[config][grpc]") {
  CHECK(set("endpoints", "http://127.0.0.1:2379") == ETCDCLI_OK);
  CHECK(set("wire", GENERATE("json", "grpc", "auto")) == ETCDCLI_OK);
  etcdcli_cluster *cluster = nullptr;
  CHECK(etcdcli_cluster_new(config, &cluster) == ETCDCLI_OK);
  CHECK(etcdcli_cluster_free(cluster) == ETCDCLI_OK);
}

TEST_CASE_METHOD(WithConfig, "A library without gRPC refuses it, and says why", "[config][without-grpc]") {
  const auto is_refused = [&](int code) {
    CHECK(code == ETCDCLI_ERR_CONFIG);
    CHECK_THAT(error(), Contains("wire") && Contains("grpc") && Contains("ETCDCLI_GRPC=OFF"));
  };
  CHECK(set("endpoints", "http://127.0.0.1:2379") == ETCDCLI_OK);
  CHECK(set("wire", "grpc") == ETCDCLI_OK);
  etcdcli_cluster *cluster = nullptr;
  is_refused(etcdcli_cluster_new(config, &cluster));
  CHECK(cluster == nullptr);

  CHECK(set("wire", GENERATE("json", "auto")) == ETCDCLI_OK);
  REQUIRE(etcdcli_cluster_new(config, &cluster) == ETCDCLI_OK);
  CHECK(set("wire", "grpc") == ETCDCLI_OK);
  is_refused(etcdcli_cluster_reconfigure(cluster, config));
  CHECK(etcdcli_cluster_free(cluster) == ETCDCLI_OK);
}

TEST_CASE("A library without gRPC goes by the gateway when it may choose", "[config][without-grpc]") {
  const FakeHttpServer server([](const auto &) {
    return http_reply(200, "application/json",
                      R"({"header":{"cluster_id":"17","member_id":"34","revision":"5","raft_term":"2"}})");
  });
  Host host;
  Cluster cluster(host, server.url(), {{"wire", "auto"}});
  CHECK(cluster.finish(cluster.get("k")).code() == ETCDCLI_OK);
  REQUIRE(server.request_count() > 0);
  for (const auto &request : server.requests()) CHECK_THAT(request.head, Contains(" HTTP/1.1"));
  CHECK(std::string(etcdcli_cluster_endpoint(cluster.handle(), 0)->wire) == "json");
}

TEST_CASE_METHOD(WithConfig, "A refused value leaves the one before", "[config]") {
  // Seen by what a cluster made from it does: its calls end after 200 ms.
  const ReservedPort nobody;
  CHECK(set("endpoints", nobody.url()) == ETCDCLI_OK);
  CHECK(set("request.timeout.ms", "60000") == ETCDCLI_OK);
  CHECK(set("request.timeout.ms", "200") == ETCDCLI_OK);  // the last value counts
  CHECK(set("request.timeout.ms", "never") == ETCDCLI_ERR_CONFIG);
  CHECK(set("endpoints", "nonsense") == ETCDCLI_ERR_CONFIG);
  etcdcli_cluster *cluster = nullptr;
  REQUIRE(etcdcli_cluster_new(config, &cluster) == ETCDCLI_OK);
  CHECK(set("request.timeout.ms", "60000") == ETCDCLI_OK);  // the cluster has a copy

  int code = 0;
  const auto end = [](etcdcli_cluster *, const etcdcli_call_info *info, void *user) {
    *static_cast<int *>(user) = info->error ? info->error->code : ETCDCLI_OK + 1;
  };
  const etcdcli_range_params params = range_params("k");
  REQUIRE(etcdcli_range(cluster, &params, end, &code, nullptr, nullptr) == ETCDCLI_OK);
  CHECK(eventually([&] { return etcdcli_cluster_wait(cluster, 10) >= 0 && code != 0; }, Milliseconds{3000}));
  CHECK(code < 0);
  CHECK(etcdcli_cluster_free(cluster) == ETCDCLI_OK);
}

TEST_CASE("The log has the lines that were asked for", "[config]") {
  const ReservedPort nobody;
  const std::string level = GENERATE("error", "warning", "info", "debug");
  const int highest = level == "error"     ? ETCDCLI_LOG_ERROR
                      : level == "warning" ? ETCDCLI_LOG_WARNING
                      : level == "info"    ? ETCDCLI_LOG_INFO
                                           : ETCDCLI_LOG_DEBUG;
  struct Log {
    int highest = 0;
    int lines = 0;
    bool well_formed = true;
  } log;
  const auto take = [](etcdcli_cluster *cluster, const etcdcli_log_info *info, void *user) {
    auto &self = *static_cast<Log *>(user);
    const int line_level = info->level;
    const char *const message = info->message;
    self.well_formed = self.well_formed && etcdcli_cluster_fd(cluster) >= 0;
    self.highest = std::max(self.highest, line_level);
    self.lines += 1;
    self.well_formed = self.well_formed && line_level >= ETCDCLI_LOG_ERROR && line_level <= ETCDCLI_LOG_DEBUG &&
                       std::strlen(message) > 0 && std::strpbrk(message, "\r\n") == nullptr &&
                       std::strlen(info->component) > 0;
  };
  etcdcli_config *config =
      make_config({{"endpoints", nobody.url()}, {"log.level", level}, {"request.timeout.ms", "200"}});
  REQUIRE(etcdcli_config_set_log_callback(config, take, &log, nullptr) == ETCDCLI_OK);
  etcdcli_cluster *cluster = nullptr;
  REQUIRE(etcdcli_cluster_new(config, &cluster) == ETCDCLI_OK);
  etcdcli_config_free(config);
  bool ended = false;
  const auto end = [](etcdcli_cluster *, const etcdcli_call_info *, void *user) { *static_cast<bool *>(user) = true; };
  const etcdcli_range_params params = range_params("k");
  REQUIRE(etcdcli_range(cluster, &params, end, &ended, nullptr, nullptr) == ETCDCLI_OK);
  CHECK(eventually([&] { return etcdcli_cluster_wait(cluster, 10) >= 0 && ended; }));
  CHECK(etcdcli_cluster_free(cluster) == ETCDCLI_OK);
  CHECK(log.highest <= highest);
  CHECK(log.well_formed);
  if (highest == ETCDCLI_LOG_DEBUG) CHECK(log.lines > 0);
}
