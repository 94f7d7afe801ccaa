# a stream that is opened again is not counted
# file: Sources/EtcdCore/Host/Metrics.swift
s/^    streamsOpened &+= 1/    if !again { streamsOpened \&+= 1 }/
