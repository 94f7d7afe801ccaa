# the beginning of a revision survives its stream
# file: Sources/EtcdCore/Watch/Watch.swift
/failures += 1$/,/state = /s/^ *begun = BegunRevision()$//
