# what was to be done where the conditions do not hold is not sent
# file: Sources/EtcdPacker/Messages/Txn.swift
/try f\.field(2, "success", &success)/,/^}/ s/try f\.field(3, "failure", &failure)//
