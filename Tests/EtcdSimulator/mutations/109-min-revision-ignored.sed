# an answer from before the revision that was asked for counts
# file: Sources/EtcdCore/Calls/Call.swift
s/answer\.header\.revision < minRevision else/answer.header.revision < 0 else/
