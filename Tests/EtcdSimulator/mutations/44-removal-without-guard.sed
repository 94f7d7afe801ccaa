# a removal deletes whatever is there
# file: Sources/EtcdCore/Lease/Keepalive.swift
/static func deletion/,/^  }/s/compare: isStill(version, key),/compare: [],/
