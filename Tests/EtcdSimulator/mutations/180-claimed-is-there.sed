# a key that is being claimed counts as there
# file: Sources/EtcdCore/Awaits/Awaits.swift
s/isThere: report\.state == \.held, because/isThere: report.state == .held || report.state == .claiming, because/
