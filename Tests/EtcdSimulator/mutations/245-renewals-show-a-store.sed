# that a member renews leases shows that its store moves
# file: Sources/EtcdCore/Members/Endpoints.swift
s/    if isServed { entries\[index\]\.lastServed = now }/    entries[index].lastServed = now/
