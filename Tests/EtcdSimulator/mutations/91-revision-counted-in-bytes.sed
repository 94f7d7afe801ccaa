# of a revision that grows only the bytes are counted
# file: Sources/EtcdCore/Watch/BegunRevision.swift
s/ + events\.count \* DecodingCost\.element(Event\.self)//
