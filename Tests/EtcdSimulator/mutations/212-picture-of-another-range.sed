# the picture of another range is taken
# file: Sources/EtcdCore/Watch/Picture/PictureFile.swift
s/count: header\.count) == header else/count: header.count).count == header.count else/
