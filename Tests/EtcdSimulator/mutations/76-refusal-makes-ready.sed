# whatever etcd answers makes the cluster ready
# file: Sources/EtcdCore/Calls/Evidence.swift
s/case \.noSpace: \.nothing/case .noSpace: .service/
s/case \.tokenMissing, \.authenticationFailed, \.invalidToken, \.oldAuthRevision, \.certificateNotTaken: \.denial/case .tokenMissing, .authenticationFailed, .invalidToken, .oldAuthRevision, .certificateNotTaken: .service/
