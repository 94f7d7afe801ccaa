# who is given other credentials goes on with the token that he has
# file: Sources/EtcdCore/Auth/Auth.swift
/^    streak = FailureStreak()$/{n;s/begin()/if current?.token == nil { begin() }/;}
