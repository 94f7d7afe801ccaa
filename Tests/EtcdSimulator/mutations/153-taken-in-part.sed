# what cannot be changed is passed over, and the rest is taken
# file: Sources/EtcdCore/Options/Reload.swift
s/if !refusals\.isEmpty {/if refusals.count > changed.count {/
