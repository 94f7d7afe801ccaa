# a probe's answer makes the cluster ready
# file: Sources/EtcdCore/Calls/Evidence.swift
s/case \.range where operation\.isSerializable, .*: return \.nothing/case .range where operation.isSerializable: return evidence/
