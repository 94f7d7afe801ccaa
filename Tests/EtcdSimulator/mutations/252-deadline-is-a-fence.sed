# a server that has run out of time is taken not to have done it
# file: Sources/EtcdCore/Calls/Verdict.swift
/case (_, \.deadlineExceeded):/,/fault/s/applied: \.perhaps/applied: .no/
