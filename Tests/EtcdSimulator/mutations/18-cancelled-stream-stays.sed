# a watch that etcd cancelled keeps its stream
# file: Sources/EtcdCore/Watch/Watch.swift
s/return \[\.closeStream\] + readAgain(/return readAgain(/
