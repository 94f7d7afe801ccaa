# an endpoint that fails goes before one that is well
# file: Sources/EtcdCore/Members/Endpoints.swift
s/^          return \.use(target)$/          lastResort = lastResort ?? target/
