# an endpoint that has failed is never healthy again
# file: Sources/EtcdCore/Endpoints.swift
s/^    entries\[id\.index\]\.health = \.healthy$//
