// Every function of admin.hpp, as a host writes it. Compiled in each way that it is made for, never linked or run.
#include <etcdcli/admin.hpp>

bool use(etcdcli::cluster &cluster) {
  etcdcli::admin admin(cluster);
  const auto end = [](const etcdcli::response &response) { static_cast<void>(response.error().message()); };
  const auto part = [](const etcdcli::response &response) {
    const etcdcli::admin_answer answer(response);
    std::size_t seen = answer.gateway_json().size();
    for (const auto &member : answer.members()) seen += member.name().size() + member.client_urls().size();
    for (const std::string_view name : answer.names()) seen += name.size();
    for (const auto &permission : answer.permissions()) seen += permission.key().size();
    for (const auto &alarm : answer.alarms()) seen += alarm.type() == etcdcli::alarm_type::no_space;
    if (answer.added()) seen += answer.added().peer_urls()[0].size();
    if (answer.status()) seen += answer.status()->version.size;
    if (answer.hash()) seen += answer.hash()->hash;
    if (answer.auth_state()) seen += answer.auth_state()->revision;
    if (answer.snapshot_part()) seen += answer.snapshot_part()->data.size;
    static_cast<void>(seen);
  };
  etcdcli::maintenance_options there;
  there.endpoint = "http://10.0.0.1:2379";
  etcdcli::range_options pages;
  pages.limit = 100;
  const bool plainly =
      admin.member_list(end) && admin.member_add({"http://10.0.0.4:2380"}, end) && admin.member_remove(7, end) &&
      admin.member_update(7, {"http://10.0.0.4:2380"}, end) && admin.member_promote(7, end) && admin.auth_enable(end) &&
      admin.auth_disable(end) && admin.auth_status(end) && admin.user_list(end) && admin.role_list(end) &&
      admin.user_add("ada", "secret", end) && admin.user_add_without_password("ada", end) &&
      admin.user_delete("ada", end) && admin.user_get("ada", end) && admin.user_change_password("ada", "secret", end) &&
      admin.user_grant_role("ada", "reader", end) && admin.user_revoke_role("ada", "reader", end) &&
      admin.role_add("reader", end) && admin.role_delete("reader", end) && admin.role_get("reader", end) &&
      admin.role_grant_permission("reader", etcdcli::permission_type::read, etcdcli::prefix("/game/"), end) &&
      admin.role_revoke_permission("reader", etcdcli::prefix("/game/"), end) && admin.status(end) &&
      admin.alarm_list(end) && admin.defragment(end) && admin.hash(end) && admin.hash_kv(end) &&
      admin.snapshot(part, end) && admin.gateway_call("lock/lock", "{}", end) &&
      admin.gateway_stream("election/observe", "", part, end) && cluster.range_each(etcdcli::prefix(""), part, end);
  return plainly && admin.member_list({}, end) && admin.member_add({"http://10.0.0.4:2380"}, {}, end) &&
         admin.member_remove(7, {}, end) && admin.member_update(7, {"http://10.0.0.4:2380"}, {}, end) &&
         admin.member_promote(7, {}, end) && admin.auth_enable({}, end) && admin.auth_disable({}, end) &&
         admin.auth_status({}, end) && admin.user_list({}, end) && admin.role_list({}, end) &&
         admin.user_add("ada", "secret", {}, end) && admin.user_add_without_password("ada", {}, end) &&
         admin.user_delete("ada", {}, end) && admin.user_get("ada", {}, end) &&
         admin.user_change_password("ada", "secret", {}, end) && admin.user_grant_role("ada", "reader", {}, end) &&
         admin.user_revoke_role("ada", "reader", {}, end) && admin.role_add("reader", {}, end) &&
         admin.role_delete("reader", {}, end) && admin.role_get("reader", {}, end) &&
         admin.role_grant_permission("reader", etcdcli::permission_type::read, etcdcli::prefix("/game/"), {}, end) &&
         admin.role_revoke_permission("reader", etcdcli::prefix("/game/"), {}, end) && admin.status(there, end) &&
         admin.alarm_list({}, end) && admin.alarm_activate({}, end) && admin.alarm_deactivate({}, end) &&
         admin.defragment(there, end) && admin.hash(there, end) && admin.hash_kv(there, end) &&
         admin.move_leader({}, end) && admin.snapshot(there, part, end) &&
         admin.gateway_call("lock/lock", "{}", {}, end) &&
         admin.gateway_stream("election/observe", "", {}, part, end) &&
         cluster.range_each(etcdcli::prefix(""), pages, part, end);
}
