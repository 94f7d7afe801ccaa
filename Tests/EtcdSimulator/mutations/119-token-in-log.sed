# a token is logged
# file: Sources/EtcdCore/Cluster.swift
s/ note(\.debug, \.calls, "\\(target\.endpoint\.url): \\(operation\.method\.grpcName)")/ note(.debug, .calls, "\\(operation.method.grpcName) \\(pass.token?.text ?? "")")/
