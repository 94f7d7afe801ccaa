# the pages of a range are not of one revision
# file: Sources/EtcdCore/Calls/PagedRange.swift
/if request.revision == 0 { request.revision = /d
