# a watch that is never confirmed is waited for
# file: Sources/EtcdCore/Watch/Watchers.swift
s/^      if !stream\.isInLine {$/      if !stream.isInLine, confirmBy > now {/
