# a revision may be as large as it likes
# file: Sources/EtcdCore/Watch/Watch.swift
s/begun\.cost > revisionLimit/begun.cost > .max/
