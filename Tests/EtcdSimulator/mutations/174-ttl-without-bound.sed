# SRV records are asked for again as soon as they say
# file: Sources/EtcdCore/Members/ServiceLookup.swift
s/max(Duration.seconds(life), Self.pause)/Duration.seconds(life)/
