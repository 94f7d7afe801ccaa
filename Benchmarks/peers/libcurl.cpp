// Bare libcurl at the gateway: a handle for each call, as its examples do it, and a connection for each watch, whose
// documents simdjson reads.

#include <curl/curl.h>

#include <stdexcept>

#include "../peer.h"
#include "documents.h"

namespace {

class LibCurl;

struct Transfer {
  LibCurl &peer;
  bool is_watch;
  Operation operation;
  std::string request;
  std::string answer;
  /// Of a watch: up to where the end of a line was searched for.
  std::size_t searched = 0;
};

class LibCurl : public Peer {
 public:
  LibCurl(std::string url, std::size_t at_once) : url_(std::move(url)) {
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(at_once) + 16);
  }
  // A process that ends gives everything back.

  void begin(Operation operation) override {
    const std::string key = R"({"key":")" + base64::encode(peer_key) + "\"";
    const std::string request =
        key +
        (operation == Operation::put ? R"(,"value":")" + base64::encode(std::string(value_size, 'v')) + "\"}" : "}");
    start(operation == Operation::put ? "/v3/kv/put" : "/v3/kv/range",
          new Transfer{*this, false, operation, request, "", 0});
  }

  void watch(const std::string &prefix, std::int64_t revision) override {
    std::string end = prefix;
    ++end.back();
    std::string request =
        R"({"create_request":{"key":")" + base64::encode(prefix) + R"(","range_end":")" + base64::encode(end) + "\"";
    if (revision != 0) request += R"(,"start_revision":")" + std::to_string(revision) + "\"";
    start("/v3/watch", new Transfer{*this, true, Operation::range, request + "}}", "", 0});
  }

  void turn() override {
    const auto before = events + static_cast<std::uint64_t>(live);
    int running = 0;
    curl_multi_perform(multi_, &running);
    int queued = 0;
    bool told = events + static_cast<std::uint64_t>(live) != before;
    while (CURLMsg *message = curl_multi_info_read(multi_, &queued)) {
      end(message);
      told = true;
    }
    if (!told) curl_multi_poll(multi_, nullptr, 0, 10000, nullptr);
  }

 private:
  void start(const char *path, Transfer *transfer) {
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, (url_ + path).c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->request.c_str());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_multi_add_handle(multi_, easy);
  }

  void end(CURLMsg *message) {
    CURL *easy = message->easy_handle;
    Transfer *transfer = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    const char *expected = transfer->operation == Operation::put ? "\"header\"" : "\"kvs\"";
    if (message->data.result != CURLE_OK || transfer->is_watch ||
        transfer->answer.find(expected) == std::string::npos) {
      throw std::runtime_error("a transfer failed: " + transfer->answer);
    }
    curl_multi_remove_handle(multi_, easy);
    curl_easy_cleanup(easy);
    delete transfer;
    ++ended;
  }

  static std::size_t collect(char *bytes, std::size_t size, std::size_t count, void *user) {
    auto &transfer = *static_cast<Transfer *>(user);
    transfer.answer.append(bytes, size * count);
    if (transfer.is_watch) transfer.peer.read(transfer);
    return size * count;
  }

  /// Reads the lines that are whole.
  void read(Transfer &watch) {
    std::string &lines = watch.answer;
    lines.reserve(lines.size() + Documents::padding);
    std::size_t start = 0;
    std::size_t end = watch.searched;
    for (; (end = lines.find('\n', end)) != std::string::npos; start = ++end) {
      const Told told = documents_.simdjson(lines.data() + start, end - start, lines.capacity() - start);
      if (told.created) ++live;
      events += told.events;
      value_bytes += told.value_bytes;
    }
    lines.erase(0, start);
    watch.searched = lines.size();
  }

  CURLM *multi_ = curl_multi_init();
  std::string url_;
  Documents documents_;
};

}  // namespace

std::unique_ptr<Peer> make_peer(const std::string &url, std::size_t at_once) {
  return std::make_unique<LibCurl>(url, at_once);
}
