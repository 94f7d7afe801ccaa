/// Documents as etcd sends them (captured from 3.4.23 and 3.5.1, shortened), for the tests that mistreat documents.
enum Samples {
  static let range =
    #"{"header":{"cluster_id":"10144879847569953045","member_id":"12428976124636271536","revision":"4","#
    + #""raft_term":"2"},"kvs":[{"key":"YQ==","create_revision":"2","mod_revision":"3","version":"2","value":"dHdv"},"#
    + #"{"key":"ZW1wdHk=","create_revision":"4","mod_revision":"4","version":"1"}],"more":true,"count":"5"}"#

  static let txn =
    #"{"header":{"cluster_id":"10144879847569953045","revision":"6","raft_term":"2"},"succeeded":true,"responses":["#
    + #"{"response_put":{"header":{"revision":"6"}}},{"response_range":{"header":{"revision":"6"},"kvs":["#
    + #"{"key":"YQ==","create_revision":"2","mod_revision":"3","version":"2","value":"dHdv"}],"count":"1"}},"#
    + #"{"response_delete_range":{"header":{"revision":"6"},"deleted":"1","prev_kvs":["#
    + #"{"key":"ZW1wdHk=","create_revision":"4","mod_revision":"4","version":"1"}]}},"#
    + #"{"response_txn":{"header":{},"succeeded":true,"responses":[{"response_range":{"header":{"#
    + #""revision":"6"},"kvs":[{"key":"bmV3","create_revision":"6","mod_revision":"6","version":"1","#
    + #""value":"dg=="}],"count":"1"}}]}}]}"#

  static let watch =
    #"{"result":{"header":{"cluster_id":"10144879847569953045","member_id":"12428976124636271536","revision":"8","#
    + #""raft_term":"2"},"watch_id":"7","events":[{"kv":{"key":"YQ==","create_revision":"2","mod_revision":"3","#
    + #""version":"2","value":"dHdv"},"prev_kv":{"key":"YQ==","create_revision":"2","mod_revision":"2","version":"1","#
    + #""value":"b25l"}},{"type":"DELETE","kv":{"key":"ZW1wdHk=","mod_revision":"6"}}]}}"#

  static let members =
    #"{"header":{"cluster_id":"12499579882375668459","raft_term":"2"},"members":[{"ID":"115229617114574354","#
    + #""peerURLs":["http://127.0.0.1:1"],"isLearner":true},{"ID":"6987771583291745523","name":"m\u0031\n","#
    + #""peerURLs":["http://127.0.0.1:23891"],"clientURLs":["http://127.0.0.1:23890","http:\/\/h\u00e9te"]}]}"#

  static let streamError =
    #"{"error":{"grpc_code":14,"http_code":503,"message":"error reading from server: EOF","http_status":"#
    + #""Service Unavailable"}}"#

  /// With what the others lack: escapes in base64, skipped values of all types, numbers of all kinds, white space.
  static let unusual =
    "{ \"kvs\" : [ { \"key\" : \"\\u0059\\/==\" , \"mod_revision\" : 1.20e1 , \"lease\" : -0 } ] ,\r\n"
    + "\t\"x\" : [ {}, [ ], { \"a\" : [ true, false, null, -1.5E-3, \"\\ud83d\\ude00é\" ] } ] , \"count\" : 1 } "

  static let all = [range, txn, watch, members, streamError, unusual]
}
