# as many calls are sent at once as the host makes
# file: Sources/EtcdCore/Cluster+Calls.swift
s/while hostCallsInFlight < options\.callsConcurrent, let/while let/
