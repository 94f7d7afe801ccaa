# an advertised address is an endpoint before it has answered
# file: Sources/EtcdCore/Members/Members.swift
s/^    candidates\.set(roster\.addresses\.filter.*$/    for address in roster.addresses { endpoints.add(address.endpoint) }/
