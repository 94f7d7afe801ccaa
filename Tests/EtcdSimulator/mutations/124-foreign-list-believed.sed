# what another cluster's member answers at an advertised address is believed
# file: Sources/EtcdCore/Cluster/Cluster+Calls.swift
s/if !isStranger, case \.success(let answer) = verdict {$/if !isStranger, case .success(let answer) = verdict, asker != .candidate {/
