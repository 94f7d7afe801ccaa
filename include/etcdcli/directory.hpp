/*
 * directory.hpp - directory.h for C++17 and later, in the way of etcdcli.hpp.
 *
 *   etcdcli::directory mail(cluster, "/game/mail/", etcdcli::parser::json, [](const etcdcli::directory_info &info) {
 *     log(to_string(info.change()), info.service().id());
 *   });
 *   if (auto server = mail.picture().select(etcdcli::hash_of(player_id))) connect(server.value());
 *
 * directory.h remains the manual. A picture is a pointer, as in C: valid until the next pump; its acquire() gives one
 * that is kept, and may go to another thread.
 */
#ifndef ETCDCLI_DIRECTORY_HPP
#define ETCDCLI_DIRECTORY_HPP

#include <etcdcli/directory.h>

#include <etcdcli/etcdcli.hpp>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace etcdcli {

/* ETCDCLI_SERVICE_*. */
enum class service_state : int {
  up = ETCDCLI_SERVICE_UP,
  draining = ETCDCLI_SERVICE_DRAINING,
  down = ETCDCLI_SERVICE_DOWN
};

/* ETCDCLI_CHANGE_*. */
enum class change : int {
  complete = ETCDCLI_CHANGE_COMPLETE,
  joined = ETCDCLI_CHANGE_JOINED,
  changed = ETCDCLI_CHANGE_CHANGED,
  left = ETCDCLI_CHANGE_LEFT,
  refused = ETCDCLI_CHANGE_REFUSED,
  state = ETCDCLI_CHANGE_STATE
};

/* ETCDCLI_PARSER_*, but for that of the host, which is a callable. */
enum class parser : int { none = ETCDCLI_PARSER_NONE, json = ETCDCLI_PARSER_JSON };

/* ETCDCLI_RING_*. */
enum class ring : int { id_and_name = ETCDCLI_RING_ID_AND_NAME, name = ETCDCLI_RING_NAME };

inline const char *to_string(service_state value) noexcept {
  return etcdcli_service_state_name(static_cast<int>(value));
}
inline const char *to_string(change value) noexcept {
  return etcdcli_change_name(static_cast<int>(value));
}

/* What a host gives a directory to find somebody by: bytes or text, or any integer, which is widened to 64 bits. */
inline std::uint64_t hash_of(std::string_view bytes) noexcept {
  return etcdcli_hash_bytes(to_slice(bytes));
}
template <typename Integer, std::enable_if_t<std::is_integral_v<Integer>, int> = 0>
std::uint64_t hash_of(Integer number) noexcept {
  if constexpr (std::is_signed_v<Integer>) {
    return etcdcli_hash_i64(number);
  } else {
    return etcdcli_hash_u64(number);
  }
}

/* The same for the ring of the atframework. */
inline etcdcli_ring_hash ring_hash_of(std::string_view bytes, std::uint32_t seed = ETCDCLI_RING_SEED) noexcept {
  return etcdcli_ring_hash_bytes(to_slice(bytes), seed);
}
template <typename Integer, std::enable_if_t<std::is_integral_v<Integer>, int> = 0>
etcdcli_ring_hash ring_hash_of(Integer number, std::uint32_t seed = ETCDCLI_RING_SEED) noexcept {
  if constexpr (std::is_signed_v<Integer>) {
    return etcdcli_ring_hash_i64(number, seed);
  } else {
    return etcdcli_ring_hash_u64(number, seed);
  }
}

/* ---------------------------------------------------------------------------------------------------------------- */
/* Views                                                                                                            */

/* A service; false if there is none. */
class service {
 public:
  explicit service(const etcdcli_service *raw = nullptr) noexcept : raw_(raw) {}

  explicit operator bool() const noexcept { return raw_ != nullptr; }
  std::string_view key() const noexcept { return raw_ ? to_view(raw_->key) : std::string_view(); }
  std::string_view value() const noexcept { return raw_ ? to_view(raw_->value) : std::string_view(); }
  std::int64_t mod_revision() const noexcept { return raw_ ? raw_->mod_revision : 0; }
  std::string_view id() const noexcept { return raw_ ? to_view(raw_->id) : std::string_view(); }
  std::string_view name() const noexcept { return raw_ ? to_view(raw_->name) : std::string_view(); }
  std::string_view zone() const noexcept { return raw_ ? to_view(raw_->zone) : std::string_view(); }
  std::string_view version() const noexcept { return raw_ ? to_view(raw_->version) : std::string_view(); }
  std::int64_t weight() const noexcept { return raw_ ? raw_->weight : 0; }
  service_state state() const noexcept { return raw_ ? static_cast<service_state>(raw_->state) : service_state::down; }
  /* Of a label; empty if there is none of that name. */
  std::string_view label(std::string_view name) const noexcept {
    for (std::size_t i = 0; raw_ && i < raw_->label_count; ++i) {
      if (to_view(raw_->labels[i].name) == name) return to_view(raw_->labels[i].value);
    }
    return {};
  }
  /* Its own as long as it is there; a small one, for tables. */
  std::uint32_t number() const noexcept { return raw_ ? raw_->number : 0; }
  const etcdcli_service *get() const noexcept { return raw_; }

 private:
  const etcdcli_service *raw_;
};

/* What a directory tells. */
class directory_info {
 public:
  explicit directory_info(const etcdcli_directory_info *raw) noexcept : raw_(raw) {}

  etcdcli::change change() const noexcept { return static_cast<etcdcli::change>(raw_->change); }
  /* joined, changed: as it is now; left: as it was. */
  etcdcli::service service() const noexcept { return etcdcli::service(raw_->service); }
  /* changed: as it was. */
  etcdcli::service previous() const noexcept { return etcdcli::service(raw_->previous); }
  /* refused: what is there now. */
  etcdcli::kv kv() const noexcept { return etcdcli::kv(raw_->kv); }
  /* refused: why. */
  const char *message() const noexcept { return raw_->message; }
  watcher_state state() const noexcept { return static_cast<watcher_state>(raw_->state); }
  /* state: why, if something failed. */
  error_info error() const noexcept { return error_info(raw_->error); }
  const etcdcli_directory_info *get() const noexcept { return raw_; }

 private:
  const etcdcli_directory_info *raw_;
};

class kept_picture;

/* The services at one revision, in the order of keys; one of nobody is empty. */
class picture
    : public detail::items<service, etcdcli_picture, etcdcli_service, etcdcli_picture_size, etcdcli_picture_service> {
 public:
  explicit picture(const etcdcli_picture *raw = nullptr) noexcept : items(raw) {}

  std::int64_t revision() const noexcept { return etcdcli_picture_revision(holder_); }
  std::size_t takers() const noexcept { return etcdcli_picture_takers(holder_); }
  std::size_t lower_bound(std::string_view key) const noexcept {
    return etcdcli_picture_lower_bound(holder_, to_slice(key));
  }
  std::size_t upper_bound(std::string_view key) const noexcept {
    return etcdcli_picture_upper_bound(holder_, to_slice(key));
  }
  /* The service with this key. */
  service find(std::string_view key) const noexcept {
    const service found = (*this)[lower_bound(key)];
    return found && found.key() == key ? found : service();
  }
  service select(std::uint64_t hash) const noexcept { return service(etcdcli_picture_select(holder_, hash)); }
  /* The first ones, as many as `out` has room for; returns how many. */
  template <std::size_t Count>
  std::size_t select_many(std::uint64_t hash, const etcdcli_service *(&out)[Count]) const noexcept {
    return etcdcli_picture_select_many(holder_, hash, out, Count);
  }
  service select_bounded(std::uint64_t hash, const std::vector<std::uint64_t> &loads, unsigned percent) const noexcept {
    return service(etcdcli_picture_select_bounded(holder_, hash, loads.data(), loads.size(), percent));
  }
  service least_loaded(const std::vector<std::uint64_t> &loads) const noexcept {
    return service(etcdcli_picture_least_loaded(holder_, loads.data(), loads.size()));
  }
  service turn(std::uint64_t number) const noexcept { return service(etcdcli_picture_turn(holder_, number)); }
  /* As the atframework chooses. */
  service ring_select(ring which, const etcdcli_ring_hash &hash) const noexcept {
    return service(etcdcli_picture_ring_select(holder_, static_cast<int>(which), hash));
  }
  template <std::size_t Count>
  std::size_t ring_select_many(ring which, const etcdcli_ring_hash &hash,
                               const etcdcli_service *(&out)[Count]) const noexcept {
    return etcdcli_picture_ring_select_many(holder_, static_cast<int>(which), hash, out, Count);
  }
  /* The same one, which is kept for as long as what this returns lives. */
  kept_picture acquire() const noexcept;
  const etcdcli_picture *get() const noexcept { return holder_; }
};

/* A picture that stays, on any thread. It moves, and does not copy: acquire() another one. */
class kept_picture : public picture {
 public:
  kept_picture() noexcept = default;
  explicit kept_picture(const picture &other) noexcept : picture(etcdcli_picture_acquire(other.get())) {}
  kept_picture(kept_picture &&other) noexcept : picture(std::exchange(other.holder_, nullptr)) {}
  kept_picture &operator=(kept_picture &&other) noexcept {
    if (this != &other) {
      etcdcli_picture_release(std::exchange(holder_, std::exchange(other.holder_, nullptr)));
    }
    return *this;
  }
  kept_picture(const kept_picture &) = delete;
  kept_picture &operator=(const kept_picture &) = delete;
  ~kept_picture() { etcdcli_picture_release(holder_); }
};

inline kept_picture picture::acquire() const noexcept {
  return kept_picture(*this);
}

/* ---------------------------------------------------------------------------------------------------------------- */
/* Owners                                                                                                           */

/* What the fields of a JSON value are called; empty: "id", "name", "weight" ... */
struct json_fields {
  std::string_view id;
  std::string_view name;
  std::string_view weight;
  std::string_view zone;
  std::string_view version;
  std::string_view state;
  std::string_view labels;
};

namespace detail {

template <typename OnParse, typename OnChange>
struct directory_box {
  OnParse on_parse;
  OnChange on_change;
};

template <typename Box>
void on_change(etcdcli_directory *, const etcdcli_directory_info *info, void *user) noexcept {
  static_cast<Box *>(user)->on_change(directory_info(info));
}

template <typename Box>
int on_parse(etcdcli_directory *, const etcdcli_kv *found, etcdcli_service *out, void *user) noexcept {
  return static_cast<Box *>(user)->on_parse(kv(found), *out) ? ETCDCLI_OK : ETCDCLI_ERR_PROTOCOL;
}

}  // namespace detail

class directory : public detail::owner<etcdcli_directory, etcdcli_directory_free> {
 public:
  directory() noexcept = default;
  /* Calls fn(const etcdcli::directory_info &) for each change. */
  template <typename F>
  directory(const cluster &whose, std::string_view prefix, parser how, F &&fn)
      : directory(whose, prefix, how, json_fields(), std::forward<F>(fn)) {}
  template <typename F>
  directory(const cluster &whose, std::string_view prefix, parser how, const json_fields &fields, F &&fn) {
    etcdcli_directory_params params = params_for(prefix);
    params.parser = static_cast<int>(how);
    params.id_field = to_slice(fields.id);
    params.name_field = to_slice(fields.name);
    params.weight_field = to_slice(fields.weight);
    params.zone_field = to_slice(fields.zone);
    params.version_field = to_slice(fields.version);
    params.state_field = to_slice(fields.state);
    params.labels_field = to_slice(fields.labels);
    make(whose, params, no_callback(), std::forward<F>(fn));
  }
  /* With a parser of the host's own: bool parse(const etcdcli::kv &, etcdcli_service &), see etcdcli_service_parse_fn.
   */
  template <typename P, typename F, std::enable_if_t<!std::is_enum_v<std::decay_t<P>>, int> = 0>
  directory(const cluster &whose, std::string_view prefix, P &&parse, F &&fn) {
    using both = detail::directory_box<detail::box<P>, detail::box<F>>;
    static_assert(std::is_invocable_r_v<bool, detail::box<P> &, const kv &, etcdcli_service &>,
                  "the parser takes (const etcdcli::kv &, etcdcli_service &) and returns bool");
    etcdcli_directory_params params = params_for(prefix);
    params.parser = ETCDCLI_PARSER_HOST;
    params.on_parse = &detail::on_parse<both>;
    make(whose, params, std::forward<P>(parse), std::forward<F>(fn));
  }

  watcher_state state() const noexcept {
    const int raw = etcdcli_directory_state(handle_);
    return raw < 0 ? watcher_state::ended : static_cast<watcher_state>(raw);
  }
  std::int64_t behind_ms() const noexcept { return etcdcli_directory_behind_ms(handle_); }
  etcdcli::picture picture() const noexcept { return etcdcli::picture(etcdcli_directory_picture(handle_)); }

 private:
  static etcdcli_directory_params params_for(std::string_view prefix) noexcept {
    etcdcli_directory_params params = ETCDCLI_DIRECTORY_PARAMS_INIT;
    params.prefix = to_slice(prefix);
    return params;
  }

  template <typename P, typename F>
  void make(const cluster &whose, etcdcli_directory_params &params, P &&parse, F &&fn) {
    using both = detail::directory_box<detail::box<P>, detail::box<F>>;
    static_assert(std::is_invocable_v<detail::box<F> &, const directory_info &>,
                  "the callback takes (const etcdcli::directory_info &)");
    if (!whose) {
      code_ = code_of(whose);
      return;
    }
    params.on_change = &detail::on_change<both>;
    code_ = detail::hand_over(std::unique_ptr<both>(new both{std::forward<P>(parse), std::forward<F>(fn)}),
                              [&](void *user, etcdcli_destroy_fn destroy) {
                                params.user = user;
                                params.destroy = destroy;
                                return etcdcli_directory_new(whose.get(), &params, &handle_);
                              });
  }
};

/* Which services are wanted: all that is said has to be so. */
struct filter_options {
  std::string_view zone;
  bool zone_first = false; /* the zone is but preferred */
  std::string_view version;
  std::string_view version_end;
  std::vector<std::pair<std::string_view, std::string_view>> labels;
  std::vector<service_state> states; /* empty: any */
};

class filter : public detail::owner<etcdcli_filter, etcdcli_filter_free> {
 public:
  filter() noexcept = default;
  filter(const directory &of, const filter_options &options) {
    etcdcli_filter_params params = ETCDCLI_FILTER_PARAMS_INIT;
    std::vector<etcdcli_label> labels;
    for (const auto &label : options.labels) labels.push_back({to_slice(label.first), to_slice(label.second)});
    params.flags = options.zone_first ? static_cast<unsigned>(ETCDCLI_FILTER_ZONE_FIRST) : 0U;
    params.zone = to_slice(options.zone);
    params.version = to_slice(options.version);
    params.version_end = to_slice(options.version_end);
    params.labels = labels.data();
    params.label_count = labels.size();
    for (const service_state state : options.states) params.states |= 1U << static_cast<int>(state);
    code_ = of ? etcdcli_filter_new(of.get(), &params, &handle_) : code_of(of);
  }

  etcdcli::picture picture() const noexcept { return etcdcli::picture(etcdcli_filter_picture(handle_)); }
};

}  // namespace etcdcli

#endif
