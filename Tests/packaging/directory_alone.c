/* directory.h by itself, and every ..._INIT macro of it. Compiled as several languages, never linked or run. */
#include <etcdcli/directory.h>

#define USE_INIT(type, macro)                         \
  size_t use_##type(void);                            \
  size_t use_##type(void) {                           \
    const type params = macro;                        \
    type assigned = macro;                            \
    assigned.struct_size += 1;                        \
    return params.struct_size + assigned.struct_size; \
  }
#include "directory_init_macros.inc"
