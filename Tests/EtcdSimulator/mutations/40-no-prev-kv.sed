# previous values are not asked for
# file: Sources/EtcdCore/Watch/Watch.swift
s/request\.prevKV = wantsPrevKV/request.prevKV = false/
