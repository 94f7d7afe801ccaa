# a token is not refreshed on a watch
# file: Tests/EtcdSimulator/TokenCarrier.swift
s/response\.canceled, repeats(id) { return }/response.canceled, false { return }/
