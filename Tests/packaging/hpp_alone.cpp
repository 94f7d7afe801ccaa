// The C++ layer by itself, included twice: it must guard itself and need nothing before it.
#include <etcdcli/etcdcli.hpp>
