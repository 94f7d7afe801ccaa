# who comes back before its last stream is gone is an endpoint for the second time
# file: Sources/EtcdCore/Members/Endpoints.swift
s/stay(target\.endpoint, as: header\.memberID) ?? append(target)/append(target)/
