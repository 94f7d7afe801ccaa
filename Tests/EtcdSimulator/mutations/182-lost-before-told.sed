# that what was there is lost again before the end of the wait is told is overlooked
# file: Sources/EtcdCore/Awaits/Await.swift
s/case \.complete where missing == 0 && wanted\.allSatisfy(isStillThere):/case .complete:/
s/case \.complete, \.waiting:/case .waiting:/
