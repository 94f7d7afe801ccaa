# an address that is silent by one wire is not asked by the other
# file: Sources/EtcdCore/Members/Candidates.swift
s/\$0\.failures % 2 == 1 }/$0.failures < 0 }/
