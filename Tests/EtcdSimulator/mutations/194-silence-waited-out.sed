# the streams of an endpoint that does not answer stay until the question is given up
# file: Sources/EtcdCore/Members/Probe.swift
s/, doubtAt: now + patience))$/, doubtAt: nil))/
