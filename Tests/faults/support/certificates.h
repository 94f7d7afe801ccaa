#pragma once

#include <string>

#include "harness/process.h"

namespace faults {

/// A certificate with its key, as PEM files.
struct Certificate {
  std::string file;
  std::string key;
};

/// A certificate authority for one test, by the command `openssl`. Its files go when it does.
class Authority {
 public:
  Authority();

  /// What it is to be trusted by.
  std::string file() const { return path("ca.pem"); }

  /// A certificate for a name, "IP:127.0.0.1" or "DNS:example.org", for servers and clients, without a common name.
  /// `days`: how long from now on it is valid; negative: it expired that long ago.
  Certificate issue(const std::string &file_name, const std::string &subject_name, int days = 2) const;

  /// One whose common name says which of etcd's users it is for.
  Certificate issue_for_user(const std::string &user) const;

  /// The same with a key that needs a password.
  Certificate encrypt(const Certificate &certificate, const std::string &password) const;

  /// A key pair to sign tokens with.
  Certificate make_rsa_pair() const;

 private:
  std::string path(const std::string &name) const { return directory_.path() + "/" + name; }
  Certificate issue(const std::string &file_name, const std::string &subject, const std::string &subject_name,
                    int days) const;
  void openssl(const std::string &arguments) const;

  harness::TempDir directory_;
};

}  // namespace faults
