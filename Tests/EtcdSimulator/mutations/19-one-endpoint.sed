# a failing endpoint is not left
# file: Sources/EtcdCore/Members/Endpoints.swift
s/if id\.index == current { current = (current + 1) % entries\.count }//
s/let index = (current + step) % entries\.count/let index = (current + step * entries.count) % entries.count/
