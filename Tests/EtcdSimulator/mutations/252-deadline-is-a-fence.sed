# what ran out of its time counts as not done
# file: Sources/EtcdCore/Calls/Verdict.swift
/case (_, \.deadlineExceeded)/,/self/s/applied: \.perhaps/applied: .no/
