import EtcdTransport

/// The heads of what was asked of late, so that each is looked at once, and not for each request.
struct RequestHeads {
  private struct Known {
    let endpoint: Endpoint
    let path: String
    let needsLeader: Bool
    let head: RequestHead
  }

  private var known: [Known] = []
  /// Where the next one stands when there are `most`: those that are asked for ever are soon back.
  private var next = 0
  /// What is asked much is a few things of a few members.
  private static let most = 32

  /// `path` with the member that has it stands for all else that `make` makes it of, but for `needsLeader`: no two wires
  /// have a path in common.
  mutating func head(
    _ path: String, at endpoint: Endpoint, needsLeader: Bool, make: () -> RequestHead
  ) -> RequestHead {
    for known in known
    where known.endpoint === endpoint && known.path == path && known.needsLeader == needsLeader {
      return known.head
    }
    let new = Known(endpoint: endpoint, path: path, needsLeader: needsLeader, head: make())
    if known.count < Self.most {
      known.append(new)
    } else {
      known[next] = new
      next = (next + 1) % Self.most
    }
    return new.head
  }
}
