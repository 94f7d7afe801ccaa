# a claim takes the key over whatever its value is
# file: Sources/EtcdCore/Keepalive.swift
s/if content == claim\.value || content == value {/if true {/
