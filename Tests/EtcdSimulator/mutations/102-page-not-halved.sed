# a page that is too large is asked for again as it was
# file: Sources/EtcdCore/Watch/Watch.swift
s/where failure\.code == \.tooLarge && pageLimit > 1:/where failure.code == .tooLarge \&\& pageLimit > 1_000_000:/
