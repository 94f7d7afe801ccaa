# a failing endpoint is not left
# file: Sources/EtcdCore/Members/Endpoints.swift
s/^    if index == current { current = (current + 1) % entries\.count }$//
s/let entry = entries\[(current + step) % entries\.count\]/let entry = entries[(current + step * entries.count) % entries.count]/
