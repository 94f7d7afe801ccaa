# who is told of no puts does not know of keys that came
# file: Sources/EtcdCore/Watch/Watch.swift
s/if !bringsPuts {/if !options.wantsPuts {/
