# learners are dialled
# file: Sources/EtcdCore/Members/Roster.swift
s/if member\.isLearner { continue }//
