// directory.hpp by itself.
#include <etcdcli/directory.hpp>
