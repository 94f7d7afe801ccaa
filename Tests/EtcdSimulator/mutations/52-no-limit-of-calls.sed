# as many calls are sent at once as the host makes
# file: Sources/EtcdCore/Calls/Calls.swift
s/while placesTaken < options\.callsConcurrent, let/while let/
