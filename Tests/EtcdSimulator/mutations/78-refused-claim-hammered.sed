# what is refused is tried again at once
# file: Sources/EtcdCore/Members/Backoff.swift
s/case \.intervention, \.anotherRequest: longest(using: &random)/case .intervention, .anotherRequest: .zero/
