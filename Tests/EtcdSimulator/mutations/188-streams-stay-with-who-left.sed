# Where members are not discovered any more, streams stay at one that had left before, which is asked on and on.
# file: Sources/EtcdCore/Members/Members.swift
s/endpoints\.discovered\.map(\\\.target) + (isOn ? \[\] : endpoints\.leaving)/endpoints.discovered.map(\\.target)/
