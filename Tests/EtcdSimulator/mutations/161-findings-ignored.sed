# that a key is not as it was left changes nothing
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/guard heldVersion == version else { return \[\] }/guard heldVersion == version, found == nil, version.modRevision < 0 else { return [] }/
