# a removal deletes whatever is there
# file: Sources/EtcdCore/Keepalive.swift
/private mutating func delete/,/^  }/s/compare: \[.*\],$/compare: [],/
