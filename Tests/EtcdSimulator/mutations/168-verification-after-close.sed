# keys are looked at after the close
# file: Sources/EtcdCore/Lease/Verification.swift
s/state = \.ended$/state = .idle/
