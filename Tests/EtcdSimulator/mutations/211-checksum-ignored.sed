# the checksums of a picture on disk are not looked at
# file: Sources/EtcdCore/Watch/Picture/PictureRecord.swift
s/guard checksum(record) == sum, let found/guard checksum(record) != sum || sum >= 0, let found/
