# the next page begins after all keys that the last one is a prefix of
# file: Sources/EtcdCore/Watch/Watch.swift
s/snapshot\.from = last\.key\.array + \[0\]/snapshot.from = KeyRange.prefix(last.key.array).rangeEnd/
