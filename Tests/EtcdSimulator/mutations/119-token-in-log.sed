# a token is logged
# file: Sources/EtcdCore/Cluster.swift
s/log\.note(\.debug, "\\(target\.endpoint\.url): \\(operation\.parts\.method\.grpcName)")/log.note(.debug, "\\(operation.parts.method.grpcName) \\(pass.token?.text ?? "")")/
