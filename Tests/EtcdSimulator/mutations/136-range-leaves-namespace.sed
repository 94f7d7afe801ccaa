# a range without end reaches what comes after the namespace
# file: Sources/EtcdCore/Host/Namespace.swift
s/range\.rangeEnd == \[0\] ? end : prefix + range\.rangeEnd/range.rangeEnd == [0] ? [0] : prefix + range.rangeEnd/
