# a part of a revision is put together with what comes after it
# file: Sources/EtcdCore/Watch/MergedMessages.swift
s/!events\.isEmpty \&\& !fragment \&\&/!events.isEmpty \&\&/
