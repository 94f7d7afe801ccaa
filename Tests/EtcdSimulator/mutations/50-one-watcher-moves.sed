# of the streams of a silent endpoint only the first is moved
# file: Sources/EtcdCore/Watch/Watchers.swift
s/for id in ids where entries\[id\]?\.stream?\.target\.id == endpoint {/for id in ids.prefix(1) where entries[id]?.stream?.target.id == endpoint {/
