# a revision may end with a fragment
# file: Sources/EtcdCore/Watch/Watch.swift
s/guard isFragment else/guard isFragment, failures > 1000 else/
