# a picture on disk is marked as whole in the middle of a snapshot
# file: Sources/EtcdCore/Watch/Picture/PictureFile.swift
s/(isWhole, isDifference) = (isLast, isResync)/(isWhole, isDifference) = (isLast || true, isResync)/
