# a gateway that has answered and fails now makes way for the wire that was not spoken
# file: Sources/EtcdCore/Wire/WireNegotiation.swift
s/state = \.fallenBack(tryAt: tryAt, isAnswered: true)/state = .fallenBack(tryAt: tryAt, isAnswered: false)/
