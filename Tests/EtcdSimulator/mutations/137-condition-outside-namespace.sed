# the conditions of a transaction are about keys outside of the namespace
# file: Sources/EtcdCore/Host/Namespace.swift
s/Compare(range: entering(\$0\.range), /Compare(range: $0.range, /
