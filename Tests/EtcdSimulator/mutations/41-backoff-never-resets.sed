# a watch that lived for long still pauses for what failed before
# file: Sources/EtcdCore/Watch/Watch.swift
s/^      if let liveSince, .*failures = 0 }$//
s/^    failures = 0$//
