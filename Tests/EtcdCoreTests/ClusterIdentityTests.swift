import EtcdPacker
import EtcdTransport
import Testing

@testable import EtcdCore

struct ClusterIdentityTests {
  private var identity = ClusterIdentity(patience: .seconds(7))

  // MARK: Helpers

  /// An answer from cluster `id`, to a request that is sent now, or was with `stamp`.
  private mutating func hear(
    _ id: UInt64, at revision: Int64 = 0, ordered isOrdered: Bool = true, to stamp: ClusterIdentity.Stamp? = nil,
    elsewhere: Bool = false, now: Instant = .at(0)
  ) -> String {
    let finding = identity.heard(
      ResponseHeader(cluster: id, revision: revision), isOrdered: isOrdered, sentWith: stamp ?? identity.stamp,
      isElsewhere: elsewhere, now: now)
    return switch finding {
    case .known: "known"
    case .behind: "behind"
    case .outdated: "outdated"
    case .foreign(let failure): "foreign (\(failure.code))"
    case .replaced(let failure): "replaced (\(failure.code))"
    }
  }

  // MARK: Whose answer it is

  @Test mutating func theFirstAnswerDecides() {
    #expect(identity.clusterID == 0)
    #expect(hear(1) == "known")
    #expect(identity.clusterID == 1)
    #expect(hear(1) == "known")
  }

  @Test mutating func anAnswerThatNamesNoClusterSaysNothing() {
    #expect(hear(0, at: 9) == "known")
    #expect(identity.clusterID == 0)
    _ = hear(1, at: 5)
    #expect(hear(0, at: 3, now: .at(9000)) == "known")
    #expect(identity.clusterID == 1)
  }

  @Test mutating func anotherClusterIsBelievedWhereOursIsNotElsewhere() {
    _ = hear(1)
    #expect(hear(2, elsewhere: true, now: .at(9000)) == "foreign (unavailable)")
    #expect(hear(2, now: .at(9000)) == "replaced (clusterChanged)")
    #expect(identity.clusterID == 2)
    #expect(hear(2, now: .at(9000)) == "known")
  }

  @Test mutating func twoClustersThatAnswerInTurnsDoNotTakeTurnsWithEveryAnswer() {
    _ = hear(1)
    #expect(hear(2, now: .at(6999)) == "foreign (unavailable)")
    #expect(hear(2, now: .at(7000)) == "replaced (clusterChanged)")
    #expect(hear(1, now: .at(13_999)) == "foreign (unavailable)")
    #expect(hear(1, now: .at(14_000)) == "replaced (clusterChanged)")
  }

  @Test mutating func anAnswerThatWasUnderWayDoesNotBringTheFormerClusterBack() {
    _ = hear(1)
    let before = identity.stamp
    _ = hear(2, now: .at(9000))
    #expect(hear(1, to: before, now: .at(60_000)) == "outdated")
    #expect(hear(2, to: before, now: .at(60_000)) == "outdated")
    #expect(identity.clusterID == 2)
  }

  // MARK: How far its store is

  @Test mutating func aStoreThatWentBackIsAnother() {
    _ = hear(1, at: 100)
    #expect(hear(1, at: 100) == "known")
    #expect(hear(1, at: 99) == "replaced (clusterChanged)")
    #expect(hear(1, at: 99) == "known")
    #expect(hear(1, at: 98) == "replaced (clusterChanged)")
  }

  @Test mutating func anAnswerThatWasOvertakenIsNotBehind() {
    _ = hear(1, at: 100)
    let before = identity.stamp
    _ = hear(1, at: 200)
    #expect(hear(1, at: 150, to: before) == "known")
    #expect(hear(1, at: 199) == "replaced (clusterChanged)")
  }

  @Test mutating func anAnswerOfTheStoreAsItWasDoesNotBringItBack() {
    _ = hear(1, at: 100)
    let before = identity.stamp
    _ = hear(1, at: 50)
    #expect(hear(1, at: 101, to: before) == "outdated")
    #expect(hear(1, at: 51) == "known")
  }

  @Test mutating func aMemberMayLag() {
    _ = hear(1, at: 100)
    #expect(hear(1, at: 99, ordered: false) == "behind")
    #expect(identity.clusterID == 1)
    #expect(hear(1, at: 100) == "known")
  }

  @Test mutating func itIsAskedOnceAtATime() {
    #expect(identity.ask() != nil)
    #expect(identity.ask() == nil)
    identity.askingEnded()
    #expect(identity.ask() != nil)
  }

  @Test mutating func whatAMemberHasAppliedWasCommitted() {
    _ = hear(1, at: 100, ordered: false)
    #expect(hear(1, at: 99) == "replaced (clusterChanged)")
  }

  @Test mutating func anAnswerWithoutARevisionSaysNothingOfTheStore() {
    _ = hear(1, at: 100)
    #expect(hear(1, at: 0) == "known")
    #expect(hear(1, at: 99) == "replaced (clusterChanged)")
  }

  @Test func whatIsAskedIsInTheOrderOfAllWrites() {
    #expect(Probe.question.isOrdered)
    #expect(Probe.question.isOrdered)
  }
}
