# the rest of a piece, of which the beginning was joined with what came before, is read from its beginning
# file: Sources/EtcdPacker/Stream/PieceQueue.swift
s/(second, secondStart) = (piece, joined)/(second, secondStart) = (piece, 0)/
