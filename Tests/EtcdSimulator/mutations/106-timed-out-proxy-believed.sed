# a proxy that has waited in vain is believed to have passed nothing on
# file: Sources/EtcdCore/Calls/Verdict.swift
s/case 401, 403, 407: true/case 401, 403, 407, 408: true/
