import EtcdTransport
import Testing

@testable import EtcdCore

struct LeaseTests {
  private var lease = Lease(backoff: Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000)))
  private var longest: any RandomNumberGenerator = Dice.longest
  private let expired = Failure(.leaseLost, "no renewal was acknowledged within the lease's TTL")
  private let unknown = Failure(.leaseLost, "etcd no longer knows the lease")

  /// Granted at 0 with a TTL of 9 s: renewed at 3 s, over at 9 s.
  private mutating func hold() {
    _ = lease.need()
    _ = lease.granted(id: 7, ttl: 9, sentAt: .at(0), now: .at(10))
  }

  @Test mutating func nothingIsGrantedBeforeSomebodyNeedsIt() {
    #expect(lease.state == .idle)
    #expect(lease.id == 0)
    #expect(lease.wakeTime == nil)
    #expect(lease.tick(now: .distantFuture) == [])
  }

  @Test mutating func theFirstNeedGrantsAndFurtherOnesDoNot() {
    #expect(lease.need() == [.grant])
    #expect(lease.state == .granting)
    #expect(lease.need() == [])
    _ = lease.granted(id: 7, ttl: 9, sentAt: .at(0), now: .at(10))
    #expect(lease.need() == [])
  }

  @Test mutating func theDeadlineCountsFromTheSendingOfTheGrant() {
    _ = lease.need()
    #expect(lease.granted(id: 7, ttl: 9, sentAt: .at(0), now: .at(2000)) == [.granted(id: 7)])
    #expect(lease.id == 7)
    #expect(lease.state == .held(Lease.Grant(id: 7, deadline: .at(9000), lateAt: .at(4500)), renewAt: .at(3000)))
    #expect(lease.wakeTime == .at(3000))
  }

  @Test mutating func aGrantThatTookLongerThanItsTTLIsLostAtOnce() {
    _ = lease.need()
    let actions = lease.granted(id: 7, ttl: 9, sentAt: .at(0), now: .at(9000))
    #expect(actions == [.granted(id: 7), .abandonCall, .lost(id: 7, expired), .grant])
    #expect(lease.id == 0)
  }

  @Test mutating func aFailedGrantIsTriedAgainAfterTheBackoff() {
    _ = lease.need()
    #expect(
      lease.grantFailed(.unreachable, now: .at(0), random: &longest) == [.notGranted(.unreachable, attempts: 1)])
    #expect(lease.state == .backingOff(until: .at(100)))
    #expect(lease.tick(now: .at(99)) == [])
    #expect(lease.tick(now: .at(100)) == [.grant])
    _ = lease.grantFailed(.unreachable, now: .at(100), random: &longest)
    #expect(lease.wakeTime == .at(300))
  }

  // MARK: A lease that was left

  @Test mutating func aLeaseThatWasLeftIsRenewedAndNotGranted() {
    lease = Lease(backoff: Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000)), heritage: 5)
    #expect(lease.need() == [.adopt(id: 5)])
    #expect(lease.id == 0)
    #expect(lease.renewed(ttl: 9, sentAt: .at(0), now: .at(10)) == [.granted(id: 5)])
    #expect(lease.id == 5 && lease.deadline == .at(9000))
    // Once it is lost it is gone.
    #expect(lease.tick(now: .at(9000)) == [.abandonCall, .lost(id: 5, expired), .grant])
  }

  @Test mutating func inPlaceOfALeaseThatIsGoneAnotherIsGranted() {
    lease = Lease(backoff: Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000)), heritage: 5)
    _ = lease.need()
    #expect(lease.renewed(ttl: 0, sentAt: .at(0), now: .at(10)) == [.grant])
    #expect(lease.granted(id: 7, ttl: 9, sentAt: .at(0), now: .at(10)) == [.granted(id: 7)])
    lease = Lease(backoff: Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000)), heritage: 5)
    _ = lease.need()
    let notFound = Failure(.server, "no lease", reason: .leaseNotFound)
    #expect(lease.grantFailed(notFound, now: .at(0), random: &longest) == [.grant])
  }

  @Test mutating func aLeaseThatCannotBeReachedIsNotGivenUp() {
    lease = Lease(backoff: Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000)), heritage: 5)
    _ = lease.need()
    #expect(
      lease.grantFailed(.unreachable, now: .at(0), random: &longest) == [.notGranted(.unreachable, attempts: 1)])
    #expect(lease.tick(now: .at(100)) == [.adopt(id: 5)])
  }

  // MARK: Late

  @Test mutating func thatHalfOfTheTimeIsOverIsSaidOnce() {
    hold()
    _ = lease.tick(now: .at(3000))
    #expect(lease.wakeTime == .at(4500))
    #expect(lease.tick(now: .at(4500)) == [.late(id: 7, left: .milliseconds(4500))])
    #expect(lease.wakeTime == .at(9000))
    #expect(lease.tick(now: .at(5000)) == [])
    _ = lease.renewalFailed(.unreachable, now: .at(5000), random: &longest)
    _ = lease.tick(now: .at(6000))
    #expect(lease.renewed(ttl: 9, sentAt: .at(6000), now: .at(6100)) == [])
    // And again, the next time.
    _ = lease.tick(now: .at(9000))
    #expect(lease.tick(now: .at(10_500)) == [.late(id: 7, left: .milliseconds(4500))])
  }

  /// A database without space stays so until somebody makes room.
  @Test mutating func aGrantThatIsRefusedIsTriedAgainSlowlyAndNotBroughtForward() {
    let noSpace = Failure(.server, "database space exceeded", reason: .noSpace, grpcCode: 8)
    _ = lease.need()
    #expect(lease.grantFailed(noSpace, now: .at(0), random: &longest) == [.notGranted(noSpace, attempts: 1)])
    #expect(lease.wakeTime == .at(5000))
    let isHastened = lease.hasten(to: .at(100))
    #expect(!isHastened)
    _ = lease.tick(now: .at(5000))
    #expect(lease.grantFailed(noSpace, now: .at(5000), random: &longest) == [.notGranted(noSpace, attempts: 2)])
    _ = lease.tick(now: .at(10_000))
    // What stays the same is told less and less.
    #expect(lease.grantFailed(noSpace, now: .at(10_000), random: &longest) == [])
  }

  @Test mutating func aGrantThatGetsThroughEndsTheStreakOfFailures() {
    _ = lease.need()
    _ = lease.grantFailed(.unreachable, now: .at(0), random: &longest)
    _ = lease.tick(now: .at(100))
    _ = lease.granted(id: 7, ttl: 9, sentAt: .at(100), now: .at(100))
    #expect(lease.streak.count == 0)
  }

  /// There is little time: whatever the reason, it is worth a try.
  @Test mutating func aRenewalThatIsRefusedIsTriedAgainSoon() {
    hold()
    _ = lease.tick(now: .at(3000))
    let refused = Failure(.server, "user name is empty", reason: .tokenMissing, grpcCode: 3)
    _ = lease.renewalFailed(refused, now: .at(3000), random: &longest)
    #expect(lease.wakeTime == .at(3100))
  }

  @Test mutating func aLeaseOfAStoreThatWasReplacedIsGivenUp() {
    let replaced = Failure(.clusterChanged, "another")
    #expect(lease.replaced(replaced) == [])
    for isRenewing in [false, true] {
      lease = Lease(backoff: Backoff(minimum: .milliseconds(100), maximum: .milliseconds(5000)))
      hold()
      if isRenewing { _ = lease.tick(now: .at(3000)) }
      #expect(lease.replaced(replaced) == [.abandonCall, .lost(id: 7, replaced), .grant])
      #expect(lease.replaced(replaced) == [])
    }
  }

  @Test mutating func aLeaseIsRenewedAtAThirdOfItsTTL() {
    hold()
    #expect(lease.tick(now: .at(2999)) == [])
    #expect(lease.tick(now: .at(3000)) == [.renew(id: 7, deadline: .at(9000))])
    #expect(lease.state == .renewing(Lease.Grant(id: 7, deadline: .at(9000), lateAt: .at(4500))))
    #expect(lease.wakeTime == .at(4500))
  }

  @Test mutating func aRenewalMovesTheDeadlineToItsSendingPlusTheTTL() {
    hold()
    _ = lease.tick(now: .at(3000))
    #expect(lease.renewed(ttl: 9, sentAt: .at(3500), now: .at(7500)) == [.renew(id: 7, deadline: .at(12_500))])
    #expect(lease.renewed(ttl: 9, sentAt: .at(7500), now: .at(7501)) == [])
    #expect(lease.state == .held(Lease.Grant(id: 7, deadline: .at(16_500), lateAt: .at(12_000)), renewAt: .at(10_500)))
  }

  @Test mutating func aServerThatGrantsLessThanBeforeIsBelieved() {
    hold()
    _ = lease.tick(now: .at(3000))
    _ = lease.renewed(ttl: 3, sentAt: .at(3000), now: .at(3001))
    #expect(lease.wakeTime == .at(4000))
    #expect(lease.tick(now: .at(6000)) == [.abandonCall, .lost(id: 7, expired), .grant])
  }

  @Test mutating func leaseIsLostWhenTTLHasPassedSinceTheLastAcknowledgedRenewalWasSent() {
    hold()
    _ = lease.tick(now: .at(3000))
    _ = lease.renewed(ttl: 9, sentAt: .at(3000), now: .at(3900))
    _ = lease.tick(now: .at(6000))
    // The renewal sent at 6000 is never acknowledged: what counts is 3000 + 9000.
    #expect(lease.tick(now: .at(11_999)) == [.late(id: 7, left: .milliseconds(1))])
    #expect(lease.tick(now: .at(12_000)) == [.abandonCall, .lost(id: 7, expired), .grant])
    #expect(lease.state == .granting)
    #expect(lease.id == 0)
  }

  @Test mutating func aLeaseThatCouldNotBeRenewedInTimeIsLostInSpiteOfBackoff() {
    hold()
    _ = lease.tick(now: .at(3000))
    _ = lease.tick(now: .at(4500))
    #expect(lease.renewalFailed(.unreachable, now: .at(8950), random: &longest) == [])
    // The back-off would end at 9050.
    #expect(lease.wakeTime == .at(9000))
    #expect(lease.tick(now: .at(9000)) == [.abandonCall, .lost(id: 7, expired), .grant])
  }

  @Test mutating func aFailedRenewalIsTriedAgainAfterTheBackoff() {
    hold()
    _ = lease.tick(now: .at(3000))
    #expect(lease.renewalFailed(.unreachable, now: .at(3000), random: &longest) == [])
    #expect(lease.tick(now: .at(3099)) == [])
    #expect(lease.tick(now: .at(3100)) == [.renew(id: 7, deadline: .at(9000))])
    #expect(lease.renewalFailed(.unreachable, now: .at(3100), random: &longest) == [])
    #expect(lease.wakeTime == .at(3300))
  }

  @Test mutating func aRenewalThatFailsPastTheDeadlineLosesTheLease() {
    hold()
    _ = lease.tick(now: .at(3000))
    let actions = lease.renewalFailed(.unreachable, now: .at(9000), random: &longest)
    #expect(actions == [.abandonCall, .lost(id: 7, expired), .grant])
  }

  @Test mutating func anAcknowledgementThatComesTooLateLosesTheLease() {
    hold()
    _ = lease.tick(now: .at(3000))
    let actions = lease.renewed(ttl: 9, sentAt: .at(3000), now: .at(12_000))
    #expect(actions == [.abandonCall, .lost(id: 7, expired), .grant])
  }

  @Test(arguments: [0, -1, Int64.min])
  mutating func aLeaseTheServerDoesNotKnowIsLost(ttl: Int64) {
    hold()
    _ = lease.tick(now: .at(3000))
    #expect(
      lease.renewed(ttl: ttl, sentAt: .at(3000), now: .at(3001)) == [.abandonCall, .lost(id: 7, unknown), .grant])
  }

  @Test mutating func aLeaseThatAServerRefusedIsLostIfItIsStillTheOne() {
    hold()
    #expect(lease.notFound(id: 6) == [])
    #expect(lease.notFound(id: 7) == [.abandonCall, .lost(id: 7, unknown), .grant])
    #expect(lease.notFound(id: 7) == [])
    _ = lease.granted(id: 8, ttl: 9, sentAt: .at(0), now: .at(1))
    _ = lease.tick(now: .at(3000))
    #expect(lease.notFound(id: 8) == [.abandonCall, .lost(id: 8, unknown), .grant])
  }

  @Test mutating func answersThatNobodyWaitsForChangeNothing() {
    #expect(lease.granted(id: 7, ttl: 9, sentAt: .at(0), now: .at(0)) == [])
    #expect(lease.renewed(ttl: 9, sentAt: .at(0), now: .at(0)) == [])
    #expect(lease.renewalFailed(.unreachable, now: .at(0), random: &longest) == [])
    _ = lease.grantFailed(.unreachable, now: .at(0), random: &longest)
    #expect(lease.state == .idle)
    hold()
    let held = lease.state
    #expect(lease.renewed(ttl: 9, sentAt: .at(5), now: .at(5)) == [])
    #expect(lease.granted(id: 8, ttl: 9, sentAt: .at(5), now: .at(5)) == [])
    _ = lease.grantFailed(.unreachable, now: .at(5), random: &longest)
    #expect(lease.state == held)
  }

  @Test(arguments: [Int64.min, -1, 0, 1, Int64.max])
  mutating func noTTLOfAServerCrashes(ttl: Int64) {
    _ = lease.need()
    _ = lease.granted(id: 7, ttl: ttl, sentAt: .at(0), now: .at(0))
    #expect(lease.id == 7)
    #expect(lease.wakeTime ?? .at(0) > .at(0))
  }

  @Test mutating func endLeavesTheLeaseBehindAndDoesNothingMore() {
    hold()
    #expect(lease.end() == 7)
    #expect(lease.state == .ended)
    #expect(lease.wakeTime == nil)
    #expect(lease.tick(now: .distantFuture) == [])
    #expect(lease.need() == [])
    #expect(lease.end() == 0)
  }

  @Test mutating func endWithoutALeaseLeavesNothingBehind() {
    #expect(lease.end() == 0)
  }
}
