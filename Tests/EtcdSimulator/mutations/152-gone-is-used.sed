# an endpoint that is configured no more is used on
# file: Sources/EtcdCore/Members/Endpoints.swift
s/^    for index in entries\.indices { entries\[index\]\.isGiven = false }$//
