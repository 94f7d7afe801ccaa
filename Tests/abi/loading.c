/*
 * Loading the library changes nothing in a process. Argument: the library's file. Exits with 0, or says what changed
 * and exits with 1.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>

static int entries_of(const char *path) {
  DIR *directory = opendir(path);
  int count = 0;
  while (directory != NULL && readdir(directory) != NULL) ++count;
  if (directory != NULL) closedir(directory);
  return count;
}

static int expect(int condition, const char *what) {
  if (!condition) fprintf(stderr, "loading the library changed %s\n", what);
  return condition;
}

int main(int argc, char **argv) {
  struct sigaction before[NSIG], after;
  int threads = entries_of("/proc/self/task"), descriptors = entries_of("/proc/self/fd"), fine = 1, number;
  void *library;
  if (argc != 2) return 1;
  for (number = 1; number < NSIG; ++number) sigaction(number, NULL, &before[number]);
  library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  if (dlsym(library, "etcdcli_version") == NULL) return 1;
  for (number = 1; number < NSIG; ++number) {
    sigaction(number, NULL, &after);
    fine &= expect(after.sa_handler == before[number].sa_handler, "the handler of a signal");
  }
  fine &= expect(entries_of("/proc/self/task") == threads, "the number of threads");
  fine &= expect(entries_of("/proc/self/fd") == descriptors, "the number of descriptors");

  /* It stays loaded whatever a host does: Swift code must not be unloaded. */
  dlclose(library);
  fine &= expect(dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) != NULL, "its mind, and went away");
  return fine ? 0 : 1;
}
