# a proxy whose client left, or that limits, is believed to have passed nothing on
# file: Sources/EtcdCore/Calls/Verdict.swift
s/case 413: true/case 413, 429, 499: true/
