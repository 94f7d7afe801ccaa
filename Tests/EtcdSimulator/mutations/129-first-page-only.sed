# of a range in pages the first is taken for all of them
# file: Sources/EtcdCore/Calls/PagedRange.swift
s/if page.more, let last/if page.more, hasHeader == false, let last/
