# a failing endpoint is not left
# file: Sources/EtcdCore/Members/Endpoints.swift
s/^    if index == current { moveOn() }$//
s/let index = (current + step) % entries\.count$/let index = (current + step * entries.count) % entries.count/
