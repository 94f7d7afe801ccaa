# endpoints go before SRV records have named whom they are replaced by
# file: Sources/EtcdCore/Members/Members.swift
s/awaitsNames = seeds.isEmpty \&\& .*/awaitsNames = false/
