# the end of a prefix that ends in 0xff wraps around
# file: Sources/EtcdPacker/KeyRange.swift
s/if last == 0xFF { continue }//
