# a reload closes the streams of endpoints that stay
# file: Sources/EtcdCore/Cluster/Cluster+Host.swift
s/^    for target in change\.gone {$/    for target in change.gone + [endpoints.currentTarget].compactMap({ $0 }) {/
