# what the list names replaces the seeds
# file: Sources/EtcdCore/Members/Endpoints.swift
s/guard let index = index(of: id), !entries\[index\]\.isSeed, !(entries/guard let index = index(of: id), !(entries/
s/entries\.filter { !\$0\.isSeed \&\& !\$0\.isLeaving }/entries.filter { !$0.isLeaving }/
