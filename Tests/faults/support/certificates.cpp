#include "support/certificates.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace faults {

namespace {

const std::string new_key = " -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes ";

}  // namespace

Authority::Authority() {
  // Of two of one name, OpenSSL takes whichever it finds first.
  static int count = 0;
  openssl("req -x509 -days 2 -subj '/CN=Authority " + std::to_string(++count) + " of a test'" + new_key +
          "-keyout ca.key -out ca.pem");
}

Certificate Authority::issue(const std::string &file_name, const std::string &subject_name, int days) const {
  return issue(file_name, "/O=test", subject_name, days);
}

Certificate Authority::issue_for_user(const std::string &user) const {
  return issue(user, "/CN=" + user, "DNS:client.example", 2);
}

Certificate Authority::issue(const std::string &file_name, const std::string &subject, const std::string &subject_name,
                             int days) const {
  const std::string request = file_name + ".csr";
  const std::string extensions = file_name + ".ext";
  std::ofstream(path(extensions)) << "subjectAltName=" << subject_name << '\n';
  openssl("req -new -subj " + subject + new_key + "-keyout " + file_name + ".key -out " + request);
  openssl("x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -in " + request + " -extfile " + extensions + " -days " +
          std::to_string(days) + " -out " + file_name + ".pem");
  return {path(file_name + ".pem"), path(file_name + ".key")};
}

Certificate Authority::encrypt(const Certificate &certificate, const std::string &password) const {
  const std::string key = certificate.key + ".encrypted";
  openssl("pkey -aes256 -passout pass:" + password + " -in " + certificate.key + " -out " + key);
  return {certificate.file, key};
}

Certificate Authority::make_rsa_pair() const {
  openssl("genrsa -out token.key 2048");
  openssl("rsa -in token.key -pubout -out token.pub");
  return {path("token.pub"), path("token.key")};
}

void Authority::openssl(const std::string &arguments) const {
  const std::string log = path("log");
  const std::string command = "cd " + directory_.path() + " && openssl " + arguments + " >>log 2>&1";
  if (std::system(command.c_str()) != 0) {
    throw std::runtime_error("openssl " + arguments + ":\n" + harness::read_file(log));
  }
}

}  // namespace faults
