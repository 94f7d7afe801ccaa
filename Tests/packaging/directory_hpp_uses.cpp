// Every function of directory.hpp, as a host writes it. Compiled in each way that it is made for, never linked or run.
#include <etcdcli/directory.hpp>
#include <string>

namespace {

const char *name(etcdcli::service_state state) {
  switch (state) {
    case etcdcli::service_state::up:
    case etcdcli::service_state::draining:
    case etcdcli::service_state::down:
      return etcdcli::to_string(state);
  }
  return "";
}

const char *name(etcdcli::change change) {
  switch (change) {
    case etcdcli::change::complete:
    case etcdcli::change::joined:
    case etcdcli::change::changed:
    case etcdcli::change::left:
    case etcdcli::change::refused:
    case etcdcli::change::state:
      return etcdcli::to_string(change);
  }
  return "";
}

}  // namespace

bool use(const etcdcli::cluster &cluster) {
  std::string seen;
  const auto told = [&](const etcdcli::directory_info &info) {
    seen += name(info.change());
    seen += info.message();
    seen += info.error().message();
    seen += etcdcli::to_string(info.state());
    seen += info.service().key();
    seen += info.previous().value();
    seen += info.kv().key();
    if (!info.get()) seen.clear();
  };
  etcdcli::directory plain(cluster, "/game/", etcdcli::parser::none, told);
  etcdcli::json_fields fields;
  fields.id = "node";
  const etcdcli::directory json(cluster, "/mail/", etcdcli::parser::json, fields, told);
  const etcdcli::directory own(
      cluster, "/friends/",
      [](const etcdcli::kv &kv, etcdcli_service &service) {
        service.weight = static_cast<int64_t>(kv.value().size());
        return !kv.value().empty();
      },
      told);
  etcdcli::directory moved(std::move(plain));
  plain = std::move(moved);

  etcdcli::filter_options options;
  options.zone = "west";
  options.zone_first = true;
  options.version = "1.9";
  options.version_end = "2";
  options.labels = {{"shard", "blue"}};
  options.states = {etcdcli::service_state::up};
  etcdcli::filter filter(json, options);

  const etcdcli::picture picture = filter.picture();
  etcdcli::kept_picture kept = own.picture().acquire();
  kept = picture.acquire();
  const etcdcli_service *first[3] = {};
  const std::vector<std::uint64_t> loads = {7, 0, 3};
  std::size_t count = kept.select_many(etcdcli::hash_of("player"), first);
  for (const etcdcli::service &service : picture) {
    count += service.number() + service.label("shard").size() + service.id().size() + service.name().size() +
             service.zone().size() + service.version().size() + static_cast<std::size_t>(service.mod_revision());
    seen += name(service.state());
    if (service.weight() == 0 || !service.get()) ++count;
  }
  return count + picture.lower_bound("a") + picture.upper_bound("b") + picture.takers() > 0 &&
         picture.find("/game/a") && picture.select(etcdcli::hash_of(4711)) && picture.select(etcdcli::hash_of(4711U)) &&
         picture.select_bounded(etcdcli::hash_of(std::int64_t{-1}), loads, 125) && picture.least_loaded(loads) &&
         picture.turn(1) && picture.revision() > 0 && plain.state() == etcdcli::watcher_state::live &&
         plain.behind_ms() == 0 && plain.code() == etcdcli::code::ok && kept.get() != nullptr;
}
