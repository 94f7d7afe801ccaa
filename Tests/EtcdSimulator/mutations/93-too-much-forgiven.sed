# a member that sends more than is taken is forgiven if it took long over that
# file: Sources/EtcdCore/Watch/Watch.swift
s/>= backoff\.maximum, !isTooLarge/>= backoff.maximum/
