# the deadline of a call does not count while it waits for its turn
# file: Sources/EtcdCore/Calls/Calls.swift
s/^      orders\.append(wake(id, at: deadline))$//
