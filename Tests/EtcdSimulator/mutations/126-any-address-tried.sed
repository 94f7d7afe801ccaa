# what cannot be right from here is tried
# file: Sources/EtcdCore/Members/Roster.swift
s/let scheme = endpoint\.scheme, schemes\.contains(scheme), !endpoint\.isUnspecified,/endpoint.scheme != nil, schemes.count < 9,/
s/^          hasLocalSeed || !endpoint\.isLoopback$/          hasLocalSeed || !endpoint.isLoopback || !endpoint.isUnspecified/
