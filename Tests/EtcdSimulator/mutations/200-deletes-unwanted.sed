# deletions are told that are not wanted
# file: Sources/EtcdCore/Watch/Watch.swift
s/request\.filters\.append(\.noDelete)/_ = request/
