# calls that end without having been sent are not counted
# file: Sources/EtcdCore/Cluster/Cluster+Calls.swift
s/^      counted\.ended(end\.method\.name/      if end.sentAt != nil { counted.ended(end.method.name/
s/after: max(\.zero, now - end\.submittedAt))$/after: max(.zero, now - end.submittedAt)) }/
