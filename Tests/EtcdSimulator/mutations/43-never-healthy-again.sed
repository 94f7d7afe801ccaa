# an endpoint that has failed is never healthy again
# file: Sources/EtcdCore/Members/Endpoints.swift
s/^    entries\[index\]\.health = \.healthy$//
