# an advertised address is an endpoint before it has answered
# file: Sources/EtcdCore/Members/Members.swift
s/^    candidates\.set(unknown, .*$/    for address in unknown { endpoints.add(address.endpoint) }/
