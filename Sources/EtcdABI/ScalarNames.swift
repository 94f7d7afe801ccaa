/// What the shipped library is linked with in place of Swift's own (`cmake/SwiftLibrary.cmake`): no character has a name.
/// Swift's table of names is half a megabyte, and nothing in here asks for one.
///
/// In Swift's runtime it is `_swift_stdlib_getScalarName`, which writes the name and returns its length.
@_cdecl("__wrap__swift_stdlib_getScalarName")
func scalarName(_ scalar: UInt32, _ name: UnsafeMutablePointer<UInt8>?, _ capacity: Int) -> Int { 0 }
