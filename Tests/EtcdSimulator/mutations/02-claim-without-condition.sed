# a claim is a put without a condition
# file: Sources/EtcdCore/Lease/Keepalive.swift
s/TxnRequest(compare: guards,/TxnRequest(compare: [],/
