# what comes after the last mark of a picture on disk is believed
# file: Sources/EtcdCore/Watch/Picture/PictureReading.swift
s/^      position += size$/      position += size; if case .checking = phase { end = at + size }/
