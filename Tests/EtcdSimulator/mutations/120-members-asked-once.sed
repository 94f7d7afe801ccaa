# who the members are is asked once
# file: Sources/EtcdCore/Members/Discovery.swift
s/guard case \.resting(let until) = state, until <= now else { return false }/return false/
