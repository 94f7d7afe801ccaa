# a watch that its member ends again and again is opened there for ever
# file: Sources/EtcdCore/Watch/Watchers.swift
s/machine\.failures >= Self\.fruitlessEnds/machine.failures >= .max/
