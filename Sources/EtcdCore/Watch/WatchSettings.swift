/// What a watch is made with. An object, because thousands have the same one.
final class WatchSettings: Sendable {
  let options: WatcherOptions
  let backoff: Backoff
  /// How many keys a page has, and how many deletions are told at once of keys that have vanished.
  let pageKeys: Int64
  /// What the beginning of a revision may cost.
  let revisionCost: Int
  /// What the index of the keys that are known may take.
  let indexBytes: Int

  init(
    options: WatcherOptions = WatcherOptions(), backoff: Backoff, pageKeys: Int64, revisionCost: Int = .max,
    indexBytes: Int = .max
  ) {
    self.options = options
    self.backoff = backoff
    self.pageKeys = pageKeys
    self.revisionCost = revisionCost
    self.indexBytes = indexBytes
  }

  /// Of a watcher that wants this, where the cluster has these options.
  convenience init(_ wanted: WatcherOptions, _ options: Options, _ backoff: Backoff) {
    self.init(
      options: wanted, backoff: backoff, pageKeys: wanted.pageKeys > 0 ? wanted.pageKeys : options.watchPageKeys,
      revisionCost: Int(options.responseMaxBytes),
      indexBytes: Int(clamping: wanted.indexMaxBytes > 0 ? wanted.indexMaxBytes : options.watchIndexMaxBytes))
  }

  func with(_ backoff: Backoff) -> WatchSettings {
    WatchSettings(
      options: options, backoff: backoff, pageKeys: pageKeys, revisionCost: revisionCost, indexBytes: indexBytes)
  }
}
