# a token is not refreshed on a watch
# file: Sources/EtcdCore/Cluster/Cluster+Streams.swift
s/response\.canceled, let failure = refusal(of: response, stream) {/response.canceled, false, let failure = refusal(of: response, stream) {/
