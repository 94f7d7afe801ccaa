# an endpoint that is configured no more is used on
# file: Sources/EtcdCore/Members/Endpoints.swift
s/^      entries\[index\]\.isGiven = false$//
