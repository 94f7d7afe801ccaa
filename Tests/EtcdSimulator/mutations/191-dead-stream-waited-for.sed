# what a dead stream does not bring is waited for
# file: Sources/EtcdCore/Watch/StreamCheck.swift
/mutating func tick(/,/^  }/s/^    return true$/    return false/
