# a snapshot is read in one page
# file: Sources/EtcdCore/Watch/Watch.swift
s/request\.limit = pageLimit/request.limit = 0/
