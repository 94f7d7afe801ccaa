/* What Swift's Glibc module leaves out: epoll, timerfd, eventfd, TCP's socket options, and the hooks around fork. */
#ifndef CSYSTEM_SHIM_H
#define CSYSTEM_SHIM_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* Declared only for _GNU_SOURCE, which Swift does not define. Sockets accepted without SOCK_CLOEXEC are inherited by
 * whatever another thread starts at that moment. */
extern int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);

/* Swift hides fork(2), for good reasons; tests of what a forked child may do need it all the same. */
static inline pid_t csystem_fork(void) {
  return fork();
}

#endif
