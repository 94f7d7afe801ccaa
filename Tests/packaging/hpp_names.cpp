// The names of the C++ layer under a using-directive, beside whatever else a server includes. Never linked or run.
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <err.h>
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <search.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <any>
#include <array>
#include <atomic>
#include <bitset>
#include <chrono>
#include <complex>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <forward_list>
#include <functional>
#include <future>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <limits>
#include <list>
#include <locale>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <queue>
#include <random>
#include <ratio>
#include <regex>
#include <set>
#include <shared_mutex>
#include <sstream>
#include <stack>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <typeindex>
#include <unordered_map>
#include <utility>
#include <valarray>
#include <variant>
#include <vector>
#if __cplusplus >= 202002L
#include <bit>
#include <compare>
#include <concepts>
#include <ranges>
#include <span>
#endif

// libevent's, which is a host's event loop like any other.
struct event;

#include <etcdcli/directory.hpp>
#include <etcdcli/etcdcli.hpp>

using namespace std;
using namespace etcdcli;

// Each name is looked up here, unqualified.
using names =
    tuple<code, log_level, cluster_state, keepalive_state, watcher_state, event_type, batch_flags, close_flags, result,
          submitted, error_info, kv, watch_event, event_list, kv_list, prev_kv_list, batch, response, log_info,
          cluster_info, close_info, keepalive_info, watcher_info, keys, range_options, put_options, delete_options,
          watch_options, no_callback, option_list, config, cluster, keepalive, watcher>;

size_t use_names(etcdcli::cluster &on);
size_t use_names(etcdcli::cluster &on) {
  const keys all[] = {prefix("/a"), from_key("a"), between("a", "b")};
  const string_view text = to_view(to_slice("text"));
  if (!on.range(all[0], no_callback())) cerr << last_error() << to_string(code::ok) << to_string(17) << '\n';
  // What is not the layer's is still what it was.
  const struct option *getopt_option = nullptr;
  const list<int> numbers = {1, 2};
  const ::event *other = nullptr;
  error(0, errno, "%s", strerror(errno));
  return tuple_size_v<names> + text.size() + numbers.size() + (getopt_option == nullptr) + (other == nullptr);
}
