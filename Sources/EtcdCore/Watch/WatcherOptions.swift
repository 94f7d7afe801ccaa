/// What a host may ask of a watcher beyond its range.
package struct WatcherOptions: Hashable, Sendable {
  /// Values are not handed on. Of a snapshot they are not read either; a watch of etcd's brings them all the same.
  package var keysOnly = false
  package var wantsPuts = true
  package var wantsDeletes = true
  /// Whether changes that were lost are made up for by reading the keys again. If not, it ends there.
  package var resyncs = true
  /// How many keys a page of its snapshot has; 0: as many as `watch.page.keys` says.
  package var pageKeys: Int64 = 0
  /// What the index of the keys that it knows may take; 0: as much as `watch.index.max.bytes` says.
  package var indexMaxBytes: Int64 = 0

  /// Of a single key: it was there at the revision before the one that is begun with.
  var isThere = false

  package init() {}

  /// Whether nothing is left out of what there is, so that its picture may be kept.
  var isWhole: Bool { !keysOnly && wantsPuts && wantsDeletes && resyncs }
}
