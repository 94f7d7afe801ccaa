# the owner of a key in conflict is told with the namespace
# file: Sources/EtcdCore/Host/Namespace.swift
s/^      report\.owner = report\.owner\.flatMap(leaving)$//
