/// For how long a name server's answer may be believed. c-ares keeps it to itself for SRV records before 1.28, so it is read
/// from the answer's bytes (RFC 1035, 4.1), of which c-ares has made sense already; nothing is taken for granted all the
/// same.
enum AnswerLife {
  private static let headerSize = 12

  /// The least of the answer's records, in seconds: an alias on the way counts too. Without any, the longest.
  static func ttl(of answer: UnsafeRawBufferPointer) -> Int {
    var least = ServiceRecord.longestTTL
    guard let questions = number(answer, at: 4, bytes: 2), let records = number(answer, at: 6, bytes: 2) else {
      return least
    }
    var position = headerSize
    for _ in 0..<questions {
      guard let end = endOfName(answer, at: position) else { return least }
      position = end + 4
    }
    for _ in 0..<records {
      // Type and class, the time, and how much follows.
      guard let end = endOfName(answer, at: position), let ttl = number(answer, at: end + 4, bytes: 4),
        let size = number(answer, at: end + 8, bytes: 2)
      else { return least }
      // What has the sign is 0 (RFC 2181, 8).
      least = min(least, ttl > ServiceRecord.longestTTL ? 0 : ttl)
      position = end + 10 + size
    }
    return least
  }

  private static func number(_ answer: UnsafeRawBufferPointer, at position: Int, bytes: Int) -> Int? {
    guard position + bytes <= answer.count else { return nil }
    return answer[position..<position + bytes].reduce(0) { $0 << 8 | Int($1) }
  }

  /// Where a name that begins there ends: with the root, or with a pointer to the rest of it.
  private static func endOfName(_ answer: UnsafeRawBufferPointer, at position: Int) -> Int? {
    var position = position
    while position < answer.count {
      let length = Int(answer[position])
      if length == 0 { return position + 1 }
      if length >= 0xC0 { return position + 2 }
      position += 1 + length
    }
    return nil
  }
}
