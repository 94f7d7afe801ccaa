# a call that one endpoint did not take by gRPC is not asked by it at any
# file: Sources/EtcdCore/Calls/Call.swift
s/withoutGRPC\.contains(endpoint) ? \.json : wire }/withoutGRPC.isEmpty ? wire : .json }/
