# a log-in that fails is counted as one that succeeded
# file: Sources/EtcdCore/Host/Metrics.swift
s/^    case \.success, \.failure: logInsFailed &+= 1/    case .success, .failure: logIns \&+= 1/
