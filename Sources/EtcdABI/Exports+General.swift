import CEtcdcli
import EtcdCore

// The functions of the header, in its order. What each does is said there; `@implementation` has the compiler hold the
// signatures against it.

@implementation @_cdecl("etcdcli_version")
public func etcdcli_version() -> UnsafePointer<CChar>! {
  StaticText.version
}

@implementation @_cdecl("etcdcli_version_number")
public func etcdcli_version_number() -> CInt {
  ETCDCLI_VERSION_MAJOR * 10000 + ETCDCLI_VERSION_MINOR * 100 + ETCDCLI_VERSION_PATCH
}

@implementation @_cdecl("etcdcli_strerror")
public func etcdcli_strerror(_ code: CInt) -> UnsafePointer<CChar>! {
  if code == ETCDCLI_OK.rawValue { return StaticText.pointer(to: "success") }
  return StaticText.pointer(to: ErrorCode(rawValue: code)?.text ?? "unknown error")
}

@implementation @_cdecl("etcdcli_last_error")
public func etcdcli_last_error() -> UnsafePointer<CChar>! {
  LastError.text
}

// MARK: Config

@implementation @_cdecl("etcdcli_config_new")
public func etcdcli_config_new() -> OpaquePointer! {
  guard let ticket = HandleTable.shared.insert(ConfigHandle()) else {
    LastError.set(CallError.outOfHandles.message)
    return nil
  }
  return ticket
}

@implementation @_cdecl("etcdcli_config_set")
public func etcdcli_config_set(
  _ config: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?
) -> CInt {
  answer { () throws(CallError) in
    let config = try HandleTable.shared.find(config, as: ConfigHandle.self)
    guard let name else { throw CallError(.argument, "name is NULL") }
    guard let value else { throw CallError(.argument, "value is NULL") }
    do throws(OptionError) {
      try config.options.set(String(cString: name), to: String(cString: value))
    } catch {
      throw CallError(.config, error.message)
    }
    return 0
  }
}

@implementation @_cdecl("etcdcli_config_get")
public func etcdcli_config_get(
  _ config: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> CInt {
  answer { () throws(CallError) in
    let config = try HandleTable.shared.find(config, as: ConfigHandle.self)
    guard let name else { throw CallError(.argument, "name is NULL") }
    guard let value else { throw CallError(.argument, "value is NULL") }
    let text: String
    do throws(OptionError) {
      text = try config.options.get(String(cString: name))
    } catch {
      throw CallError(.config, error.message)
    }
    guard let told = config.tell(text) else { throw CallError(.system, "out of memory") }
    value.pointee = told
    return 0
  }
}

@implementation @_cdecl("etcdcli_log_level_name")
public func etcdcli_log_level_name(_ level: CInt) -> UnsafePointer<CChar>! {
  StaticText.pointer(to: LogLevel(rawValue: level)?.name ?? "unknown")
}

@implementation @_cdecl("etcdcli_config_set_log_callback")
public func etcdcli_config_set_log_callback(
  _ config: OpaquePointer?, _ callback: etcdcli_log_fn?, _ user: UnsafeMutableRawPointer?,
  _ destroy: etcdcli_destroy_fn?
) -> CInt {
  answer { () throws(CallError) in
    let config = try HandleTable.shared.find(config, as: ConfigHandle.self)
    guard let callback else {
      config.log = nil
      destroy?(user)
      return 0
    }
    config.log = LogSink(callback, user, destroy)
    return 0
  }
}

@implementation @_cdecl("etcdcli_config_free")
public func etcdcli_config_free(_ config: OpaquePointer?) -> CInt {
  guard config != nil else { return 0 }
  return answer { () throws(CallError) in
    _ = try HandleTable.shared.find(config, as: ConfigHandle.self, evenIfForked: true)
    HandleTable.shared.remove(config, kind: .config)
    return 0
  }
}
