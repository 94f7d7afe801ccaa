# who is told of no puts does not know the keys that come
# file: Sources/EtcdCore/Watch/Watch.swift
s/var bringsPuts: Bool { options\.wantsPuts || memory == \.all }/var bringsPuts: Bool { options.wantsPuts }/
