# who the members are is asked at each failover, however short ago it was answered
# file: Sources/EtcdCore/Members/Discovery.swift
s/if let lastEnd { earliest = max(earliest, lastEnd + min(Self\.pause, interval)) }//
