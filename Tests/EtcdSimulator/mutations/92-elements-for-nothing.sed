# the elements of a document cost nothing
# file: Sources/EtcdPacker/JSON/JSONReader.swift
s/^      try charge(cost)$//
