# that etcd cancels a watch is ignored
# file: Sources/EtcdCore/Watch/Watch.swift
s/if response\.canceled {/if response.canceled, nextRevision < 0 {/
