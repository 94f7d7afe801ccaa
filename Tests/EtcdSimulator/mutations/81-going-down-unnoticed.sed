# a member that is going down keeps its streams
# file: Sources/EtcdCore/Members/Endpoints.swift
s/^    entries\[index\]\.refusal = failure$//
