# a watch that lived for long still pauses for what failed before
# file: Sources/EtcdCore/Watch/Watch.swift
s/^      if let liveSince, .*noteProgress() }$//
/private mutating func noteProgress/,/^  }/s/^    failures = 0$//
