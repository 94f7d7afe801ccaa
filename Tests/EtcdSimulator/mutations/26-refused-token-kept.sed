# a token that was refused is kept
# file: Sources/EtcdCore/Auth/Auth.swift
s/guard pass == current else { return (true, \[\]) }/if pass.serial > 0 { return (true, []) }/
