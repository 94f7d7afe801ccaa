// What a compiler is to complain of in C++, each by itself, chosen by a macro.
#include <etcdcli/etcdcli.hpp>

void ignore(etcdcli::cluster &cluster, etcdcli::keepalive &keepalive);
void ignore(etcdcli::cluster &cluster, etcdcli::keepalive &keepalive) {
#if defined(NOTHING)
  cluster.wakeup();
  cluster.cancel(1);
  keepalive.remove();
#elif defined(CALL)
  cluster.put("key", "value", etcdcli::no_callback());
#elif defined(PUMP)
  cluster.pump();
#elif defined(VALUE)
  keepalive.set_value("value");
#elif defined(STATE)
  keepalive.state();
#elif defined(OWNER)
  etcdcli::keepalive(cluster, "key", "value");
#endif
  static_cast<void>(cluster);
  static_cast<void>(keepalive);
}
