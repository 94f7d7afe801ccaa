# a stream is read on while its documents wait
# file: Sources/EtcdCore/Watch/Watchers.swift
s/orders\.append(stream\.isInLine ? \.pause(stream\.transfer) : \.resume(stream\.transfer))/if !stream.isInLine { orders.append(.resume(stream.transfer)) }/
