import EtcdPacker

/// A range that is read in pages, all of one revision: that of the first page, unless one was asked for.
struct PagedRange {
  enum Step {
    case read(RangeRequest)
    /// Keys for the host; what follows is asked for when it has taken them.
    case part(RangeResponse)
    case end(Result<Answer, Failure>)
  }

  private var request: RangeRequest
  /// What is read next; `nil` when all was read.
  private var next: RangeRequest?
  /// What the end says: how many there are, and as of when.
  private var summary = RangeResponse()
  private var hasHeader = false

  init(_ request: RangeRequest) {
    self.request = request
    next = request
  }

  /// Whether a page of a certain revision may have been read.
  var isPinned: Bool { request.revision > 0 }

  /// The host has taken what there was.
  func goOn() -> Step { next.map { .read($0) } ?? .end(.success(.range(summary))) }

  mutating func arrived(_ result: Result<Answer, Failure>) -> Step {
    switch result {
    case .success(.range(let page)):
      return take(page)
    case .success:
      return .end(.failure(Failure(.protocol, "the answer is not that of a range")))
    case .failure(let failure) where failure.code == .tooLarge && request.limit > 1:
      request.limit /= 2
      next?.limit = request.limit
      return goOn()
    // The member whose own view is read now is behind the one before.
    case .failure(let failure) where failure.reason == .futureRevision && request.serializable && hasHeader:
      request.serializable = false
      next?.serializable = false
      return goOn()
    case .failure(let failure):
      return .end(.failure(failure))
    }
  }

  private mutating func take(_ page: RangeResponse) -> Step {
    if !hasHeader {
      hasHeader = true
      summary.header = page.header
      summary.count = page.count
      if request.revision == 0 { request.revision = page.header.revision }
    }
    next = nil
    if page.more, let last = page.kvs.last, !request.range.isSingle {
      var after = request
      // The first key that there can be after it.
      after.range = .range(last.key.array + [0], request.range.rangeEnd)
      next = after
    }
    return page.kvs.isEmpty ? goOn() : .part(page)
  }
}
