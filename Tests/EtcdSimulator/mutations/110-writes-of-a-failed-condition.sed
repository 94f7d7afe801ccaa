# a transaction that writes only where its conditions do not hold is taken for a read
# file: Sources/EtcdCore/Calls/Operation.swift
/fileprivate var writes: Bool/,/^}/ s/(success + failure)\.contains/success.contains/
