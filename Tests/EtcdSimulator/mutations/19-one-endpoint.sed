# a failing endpoint is not left
# file: Sources/EtcdCore/Members/Endpoints.swift
s/^    if index == current { moveOn() }$//
s/let entry = entries\[(current + step) % entries\.count\]/let entry = entries[(current + step * entries.count) % entries.count]/
