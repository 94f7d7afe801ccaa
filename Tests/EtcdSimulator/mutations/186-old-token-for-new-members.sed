# that a member which has come since does not take the token is no reason to log in anew
# file: Sources/EtcdCore/Auth/Auth.swift
s/pass\.token != nil, mayBeTooOld, now >= doubtableAt else/pass.token != nil, mayBeTooOld, now < .distantPast else/
