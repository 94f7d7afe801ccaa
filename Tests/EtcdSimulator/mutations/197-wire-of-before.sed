# a reload of the wire leaves what was found out of endpoints before
# file: Sources/EtcdCore/Members/Endpoints.swift
s/entries\[index\]\.negotiation = WireNegotiation() }/_ = entries[index].negotiation }/
