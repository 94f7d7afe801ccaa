# calls that end because the cluster is freed are answered with the namespace
# file: Sources/EtcdCore/Cluster/Cluster+Host.swift
s/deliveries\.removeAll()\.map { (\$0\.0, namespace\.leaving(\$0\.1)) }/deliveries.removeAll()/
