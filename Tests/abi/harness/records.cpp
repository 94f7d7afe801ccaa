#include "harness/records.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace harness {

thread_local int CallbacksAllowed::depth = 0;

void CallbacksAllowed::check() {
  if (depth == 0) FAIL_CHECK("a callback came outside of pump, wait and free");
}

std::string copy(etcdcli_slice bytes) {
  return bytes.size == 0 ? std::string() : std::string(static_cast<const char *>(bytes.data), bytes.size);
}

KeyValue copy(const etcdcli_kv &kv) {
  return {copy(kv.key), copy(kv.value), kv.create_revision, kv.mod_revision, kv.version, kv.lease};
}

Error copy(const etcdcli_error *error) {
  if (error == nullptr) return {};
  if (error->message == nullptr || error->endpoint == nullptr) FAIL_CHECK("an error has a NULL text");
  if (error->code > -23701 || error->code < -23799) FAIL_CHECK("an error has the code " << error->code);
  for (const int answer : {error->may_have_happened, error->worth_retrying}) {
    if (answer != 0 && answer != 1) FAIL_CHECK("an error answers a question with " << answer);
  }
  if (error->code == ETCDCLI_ERR_UNKNOWN_OUTCOME && error->may_have_happened == 0) {
    FAIL_CHECK("an unknown outcome is said not to have happened");
  }
  return {error->code,
          error->may_have_happened != 0,
          error->worth_retrying != 0,
          error->grpc_code,
          error->http_status,
          error->curl_code,
          error->message ? error->message : "",
          error->endpoint ? error->endpoint : ""};
}

namespace {

std::vector<std::string> copy_all(const etcdcli_slice *slices, std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(copy(slices[i]));
  return all;
}

AdminAnswer::Member copy_member(const etcdcli_member &member) {
  return {member.id, copy(member.name), copy_all(member.peer_urls, member.peer_url_count),
          copy_all(member.client_urls, member.client_url_count), member.is_learner != 0};
}

AdminAnswer copy_admin(const etcdcli_response *response) {
  AdminAnswer answer;
  answer.cluster_id = etcdcli_response_header(response)->cluster_id;
  answer.member_id = etcdcli_response_header(response)->member_id;
  for (std::size_t i = 0; i < etcdcli_response_member_count(response); ++i) {
    answer.members.push_back(copy_member(*etcdcli_response_member(response, i)));
  }
  if (const auto *added = etcdcli_response_member_added(response)) answer.added = copy_member(*added);
  if (const auto *state = etcdcli_response_auth_state(response)) answer.auth_state = *state;
  for (std::size_t i = 0; i < etcdcli_response_name_count(response); ++i) {
    answer.names.push_back(copy(*etcdcli_response_name(response, i)));
  }
  for (std::size_t i = 0; i < etcdcli_response_permission_count(response); ++i) {
    const etcdcli_permission &one = *etcdcli_response_permission(response, i);
    answer.permissions.push_back({one.type, one.flags, copy(one.key), copy(one.range_end)});
  }
  if (const auto *status = etcdcli_response_status(response)) {
    answer.status = AdminAnswer::Status{copy(status->version),
                                        status->db_size,
                                        status->db_size_in_use,
                                        status->leader,
                                        status->raft_index,
                                        status->raft_term,
                                        status->raft_applied_index,
                                        status->is_learner != 0,
                                        copy_all(status->problems, status->problem_count)};
  }
  for (std::size_t i = 0; i < etcdcli_response_alarm_count(response); ++i) {
    answer.alarms.push_back(*etcdcli_response_alarm(response, i));
  }
  if (const auto *hash = etcdcli_response_hash(response)) answer.hash = *hash;
  if (const auto *part = etcdcli_response_snapshot_part(response)) {
    answer.snapshot_data = copy(part->data);
    answer.remaining_bytes = part->remaining_bytes;
  }
  if (const auto *json = etcdcli_response_gateway_json(response)) answer.json = copy(*json);
  return answer;
}

}  // namespace

Answer copy(const etcdcli_response *response) {
  Answer answer;
  answer.revision = etcdcli_response_header(response)->revision;
  for (std::size_t i = 0; i < etcdcli_response_kv_count(response); ++i) {
    answer.kvs.push_back(copy(*etcdcli_response_kv(response, i)));
  }
  for (std::size_t i = 0; i < etcdcli_response_prev_kv_count(response); ++i) {
    answer.prev_kvs.push_back(copy(*etcdcli_response_prev_kv(response, i)));
  }
  answer.count = etcdcli_response_count(response);
  answer.more = etcdcli_response_more(response) != 0;
  answer.succeeded = etcdcli_response_succeeded(response) != 0;
  for (std::size_t i = 0; i < etcdcli_response_op_count(response); ++i) {
    answer.ops.push_back(copy(etcdcli_response_op(response, i)));
  }
  for (std::size_t i = 0; i < etcdcli_response_lease_count(response); ++i) {
    const etcdcli_lease &lease = *etcdcli_response_lease(response, i);
    answer.leases.push_back({lease.id, lease.ttl_s, lease.granted_ttl_s});
  }
  for (std::size_t i = 0; i < etcdcli_response_key_count(response); ++i) {
    answer.keys.push_back(copy(*etcdcli_response_key(response, i)));
  }
  answer.admin = copy_admin(response);
  return answer;
}

// Call

void Call::part(etcdcli_cluster *, const etcdcli_call_info *info, void *user) {
  CallbacksAllowed::check();
  Call &call = *static_cast<Call *>(user);
  if (call.ends != 0) FAIL_CHECK("a part came after the end of its call");
  if (info->call != call.id) FAIL_CHECK("a part names call " << info->call << ", not " << call.id);
  if (info->error != nullptr || info->response == nullptr) FAIL_CHECK("a part has an error, or no response");
  call.parts.push_back(copy(info->response));
  if (call.on_part) call.on_part();
}

void Call::end(etcdcli_cluster *, const etcdcli_call_info *info, void *user) {
  CallbacksAllowed::check();
  Call &call = *static_cast<Call *>(user);
  const etcdcli_call id = info->call;
  const etcdcli_error *const error = info->error;
  const etcdcli_response *const response = info->response;
  call.ends += 1;
  if (call.destroys != 0) FAIL_CHECK("a call's callback came after its destroy");
  if (id != call.id) FAIL_CHECK("a call's callback names call " << id << ", not " << call.id);
  if ((error == nullptr) == (response == nullptr)) FAIL_CHECK("a call ended with both or none of error and response");

  call.error = copy(error);
  if (response != nullptr) static_cast<Answer &>(call) = copy(response);
  if (call.on_end) call.on_end();
}

void Call::destroy(void *user) {
  static_cast<Call *>(user)->destroys += 1;
}

// Keepalive

int Keepalive::times(int state) const {
  return static_cast<int>(std::count_if(told.begin(), told.end(), [&](const Told &one) { return one.state == state; }));
}

const Keepalive::Told &Keepalive::last(int state) const {
  const auto found = std::find_if(told.rbegin(), told.rend(), [&](const Told &one) { return one.state == state; });
  if (found == told.rend()) FAIL("the keepalive was never told of state " << state);
  return *found;
}

int Keepalive::free() {
  const CallbacksAllowed scope;
  return etcdcli_keepalive_free(std::exchange(handle, nullptr));
}

void Keepalive::tell(etcdcli_keepalive *, const etcdcli_keepalive_info *info, void *user) {
  CallbacksAllowed::check();
  Keepalive &keepalive = *static_cast<Keepalive *>(user);
  if (keepalive.destroys != 0) FAIL_CHECK("a keepalive's callback came after its destroy");
  if (keepalive.state() == ETCDCLI_KEEPALIVE_ENDED) FAIL_CHECK("a keepalive was told of a state after ENDED");
  if (info == nullptr) {
    FAIL_CHECK("a keepalive was told without info");  // REQUIRE throws, which a callback must not
    return;
  }
  const int state = info->state;
  if ((info->owner != nullptr) != (state == ETCDCLI_KEEPALIVE_CONFLICT || state == ETCDCLI_KEEPALIVE_BLOCKED)) {
    FAIL_CHECK("owner comes with CONFLICT and BLOCKED only");
  }
  if ((info->fence > 0) != (state == ETCDCLI_KEEPALIVE_HELD)) FAIL_CHECK("fence comes with HELD only");
  if (info->fence > info->revision) FAIL_CHECK("the key became ours after it was changed last");
  if ((info->revision > 0) != (state == ETCDCLI_KEEPALIVE_HELD)) FAIL_CHECK("revision comes with HELD only");
  const bool is_sought =
      state == ETCDCLI_KEEPALIVE_WAITING || state == ETCDCLI_KEEPALIVE_CLAIMING || state == ETCDCLI_KEEPALIVE_HELD;
  if ((info->attempts > 0) != (is_sought && info->error != nullptr)) FAIL_CHECK("attempts come with their error only");
  keepalive.told.push_back({state, copy(info->error),
                            info->owner != nullptr ? std::optional(copy(*info->owner)) : std::nullopt, info->lease,
                            info->revision, info->attempts, info->fence, Clock::now()});
  if (keepalive.on_state) keepalive.on_state();
}

int Keepalive::ask(etcdcli_keepalive *, const etcdcli_kv *found, void *user) {
  CallbacksAllowed::check();
  Keepalive &keepalive = *static_cast<Keepalive *>(user);
  if (keepalive.state() != ETCDCLI_KEEPALIVE_CLAIMING) FAIL_CHECK("a keepalive asks that does not claim");
  keepalive.asked.push_back(copy(*found));
  return keepalive.answer;
}

void Keepalive::destroy(void *user) {
  static_cast<Keepalive *>(user)->destroys += 1;
}

// Watch

int Watch::times(int state) const {
  return static_cast<int>(std::count_if(told.begin(), told.end(), [&](const Told &one) { return one.state == state; }));
}

bool Watch::snapshot_whole() const {
  return std::any_of(batches.begin(), batches.end(),
                     [](const Batch &batch) { return batch.has(ETCDCLI_BATCH_SNAPSHOT_END); });
}

std::vector<Event> Watch::events() const {
  std::vector<Event> all;
  for (const Batch &batch : batches) {
    if (!batch.has(ETCDCLI_BATCH_SNAPSHOT)) all.insert(all.end(), batch.events.begin(), batch.events.end());
  }
  return all;
}

int Watch::free() {
  const CallbacksAllowed scope;
  return etcdcli_watcher_free(std::exchange(handle, nullptr));
}

void Watch::check_order(const Batch &batch) const {
  if (batch.has(ETCDCLI_BATCH_RESYNC)) {
    if (!batch.has(ETCDCLI_BATCH_SNAPSHOT)) FAIL_CHECK("RESYNC without SNAPSHOT");
    return;  // the store may be another one, with revisions of its own
  }
  if (batch.revision < revision()) FAIL_CHECK("batch revisions go back to " << batch.revision);
  if (batch.has(ETCDCLI_BATCH_SNAPSHOT)) return;
  if (batch.has(ETCDCLI_BATCH_SNAPSHOT_END)) FAIL_CHECK("SNAPSHOT_END without SNAPSHOT");
  if (batch.events.empty()) FAIL_CHECK("a watched batch is empty");
  std::int64_t previous = revision() + 1;  // a revision that was delivered does not come again, nor its other half
  for (const Event &event : batch.events) {
    if (event.kv.mod_revision < previous) FAIL_CHECK("revision " << event.kv.mod_revision << " comes late or twice");
    if (event.kv.mod_revision > batch.revision) FAIL_CHECK("an event is newer than its batch");
    previous = event.kv.mod_revision;
  }
}

void Watch::deliver(etcdcli_watcher *, const etcdcli_batch_info *info, void *user) {
  CallbacksAllowed::check();
  const etcdcli_batch *const batch = info->batch;
  Watch &watch = *static_cast<Watch *>(user);
  if (watch.destroys != 0) FAIL_CHECK("a watcher's callback came after its destroy");
  if (watch.ended()) FAIL_CHECK("a batch came after ENDED");

  Batch copied{etcdcli_batch_flags(batch), etcdcli_batch_revision(batch), {}};
  copied.time_ms = etcdcli_batch_time_ms(batch);
  if (const etcdcli_header *const header = etcdcli_batch_header(batch); header != nullptr) {
    copied.cluster_id = header->cluster_id;
    copied.member_id = header->member_id;
    copied.header_revision = header->revision;
    copied.raft_term = header->raft_term;
  }
  for (std::size_t i = 0; i < etcdcli_batch_size(batch); ++i) {
    const etcdcli_event &event = *etcdcli_batch_event(batch, i);
    copied.events.push_back(
        {event.type, copy(*event.kv), event.prev_kv != nullptr ? std::optional(copy(*event.prev_kv)) : std::nullopt});
  }
  watch.check_order(copied);
  for (const Event &event : copied.events) {
    if (event.is_delete()) {
      watch.picture.erase(event.kv.key);
    } else {
      watch.picture[event.kv.key] = event.kv.value;
    }
  }
  watch.batches.push_back(std::move(copied));
  if (watch.on_batch) watch.on_batch();
}

void Watch::tell(etcdcli_watcher *, const etcdcli_watcher_info *info, void *user) {
  CallbacksAllowed::check();
  Watch &watch = *static_cast<Watch *>(user);
  if (watch.destroys != 0) FAIL_CHECK("a watcher's callback came after its destroy");
  if (watch.ended()) FAIL_CHECK("a watcher was told of a state after ENDED");
  if (info->state == ETCDCLI_WATCHER_BACKOFF && info->attempts <= 0) FAIL_CHECK("BACKOFF without a failed attempt");
  watch.told.push_back(
      {info->state, copy(info->error), info->attempts, info->cause, info->delay_ms, info->revision, info->endpoint});
  if (watch.on_state) watch.on_state();
}

void Watch::destroy(void *user) {
  static_cast<Watch *>(user)->destroys += 1;
}

}  // namespace harness
