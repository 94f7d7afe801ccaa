#pragma once

#include <etcdcli/etcdcli.h>

#include <stdexcept>
#include <string>

/// What the library returned, unless it is an error, which is thrown.
inline int check(int result, const char *what) {
  if (result < 0) throw std::runtime_error(std::string(what) + ": " + etcdcli_last_error());
  return result;
}
