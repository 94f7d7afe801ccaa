# a value counts as written when it is sent
# file: Sources/EtcdCore/Lease/Keepalive.swift
/func writeIfChanged/,/^  }/s/return \[\.send(put(.*deadline: nil)\]$/& + valueWaits.endAll(.success(modRevision))/
