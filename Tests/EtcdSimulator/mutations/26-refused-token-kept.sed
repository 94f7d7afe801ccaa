# a token that was refused is kept
# file: Tests/EtcdSimulator/TokenCarrier.swift
s/case \.token(let token) where token == errand\.token: endpoints\[errand\.endpoint\] = nil/case .token(let token) where token == errand.token: break/
