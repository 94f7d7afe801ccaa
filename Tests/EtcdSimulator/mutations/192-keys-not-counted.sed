# of what a dead stream should have brought, deletions are not looked for
# file: Sources/EtcdCore/Watch/StreamCheck.swift
s/ || response\.count != others {/ {/
