#include "harness/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>

namespace harness {

namespace {

/// What the child does between fork and exec: async-signal-safe calls only, for the parent may have threads.
[[noreturn]] void become(char *const *arguments, int log, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it died before the line above
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv(arguments[0], arguments);
  ::_exit(127);
}

}  // namespace

TempDir::TempDir() : path_((std::filesystem::temp_directory_path() / "etcdcli-abi-XXXXXX").string()) {
  if (::mkdtemp(path_.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp");
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string &path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Process::Process(const std::vector<std::string> &arguments, const std::string &log) {
  std::vector<char *> raw;
  for (const std::string &argument : arguments) raw.push_back(const_cast<char *>(argument.c_str()));
  raw.push_back(nullptr);

  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t parent = ::getpid();
  id_ = ::fork();
  if (id_ == 0) become(raw.data(), output, parent);
  ::close(output);
  if (id_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
}

Process::~Process() {
  end(SIGKILL);
}

bool Process::running() {
  int status = 0;
  if (id_ > 0 && ::waitpid(id_, &status, WNOHANG) == id_) {
    id_ = -1;
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return id_ > 0;
}

void Process::signal(int number) const {
  if (id_ > 0) ::kill(id_, number);
}

void Process::stop() const {
  if (id_ < 0) return;
  ::kill(id_, SIGSTOP);
  siginfo_t info;
  while (::waitid(P_PID, static_cast<id_t>(id_), &info, WSTOPPED | WEXITED | WNOWAIT) < 0 && errno == EINTR) {
  }
}

void Process::end(int signal_number) {
  if (id_ < 0) return;
  ::kill(id_, signal_number);
  // An etcd that is told to end while it has no quorum may not do so.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{15};
  pid_t ended = 0;
  while ((ended = ::waitpid(id_, nullptr, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
    if (std::chrono::steady_clock::now() > end) ::kill(id_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  id_ = -1;
}

}  // namespace harness
