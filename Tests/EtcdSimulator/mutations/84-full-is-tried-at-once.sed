# one stream more than a member takes is tried without a pause
# file: Sources/EtcdCore/Watch/StreamRoom.swift
s/^    tryAt = now + min(.*$/    tryAt = now/
