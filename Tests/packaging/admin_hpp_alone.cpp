// admin.hpp by itself.
#include <etcdcli/admin.hpp>
