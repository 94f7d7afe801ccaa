# retries do not back off
# file: Sources/EtcdCore/Members/Backoff.swift
s/guard failures > 0 else/guard failures > 1_000_000 else/
