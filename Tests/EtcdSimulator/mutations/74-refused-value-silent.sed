# that a value is refused is not told
# file: Sources/EtcdCore/Lease/Keepalive.swift
/if isRefused {$/,/^      }/s/return \[report\] + /return /
