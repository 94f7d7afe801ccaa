# a value that is set during a claim is forgotten
# file: Sources/EtcdCore/Lease/Keepalive.swift
/mutating func setValue/,/^  }/s/case \.waiting, \.claiming, \.backingOff, \.writing:/case .claiming: return []\n    case .waiting, .backingOff, .writing:/
