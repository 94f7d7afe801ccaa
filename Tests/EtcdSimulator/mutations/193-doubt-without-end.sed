# a doubt does not end with a failure that began before the last one, and who is doubted comes after who is to be avoided
# file: Sources/EtcdCore/Members/Endpoints.swift
/That may have been what was waited for/,/isDoubted/s/entries\[index\]\.isDoubted = false/if !entries[index].isFailing { entries[index].isDoubted = false }/
s/due?\.target ?? doubted ?? lastResort/due?.target ?? lastResort ?? doubted/
