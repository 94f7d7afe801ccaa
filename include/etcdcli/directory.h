/*
 * directory.h - who is there, and who of them serves this player: the set of live services below a prefix, and the
 * choice among them.
 *
 * A part of etcdcli.h; all conventions are those of that header. It compiles as C99, C11 and C++11 and later.
 *
 *
 * THE SHAPE OF IT
 *
 *   etcdcli_directory  follows a prefix, as a watcher does: one service a key
 *   etcdcli_filter     which of its services are wanted
 *   etcdcli_picture    the services there are, or those of a filter, at one revision: what is looked things up in
 *
 *   const etcdcli_service *one =
 *       etcdcli_picture_select(etcdcli_directory_picture(directory), etcdcli_hash_u64(player));
 *
 * Who has the same services gets the same answer, in every process, language and byte order: docs/directory.md, which
 * is installed in share/doc/etcdcli, specifies the choice to the bit. When somebody joins, only he is given anything;
 * when somebody leaves, only what he had is given to others; when a weight changes, only that service gains or loses.
 *
 * A picture that is whole comes at once, and is never taken back while etcd is away: etcdcli_directory_behind_ms says
 * for how long it may be old. Between two pumps it does not change.
 *
 * Pictures are no handles but addresses, so that a lookup costs no more than it must. What etcdcli_directory_picture
 * and etcdcli_filter_picture return is valid until the next pump or wait of the cluster, or if a callback asks, until
 * it returns; until the directory or filter is freed; and for longer if etcdcli_picture_acquire is called before. All
 * functions of pictures take NULL, as they get it of a dead handle, for a picture of nobody. They may be called from
 * any thread that has an acquired picture, at any time, without a lock; no picture ever changes.
 */
#ifndef ETCDCLI_DIRECTORY_H
#define ETCDCLI_DIRECTORY_H

#include "etcdcli.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct etcdcli_directory etcdcli_directory;
typedef struct etcdcli_filter etcdcli_filter;
typedef struct etcdcli_picture etcdcli_picture;

/* ---------------------------------------------------------------------------------------------------------------- */
/* Hashes                                                                                                           */

/* XXH64 with seed 0 of these bytes. Text is hashed as what it is in UTF-8. Free of threads and errors; bytes without
 * `data` are none. */
ETCDCLI_API uint64_t etcdcli_hash_bytes(etcdcli_slice bytes);
/* The same of a number's eight bytes, the lowest first, on every machine. */
ETCDCLI_API uint64_t etcdcli_hash_u64(uint64_t number);
/* The same of the number's two's complement: of what is not negative it is the hash of the same u64. */
ETCDCLI_API uint64_t etcdcli_hash_i64(int64_t number);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Services                                                                                                         */

typedef enum etcdcli_service_state_t {
  ETCDCLI_SERVICE_UP = 0,
  ETCDCLI_SERVICE_DRAINING = 1, /* keeps what it has, and takes no new keys */
  ETCDCLI_SERVICE_DOWN = 2      /* is known, and takes no keys either */
} etcdcli_service_state_t;

/* "up" .. "down"; static, never NULL; "unknown" for a value that is none. */
ETCDCLI_API const char *etcdcli_service_state_name(int state);

/* Frozen: it is embedded in arrays. */
typedef struct etcdcli_label {
  etcdcli_slice name;
  etcdcli_slice value;
} etcdcli_label;

/* A service: a key, its value, and what was made of it. Valid as long as the picture that it is of. */
typedef struct etcdcli_service {
  etcdcli_slice key;
  etcdcli_slice value;
  int64_t mod_revision; /* of the put that has made it what it is */
  /* What it takes part in the choice by: with the same id and weight it is given the same keys, whatever its key is. If
   * nothing says otherwise it is the key without the prefix that the directory follows. */
  etcdcli_slice id;
  etcdcli_slice name;
  etcdcli_slice zone;
  etcdcli_slice version;
  int64_t weight; /* 0 .. 16777216; 0: takes no new keys */
  int state;      /* ETCDCLI_SERVICE_* */
  const etcdcli_label *labels;
  size_t label_count;
  /* Its own as long as it is there, and then another's: a small number, from 0 on, for tables of the host's. */
  uint32_t number;
} etcdcli_service;

/* ---------------------------------------------------------------------------------------------------------------- */
/* Directory                                                                                                        */

typedef enum etcdcli_change_t {
  ETCDCLI_CHANGE_COMPLETE = 1, /* the first picture is whole: who is in it is not told one by one */
  ETCDCLI_CHANGE_JOINED = 2,
  ETCDCLI_CHANGE_CHANGED = 3, /* its value is another one; a put of the same is not told */
  ETCDCLI_CHANGE_LEFT = 4,
  /* A value that is not understood, as `message` says. Who was there under its key stays as he was. */
  ETCDCLI_CHANGE_REFUSED = 5,
  ETCDCLI_CHANGE_STATE = 6 /* the directory is in another state, see `state` and `error` */
} etcdcli_change_t;

/* "complete" .. "state"; static, never NULL; "unknown" for a value that is none. */
ETCDCLI_API const char *etcdcli_change_name(int change);

typedef struct etcdcli_directory_info {
  int change;                      /* ETCDCLI_CHANGE_* */
  const etcdcli_service *service;  /* JOINED, CHANGED: as it is now; LEFT: as it was; else NULL */
  const etcdcli_service *previous; /* CHANGED: as it was; else NULL */
  const etcdcli_kv *kv;            /* REFUSED: what is there now; else NULL */
  const char *message;             /* REFUSED: why; else "" */
  int state;                       /* ETCDCLI_WATCHER_* */
  const etcdcli_error *error;      /* STATE: why, if something failed; else NULL */
} etcdcli_directory_info;

/* Told of each change, when the picture has it and all else that came with it. */
typedef void (*etcdcli_directory_fn)(etcdcli_directory *directory, const etcdcli_directory_info *info, void *user);

/* Asked what a value says. `*out` is filled in with what is so if nothing is said: the id, weight 1, UP, and nothing
 * else; key, value, mod_revision and number are not for the host to set. What the fields point to is copied as soon as
 * it returns: it may be a part of the value or memory of the host's, but not of this function's stack. Returns 0; or
 * anything else: the value is not understood (REFUSED). */
typedef int (*etcdcli_service_parse_fn)(etcdcli_directory *directory, const etcdcli_kv *kv, etcdcli_service *out,
                                        void *user);

typedef enum etcdcli_parser_t {
  ETCDCLI_PARSER_NONE = 0, /* values are not looked at: all are UP, with weight 1 */
  /* Values are JSON objects with the fields that `..._field` name, each of which may be missing or null: strings, where
   * a number, true or false counts as it is written; weight a whole number, state "up", "draining" or "down", labels an
   * object of such strings. Other fields are passed over. */
  ETCDCLI_PARSER_JSON = 1,
  ETCDCLI_PARSER_HOST = 2 /* `on_parse` says */
} etcdcli_parser_t;

typedef struct etcdcli_directory_params {
  size_t struct_size;
  etcdcli_slice prefix;              /* all keys that begin with it; not empty */
  int parser;                        /* ETCDCLI_PARSER_* */
  etcdcli_service_parse_fn on_parse; /* for ETCDCLI_PARSER_HOST; else NULL */
  etcdcli_directory_fn on_change;
  void *user; /* for both */
  etcdcli_destroy_fn destroy;
  /* For ETCDCLI_PARSER_JSON: what the fields are called; empty: "id", "name", "weight" ... */
  etcdcli_slice id_field;
  etcdcli_slice name_field;
  etcdcli_slice weight_field;
  etcdcli_slice zone_field;
  etcdcli_slice version_field;
  etcdcli_slice state_field;
  etcdcli_slice labels_field;
} etcdcli_directory_params;
#define ETCDCLI_DIRECTORY_PARAMS_INIT                                                                               \
  {                                                                                                                 \
    sizeof(etcdcli_directory_params), {NULL, 0}, ETCDCLI_PARSER_NONE, NULL, NULL, NULL, NULL, {NULL, 0}, {NULL, 0}, \
        {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {                                                               \
      NULL, 0                                                                                                       \
    }                                                                                                               \
  }

/* Makes a directory and writes its handle to `*out`. It is one of the cluster's watchers, and what it is told counts as
 * a callback towards the pump's max_callbacks, also if it does not concern the host.
 * Errors: ETCDCLI_ERR_ARGUMENT (NULL, a bad field), ETCDCLI_ERR_CLOSED, ETCDCLI_ERR_LIMIT (the cluster has
 * `watchers.max` watchers). */
ETCDCLI_API_CHECKED int etcdcli_directory_new(etcdcli_cluster *cluster, const etcdcli_directory_params *params,
                                              etcdcli_directory **out);

/* Its state, an ETCDCLI_WATCHER_* value. It may run ahead of the callbacks by those that are waiting. */
ETCDCLI_API int etcdcli_directory_state(const etcdcli_directory *directory);

/* For how long changes may have been missed because nothing comes from etcd: 0 while it is LIVE; at first, since it was
 * made, or, with what was left on disk (option `watcher.cache.dir`), since that was true. It does not tell of an error:
 * for a handle that is dead it is INT64_MAX. */
ETCDCLI_API int64_t etcdcli_directory_behind_ms(const etcdcli_directory *directory);

/* The services there are; nobody before ETCDCLI_CHANGE_COMPLETE, and NULL for a handle that is dead. It is made when it
 * is first asked for after a change, which takes a moment with thousands of services: 2 ms with 10,000. */
ETCDCLI_API const etcdcli_picture *etcdcli_directory_picture(etcdcli_directory *directory);

/* Frees the directory, with its filters' pictures but not with those that were acquired; no callback of it follows. */
ETCDCLI_API int etcdcli_directory_free(etcdcli_directory *directory);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Filters                                                                                                          */

typedef enum etcdcli_filter_flags_t {
  ETCDCLI_FILTER_ZONE_FIRST = 1 /* if nobody of `zone` takes keys, those of the other zones are wanted as well */
} etcdcli_filter_flags_t;

/* All that is said has to be so. */
typedef struct etcdcli_filter_params {
  size_t struct_size;
  unsigned flags;              /* ETCDCLI_FILTER_* */
  etcdcli_slice zone;          /* empty: any */
  etcdcli_slice version;       /* this or a later one; empty: any. Numbers in versions count as numbers: 1.9 < 1.10 */
  etcdcli_slice version_end;   /* an earlier one than this; empty: any */
  const etcdcli_label *labels; /* all of these */
  size_t label_count;          /* 0 .. 64 */
  unsigned states;             /* 1u << ETCDCLI_SERVICE_*, combined with |; 0: any */
} etcdcli_filter_params;
#define ETCDCLI_FILTER_PARAMS_INIT \
  { sizeof(etcdcli_filter_params), 0, {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL, 0, 0 }

/* Makes a filter of a directory and writes its handle to `*out`.
 * Errors: ETCDCLI_ERR_ARGUMENT (NULL, a bad field). */
ETCDCLI_API_CHECKED int etcdcli_filter_new(etcdcli_directory *directory, const etcdcli_filter_params *params,
                                           etcdcli_filter **out);

/* The services that are wanted. Made when it is first asked for after a change, as that of the directory, and the same
 * until the next. NULL for a handle that is dead, or if the directory was freed. */
ETCDCLI_API const etcdcli_picture *etcdcli_filter_picture(etcdcli_filter *filter);

/* Frees the filter. */
ETCDCLI_API int etcdcli_filter_free(etcdcli_filter *filter);

/* ---------------------------------------------------------------------------------------------------------------- */
/* Pictures                                                                                                         */

/* Keeps a picture, and what is in it, until etcdcli_picture_release, which may be called from any thread. Returns it.
 */
ETCDCLI_API_CHECKED const etcdcli_picture *etcdcli_picture_acquire(const etcdcli_picture *picture);
/* Once for each time that it was acquired. */
ETCDCLI_API void etcdcli_picture_release(const etcdcli_picture *picture);

/* The revision of the store that it is of; 0: none yet. */
ETCDCLI_API int64_t etcdcli_picture_revision(const etcdcli_picture *picture);
/* How many services are in it. */
ETCDCLI_API size_t etcdcli_picture_size(const etcdcli_picture *picture);
/* Service `index`, in the order of keys; NULL if index >= etcdcli_picture_size. */
ETCDCLI_API const etcdcli_service *etcdcli_picture_service(const etcdcli_picture *picture, size_t index);
/* The index of the first key that is not less than this one; the size if there is none. */
ETCDCLI_API size_t etcdcli_picture_lower_bound(const etcdcli_picture *picture, etcdcli_slice key);
/* The index of the first key that is greater. */
ETCDCLI_API size_t etcdcli_picture_upper_bound(const etcdcli_picture *picture, etcdcli_slice key);

/* How many take new keys: they are UP and have a weight. What follows chooses among them alone, and says NULL or 0 if
 * there are none. */
ETCDCLI_API size_t etcdcli_picture_takers(const etcdcli_picture *picture);

/* Who is responsible for a hash. Of a random number it is a choice at random, by weight.
 * From 201 takers on, who is responsible for a part of all hashes (there are 1048576 parts) is remembered in the
 * picture as soon as somebody has asked; up to that all are asked each time. */
ETCDCLI_API const etcdcli_service *etcdcli_picture_select(const etcdcli_picture *picture, uint64_t hash);

/* Who is responsible for a hash, then who would be if he were not there, and so on: writes the first `count` of them to
 * `out`, which has room for as many, and returns how many there were. 1 .. 64 of them; 0 if `out` is NULL. */
ETCDCLI_API size_t etcdcli_picture_select_many(const etcdcli_picture *picture, uint64_t hash,
                                               const etcdcli_service **out, size_t count);

/* The first of these whose load, one more included, is within `percent` of his share by weight of all loads, rounded
 * up: 125, say, is a quarter more than his share; less than 100 is 100, more than 10000 is 10000. `loads` are the
 * host's numbers, by etcdcli_service.number; whose number is `load_count` or more has a load of 0. A load of more than
 * 2^32 counts as 2^32. */
ETCDCLI_API const etcdcli_service *etcdcli_picture_select_bounded(const etcdcli_picture *picture, uint64_t hash,
                                                                  const uint64_t *loads, size_t load_count,
                                                                  unsigned percent);

/* Who has the least load for his weight; of several the first by key. Loads are as above. */
ETCDCLI_API const etcdcli_service *etcdcli_picture_least_loaded(const etcdcli_picture *picture, const uint64_t *loads,
                                                                size_t load_count);

/* Whose turn it is: the `number`th, modulo how many take keys, whatever their weight. With a number that is counted up
 * they take turns; of a random number it is a choice at random. */
ETCDCLI_API const etcdcli_service *etcdcli_picture_turn(const etcdcli_picture *picture, uint64_t number);

/* ---------------------------------------------------------------------------------------------------------------- */
/* The ring of the atframework                                                                                      */

/* For fleets that are moved over from there, server by server: the same answers as those of its etcd_discovery_set, bit
 * by bit (docs/directory.md). Nothing else speaks for it: it spreads the load worse, and knows no weights. What it goes
 * by is etcdcli_service.id, if that is a decimal number and not 0, and etcdcli_service.name; who has neither has no
 * points. The ring of a picture is made when somebody first asks for it, which takes a moment: 14 ms with 1000
 * services.
 */

typedef enum etcdcli_ring_t {
  ETCDCLI_RING_ID_AND_NAME = 0, /* 40 points by id and 40 by name; where that class has no `search_mode` */
  ETCDCLI_RING_NAME = 1         /* 80 points by name, or by id if there is no name; where it has one */
} etcdcli_ring_t;

/* What keys are hashed with there, LIBATAPP_MACRO_HASH_MAGIC_NUMBER, unless it was built with another one; before there
 * was that, 0. */
#define ETCDCLI_RING_SEED 0x01000193u

/* Where on a ring something lies. Frozen. */
typedef struct etcdcli_ring_hash {
  uint64_t first;
  uint64_t second;
} etcdcli_ring_hash;

/* MurmurHash3 x64 128 of these bytes. Free of threads and errors; bytes without `data` are none. */
ETCDCLI_API etcdcli_ring_hash etcdcli_ring_hash_bytes(etcdcli_slice bytes, uint32_t seed);
/* The same of a number's eight bytes, the lowest first, on every machine. */
ETCDCLI_API etcdcli_ring_hash etcdcli_ring_hash_u64(uint64_t number, uint32_t seed);
/* The same of the number's two's complement. */
ETCDCLI_API etcdcli_ring_hash etcdcli_ring_hash_i64(int64_t number, uint32_t seed);

/* Who has the first point from this hash on, among those that take new keys. NULL if there is none, or if `ring` is no
 * ETCDCLI_RING_* value. */
ETCDCLI_API const etcdcli_service *etcdcli_picture_ring_select(const etcdcli_picture *picture, int ring,
                                                               etcdcli_ring_hash hash);

/* Who has points from this hash on, each once, as with its search_mode kUniqueNode: writes the first `count` of them to
 * `out`, which has room for as many, and returns how many there were. 1 .. 64 of them; 0 if `out` is NULL. */
ETCDCLI_API size_t etcdcli_picture_ring_select_many(const etcdcli_picture *picture, int ring, etcdcli_ring_hash hash,
                                                    const etcdcli_service **out, size_t count);

#ifdef __cplusplus
}
#endif

#endif
