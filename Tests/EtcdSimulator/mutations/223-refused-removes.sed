# a value that is not understood removes who was there
# file: Sources/EtcdCore/Directory/Directory.swift
s/^      return \.refused(kv, refused\.reason)$/      if before != nil { _ = services.remove(at: place) }; return .refused(kv, refused.reason)/
