/* The header by itself, and every ..._INIT macro of it. Compiled as several languages, never linked or run. */
#include <etcdcli/etcdcli.h>

#define USE_INIT(type, macro)                         \
  size_t use_##type(void);                            \
  size_t use_##type(void) {                           \
    const type params = macro;                        \
    type assigned = macro;                            \
    assigned.struct_size += 1;                        \
    return params.struct_size + assigned.struct_size; \
  }
#include "init_macros.inc"

size_t use_slices(void);
size_t use_slices(void) {
  const etcdcli_slice slice = etcdcli_str("text");
  return slice.size + etcdcli_bytes("text", 4).size + (size_t)ETCDCLI_VERSION_NUMBER + sizeof ETCDCLI_VERSION;
}
