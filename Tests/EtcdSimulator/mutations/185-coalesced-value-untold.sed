# what becomes of a value that another one took the place of is not told
# file: Sources/EtcdCore/Lease/ValueWaits.swift
s/waiting\.prefix { \$0\.number <= number }/waiting.prefix { $0.number == number }/
