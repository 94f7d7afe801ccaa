/* c-ares, which asks name servers without a thread, and the sockets it does that with. */
#ifndef CCARES_SHIM_H
#define CCARES_SHIM_H

#include <ares.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

/* c-ares makes its sockets first and marks them to be closed on exec afterwards, between which a child may be started
 * on another thread. These are marked from the beginning. */

static inline ares_socket_t ccares_socket(int domain, int type, int protocol, void *context) {
  (void)context;
  return socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

static inline int ccares_close(ares_socket_t socket, void *context) {
  (void)context;
  return close(socket);
}

static inline int ccares_connect(ares_socket_t socket, const struct sockaddr *address, ares_socklen_t length,
                                 void *context) {
  (void)context;
  return connect(socket, address, length);
}

static inline ares_ssize_t ccares_receive(ares_socket_t socket, void *buffer, size_t size, int flags,
                                          struct sockaddr *address, ares_socklen_t *length, void *context) {
  (void)context;
  return recvfrom(socket, buffer, size, flags, address, length);
}

/* Without the signal that `writev` would raise when a name server hangs up. */
static inline ares_ssize_t ccares_send(ares_socket_t socket, const struct iovec *parts, int count, void *context) {
  struct msghdr message;
  (void)context;
  memset(&message, 0, sizeof message);
  message.msg_iov = (struct iovec *)parts;
  message.msg_iovlen = (size_t)count;
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

/* Opens a channel. `servers` names them as ares_set_servers_ports_csv takes them; NULL for the machine's. Returns a
 * status of c-ares's. */
static inline int ccares_open(ares_channel *channel, const char *servers, int timeout_ms, int tries,
                              ares_sock_state_cb changed, void *context) {
  static const struct ares_socket_functions functions = {ccares_socket, ccares_close, ccares_connect, ccares_receive,
                                                         ccares_send};
  static char lookups[] = "fb"; /* the hosts file, then name servers */
  struct ares_options options;
  int status;
  memset(&options, 0, sizeof options);
  options.timeout = timeout_ms;
  options.tries = tries;
  options.lookups = lookups;
  options.sock_state_cb = changed;
  options.sock_state_cb_data = context;
  status = ares_init_options(channel, &options,
                             ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
  if (status != ARES_SUCCESS) return status;
  ares_set_socket_functions(*channel, &functions, NULL);
  if (servers != NULL) status = ares_set_servers_ports_csv(*channel, servers);
  if (status != ARES_SUCCESS) ares_destroy(*channel);
  return status;
}

static inline void ccares_look_up(ares_channel channel, const char *name, ares_addrinfo_callback callback,
                                  void *context) {
  struct ares_addrinfo_hints hints;
  memset(&hints, 0, sizeof hints);
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel, name, NULL, &hints, callback, context);
}

/* The SRV records of a name. Newer versions have other functions for it, and still have these. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static inline void ccares_look_up_service(ares_channel channel, const char *name, ares_callback callback,
                                          void *context) {
  ares_query(channel, name, 1 /* IN */, 33 /* SRV */, callback, context);
}

/* The list is freed with ares_free_data. */
static inline int ccares_parse_service(const unsigned char *answer, int length, struct ares_srv_reply **records) {
  return ares_parse_srv_reply(answer, length, records);
}

#pragma GCC diagnostic pop

#endif
