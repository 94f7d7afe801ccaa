# a value that is set while another is written is not written
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/return \[report\] + ends + writeIfChanged(lease: lease, modRevision: modRevision)/state = .held(lease: lease, modRevision: modRevision, retryAt: nil)\n    return [report] + ends/
