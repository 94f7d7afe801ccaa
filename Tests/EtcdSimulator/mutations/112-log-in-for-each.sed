# each of many that are refused for one token logs in
# file: Sources/EtcdCore/Auth/Auth.swift
s/guard pass == current else { return (true, \[\]) }/guard pass == current else { return (true, ask()) }/
