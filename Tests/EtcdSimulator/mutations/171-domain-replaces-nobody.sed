# what SRV records of another domain name replaces nobody
# file: Sources/EtcdCore/Members/Members.swift
s/guard awaitsNames, !named.isEmpty else/guard awaitsNames, named.count > 1_000 else/
