# an endpoint that was doubted once is never used again
# file: Sources/EtcdCore/Members/Endpoints.swift
s/^    entries\[index\]\.isDoubted = false$//
s/^          lastResort = lastResort ?? entry\.target$/          if avoided.contains(entry.target.id) { lastResort = lastResort ?? entry.target }/
