# what follows in a later piece is forgotten when all of the first one is cut up
# file: Sources/EtcdPacker/Stream/PieceQueue.swift
s/    guard !second\.isEmpty else { return removeAll() }/    if start == first.count { return removeAll() }/
