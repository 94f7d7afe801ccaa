#include "support/history.h"

#include <sys/socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "harness/http.h"
#include "harness/key_value.h"
#include "harness/socket.h"
#include "support/etcd_api.h"

namespace faults {

void History::extend() {
  const std::string answer = ask_any(ports_, "/v3/kv/put", put_request("~history", ""));
  const std::int64_t until = json_number(answer, "revision");
  const bool done = eventually([&] {
    return std::any_of(ports_.begin(), ports_.end(), [&](std::uint16_t port) { return follow(port, until); });
  });
  if (!done) throw std::runtime_error("no member tells the history");
}

std::int64_t History::compact() {
  const std::string body = "{\"revision\":" + std::to_string(revision_) + ",\"physical\":true}";
  const auto compacted = [&](std::uint16_t port) {
    const std::optional<HttpAnswer> answer = http_post(port, "/v3/kv/compaction", body);
    // An answer to an earlier try may have gone missing.
    return answer && (answer->status == 200 || answer->body.find("has been compacted") != std::string::npos);
  };
  if (!eventually([&] { return std::any_of(ports_.begin(), ports_.end(), compacted); })) {
    throw std::runtime_error("no member compacts");
  }
  return revision_;
}

/// Watches until that revision; false if the member says something else, or nothing. HTTP/1.0, so that documents come
/// without chunks.
bool History::follow(std::uint16_t port, std::int64_t until) {
  const Fd socket = connect_to(port);
  const std::string zero(1, '\0');
  const std::string start = ",\"start_revision\":" + std::to_string(revision_ + 1);
  const std::string body = "{\"create_request\":" + key_request(zero, zero, start) + "}";
  const std::string head = "POST /v3/watch HTTP/1.0\r\nHost: localhost\r\nGrpc-Metadata-hasleader: true\r\n";
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  if (!socket || !send_all(socket, head + length + body)) return false;
  std::string text;
  std::size_t seen = 0;
  std::vector<char> piece(1 << 20);
  while (revision_ < until) {
    const ssize_t count = ::recv(socket.get(), piece.data(), piece.size(), 0);
    if (count <= 0) return false;
    text.append(piece.data(), static_cast<std::size_t>(count));
    for (std::size_t end; (end = text.find('\n', seen)) != std::string::npos; seen = 0) {
      if (text.find("\"canceled\":true") < end) return false;
      take(std::string_view(text).substr(0, end));
      text.erase(0, end + 1);
    }
    seen = text.size();
  }
  return true;
}

void History::take(std::string_view document) {
  const std::string begin = "\"kv\":{";
  for (std::size_t at = document.find(begin); at != std::string::npos;) {
    const std::size_t next = document.find(begin, at + 1);
    const KeyValue kv = key_value(document.substr(at));
    // "type" stands before "kv", and only where it is a deletion.
    const bool is_delete = at >= 16 && document.substr(at - 16, 16).find("DELETE") != std::string_view::npos;
    Change change{kv.mod_revision, kv.key, is_delete ? std::nullopt : std::optional(kv.value)};
    if (!is_delete) puts_[change.key] += 1;
    revision_ = std::max(revision_, change.revision);
    changes_.push_back(std::move(change));
    at = next;
  }
}

int History::puts(const std::string &key) const {
  const auto found = puts_.find(key);
  return found == puts_.end() ? 0 : found->second;
}

namespace {

bool begins_with(const std::string &text, std::string_view prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

Change change_of(const Event &event) {
  return {event.kv.mod_revision, event.kv.key, event.is_delete() ? std::nullopt : std::optional(event.kv.value)};
}

}  // namespace

std::map<std::string, std::string> History::picture(std::string_view prefix, std::int64_t revision) const {
  std::map<std::string, std::string> picture;
  for (const Change &change : changes_) {
    if (change.revision <= revision && begins_with(change.key, prefix)) apply(change, picture);
  }
  return picture;
}

void check_story(const Watch &watch, const History &history, std::string_view prefix) {
  std::map<std::string, std::string> picture;
  std::int64_t reached = 0;
  auto next = history.changes().begin();
  // All that happened to the prefix up to a revision.
  const auto happened = [&](std::int64_t revision) {
    std::vector<Change> changes;
    for (; next != history.changes().end() && next->revision <= revision; ++next) {
      if (begins_with(next->key, prefix)) changes.push_back(*next);
    }
    return changes;
  };
  for (std::size_t i = 0; i < watch.batches.size(); ++i) {
    const Batch &batch = watch.batches[i];
    INFO("batch " << i << " of " << watch.batches.size() << ", from revision " << reached << " to " << batch.revision);
    std::vector<Change> told;
    for (const Event &event : batch.events) told.push_back(change_of(event));
    for (const Change &change : told) apply(change, picture);
    if (!batch.has(ETCDCLI_BATCH_SNAPSHOT)) {
      const std::vector<Change> expected = happened(batch.revision);
      const bool is_what_happened = told == expected;
      CHECK(is_what_happened);
      if (!is_what_happened) {
        UNSCOPED_INFO("told: " << Catch::Detail::stringify(told));
        UNSCOPED_INFO("happened: " << Catch::Detail::stringify(expected));
        FAIL("a batch is not what happened");
      }
    } else if (batch.has(ETCDCLI_BATCH_SNAPSHOT_END)) {
      happened(batch.revision);
      const bool snapshot_is_the_store = picture == history.picture(prefix, batch.revision);
      REQUIRE(snapshot_is_the_store);
    }
    reached = batch.revision;
  }
  const std::vector<Change> untold = happened(history.revision());
  CHECK(untold.empty());
  const bool picture_is_the_store = picture == history.picture(prefix, history.revision());
  CHECK(picture_is_the_store);
}

}  // namespace faults
