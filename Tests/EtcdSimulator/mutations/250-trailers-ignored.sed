# the status in the trailers is ignored
# file: Sources/EtcdCore/Wire/GRPCStatus.swift
s/    if code == 0 {/    if code >= 0 {/
