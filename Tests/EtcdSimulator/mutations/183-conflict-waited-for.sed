# a key in conflict is waited for
# file: Sources/EtcdCore/Awaits/Awaits.swift
/case \.conflict: report\.error/d
s/case \.waiting, \.claiming, \.held, \.lost, \.blocked, \.removing: nil/case .waiting, .claiming, .held, .lost, .conflict, .blocked, .removing: nil/
