# the end of a prefix that ends in 0xFF does not carry
# file: Sources/EtcdPacker/KeyRange.swift
s/guard let last = prefix\.lastIndex(where: { \$0 != 0xFF })/guard let last = prefix.indices.last/
