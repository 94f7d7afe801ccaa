# where nothing else answers, an address that is only advertised is not asked before somebody has logged in elsewhere
# file: Sources/EtcdCore/Cluster.swift
s/case \.wait where sending\.asker == \.candidate \&\& endpoints\.allFailing: pass = \.nobody/case .wait where sending.asker == .candidate \&\& now < .distantPast: pass = .nobody/
s/if nothingAnswered, case \.failure(let failure) = end\.result, failure\.reason?\.isAboutToken == true,/if now < .distantPast, case .failure(let failure) = end.result, failure.reason?.isAboutToken == true,/
