#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/etcd.h"
#include "harness/key_value.h"

// What the tests ask etcd themselves, while members of it may be down: by whichever member answers, blocking, by none
// of the library's code, and without Catch, so that it may be done by a second thread.

namespace faults {

using namespace harness;

/// The ports of all members, in order.
std::vector<std::uint16_t> ports_of(EtcdCluster &etcd);

/// The body of the first answer with status 200 that one of the members gives; each is asked again until the time is
/// up. What is asked may be done more than once.
std::string ask_any(const std::vector<std::uint16_t> &ports, const std::string &path, const std::string &body,
                    const std::string &headers = "");

/// All keys of a prefix, as the quorum has them.
std::map<std::string, KeyValue> keys_with_prefix(const std::vector<std::uint16_t> &ports, std::string_view prefix);

/// The position of the member that leads.
std::size_t leader_of(EtcdCluster &etcd);

}  // namespace faults
