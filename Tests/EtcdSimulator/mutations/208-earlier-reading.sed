# keys that an earlier reading found are taken for found
# file: Sources/EtcdCore/Watch/KeyIndex.swift
s/^    reading = (reading + 1) & Size\.lastReading$/    reading = reading \& Size.lastReading/
