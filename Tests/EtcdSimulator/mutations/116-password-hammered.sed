# a password that was refused is tried again at once
# file: Sources/EtcdCore/Auth/Auth.swift
s/retryAt: now + backoff\.longest(using: &random))/retryAt: now)/
