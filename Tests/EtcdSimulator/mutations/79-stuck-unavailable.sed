# a cluster whose watches are well is never asked whether it serves again
# file: Sources/EtcdCore/Cluster/Cluster+Calls.swift
s/if case \.success = end\.result { askForService() }/break/
