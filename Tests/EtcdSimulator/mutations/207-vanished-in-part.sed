# of keys that have vanished only the first are told
# file: Sources/EtcdCore/Watch/Watch.swift
s/known\.haveVanished, !vanished\.isEmpty {/known.haveVanished, vanished.isEmpty {/
