# a token is logged
# file: Sources/EtcdCore/Cluster/Cluster+Calls.swift
s/ note(\.debug, \.calls, "\\(target\.endpoint\.url): \\(operation\.method\.grpcName)")/ note(.debug, .calls, "\\(operation.method.grpcName) \\(pass.token?.text ?? "")")/
