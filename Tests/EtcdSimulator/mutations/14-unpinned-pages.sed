# the pages of a snapshot are not pinned to one revision
# file: Sources/EtcdCore/Watch/Watch.swift
s/request\.revision = snapshot\.revision/request.revision = 0/
