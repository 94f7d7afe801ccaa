# a token is logged
# file: Sources/EtcdCore/Cluster.swift
s/ note(\.debug, \.calls, "\\(target\.endpoint\.url): \\(operation\.parts\.method\.grpcName)")/ note(.debug, .calls, "\\(operation.parts.method.grpcName) \\(pass.token?.text ?? "")")/
