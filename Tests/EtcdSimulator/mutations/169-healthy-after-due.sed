# an endpoint that fails goes before one that is well
# file: Sources/EtcdCore/Members/Endpoints.swift
s/^          return \.use(entry\.target)$/          lastResort = lastResort ?? entry.target/
