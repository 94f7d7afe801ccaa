/* OpenSSL's TLS on plain bytes: stand-ins for its macros, which Swift does not see, and the loops over PEM. */
#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

struct copenssl_password {
  const char *text;
  int length;
};

/* Without one of these OpenSSL would ask at the terminal. */
static inline int copenssl_give_password(char *buffer, int size, int writes, void *context) {
  const struct copenssl_password *password = (const struct copenssl_password *)context;
  (void)writes;
  if (password == NULL || password->length > size) return -1;
  memcpy(buffer, password->text, (size_t)password->length);
  return password->length;
}

static inline BIO *copenssl_reader(const void *bytes, size_t size) {
  return size <= INT_MAX ? BIO_new_mem_buf(bytes, (int)size) : NULL;
}

/* What all connections share. The list of protocols is h2 and nothing else. */
static inline SSL_CTX *copenssl_context(int newest_only, int verifies_peer) {
  static const unsigned char protocols[] = {2, 'h', '2'};
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (context == NULL) return NULL;
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context, verifies_peer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
  /* As libcurl has it: an authority need not be a root. */
  X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  if (SSL_CTX_set_min_proto_version(context, newest_only ? TLS1_3_VERSION : TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols) != 0) {
    SSL_CTX_free(context);
    return NULL;
  }
  return context;
}

/* Trusts the certificates in a text. Returns how many they are. */
static inline int copenssl_trust(SSL_CTX *context, const void *bytes, size_t size) {
  X509_STORE *store = SSL_CTX_get_cert_store(context);
  BIO *reader = copenssl_reader(bytes, size);
  X509 *certificate;
  int count = 0;
  if (reader == NULL) return 0;
  while ((certificate = PEM_read_bio_X509_AUX(reader, NULL, copenssl_give_password, NULL)) != NULL) {
    count += X509_STORE_add_cert(store, certificate);
    X509_free(certificate);
  }
  BIO_free(reader);
  return count;
}

/* The client's certificate, and those that follow it. Returns 1 for success. */
static inline int copenssl_use_certificates(SSL_CTX *context, const void *bytes, size_t size) {
  BIO *reader = copenssl_reader(bytes, size);
  X509 *certificate;
  int result = 0;
  if (reader == NULL) return 0;
  certificate = PEM_read_bio_X509_AUX(reader, NULL, copenssl_give_password, NULL);
  if (certificate != NULL) {
    result = SSL_CTX_use_certificate(context, certificate);
    X509_free(certificate);
  }
  while (result == 1 && (certificate = PEM_read_bio_X509(reader, NULL, copenssl_give_password, NULL)) != NULL) {
    result = (int)SSL_CTX_add0_chain_cert(context, certificate);
    if (result != 1) X509_free(certificate);
  }
  BIO_free(reader);
  return result;
}

/* The key of the certificate that was set before. Returns 1 for success. */
static inline int copenssl_use_key(SSL_CTX *context, const void *bytes, size_t size, const char *password,
                                   int password_length) {
  struct copenssl_password given;
  BIO *reader = copenssl_reader(bytes, size);
  EVP_PKEY *key;
  int result = 0;
  given.text = password;
  given.length = password_length;
  if (reader == NULL) return 0;
  key = PEM_read_bio_PrivateKey(reader, NULL, copenssl_give_password, &given);
  if (key != NULL) result = SSL_CTX_use_PrivateKey(context, key);
  if (result == 1) result = SSL_CTX_check_private_key(context);
  EVP_PKEY_free(key);
  BIO_free(reader);
  return result;
}

/* A connection that reads from and writes to memory, which belongs to it. */
static inline SSL *copenssl_connection(SSL_CTX *context, BIO **input, BIO **output) {
  SSL *connection = SSL_new(context);
  *input = BIO_new(BIO_s_mem());
  *output = BIO_new(BIO_s_mem());
  if (connection == NULL || *input == NULL || *output == NULL) {
    SSL_free(connection);
    BIO_free(*input);
    BIO_free(*output);
    return NULL;
  }
  /* No more input means to wait, not that the peer has hung up. */
  BIO_set_mem_eof_return(*input, -1);
  BIO_set_mem_eof_return(*output, -1);
  SSL_set_bio(connection, *input, *output);
  SSL_set_connect_state(connection);
  return connection;
}

static inline int copenssl_ask_for(SSL *connection, const char *name) {
  return (int)SSL_set_tlsext_host_name(connection, name);
}

/* The peer's certificate has to be for this name or address. */
static inline int copenssl_expect(SSL *connection, const char *name, int is_address) {
  X509_VERIFY_PARAM *checks = SSL_get0_param(connection);
  X509_VERIFY_PARAM_set_hostflags(checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return is_address ? X509_VERIFY_PARAM_set1_ip_asc(checks, name) : X509_VERIFY_PARAM_set1_host(checks, name, 0);
}

/* The same afterwards, for whoever doubts no authority. */
static inline int copenssl_is_for(SSL *connection, const char *name, int is_address) {
  X509 *certificate = SSL_get1_peer_certificate(connection);
  int result = 0;
  if (certificate == NULL) return 0;
  result = is_address ? X509_check_ip_asc(certificate, name, 0)
                      : X509_check_host(certificate, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL);
  X509_free(certificate);
  return result == 1;
}

static inline int copenssl_agreed_on_h2(const SSL *connection) {
  const unsigned char *name = NULL;
  unsigned length = 0;
  SSL_get0_alpn_selected(connection, &name, &length);
  return length == 2 && memcmp(name, "h2", 2) == 0;
}

#endif
