# where nothing else answers, an address that is only advertised is not asked before somebody has logged in elsewhere
# file: Sources/EtcdCore/Cluster/Cluster+Endpoints.swift
s/func isLastResort(_ asker: Asker) -> Bool { asker == \.candidate \&\& endpoints\.allFailing }/func isLastResort(_ asker: Asker) -> Bool { asker == .candidate \&\& now < .distantPast }/
s/if nothingAnswered, case \.failure(let failure) = end\.result, failure\.reason?\.isAboutToken == true,/if now < .distantPast, case .failure(let failure) = end.result, failure.reason?.isAboutToken == true,/
