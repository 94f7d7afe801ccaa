# a revision may be as large as it likes
# file: Sources/EtcdCore/Watch/Watch.swift
s/begun\.cost > settings\.revisionCost/begun.cost > .max/
