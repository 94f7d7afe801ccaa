# that a watch is not permitted is never believed
# file: Sources/EtcdCore/Auth/Auth.swift
s/if pass == current, !isFirst, now < knownSince + Self\.staleAfter { return (false, \[\]) }//
