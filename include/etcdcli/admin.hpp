/*
 * admin.hpp - admin.h for C++17 and later, in the way of etcdcli.hpp.
 *
 *   etcdcli::admin admin(cluster);
 *   if (!admin.member_list([](const etcdcli::response &response) {
 *         for (const auto &member : etcdcli::admin_answer(response).members()) print(member.name());
 *       }))
 *     complain(etcdcli::last_error());
 *
 * An admin is the cluster seen from another side: it owns nothing, costs a pointer, and is made where it is needed. Its
 * functions are the C ones of the same name, and admin.h remains the manual.
 */
#ifndef ETCDCLI_ADMIN_HPP
#define ETCDCLI_ADMIN_HPP

#include <etcdcli/admin.h>

#include <etcdcli/etcdcli.hpp>
#include <vector>

namespace etcdcli {

/* ETCDCLI_PERMISSION_*. */
enum class permission_type : int {
  read = ETCDCLI_PERMISSION_READ,
  write = ETCDCLI_PERMISSION_WRITE,
  read_write = ETCDCLI_PERMISSION_READ_WRITE
};

/* ETCDCLI_ALARM_*. */
enum class alarm_type : int {
  none = ETCDCLI_ALARM_NONE,
  no_space = ETCDCLI_ALARM_NOSPACE,
  corrupt = ETCDCLI_ALARM_CORRUPT
};

/* ---------------------------------------------------------------------------------------------------------------- */
/* Views                                                                                                            */

/* Texts, one after the other. */
class text_list {
 public:
  text_list(const etcdcli_slice *first, std::size_t count) noexcept : first_(first), count_(count) {}

  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  std::string_view operator[](std::size_t index) const noexcept {
    return index < count_ ? to_view(first_[index]) : std::string_view();
  }

 private:
  const etcdcli_slice *first_;
  std::size_t count_;
};

/* A member; false if there is none. */
class member_info {
 public:
  explicit member_info(const etcdcli_member *raw) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_ != nullptr; }
  std::uint64_t id() const noexcept { return raw_ ? raw_->id : 0; }
  std::string_view name() const noexcept { return raw_ ? to_view(raw_->name) : std::string_view(); }
  text_list peer_urls() const noexcept { return {raw_ ? raw_->peer_urls : nullptr, raw_ ? raw_->peer_url_count : 0}; }
  text_list client_urls() const noexcept {
    return {raw_ ? raw_->client_urls : nullptr, raw_ ? raw_->client_url_count : 0};
  }
  bool is_learner() const noexcept { return raw_ && raw_->is_learner != 0; }
  const etcdcli_member *get() const noexcept { return raw_; }

 private:
  const etcdcli_member *raw_;
};

/* What a role permits. */
class permission_info {
 public:
  explicit permission_info(const etcdcli_permission *raw) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_ != nullptr; }
  permission_type type() const noexcept { return static_cast<permission_type>(raw_ ? raw_->type : 0); }
  std::string_view key() const noexcept { return raw_ ? to_view(raw_->key) : std::string_view(); }
  std::string_view range_end() const noexcept { return raw_ ? to_view(raw_->range_end) : std::string_view(); }
  /* All keys not less than key(). */
  bool is_from_key() const noexcept { return raw_ && (raw_->flags & ETCDCLI_FROM_KEY) != 0; }
  const etcdcli_permission *get() const noexcept { return raw_; }

 private:
  const etcdcli_permission *raw_;
};

class alarm_info {
 public:
  explicit alarm_info(const etcdcli_alarm *raw) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_ != nullptr; }
  std::uint64_t member() const noexcept { return raw_ ? raw_->member : 0; }
  alarm_type type() const noexcept { return static_cast<alarm_type>(raw_ ? raw_->type : 0); }
  const etcdcli_alarm *get() const noexcept { return raw_; }

 private:
  const etcdcli_alarm *raw_;
};

using member_list = detail::items<member_info, etcdcli_response, etcdcli_member, etcdcli_response_member_count,
                                  etcdcli_response_member>;
using name_list =
    detail::items<key_view, etcdcli_response, etcdcli_slice, etcdcli_response_name_count, etcdcli_response_name>;
using permission_list = detail::items<permission_info, etcdcli_response, etcdcli_permission,
                                      etcdcli_response_permission_count, etcdcli_response_permission>;
using alarm_list =
    detail::items<alarm_info, etcdcli_response, etcdcli_alarm, etcdcli_response_alarm_count, etcdcli_response_alarm>;

/* What an answer, or a part of one, says of what admin.h has. What it does not say is empty, or NULL. */
class admin_answer {
 public:
  explicit admin_answer(const response &whole) noexcept : response_(whole.get()->response) {}

  member_list members() const noexcept { return member_list(response_); }
  member_info added() const noexcept { return member_info(etcdcli_response_member_added(response_)); }
  name_list names() const noexcept { return name_list(response_); }
  permission_list permissions() const noexcept { return permission_list(response_); }
  alarm_list alarms() const noexcept { return alarm_list(response_); }
  const etcdcli_auth_state *auth_state() const noexcept { return etcdcli_response_auth_state(response_); }
  const etcdcli_member_status *status() const noexcept { return etcdcli_response_status(response_); }
  const etcdcli_member_hash *hash() const noexcept { return etcdcli_response_hash(response_); }
  const etcdcli_snapshot_part *snapshot_part() const noexcept { return etcdcli_response_snapshot_part(response_); }
  std::string_view gateway_json() const noexcept {
    const etcdcli_slice *json = etcdcli_response_gateway_json(response_);
    return json ? to_view(*json) : std::string_view();
  }

 private:
  const etcdcli_response *response_;
};

/* ---------------------------------------------------------------------------------------------------------------- */
/* Options                                                                                                          */

struct admin_options {
  std::int64_t timeout_ms = 0;
  bool without_leader = false;
};
struct member_list_options {
  bool serializable = false; /* one member's own view */
  std::int64_t timeout_ms = 0;
  bool without_leader = false;
};
struct member_add_options {
  bool learner = false;
  std::int64_t timeout_ms = 0;
  bool without_leader = false;
};
struct maintenance_options {
  const char *endpoint = nullptr; /* a URL; NULL: the current one */
  std::uint64_t member = 0;
  std::int64_t revision = 0;
  alarm_type alarm = alarm_type::none;
  std::int64_t timeout_ms = 0;
  bool without_leader = false;
};
struct gateway_options {
  bool reads = false; /* it changes nothing, and may be asked again */
  std::int64_t timeout_ms = 0;
  bool without_leader = false;
};

/* ---------------------------------------------------------------------------------------------------------------- */
/* Calls                                                                                                            */

class admin {
 public:
  explicit admin(cluster &whose) noexcept : cluster_(whose.get()) {}

  /* Each with fn(const etcdcli::response &), once, however the call ends. */

  template <typename F>
  submitted member_list(const member_list_options &options, F &&fn) {
    etcdcli_member_list_params params = ETCDCLI_MEMBER_LIST_PARAMS_INIT;
    params.flags = detail::flag(options.serializable, ETCDCLI_SERIALIZABLE) |
                   detail::flag(options.without_leader, ETCDCLI_WITHOUT_LEADER);
    params.timeout_ms = options.timeout_ms;
    return detail::submit(cluster_, &etcdcli_member_list, params, std::forward<F>(fn));
  }
  template <typename F>
  submitted member_list(F &&fn) {
    return member_list(member_list_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted member_add(std::initializer_list<std::string_view> peer_urls, const member_add_options &options, F &&fn) {
    return member(&etcdcli_member_add, 0, peer_urls, detail::flag(options.learner, ETCDCLI_LEARNER),
                  {options.timeout_ms, options.without_leader}, std::forward<F>(fn));
  }
  template <typename F>
  submitted member_add(std::initializer_list<std::string_view> peer_urls, F &&fn) {
    return member_add(peer_urls, member_add_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted member_remove(std::uint64_t id, const admin_options &options, F &&fn) {
    return member(&etcdcli_member_remove, id, {}, 0, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted member_remove(std::uint64_t id, F &&fn) {
    return member_remove(id, admin_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted member_update(std::uint64_t id, std::initializer_list<std::string_view> peer_urls,
                          const admin_options &options, F &&fn) {
    return member(&etcdcli_member_update, id, peer_urls, 0, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted member_update(std::uint64_t id, std::initializer_list<std::string_view> peer_urls, F &&fn) {
    return member_update(id, peer_urls, admin_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted member_promote(std::uint64_t id, const admin_options &options, F &&fn) {
    return member(&etcdcli_member_promote, id, {}, 0, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted member_promote(std::uint64_t id, F &&fn) {
    return member_promote(id, admin_options(), std::forward<F>(fn));
  }

  template <typename F>
  submitted auth_enable(const admin_options &options, F &&fn) {
    return auth(&etcdcli_auth_enable, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted auth_enable(F &&fn) {
    return auth_enable(admin_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted auth_disable(const admin_options &options, F &&fn) {
    return auth(&etcdcli_auth_disable, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted auth_disable(F &&fn) {
    return auth_disable(admin_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted auth_status(const admin_options &options, F &&fn) {
    return auth(&etcdcli_auth_status, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted auth_status(F &&fn) {
    return auth_status(admin_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted user_list(const admin_options &options, F &&fn) {
    return auth(&etcdcli_user_list, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted user_list(F &&fn) {
    return user_list(admin_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted role_list(const admin_options &options, F &&fn) {
    return auth(&etcdcli_role_list, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted role_list(F &&fn) {
    return role_list(admin_options(), std::forward<F>(fn));
  }

  template <typename F>
  submitted user_add(std::string_view name, std::string_view password, const admin_options &options, F &&fn) {
    return user(&etcdcli_user_add, name, password, {}, 0, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted user_add(std::string_view name, std::string_view password, F &&fn) {
    return user_add(name, password, admin_options(), std::forward<F>(fn));
  }
  /* One who logs in with a certificate only. */
  template <typename F>
  submitted user_add_without_password(std::string_view name, const admin_options &options, F &&fn) {
    return user(&etcdcli_user_add, name, {}, {}, ETCDCLI_NO_PASSWORD, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted user_add_without_password(std::string_view name, F &&fn) {
    return user_add_without_password(name, admin_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted user_delete(std::string_view name, const admin_options &options, F &&fn) {
    return user(&etcdcli_user_delete, name, {}, {}, 0, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted user_delete(std::string_view name, F &&fn) {
    return user_delete(name, admin_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted user_get(std::string_view name, const admin_options &options, F &&fn) {
    return user(&etcdcli_user_get, name, {}, {}, 0, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted user_get(std::string_view name, F &&fn) {
    return user_get(name, admin_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted user_change_password(std::string_view name, std::string_view password, const admin_options &options,
                                 F &&fn) {
    return user(&etcdcli_user_change_password, name, password, {}, 0, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted user_change_password(std::string_view name, std::string_view password, F &&fn) {
    return user_change_password(name, password, admin_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted user_grant_role(std::string_view name, std::string_view role, const admin_options &options, F &&fn) {
    return user(&etcdcli_user_grant_role, name, {}, role, 0, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted user_grant_role(std::string_view name, std::string_view role, F &&fn) {
    return user_grant_role(name, role, admin_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted user_revoke_role(std::string_view name, std::string_view role, const admin_options &options, F &&fn) {
    return user(&etcdcli_user_revoke_role, name, {}, role, 0, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted user_revoke_role(std::string_view name, std::string_view role, F &&fn) {
    return user_revoke_role(name, role, admin_options(), std::forward<F>(fn));
  }

  template <typename F>
  submitted role_add(std::string_view name, const admin_options &options, F &&fn) {
    return role(&etcdcli_role_add, name, nullptr, permission_type::read, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted role_add(std::string_view name, F &&fn) {
    return role_add(name, admin_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted role_delete(std::string_view name, const admin_options &options, F &&fn) {
    return role(&etcdcli_role_delete, name, nullptr, permission_type::read, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted role_delete(std::string_view name, F &&fn) {
    return role_delete(name, admin_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted role_get(std::string_view name, const admin_options &options, F &&fn) {
    return role(&etcdcli_role_get, name, nullptr, permission_type::read, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted role_get(std::string_view name, F &&fn) {
    return role_get(name, admin_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted role_grant_permission(std::string_view name, permission_type type, const keys &which,
                                  const admin_options &options, F &&fn) {
    return role(&etcdcli_role_grant_permission, name, &which, type, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted role_grant_permission(std::string_view name, permission_type type, const keys &which, F &&fn) {
    return role_grant_permission(name, type, which, admin_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted role_revoke_permission(std::string_view name, const keys &which, const admin_options &options, F &&fn) {
    return role(&etcdcli_role_revoke_permission, name, &which, permission_type::read, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted role_revoke_permission(std::string_view name, const keys &which, F &&fn) {
    return role_revoke_permission(name, which, admin_options(), std::forward<F>(fn));
  }

  /* Of the options, those that admin.h lists for the function. */
  template <typename F>
  submitted status(const maintenance_options &options, F &&fn) {
    return maintenance(&etcdcli_status, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted status(F &&fn) {
    return status(maintenance_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted alarm_list(const maintenance_options &options, F &&fn) {
    return maintenance(&etcdcli_alarm_list, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted alarm_list(F &&fn) {
    return alarm_list(maintenance_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted alarm_activate(const maintenance_options &options, F &&fn) {
    return maintenance(&etcdcli_alarm_activate, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted alarm_deactivate(const maintenance_options &options, F &&fn) {
    return maintenance(&etcdcli_alarm_deactivate, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted defragment(const maintenance_options &options, F &&fn) {
    return maintenance(&etcdcli_defragment, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted defragment(F &&fn) {
    return defragment(maintenance_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted hash(const maintenance_options &options, F &&fn) {
    return maintenance(&etcdcli_hash, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted hash(F &&fn) {
    return hash(maintenance_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted hash_kv(const maintenance_options &options, F &&fn) {
    return maintenance(&etcdcli_hash_kv, options, std::forward<F>(fn));
  }
  template <typename F>
  submitted hash_kv(F &&fn) {
    return hash_kv(maintenance_options(), std::forward<F>(fn));
  }
  template <typename F>
  submitted move_leader(const maintenance_options &options, F &&fn) {
    return maintenance(&etcdcli_move_leader, options, std::forward<F>(fn));
  }

  /* on_part(const etcdcli::response &) for each part, then fn. */
  template <typename P, typename F>
  submitted snapshot(const maintenance_options &options, P &&on_part, F &&fn) {
    return detail::submit_parts(cluster_, &etcdcli_snapshot, maintenance_params(options), std::forward<P>(on_part),
                                std::forward<F>(fn));
  }
  template <typename P, typename F>
  submitted snapshot(P &&on_part, F &&fn) {
    return snapshot(maintenance_options(), std::forward<P>(on_part), std::forward<F>(fn));
  }

  template <typename F>
  submitted gateway_call(const char *path, std::string_view body, const gateway_options &options, F &&fn) {
    return detail::submit(cluster_, &etcdcli_gateway_call, gateway_params(path, body, options), std::forward<F>(fn));
  }
  template <typename F>
  submitted gateway_call(const char *path, std::string_view body, F &&fn) {
    return gateway_call(path, body, gateway_options(), std::forward<F>(fn));
  }
  template <typename P, typename F>
  submitted gateway_stream(const char *path, std::string_view body, const gateway_options &options, P &&on_part,
                           F &&fn) {
    return detail::submit_parts(cluster_, &etcdcli_gateway_stream, gateway_params(path, body, options),
                                std::forward<P>(on_part), std::forward<F>(fn));
  }
  template <typename P, typename F>
  submitted gateway_stream(const char *path, std::string_view body, P &&on_part, F &&fn) {
    return gateway_stream(path, body, gateway_options(), std::forward<P>(on_part), std::forward<F>(fn));
  }

 private:
  static unsigned flags_of(const admin_options &options) noexcept {
    return detail::flag(options.without_leader, ETCDCLI_WITHOUT_LEADER);
  }

  template <typename F>
  submitted member(detail::call_function<etcdcli_member_params> function, std::uint64_t id,
                   std::initializer_list<std::string_view> peer_urls, unsigned flags, const admin_options &options,
                   F &&fn) {
    std::vector<etcdcli_slice> urls;
    for (const std::string_view url : peer_urls) urls.push_back(to_slice(url));
    etcdcli_member_params params = ETCDCLI_MEMBER_PARAMS_INIT;
    params.member = id;
    params.peer_urls = urls.data();
    params.peer_url_count = urls.size();
    params.flags = flags | flags_of(options);
    params.timeout_ms = options.timeout_ms;
    return detail::submit(cluster_, function, params, std::forward<F>(fn));
  }

  template <typename F>
  submitted auth(detail::call_function<etcdcli_auth_params> function, const admin_options &options, F &&fn) {
    etcdcli_auth_params params = ETCDCLI_AUTH_PARAMS_INIT;
    params.flags = flags_of(options);
    params.timeout_ms = options.timeout_ms;
    return detail::submit(cluster_, function, params, std::forward<F>(fn));
  }

  template <typename F>
  submitted user(detail::call_function<etcdcli_user_params> function, std::string_view name, std::string_view password,
                 std::string_view role, unsigned flags, const admin_options &options, F &&fn) {
    etcdcli_user_params params = ETCDCLI_USER_PARAMS_INIT;
    params.name = to_slice(name);
    params.password = to_slice(password);
    params.role = to_slice(role);
    params.flags = flags | flags_of(options);
    params.timeout_ms = options.timeout_ms;
    return detail::submit(cluster_, function, params, std::forward<F>(fn));
  }

  template <typename F>
  submitted role(detail::call_function<etcdcli_role_params> function, std::string_view name, const keys *which,
                 permission_type type, const admin_options &options, F &&fn) {
    etcdcli_role_params params = ETCDCLI_ROLE_PARAMS_INIT;
    params.name = to_slice(name);
    params.permission = static_cast<int>(type);
    if (which) {
      params.key = to_slice(which->key());
      params.range_end = to_slice(which->range_end());
      params.flags = which->flags();
    }
    params.flags |= flags_of(options);
    params.timeout_ms = options.timeout_ms;
    return detail::submit(cluster_, function, params, std::forward<F>(fn));
  }

  static etcdcli_maintenance_params maintenance_params(const maintenance_options &options) noexcept {
    etcdcli_maintenance_params params = ETCDCLI_MAINTENANCE_PARAMS_INIT;
    params.endpoint = options.endpoint;
    params.member = options.member;
    params.revision = options.revision;
    params.alarm = static_cast<int>(options.alarm);
    params.flags = detail::flag(options.without_leader, ETCDCLI_WITHOUT_LEADER);
    params.timeout_ms = options.timeout_ms;
    return params;
  }

  template <typename F>
  submitted maintenance(detail::call_function<etcdcli_maintenance_params> function, const maintenance_options &options,
                        F &&fn) {
    return detail::submit(cluster_, function, maintenance_params(options), std::forward<F>(fn));
  }

  static etcdcli_gateway_params gateway_params(const char *path, std::string_view body,
                                               const gateway_options &options) noexcept {
    etcdcli_gateway_params params = ETCDCLI_GATEWAY_PARAMS_INIT;
    params.path = path;
    params.body = to_slice(body);
    params.flags = detail::flag(options.reads, ETCDCLI_GATEWAY_READS) |
                   detail::flag(options.without_leader, ETCDCLI_WITHOUT_LEADER);
    params.timeout_ms = options.timeout_ms;
    return params;
  }

  etcdcli_cluster *cluster_;
};

}  // namespace etcdcli

#endif
