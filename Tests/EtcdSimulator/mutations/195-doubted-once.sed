# an endpoint that does not answer is doubted once, whether or not its streams had somewhere to go
# file: Sources/EtcdCore/Members/Probe.swift
s/^      guard hasStreams else { return nil }$/      guard hasStreams, !question.wasDoubted else { return nil }/
