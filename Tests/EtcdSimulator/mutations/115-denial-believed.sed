# that a watch is not permitted is believed at once
# file: Sources/EtcdCore/Auth/Auth.swift
s/guard pass\.token != nil else { return (false, \[\]) }/if pass.serial > 0 { return (false, []) }/
