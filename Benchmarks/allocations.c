// Counts what a program allocates: loaded before it (LD_PRELOAD), and asked by it. What is moved counts once more.
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>

// glibc's own, so that nothing has to be looked up before the first of them.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static uint64_t count;

uint64_t counted_allocations(void) {
  return __atomic_load_n(&count, __ATOMIC_RELAXED);
}

static void add(void) {
  __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
}

void *malloc(size_t size) {
  add();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  add();
  return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
  add();
  return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
  add();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  void *made = memalign(alignment, size);
  if (made == NULL) return 12;  // ENOMEM
  *memory = made;
  return 0;
}
