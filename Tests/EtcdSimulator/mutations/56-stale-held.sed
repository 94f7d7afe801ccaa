# HELD is told although the key was lost meanwhile
# file: Sources/EtcdCore/Cluster.swift
s/guard delivered(to: id), losses == keepalives\[id\]?\.losses else/guard delivered(to: id) else/
s/case \.keepalive(let id, let report, let losses):/case .keepalive(let id, let report, _):/
s/if report\.state == \.held, keepaliveState(id) != \.held { continue }//
