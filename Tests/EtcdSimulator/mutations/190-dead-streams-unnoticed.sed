# a stream that is dead at an endpoint that lives is not looked for
# file: Sources/EtcdCore/Watch/StreamCheck.swift
/func due(/,/^  }/s/ ? until : nil$/ ? nil as Instant? : nil/
