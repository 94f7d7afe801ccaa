# what is sent twice is delivered twice
# file: Sources/EtcdCore/Watch/Watch.swift
s/for event in response\.events where event\.kv\.modRevision >= nextRevision/for event in response.events/
