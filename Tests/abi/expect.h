#ifndef EXPECT_H
#define EXPECT_H

/* For test programs in C: what must hold, or the program says where it did not and exits with 1. */
#include <etcdcli/etcdcli.h>
#include <stdio.h>
#include <stdlib.h>

#define EXPECT(condition)                                                                            \
  do {                                                                                               \
    if (!(condition)) {                                                                              \
      fprintf(stderr, "line %d: %s (last error: %s)\n", __LINE__, #condition, etcdcli_last_error()); \
      exit(1);                                                                                       \
    }                                                                                                \
  } while (0)

#endif
